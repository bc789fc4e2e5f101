"""Recordings in the spool that wait to be uploaded: the oldest first, failed ones in their time."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from pathlib import Path

from otel_realtime.audio.report import Report


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
        number: Its place among those that wait, by when it came; told when it is added.
        failures: How often it failed so far.
        due: When it may be tried again, by the monotonic clock.
    """

    key: str
    path: Path
    mime_type: str
    size: int
    report: Report
    span: tuple[int, int]
    number: int = 0
    failures: int = 0
    due: float = 0.0


class Waiting:
    """Those that wait, however many they are; used under somebody's lock.

    The oldest is the one that was finished first: the recording of a call comes after its parts.
    """

    def __init__(self) -> None:
        self._ready: list[tuple[int, Recording]] = []
        self._later: list[tuple[float, int, Recording]] = []
        """Those that failed, by when they are due."""
        self._numbers = count(1)

    def __len__(self) -> int:
        return len(self._ready) + len(self._later)

    @property
    def has_fresh(self) -> bool:
        """Whether any waits that may be tried at once."""
        return bool(self._ready)

    @property
    def next_due(self) -> float | None:
        """When the next of those that failed may be tried again."""
        return self._later[0][0] if self._later else None

    def add(self, recording: Recording) -> None:
        """Have one wait: for its turn, and if it has failed, for its time."""
        recording.number = recording.number or next(self._numbers)
        if recording.failures:
            heappush(self._later, (recording.due, recording.number, recording))
        else:
            heappush(self._ready, (recording.number, recording))

    def take_due(self, now: float) -> Recording | None:
        """Take the oldest that may be tried by now."""
        while self._later and self._later[0][0] <= now:
            _, number, recording = heappop(self._later)
            heappush(self._ready, (number, recording))
        return heappop(self._ready)[1] if self._ready else None

    def take_oldest(self) -> Recording | None:
        """Take the oldest of all."""
        failed = min(self._later, key=lambda each: each[1], default=None)
        if failed is None or (self._ready and self._ready[0][0] < failed[1]):
            return heappop(self._ready)[1] if self._ready else None
        self._later.remove(failed)
        heapify(self._later)
        return failed[2]
