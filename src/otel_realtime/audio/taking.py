"""Takes inline audio out of other libraries' spans, into the spool, and puts URLs in its place."""

from itertools import chain
from math import isnan
from threading import Event
from time import monotonic, time_ns
from typing import Final, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext

from otel_realtime import semconv
from otel_realtime.audio.archive import Archive
from otel_realtime.audio.clips import AudioClip, CallHeader
from otel_realtime.audio.counting import INVALID, NOT_KEPT, CountedReport
from otel_realtime.audio.files import AudioFile, as_file, duration_ms, silenced
from otel_realtime.audio.inline import InlineAudioError, KeptAudio, rewritten
from otel_realtime.audio.keeping import Keeping
from otel_realtime.audio.options import Redact
from otel_realtime.audio.recorded import WHOLE, Job, Ranges
from otel_realtime.audio.spool import whole_file

_OPENS_WITHIN: Final = 10.0  # seconds until a spool that does not open counts as none
_LOOKS: Final = 0.05  # seconds
_SESSIONS: Final = (semconv.SESSION_ID, semconv.CONVERSATION_ID)


class Taking:
    """Takes the audio out of spans, one at a time.

    Args:
        archive: Where the audio goes.
        report: Who is told of what becomes of it.
    """

    def __init__(self, archive: Archive, report: CountedReport) -> None:
        self._archive = archive
        self._report = report

    def begin(self) -> None:
        """Have the archive's threads running, in time: see `Spare`.

        Raises:
            RuntimeError: None can be started, as the interpreter exits.
        """
        self._archive.start()

    def without_audio(self, span: ReadableSpan) -> ReadableSpan:
        """A span with URLs in place of its audio, all of which is in the spool by then.

        Where anything of it cannot be understood or kept, it is the span itself. Never raises.
        """
        try:
            keeping, context = self._opened(), span.get_span_context()
            if keeping is None or context is None:
                self._report.problem(NOT_KEPT, "there is no spool for it")
                return span
            taken = _Taken(self._archive, self._report, span, context)
            new = rewritten(span, taken.keep)
            self._put(keeping, taken)
        except InlineAudioError as error:
            self._report.problem(INVALID, str(error))
        except Exception as error:  # noqa: BLE001 - the guard: no span is lost for our sake
            self._report.problem(NOT_KEPT, type(error).__qualname__)
        else:
            return new
        return span

    def _opened(self) -> Keeping | None:
        """The spool; the first audio of all waits here until it is open.

        Raises:
            RuntimeError: No thread can be started, as the interpreter is about to exit.
        """
        archive = self._archive
        archive.start()
        if archive.keeping is None and not archive.is_broken:
            until, opened = monotonic() + _OPENS_WITHIN, Event()
            archive.leave((opened.set,))
            archive.wake()
            # It is open before it is through with what other processes left behind.
            while archive.keeping is None and monotonic() < until and not opened.wait(_LOOKS):
                pass
        return archive.keeping

    def _put(self, keeping: Keeping, taken: "_Taken") -> None:
        """Write all files, and leave it to the archive's thread to have them uploaded."""
        for job, file in taken.files:
            try:
                path = keeping.spool.file_for(job.key)
                with whole_file(path) as unfinished:
                    unfinished.write_bytes(file.data)
            except OSError:
                self._archive.leave((keeping.make_room,))
                self._archive.wake()
                raise
            told = (job.key, path, file.mime_type, self._report, job.span)
            self._archive.leave((keeping.adopt, *told))
        self._archive.wake()


class _ToPut(NamedTuple):
    """A recording to be kept, and its file."""

    job: Job
    file: AudioFile


class _Taken:
    """The audio of one span; nothing of it is written before all of it is understood."""

    def __init__(
        self, archive: Archive, report: CountedReport, span: ReadableSpan, context: SpanContext
    ) -> None:
        self.files: list[_ToPut] = []
        self._archive = archive
        self._report = report
        self._span = span
        self._context = context
        self._count: dict[str, int] = {}

    def keep(self, data: bytes, mime_type: str, direction: str) -> KeptAudio | None:
        """Take a piece of audio, and say where it will be; None where it may not be kept."""
        file, redact = as_file(data, mime_type), self._archive.options.redact
        job = self._job(direction, file)
        if redact is not None:
            if duration_ms(file) is None:
                self._report.problem(NOT_KEPT, "only in a WAV can redact_audio silence anything")
                return None
            file = silenced(file, self._ranges(redact, job.clip))
        self.files.append(_ToPut(job, file))
        return KeptAudio(self._archive.store.url(job.key), file.mime_type)

    def _job(self, direction: str, file: AudioFile) -> Job:
        number = self._count[direction] = self._count.get(direction, 0) + 1
        kind = direction if number == 1 else f"{direction}-{number}"
        told, start = self._span.attributes or {}, self._span.start_time or time_ns()
        ids = f"{self._context.trace_id:032x}", f"{self._context.span_id:016x}"
        session = next((str(told[name]) for name in _SESSIONS if told.get(name)), ids[0])
        header = CallHeader(*ids, session, start, is_redacted=False)
        clip = AudioClip(kind, session, *ids, start, duration_ms(file) or 0.0)
        return Job(header.key(kind, start, ids[1], file.extension), clip)

    def _ranges(self, redact: Redact, clip: AudioClip) -> Ranges:
        """Ask the application what is to be silent; where it fails, nothing may be heard."""
        try:
            ranges = [(float(start), float(stop)) for start, stop in redact(clip) or ()]
            if any(map(isnan, chain.from_iterable(ranges))):
                raise ValueError(ranges)  # noqa: TRY301 - to the one place that knows what then
        except Exception as error:  # noqa: BLE001 - the user's callback may raise anything
            self._report.caught("redact_audio", error)
            return WHOLE
        return ranges
