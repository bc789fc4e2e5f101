"""The span processor that has one exporter's spans said in a dialect."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Final, Unpack

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext

from otel_realtime import semconv
from otel_realtime.dialects import azure, langfuse, langsmith, mlflow, openinference, phoenix
from otel_realtime.dialects import openinference_names as names
from otel_realtime.dialects.calls import Call, Calls, Turn
from otel_realtime.dialects.ended import (
    CONTENT,
    Attributes,
    Ended,
    Kind,
    Limits,
    Translate,
    copied,
    kind_of,
)
from otel_realtime.dialects.hiding import Hiding
from otel_realtime.dialects.late import LateSpan, around
from otel_realtime.settings import Dialect, DialectKeywords, DialectSettings
from otel_realtime.splitting import split
from otel_realtime.told import in_use, setup_of

_logger = logging.getLogger("otel_realtime")
_told: set[str] = set()
_FLUSH_MS: Final = 30_000

_DIALECTS: Final[Mapping[Dialect, Translate]] = {
    Dialect.OPENINFERENCE: openinference.translate,
    Dialect.PHOENIX: phoenix.translate,
    Dialect.LANGSMITH: langsmith.translate,
    Dialect.LANGFUSE: langfuse.translate,
    Dialect.MLFLOW: mlflow.translate,
    Dialect.AZURE: azure.translate,
}
"""All but the one that our spans are in."""
_TURNS: Final = {Dialect.OPENINFERENCE: openinference.turn, Dialect.PHOENIX: phoenix.turn}
"""What is said of a turn, in the dialects of OpenInference."""
_SHARED: Final = (semconv.SESSION_ID, semconv.USER_ID)


class DialectSpanProcessor(SpanProcessor):
    """Hands spans on to another processor in the words that its backend reads.

        provider.add_span_processor(
            DialectSpanProcessor(BatchSpanProcessor(exporter), dialect="openinference")
        )

    There may be several side by side, each around a processor of its own. A span of another library
    is handed on as it is. Behind a batch processor the translation is done in that one's thread,
    when the span is exported; a batch larger than 1 MB is exported in parts.

    Attributes:
        wrapped: The processor that spans are handed on to.
        put_together: Takes back that its exporter is given large batches in parts.

    Args:
        wrapped: The same.
        **settings: See `DialectSettings`; where one is not given, the environment counts.

    Raises:
        SettingError: A setting has a value that it cannot have, such as an unknown dialect.
        TypeError: It has no setting of that name, or what is wrapped is no span processor.
    """

    def __init__(self, wrapped: SpanProcessor, **settings: Unpack[DialectKeywords]) -> None:
        """Read the settings; nothing is translated yet."""
        if not callable(getattr(wrapped, "on_end", None)):
            message = (
                "DialectSpanProcessor is put around a span processor, such as "
                f"BatchSpanProcessor(exporter); this is {type(wrapped).__name__}"
            )
            raise TypeError(message)
        self.wrapped: Final = wrapped
        self.put_together: Final = split(wrapped)
        self._settings = DialectSettings.read(dict(settings))
        self._translate = _DIALECTS.get(self._settings.dialect)
        self._calls = Calls()
        is_openinference = self._settings.dialect in _TURNS
        self._has_turns = is_openinference and self._settings.dialect_turns
        hiding = Hiding(self._settings)
        self._hide = hiding if is_openinference and hiding.is_needed else None
        if self._translate is not None:
            in_use.add(self)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Take in that a call begins, or something in it."""
        with suppress(Exception):  # without it the call is told of span by span all the same
            if self._translate is not None and (kind := kind_of(span)) is not None:
                self._calls.begin(span, kind)
        self.wrapped.on_start(span, parent_context=parent_context)

    def _on_ending(self, span: Span) -> None:
        self.wrapped._on_ending(span)  # noqa: SLF001 - the SDK's, for processors alone

    def on_end(self, span: ReadableSpan) -> None:
        """Hand a span on, to be translated when it is read."""
        kind = kind_of(span) if self._translate is not None else None
        if kind is None:
            self.wrapped.on_end(span)
            return
        for each in self._translated(span, kind):
            self.wrapped.on_end(each)

    def force_flush(self, timeout_millis: int | None = _FLUSH_MS) -> bool:
        """Have all spans so far exported; see the wrapped processor."""
        return self.wrapped.force_flush(_FLUSH_MS if timeout_millis is None else timeout_millis)

    def shutdown(self) -> None:
        """Shut the wrapped processor down."""
        in_use.discard(self)
        self.wrapped.shutdown()

    def _translated(self, span: ReadableSpan, kind: Kind) -> list[ReadableSpan]:
        """What becomes of a span of ours: itself, and before it the turns that end with it."""
        try:
            parent, told = span.parent, copied(span)
            is_response = kind is Kind.RESPONSE and parent is not None
            setup = setup_of(parent.span_id) if is_response and parent is not None else None
            call, above = self._calls.of(span), None
            ended = Ended(kind, told, span, setup, call)
            if call is not None:
                call.add(ended)
                above = self._parent(call, ended)
            new = LateSpan(span, partial(self._said, ended), above)
            return [*self._turns(ended), new]
        except Exception as error:  # noqa: BLE001 - the guard: no span is lost for our sake
            return [LateSpan(span, partial(_without_content, span, error))]

    def _parent(self, call: Call, ended: Ended) -> SpanContext | None:
        """The span that it is to be below, if that is another one in this dialect."""
        if self._settings.dialect is Dialect.LANGSMITH:
            return call.announcing(ended)
        return call.add_to_turn(ended) if self._has_turns else None

    def _turns(self, ended: Ended) -> Iterator[ReadableSpan]:
        """The spans around turns that nothing more is awaited of."""
        call, span = ended.call, ended.span
        if call is None:
            return
        is_over = ended.kind is Kind.SESSION
        for turn in call.ended_turns(all_of_them=is_over):
            shared: Attributes = {
                name: ended.attributes[name] for name in _SHARED if name in ended.attributes
            }
            said = partial(self._said_of_turn, turn, shared, span)
            yield around(span, turn, call.context, said)
        if is_over:
            self._calls.end(span)

    def _said(self, ended: Ended) -> Attributes:
        try:
            assert self._translate is not None  # noqa: S101 - else nothing comes here
            said = self._translate(ended.apart(), Limits.of(ended.span))
            return self._hide(said, ended) if self._hide is not None else said
        except Exception as error:  # noqa: BLE001 - the guard
            return _without_content(ended.span, error)

    def _said_of_turn(self, turn: Turn, shared: Attributes, span: ReadableSpan) -> Attributes:
        try:
            said = _TURNS[self._settings.dialect](turn, shared, Limits.of(span))
            return self._hide(said) if self._hide is not None else said
        except Exception as error:  # noqa: BLE001 - the guard
            _tell(error)
            return {names.KIND: names.AUDIO, **shared}


def _without_content(span: ReadableSpan, error: Exception) -> Attributes:
    """What is left of a span that could not be translated: what nobody can have wanted hidden."""
    _tell(error)
    left_out = (*CONTENT, semconv.INPUT_AUDIO_URL, semconv.OUTPUT_AUDIO_URL)
    return {name: value for name, value in copied(span).items() if name not in left_out}


def _tell(error: Exception) -> None:
    """Log what went wrong, once for each kind; its message might quote content."""
    kind = type(error).__qualname__
    if kind not in _told:
        _told.add(kind)
        _logger.warning(
            "A span could not be translated (%s): it is exported without its content", kind
        )
