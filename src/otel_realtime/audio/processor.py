"""The span processor that uploads audio: our recordings, and what others put into their spans.

As a processor of its own it offers its store to our sessions, whose recordings it then waits for
when it is flushed. Wrapped around another one it also takes inline base64 audio out of whatever
spans pass, uploads it, and hands on spans with URLs in its place.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_realtime import semconv
from otel_realtime.audio import offers
from otel_realtime.audio.archives import archive_of
from otel_realtime.audio.counting import CountedReport
from otel_realtime.extras import needed
from otel_realtime.settings import AudioFileFormat, SettingError, Settings

with needed(extra="audio"):
    from otel_realtime.audio.passing import Passing
    from otel_realtime.audio.taking import Taking

if TYPE_CHECKING:
    from otel_realtime.audio.archive import Archive

_MS_PER_S: Final = 1000
_FLUSH_MS: Final = 30_000
_DAY_MS: Final = 24 * 60 * 60 * _MS_PER_S


class ArchiveKeywords(TypedDict, total=False):
    """The settings that say where and how audio is kept; the same names as `Settings`.

    Whose audio is recorded, and of which sessions, each listener or instrumentor says for itself.
    """

    audio_store: object
    audio_public_url: str | None
    audio_format: AudioFileFormat | str | None
    redact_audio: Callable[[Any], Any] | str | None
    audio_spool: Path | str | None
    audio_spool_limit: int | None
    audio_uploads: int | None
    audio_flush_timeout: float | None


class AudioUploadSpanProcessor(SpanProcessor):
    """Uploads audio to a store, and puts its URL where the audio was.

        provider.add_span_processor(AudioUploadSpanProcessor(audio_store="s3://bucket/calls"))
        provider.add_span_processor(
            AudioUploadSpanProcessor(BatchSpanProcessor(exporter), audio_store="s3://bucket/calls")
        )

    The sessions of this package whose spans go through it are recorded in its store, unless they
    have one of their own. Of others' spans only a processor that is wrapped sees the URLs: one
    that is added beside ours gets what the library wrote.

    Spans go on in the order in which they ended. Those without inline audio are handed on as they
    are and, unless one with audio waits before them, at once; those with audio in another thread,
    in the context in which they ended. Traces that are not sampled keep no audio.

    Attributes:
        wrapped: The processor that spans are handed on to, if it is wrapped around one.

    Args:
        wrapped: The same.
        meter_provider: Where it is counted what becomes of others' audio; the global one by
            default.
        **settings: See `ArchiveKeywords`; where one is not given, the environment counts.

    Raises:
        SettingError: No store is given, neither here nor in the environment, or there is none by
            what is given here. What is wrong in the environment is logged, and no audio is kept.
        ImportError: An extra is missing.
        TypeError: It has no setting of that name.
    """

    def __init__(
        self,
        wrapped: SpanProcessor | None = None,
        *,
        meter_provider: MeterProvider | None = None,
        **settings: Unpack[ArchiveKeywords],
    ) -> None:
        """Find the store; nothing is begun before the first audio."""
        names = ArchiveKeywords.__annotations__
        if unknown := sorted(set(settings) - set(names)):
            message = f"AudioUploadSpanProcessor has no {unknown[0]!r}; it has: {', '.join(names)}"
            raise TypeError(message)
        read = Settings.read(dict(settings))
        if read.audio_store is None:
            message = "AudioUploadSpanProcessor needs audio_store, or OTEL_REALTIME_AUDIO_STORE"
            raise SettingError(message)
        self.wrapped: Final = wrapped
        self._archive = archive_of(read)
        self._passing = _passing(self._archive, wrapped, meter_provider)
        self._lock = Lock()
        self._is_over = False

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Offer the store to a session of ours that begins."""
        if self._archive is not None and _is_session(span):
            offers.offer(span.get_span_context().span_id, self._archive)
        if self.wrapped is not None:
            self.wrapped.on_start(span, parent_context=parent_context)

    def _on_ending(self, span: Span) -> None:
        if self.wrapped is not None:
            self.wrapped._on_ending(span)  # noqa: SLF001 - the SDK's, for processors alone

    def on_end(self, span: ReadableSpan) -> None:
        """Hand a span on; one with inline audio a little later, in another thread."""
        if self.wrapped is None:
            return
        if self._passing is None or not _is_sampled(span):
            self.wrapped.on_end(span)
        else:
            self._passing.take(span)

    def force_flush(self, timeout_millis: int | None = _FLUSH_MS) -> bool:
        """Have all audio so far uploaded and all spans exported.

        Args:
            timeout_millis: How long that may take. What is wrapped is told how much of it is left;
                whether it minds that is its own affair.

        Returns:
            Whether all of it was done. What was not uploaded is in the spool.
        """
        within = min(_FLUSH_MS if timeout_millis is None else timeout_millis, _DAY_MS)
        until = monotonic() + within / _MS_PER_S
        is_passed = self._passing is None or self._passing.flush(until)
        is_exported = self.wrapped is None or self.wrapped.force_flush(_left_ms(until))
        is_uploaded = self._archive is None or self._archive.flush(until - monotonic())
        return is_passed and is_exported is not False and is_uploaded  # None: it does not say

    def shutdown(self) -> None:
        """Flush, but no longer than `audio_flush_timeout`, and shut the wrapped processor down.

        The store's threads go on for others who use it, until the interpreter exits.
        """
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        timeout = self._archive.options.flush_timeout if self._archive is not None else 0.0
        until = monotonic() + timeout
        try:
            if self._passing is not None:
                self._passing.stop(until)
            if self.wrapped is not None:
                self.wrapped.shutdown()
        finally:
            if self._archive is not None:
                self._archive.flush(until - monotonic())


def _passing(
    archive: "Archive | None", wrapped: SpanProcessor | None, meters: MeterProvider | None
) -> Passing | None:
    """What takes audio out of spans; None if none pass, or there is no store."""
    if archive is None or wrapped is None:
        return None
    report = CountedReport(meters)
    return Passing(Taking(archive, report), wrapped, report, archive.options.flush_timeout)


def _is_session(span: Span) -> bool:
    """Whether it is the span of a session of ours, and somebody keeps it."""
    scope = span.instrumentation_scope
    is_ours = scope is not None and scope.name == semconv.SCOPE_NAME
    return is_ours and span.name.startswith(semconv.SPAN_SESSION) and _is_sampled(span)


def _is_sampled(span: ReadableSpan) -> bool:
    context = span.get_span_context()
    return context is not None and context.trace_flags.sampled


def _left_ms(until: float) -> int:
    return max(int((until - monotonic()) * _MS_PER_S), 0)
