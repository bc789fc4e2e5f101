"""What a process left behind that was killed: its recordings, and its calls as far as they went."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from otel_realtime.audio.clips import AudioClip, CallHeader, ClipKind
from otel_realtime.audio.encoding import FORMATS
from otel_realtime.audio.journal import Journal, read_journal
from otel_realtime.audio.keeping import Keeping
from otel_realtime.audio.pcm import Decoder
from otel_realtime.audio.recorded import Job, RecordedCall, RecordedPart
from otel_realtime.audio.report import LoggedReport, Report
from otel_realtime.audio.spool import Abandoned

_NS: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
_MIME_TYPES: Final[Mapping[str, str]] = {
    f".{each.extension}": each.mime_type for each in FORMATS.values()
}


def recover(keeping: Keeping, failed: Callable[[Exception], None]) -> None:
    """Have uploaded what other processes left behind; what cannot be read stays where it is.

    Args:
        keeping: The spool to look around.
        failed: Called with what went wrong.
    """
    for abandoned in keeping.spool.left_behind():
        try:
            _recover(abandoned, keeping, failed)
        except Exception as error:  # noqa: BLE001 - the guard: the others are recovered
            failed(error)
        finally:
            abandoned.remove()


def _recover(abandoned: Abandoned, keeping: Keeping, failed: Callable[[Exception], None]) -> None:
    report = LoggedReport()
    for key, path in abandoned.recordings():
        own = keeping.spool.file_for(key)
        try:
            path.replace(own)
        except FileNotFoundError:
            continue  # its upload was under way as it was left, and has succeeded
        keeping.adopt(key, own, _mime_type(own), report, _span_of(own))
    for folder in abandoned.calls():
        try:
            _finish(folder, keeping, report)
        except Exception as error:  # noqa: BLE001 - the guard: the others are recovered
            failed(error)


def _finish(folder: Path, keeping: Keeping, report: Report) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()  # killed as soon as it was made
        return
    found = _Found(keeping, report, folder)
    if found.header is None or found.call is None:
        return  # nobody can say any more what it is
    if found.header.is_redacted and not keeping.redacts:
        message = "a call that is to be redacted waits for a process that can do that"
        raise LookupError(message)
    found.end()


class _Found:
    """A call that goes by its journal."""

    def __init__(self, keeping: Keeping, report: Report, folder: Path) -> None:
        self.header: CallHeader | None = None
        self.call: RecordedCall | None = None
        self._keeping = keeping
        self._report = report
        self._folder = folder
        self._last = max(each.stat().st_mtime_ns for each in folder.iterdir())
        self._parts: dict[str, _FoundPart] = {}
        for what, told in read_journal(folder):
            _LINES[what](self, told)

    def end(self) -> None:
        """Make the recordings that there would have been."""
        call = self.call
        assert call is not None  # noqa: S101 - seen by the caller
        self._keeping.count(call.stored)
        for part in self._parts.values():
            self._end_part(part)
        ended_at = max(self._last, call.started_at)
        duration_ms = (ended_at - call.started_at) / _NS_PER_MS
        call.finish(self._job(ClipKind.SESSION, call.started_at, duration_ms), ended_at)

    def _end_part(self, part: "_FoundPart") -> None:
        """Keep a response that was going on: it was heard until the end, by the clock."""
        heard_ms = max(self._last - part.at, 0) / _NS_PER_MS
        job = self._job(ClipKind.OUTPUT, part.at, heard_ms)
        assert self.call is not None  # noqa: S101 - its journal begins with it
        self.call.finish_output((job, None), [part.part], heard_ms, ((part.at, 0.0),))

    def _job(self, kind: ClipKind, start: int, duration_ms: float) -> Job:
        """A recording that leads back to the session: the span of what went on never ended."""
        header = self.header
        assert header is not None  # noqa: S101 - its journal begins with it
        extension = self._keeping.extension
        ids = (header.session_id, header.trace_id, header.span_id)
        key = header.key(kind, start, header.span_id, extension)
        return Job(key, AudioClip(kind, *ids, start, duration_ms))

    def _call(self, told: Mapping[str, Any]) -> None:
        self.header = CallHeader(**told)
        journal = Journal(self._folder)
        started_at = self.header.started_at
        self.call = RecordedCall(self._keeping, self._report, self._folder, journal, started_at)

    def _said(self, told: Mapping[str, Any]) -> None:
        assert self.call is not None  # noqa: S101 - its journal begins with it
        track = self.call.track_of(told["file"], told["rate"])
        self.call.sent.begin_stretch(track, told["start"], told["at"])

    def _part(self, told: Mapping[str, Any]) -> None:
        assert self.call is not None  # noqa: S101 - its journal begins with it
        track = self.call.track_of(told["file"], told["rate"])
        part = RecordedPart(self.call, track, Decoder(""), told["at"])
        self.call.parts.append(part)
        self._parts[told["file"]] = _FoundPart(part, told["at"])

    def _response(self, told: Mapping[str, Any]) -> None:
        assert self.call is not None  # noqa: S101 - its journal begins with it
        parts = [self._parts.pop(name).part for name in told["files"] if name in self._parts]
        heard_ms = float("inf") if told["heard_ms"] is None else told["heard_ms"]
        playback = [(int(at), float(ms)) for at, ms in told["playback"]]
        self.call.place([part.piece for part in parts], heard_ms, playback)


@dataclass(frozen=True, slots=True)
class _FoundPart:
    """A content part whose response was not over."""

    part: RecordedPart
    at: int


_LINES: Final[Mapping[str, Callable[[_Found, Mapping[str, Any]], None]]] = {
    "call": _Found._call,  # noqa: SLF001 - the table of this class
    "said": _Found._said,  # noqa: SLF001
    "part": _Found._part,  # noqa: SLF001
    "response": _Found._response,  # noqa: SLF001
}


def _mime_type(path: Path) -> str:
    return _MIME_TYPES.get(path.suffix, "application/octet-stream")


def _span_of(path: Path) -> tuple[int, int]:
    """The trace and the span that a recording's name leads back to."""
    _, trace_id, span_id, *_ = f"{path.name}___".split("_")
    try:
        return int(trace_id, 16), int(span_id, 16)
    except ValueError:
        return 0, 0
