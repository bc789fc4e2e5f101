"""Measurements that wait to be recorded, so that the event loop need not wait for that.

An instrument of OpenTelemetry takes some 7 µs for each value: it looks up the labels' aggregation,
for each reader. Here one `append` keeps a batch of them, and they are recorded when metrics are
collected, by the thread that does so.
"""

import os
from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar
from weakref import ref

_MOST = 2048
"""Some 2 MB; what a hundred calls measure in a minute, which is how often an SDK collects."""
_PATIENCE_S = 5.0
T = TypeVar("T")
_all: "list[ref[Pending[Any]]]" = []


class Pending(Generic[T]):
    """A bounded queue of batches.

    Any number of threads may use it. A batch is recorded once: by a `drain`, or by an `append`
    that finds the queue full, which records the oldest. So nothing grows where nobody collects,
    and no thread has to record all that waits at once.

    Args:
        record: Records a batch; raises nothing.
        settle: Called at the end of each drain, by one thread at a time; raises nothing.
        most: How many batches may wait.
    """

    def __init__(
        self, record: Callable[[T], None], settle: Callable[[], None], most: int = _MOST
    ) -> None:
        self._record, self._settle = record, settle
        self._most = most
        self._queue: deque[T] = deque()
        # One thread may come here twice: a finalizer or a signal may flush in the midst of a drain.
        self._lock = RLock()
        _all.append(ref(self, _all.remove))

    def __len__(self) -> int:
        """How many batches wait."""
        return len(self._queue)

    def append(self, batch: T) -> None:
        """Keep a batch; if too many wait, record the oldest."""
        self._queue.append(batch)
        if len(self._queue) > self._most and self._lock.acquire(blocking=False):
            try:  # whoever holds the lock instead is recording them now
                while len(self._queue) > self._most:
                    self._record_oldest()
            finally:
                self._lock.release()

    def drain(self) -> None:
        """Record all that waited when this was called, unless another thread does and never ends.

        What another thread has begun to record is recorded when this returns.
        """
        if not self._lock.acquire(timeout=_PATIENCE_S):
            return  # its holder waits for a lock of whoever collects: it goes on once that gives up
        try:
            for _ in range(len(self._queue)):
                self._record_oldest()
            self._settle()
        finally:
            self._lock.release()

    def leave_to_parent(self) -> None:
        """In a forked process: what waits is its parent's, and so may the lock be."""
        self._queue.clear()
        self._lock = RLock()

    def _record_oldest(self) -> None:
        try:
            batch = self._queue.popleft()
        except IndexError:  # this very thread came here again, and has recorded it
            return
        self._record(batch)


def drain_all() -> None:
    """Record all that waits in this process."""
    for each in _living():
        each.drain()


def _living() -> "list[Pending[Any]]":
    return [pending for each in tuple(_all) if (pending := each()) is not None]


def _in_child() -> None:
    for each in _living():
        each.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
