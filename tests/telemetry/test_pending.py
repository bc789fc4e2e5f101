"""What waits to be recorded is recorded once, whoever does it, and never grows without end."""

import os
import signal
from collections import Counter
from contextlib import suppress
from threading import Barrier, Event, Thread

import pytest

from otel_realtime.telemetry.pending import Pending, drain_all


def nothing() -> None:
    """Nothing to settle."""


def test_what_waits_is_recorded_in_its_order() -> None:
    recorded: list[int] = []
    pending = Pending(recorded.append, nothing)
    for batch in range(3):
        pending.append(batch)
    assert recorded == []
    pending.drain()
    pending.drain()
    assert recorded == [0, 1, 2]


def test_whoever_appends_to_a_full_queue_records_the_oldest() -> None:
    recorded: list[int] = []
    pending = Pending(recorded.append, nothing, most=3)
    for batch in range(5):
        pending.append(batch)
    assert (recorded, len(pending)) == ([0, 1], 3)


def test_all_queues_are_drained_at_once_and_settled() -> None:
    recorded: list[str] = []
    queues = [Pending(recorded.append, lambda: recorded.append("settled")) for _ in range(2)]
    for name, queue in zip("ab", queues, strict=True):
        queue.append(name)
    drain_all()
    assert recorded == ["a", "settled", "b", "settled"]


def test_a_queue_that_nobody_holds_is_forgotten() -> None:
    recorded: list[int] = []
    Pending(recorded.append, nothing).append(1)
    drain_all()
    assert recorded == []


def test_a_drain_in_the_midst_of_a_drain_loses_and_doubles_nothing() -> None:
    recorded: list[int] = []

    def record(batch: int) -> None:
        if batch == 1:
            pending.drain()  # as a finalizer may, or the handler of a signal
        recorded.append(batch)

    pending: Pending[int] = Pending(record, nothing)
    for batch in range(4):
        pending.append(batch)
    pending.drain()
    assert sorted(recorded) == [0, 1, 2, 3]


def test_many_threads_append_and_drain_and_each_batch_is_recorded_once() -> None:
    recorded: list[tuple[int, int]] = []
    pending = Pending(recorded.append, nothing, most=5)
    begin, over = Barrier(6), Event()

    def append(thread: int) -> None:
        begin.wait()
        for batch in range(2000):
            pending.append((thread, batch))

    def drain() -> None:
        begin.wait()
        while not over.is_set():
            pending.drain()

    appending = [Thread(target=append, args=(each,)) for each in range(4)]
    draining = [Thread(target=drain) for _ in range(2)]
    for thread in (*appending, *draining):
        thread.start()
    for thread in appending:
        thread.join()
    over.set()
    for thread in draining:
        thread.join()
    pending.drain()
    counts = Counter(recorded)
    assert len(counts) == 4 * 2000
    assert set(counts.values()) == {1}


def test_a_drain_waits_for_what_another_thread_is_recording() -> None:
    recorded: list[int] = []
    begun, may_go_on = Event(), Event()

    def record(batch: int) -> None:
        begun.set()
        may_go_on.wait()
        recorded.append(batch)

    pending: Pending[int] = Pending(record, nothing, most=1)
    pending.append(0)
    other = Thread(target=pending.append, args=(1,))
    other.start()
    begun.wait()
    collecting = Thread(target=pending.drain)
    collecting.start()
    assert recorded == []
    may_go_on.set()
    collecting.join()
    assert recorded == [0, 1]
    other.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # that is what is tested
def test_a_forked_process_leaves_to_its_parent_what_waits() -> None:
    """Though another thread of the parent holds the lock just then."""
    recorded: list[int] = []
    begun, may_go_on = Event(), Event()

    def record(batch: int) -> None:
        if batch == 0:
            begun.set()
            may_go_on.wait()
        recorded.append(batch)

    pending: Pending[int] = Pending(record, nothing)
    pending.append(0)
    pending.append(1)
    draining = Thread(target=pending.drain)
    draining.start()
    begun.wait()
    child = os.fork()
    if child == 0:
        code = 1
        with suppress(BaseException):
            signal.alarm(10)
            pending.append(2)
            pending.drain()
            code = 0 if recorded == [2] else 2
        os._exit(code)
    _, status = os.waitpid(child, 0)
    may_go_on.set()
    draining.join()
    assert os.waitstatus_to_exitcode(status) == 0
    assert recorded == [0, 1]
