"""Keeps recordings: what the archive does in the writer's thread."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import isnan
from pathlib import Path
from time import sleep
from typing import Final

from otel_realtime.audio.clips import AudioClip, CallHeader
from otel_realtime.audio.encoding import FORMATS
from otel_realtime.audio.journal import Journal
from otel_realtime.audio.options import ArchiveOptions
from otel_realtime.audio.pcm import Samples
from otel_realtime.audio.recorded import WHOLE, Job, Ranges, RecordedCall
from otel_realtime.audio.recordings import Recording
from otel_realtime.audio.report import Report
from otel_realtime.audio.spool import Spool, default_folder, whole_file
from otel_realtime.audio.store import Store
from otel_realtime.audio.uploads import Uploads

_logger = logging.getLogger("otel_realtime")
_BYTES_PER_MB: Final = 1 << 20
_FULL: Final = "spool_full"
_DISK: Final = "disk_error"


class Keeping:
    """The spool and the uploads of an archive, and the calls that go on.

    Args:
        store: Where recordings go.
        options: How the archive is set.

    Raises:
        SpoolError: There is no folder for the spool.
    """

    def __init__(self, store: Store, options: ArchiveOptions) -> None:
        limit = options.spool_limit * _BYTES_PER_MB
        self.spool = Spool(options.spool or default_folder(), store.identity, limit)
        self.uploads = Uploads(store, options.uploads, self._is_gone)
        self.calls: list[RecordedCall] = []
        """Those that go on, the oldest first."""
        self._options = options
        self._format = FORMATS[options.format]
        self._was_told: set[str] = set()

    @property
    def redacts(self) -> bool:
        """Whether the application is asked what may be kept."""
        return self._options.redact is not None

    @property
    def extension(self) -> str:
        """What the names of recordings end in."""
        return self._format.extension

    def begin(self, header: CallHeader, report: Report) -> RecordedCall:
        """Make the folder of a call that begins.

        Raises:
            OSError: It cannot be made.
        """
        folder = self.spool.call_folder(header.trace_id)
        call = RecordedCall(self, report, folder, Journal(folder), header.started_at)
        call.journal.note("call", **header._asdict())
        self.calls.append(call)
        return call

    def end(self, call: RecordedCall) -> None:
        """All recordings of a call are made."""
        if call in self.calls:
            self.calls.remove(call)

    def flush(self) -> None:
        """Write what the calls have in memory."""
        for call in list(self.calls):
            call.flush()

    def keep(
        self, call: RecordedCall, job: Job, blocks: Iterable[Samples], rate: int, channels: int
    ) -> None:
        """Write a recording and have it uploaded."""
        write = partial(self._format.write, blocks=_in_turns(blocks), rate=rate, channels=channels)
        self.keep_file(job, self._format.mime_type, call.report, write)

    def keep_file(
        self, job: Job, mime_type: str, report: Report, write: Callable[[Path], None]
    ) -> None:
        """Have `write` make a file, and have that uploaded.

        Raises:
            OSError: It could not be written.
        """
        path = self.spool.file_for(job.key)
        with whole_file(path) as unfinished:
            try:
                write(unfinished)
            except Exception as error:
                size = unfinished.stat().st_size if unfinished.exists() else 0
                report.dropped(size, _DISK)
                self.make_room(error)
                raise
        self.adopt(job.key, path, mime_type, report, job.span)

    def adopt(
        self, key: str, path: Path, mime_type: str, report: Report, span: tuple[int, int]
    ) -> None:
        """Have a recording that is in the spool uploaded."""
        size = path.stat().st_size
        self.uploads.add(Recording(key, path, mime_type, size, report, span))
        self.count(size)

    def ranges_to_silence(self, call: RecordedCall, clip: AudioClip) -> Ranges:
        """Ask the application; where it fails, nothing of the recording may be heard."""
        if self._options.redact is None:
            return ()
        try:
            return [_range(start, stop) for start, stop in self._options.redact(clip) or ()]
        except Exception as error:  # noqa: BLE001 - the user's callback may raise anything
            call.report.caught("redact_audio", error)
            return WHOLE

    def count(self, size: int) -> None:
        """Count bytes that were written to the spool, or freed; at its limit make room."""
        is_within = self.spool.add(size)
        while not is_within and self.make_room():
            is_within = self.spool.add(0)

    def _is_gone(self, size: int) -> None:
        """Count a recording that is in the spool no more; called in a thread of the uploads."""
        self.spool.add(-size)

    def make_room(self, problem: Exception | None = None) -> bool:
        """Give up the oldest recording, else what the oldest call has so far; False if none.

        Args:
            problem: What the disk says, if it is not the limit that leaves no room.
        """
        reason = _FULL if problem is None else _DISK
        oldest = self.uploads.drop_oldest()
        if oldest is not None:
            self.spool.add(-oldest.size)
            oldest.report.dropped(oldest.size, reason)
        else:
            call = next((each for each in self.calls if each.stored), None)
            if call is None:
                return False
            call.report.dropped(call.stored, reason)
            call.forget(reason)
        self._tell(reason, problem)
        return True

    def lost(self, call: RecordedCall, error: Exception, size: int = 0) -> None:
        """Tell that something of `size` bytes could not be written or understood."""
        call.report.caught("audio", error)
        if isinstance(error, OSError):
            call.report.dropped(size, _DISK)
            self.make_room(error)

    def _tell(self, reason: str, problem: Exception | None) -> None:
        """Say once for each reason why audio is given up."""
        if reason in self._was_told:
            return
        self._was_told.add(reason)
        why = f"audio_spool_limit is {self._options.spool_limit} MB"
        if problem is not None:
            why = getattr(problem, "strerror", None) or type(problem).__name__
        _logger.warning(
            "The audio spool has no more room (%s): the oldest audio in it is given up. "
            "This is logged once, and counted.",
            why,
        )

    def close(self) -> None:
        """Stop, and leave to the next process what is in the spool."""
        self.uploads.stop()
        self.spool.close()


def _range(start: float, stop: float) -> tuple[float, float]:
    """A stretch that the application gives, in milliseconds.

    Raises:
        ValueError: It is none.
    """
    start, stop = max(float(start), 0.0), max(float(stop), 0.0)
    if isnan(start) or isnan(stop):
        raise ValueError(start)
    return start, stop


def _in_turns(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """The same, and between two of them others get a chance at the interpreter."""
    for block in blocks:
        yield block
        sleep(0)
