"""What becomes of audio, as metrics and log events; told by threads of the archive."""

from collections.abc import Callable

from opentelemetry import trace
from opentelemetry._logs import Logger, LogRecord, SeverityNumber
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from otel_realtime import semconv
from otel_realtime.telemetry import attributes
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.content import type_of
from otel_realtime.telemetry.instruments import Instruments

_WARN = SeverityNumber.WARN


class AudioReport:
    """Counts and tells what becomes of the recordings of one call.

    Args:
        logger: Where log events go.
        instruments: Where it is counted.
        identity: What is the same on all of the call's telemetry.
        caught: Takes in what went wrong in here.
    """

    def __init__(
        self,
        logger: Logger,
        instruments: Instruments,
        identity: Identity,
        caught: Callable[[str, Exception], None],
    ) -> None:
        self._logger = logger
        self._instruments = instruments
        self._identity = identity
        self.caught = caught

    def uploaded(self, seconds: float, size: int) -> None:
        """A recording is in the store."""
        try:
            self._instruments.audio_upload_duration.record(seconds)
            self._instruments.audio_uploaded.add(size)
        except Exception as error:  # noqa: BLE001 - the guard
            self.caught("audio report", error)

    def upload_failed(
        self, span: tuple[int, int], seconds: float, error: Exception, *, is_first: bool
    ) -> None:
        """An attempt failed; the log event is written for the first one of each recording."""
        kind = type_of(error)
        try:
            self._instruments.audio_upload_duration.record(seconds, {semconv.ERROR_TYPE: kind})
            if is_first:
                self._emit(span, kind)
        except Exception as problem:  # noqa: BLE001 - the guard
            self.caught("audio report", problem)

    def dropped(self, size: int, reason: str) -> None:
        """Some audio was given up."""
        try:
            self._instruments.audio_dropped.add(size, {semconv.AUDIO_DROPPED: reason})
        except Exception as error:  # noqa: BLE001 - the guard
            self.caught("audio report", error)

    def _emit(self, span: tuple[int, int], kind: str) -> None:
        context = SpanContext(*span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        self._logger.emit(
            LogRecord(
                context=trace.set_span_in_context(NonRecordingSpan(context)),
                severity_number=_WARN,
                severity_text=_WARN.name,
                event_name=semconv.LOG_AUDIO_UPLOAD_FAILED,
                attributes=attributes.known(
                    (*self._identity.pairs, (semconv.ERROR_TYPE, kind)),
                ),
            )
        )
