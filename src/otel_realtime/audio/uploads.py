"""Recordings on their way to the store: a few threads, the oldest first, again until it works.

obstore retries what is worth it within one attempt. What fails all the same waits, longer each
time, and is tried again as long as the process lives, then by the next one.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from time import monotonic, perf_counter
from typing import Final

from otel_realtime.audio.report import Report
from otel_realtime.audio.store import Store, words_of

_logger = logging.getLogger("otel_realtime")
_WAITS: Final = (5.0, 15.0, 60.0, 300.0)
"""Seconds until what failed once, twice … is tried again."""


@dataclass(slots=True, eq=False)
class Recording:
    """A recording in the spool, to be uploaded.

    Attributes:
        key: What it is called in the store.
        path: Its file.
        mime_type: Its media type.
        size: Bytes of the file.
        report: Who is told what becomes of it.
        span: The trace and the span that it belongs to.
        failures: How often it failed so far.
        due: When it may be tried again, by the monotonic clock.
    """

    key: str
    path: Path
    mime_type: str
    size: int
    report: Report
    span: tuple[int, int]
    failures: int = 0
    due: float = 0.0


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
        self._changed = Condition()
        self._waiting: list[Recording] = []
        self._under_way: set[Recording] = set()
        self._threads: list[Thread] = []
        self._is_over = False
        self._was_told: set[str] = set()

    def add(self, recording: Recording) -> None:
        """Upload it some time soon."""
        with self._changed:
            self._waiting.append(recording)
            wanted = len(self._waiting) + len(self._under_way)
            if len(self._threads) < min(self._concurrency, wanted):
                with suppress(RuntimeError):  # the interpreter exits: the first one does it all
                    self._start(self._work)
            self._changed.notify_all()

    def start(self) -> None:
        """Have a thread running, which first asks the store whether it can be used at all.

        At the interpreter's exit, when the last recordings are made, none can be started any more.
        """
        with self._changed:
            self._start(self._check_and_work)

    def drop_oldest(self) -> Recording | None:
        """Give up the oldest that is not being uploaded just now; its file is removed."""
        with self._changed:
            if not self._waiting:
                return None
            oldest = min(self._waiting, key=lambda each: each.path.name)
            self._waiting.remove(oldest)
            self._changed.notify_all()
        oldest.path.unlink(missing_ok=True)
        return oldest

    def wait(self, until: float) -> bool:
        """Wait until all are uploaded or have failed at least once, or until a moment.

        Returns:
            Whether all of them are in the store.
        """
        with self._changed:
            self._changed.wait_for(self._is_settled, max(until - monotonic(), 0.0))
            return not self._waiting and not self._under_way

    def stop(self) -> None:
        """Begin no more uploads. Nobody waits for those that are under way."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _is_settled(self) -> bool:
        return not self._under_way and all(each.failures for each in self._waiting)

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
        with self._changed:
            while not self._is_over:
                now = monotonic()
                due = [each for each in self._waiting if each.due <= now]
                if due:
                    recording = min(due, key=lambda each: each.path.name)
                    self._waiting.remove(recording)
                    self._under_way.add(recording)
                    return recording
                times = [each.due - now for each in self._waiting]
                self._changed.wait(min(times, default=None))
        return None

    def _upload(self, recording: Recording) -> None:
        began, problem = perf_counter(), None
        try:
            self._store.put(recording.key, recording.path, recording.mime_type)
            recording.path.unlink(missing_ok=True)
        except Exception as error:  # noqa: BLE001 - whatever the store says: it is tried again
            problem = error
        seconds = perf_counter() - began
        is_gone = not recording.path.exists()
        if problem is None:
            recording.report.uploaded(seconds, recording.size)
        elif not is_gone:
            self._failed(recording, seconds, problem)
        elif not self._is_over:  # else another process may have it by now
            recording.report.dropped(recording.size, "disk_error")
        if is_gone:
            self._gone(recording.size)
        with self._changed:
            self._under_way.discard(recording)
            if not is_gone:
                self._waiting.append(recording)
            self._changed.notify_all()

    def _failed(self, recording: Recording, seconds: float, error: Exception) -> None:
        recording.due = monotonic() + _WAITS[min(recording.failures, len(_WAITS) - 1)]
        recording.failures += 1
        is_first = recording.failures == 1
        recording.report.upload_failed(recording.span, seconds, error, is_first=is_first)
        self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Say once for each kind of error what the store says."""
        kind = type(error).__name__
        with self._changed:
            if kind in self._was_told:
                return
            self._was_told.add(kind)
        _logger.warning(
            "Recordings could not be uploaded to %s; they wait in the spool and are tried again. "
            "This is logged once. The store says: %s",
            self._store.own_url,
            words_of(error),
        )
