"""The writer: one thread that does, in order, what the event loop has left for it to do.

The loop only appends to a deque, which takes no lock and waits for nothing. Nobody wakes the thread
for a piece of audio: it looks a few times a second while calls go on, and takes what is there.
"""

from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from time import perf_counter_ns, sleep
from typing import Any, Final

_LOOKS: Final = 0.1  # seconds
_SLICE_NS: Final = 1_000_000
"""How long it works before others get a chance at the interpreter."""
_AT_A_TIME: Final = 16
"""How many jobs are done before it looks at the time."""

Job = tuple[Any, ...]
"""A callable and what it is called with."""


class Writer:
    """Does jobs.

    Args:
        rest: Called whenever all jobs that there were are done.
        failed: Called with what a job raised.
    """

    def __init__(self, rest: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        self.jobs: deque[Job] = deque()
        self.push: Final = self.jobs.append
        """Leave a job: the thread comes to it by itself while calls go on."""
        self.calls = 0
        """How many calls go on; changed by jobs."""
        self._rest = rest
        self._failed = failed
        self._wanted = Event()
        self._is_over = False
        self._thread: Thread | None = None
        self._last: Callable[[], None]

    def start(self) -> None:
        """Begin, if it has not.

        Raises:
            RuntimeError: No thread can be started.
        """
        if self._thread is None:
            thread = Thread(target=self._work, name="otel-realtime audio", daemon=True)
            thread.start()
            self._thread = thread

    def wake(self) -> None:
        """Have it look now."""
        self._wanted.set()

    def stop(self, timeout: float, last: Callable[[], None]) -> None:
        """Have it end once all jobs are done, and wait for that, but no longer than `timeout`.

        Args:
            timeout: In seconds.
            last: What it does when nothing is done any more, however long that takes.
        """
        self._last = last
        self._is_over = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        while True:
            self._wanted.wait(_LOOKS if self.calls else None)
            self._wanted.clear()
            self._do_all()
            if self._is_over and not self.jobs:
                self._last()
                return

    def _do_all(self) -> None:
        count, until = 0, perf_counter_ns() + _SLICE_NS
        while self.jobs:
            do, *given = self.jobs.popleft()
            try:
                do(*given)
            except Exception as error:  # noqa: BLE001 - the guard: the other jobs are done
                self._failed(error)
            count += 1
            if count % _AT_A_TIME == 0 and perf_counter_ns() > until:
                sleep(0)
                until = perf_counter_ns() + _SLICE_NS
        try:
            self._rest()
        except Exception as error:  # noqa: BLE001 - the guard: the thread goes on
            self._failed(error)
