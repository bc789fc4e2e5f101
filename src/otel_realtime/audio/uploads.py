"""Recordings on their way to the store: a few threads, the oldest first, again until it works.

obstore retries what is worth it within one attempt. What fails all the same waits, longer each
time, and is tried again as long as the process lives, then by the next one.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Lock, Thread
from time import monotonic, perf_counter
from typing import Final

from otel_realtime.audio.recordings import Recording, Waiting
from otel_realtime.audio.spare import Spare
from otel_realtime.audio.store import Store, words_of

_logger = logging.getLogger("otel_realtime")
_WAITS: Final = (5.0, 15.0, 60.0, 300.0)
"""Seconds until what failed once, twice … is tried again."""


class Uploads:
    """Uploads recordings.

    Args:
        store: Where to.
        concurrency: How many at a time.
        gone: Called in one of the threads with the size of each that is in the spool no more.
    """

    def __init__(self, store: Store, concurrency: int, gone: Callable[[int], None]) -> None:
        self._store = store
        self._concurrency = concurrency
        self._gone = gone
        self._lock = Lock()
        self._came = Condition(self._lock)
        """Something waits for a thread."""
        self._went = Condition(self._lock)
        """One of them is through with something."""
        self._waiting = Waiting()
        self._under_way: set[Recording] = set()
        self._threads: list[Thread] = []
        self._is_over = False
        self._was_told: set[str] = set()

    def add(self, recording: Recording) -> None:
        """Upload it some time soon."""
        with self._lock:
            self._waiting.add(recording)
            wanted = len(self._waiting) + len(self._under_way)
            if len(self._threads) < min(self._concurrency, wanted):
                with suppress(RuntimeError):  # the interpreter exits: the first one does it all
                    self._start(self._work)
            self._came.notify()

    def start(self, spare: Spare) -> None:
        """Have a thread running, which first asks the store whether it can be used at all.

        At the interpreter's exit, when the last recordings are made, none can be started any more.
        """
        with self._lock:
            self._threads.append(spare.give(self._check_and_work))

    def drop_oldest(self) -> Recording | None:
        """Give up the oldest that is not being uploaded just now; its file is removed."""
        with self._lock:
            oldest = self._waiting.take_oldest()
            self._went.notify_all()
        if oldest is not None:
            oldest.path.unlink(missing_ok=True)
        return oldest

    def wait(self, until: float) -> bool:
        """Wait until all are uploaded or have failed at least once, or until a moment.

        Returns:
            Whether all of them are in the store.
        """
        with self._lock:
            self._went.wait_for(self._is_settled, max(until - monotonic(), 0.0))
            return not self._waiting and not self._under_way

    def stop(self) -> None:
        """Begin no more uploads. Nobody waits for those that are under way."""
        with self._lock:
            self._is_over = True
            self._came.notify_all()

    def _is_settled(self) -> bool:
        return not self._under_way and not self._waiting.has_fresh

    def _start(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, name="otel-realtime upload", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _check_and_work(self) -> None:
        problem = self._store.check()
        if problem is not None:
            self._tell(problem)
        self._work()

    def _work(self) -> None:
        while (recording := self._next()) is not None:
            self._upload(recording)

    def _next(self) -> Recording | None:
        """The oldest that is due, as soon as one is; None when it is over."""
        with self._lock:
            while not self._is_over:
                now = monotonic()
                recording = self._waiting.take_due(now)
                if recording is not None:
                    self._under_way.add(recording)
                    return recording
                due = self._waiting.next_due
                self._came.wait(None if due is None else due - now)
        return None

    def _upload(self, recording: Recording) -> None:
        began, problem = perf_counter(), None
        try:
            self._store.put(recording.key, recording.path, recording.mime_type)
            recording.path.unlink(missing_ok=True)
        except Exception as error:  # noqa: BLE001 - whatever the store says: it is tried again
            problem = error
        seconds = perf_counter() - began
        is_gone = problem is None or not recording.path.exists()
        if problem is None:
            recording.report.uploaded(seconds, recording.size)
        elif not is_gone:
            self._failed(recording, seconds, problem)
        elif not self._is_over:  # else another process may have it by now
            recording.report.dropped(recording.size, "disk_error")
        if is_gone:
            self._gone(recording.size)
        with self._lock:
            self._under_way.discard(recording)
            if not is_gone:
                self._waiting.add(recording)
                self._came.notify()
            self._went.notify_all()

    def _failed(self, recording: Recording, seconds: float, error: Exception) -> None:
        recording.due = monotonic() + _WAITS[min(recording.failures, len(_WAITS) - 1)]
        recording.failures += 1
        is_first = recording.failures == 1
        recording.report.upload_failed(recording.span, seconds, error, is_first=is_first)
        self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Say once for each kind of error what the store says."""
        kind = type(error).__name__
        with self._lock:
            if kind in self._was_told:
                return
            self._was_told.add(kind)
        _logger.warning(
            "Recordings could not be uploaded to %s; they wait in the spool and are tried again. "
            "This is logged once. The store says: %s",
            self._store.own_url,
            words_of(error),
        )
