"""Records become spans: each opened subject an anchor span, in the default dialect."""

from collections.abc import Callable
from typing import Any, Final

from opentelemetry.trace import SpanKind

from otel_realtime import semconv
from otel_realtime.facts import InputFacts, SessionFacts, ToolFacts
from otel_realtime.records import (
    SESSION,
    Closed,
    InterruptionNoted,
    Key,
    Kind,
    Noted,
    Opened,
)
from otel_realtime.telemetry import attributes, messages, turn_attributes
from otel_realtime.telemetry.attributes import Identity, Pairs
from otel_realtime.telemetry.content import ContentGate, stack_of, type_of
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.told import Setup, in_use, offer_setup, take_back_setup
from otel_realtime.values import SessionConfig

_Attributes = Callable[[Any, ContentGate], Pairs]
_Text = Callable[[Any], str | None]

_SPAN_NAMES: Final[dict[Kind, tuple[str, _Text]]] = {
    Kind.SESSION: (semconv.SPAN_SESSION, lambda facts: facts.agent),
    Kind.INPUT: (semconv.SPAN_INPUT, lambda _: None),
    Kind.RESPONSE: (semconv.SPAN_RESPONSE, lambda facts: facts.model),
    Kind.TOOL: (semconv.SPAN_TOOL, lambda facts: facts.name),
    Kind.TRANSCRIPTION: (
        semconv.SPAN_TRANSCRIPTION,
        lambda facts: facts.given.transcription_model,
    ),
}
_OPENING: Final[dict[Kind, _Attributes]] = {
    Kind.SESSION: attributes.session,
    Kind.RESPONSE: lambda facts, _: attributes.response_opening(facts),
    Kind.TOOL: lambda facts, _: attributes.tool_opening(facts),
}
_AT_ONCE: Final = frozenset({Kind.INPUT, Kind.TRANSCRIPTION})
"""What opens when all is known of it, just before it closes: all is told as it opens."""
_CLOSING: Final[dict[Kind, _Attributes]] = {
    Kind.SESSION: attributes.session,
    Kind.INPUT: attributes.user_input,
    Kind.RESPONSE: attributes.response,
    Kind.TOOL: attributes.tool,
    Kind.TRANSCRIPTION: attributes.late_transcription,
}
_ERRORS: Final[dict[Kind, _Text]] = {
    Kind.SESSION: lambda facts: facts.fault_type,
    Kind.RESPONSE: attributes.response_error,
    Kind.TOOL: attributes.tool_error,
}


class SpanConsumer:
    """Turns records into anchor spans of a telemetry context."""

    def __init__(
        self,
        context: TelemetryContext,
        identity: Identity,
        gate: ContentGate,
        config: Callable[[], SessionConfig] = SessionConfig,
    ) -> None:
        """Write the spans of one call; `config` gives the session's settings as they are now."""
        self._context = context
        self._identity = identity
        self._gate = gate
        self._config = config
        self._setup: tuple[SessionConfig, Setup] | None = None

    def opened(self, record: Opened) -> None:
        """Start the subject's span."""
        kind = record.key.kind
        if kind is not Kind.SESSION and not self._context.is_recording(SESSION):
            return  # the trace is not sampled: the app's own spans find that out by the session's
        name, suffix = _SPAN_NAMES[kind]
        what = suffix(record.facts)
        opening = _CLOSING[kind] if kind in _AT_ONCE else _OPENING.get(kind)
        pairs = opening(record.facts, self._gate) if opening else ()
        self._context.open(
            record.key,
            f"{name} {what}" if what else name,
            start=record.at,
            parent=self._parent(record.parent),
            kind=SpanKind.CLIENT if kind is Kind.RESPONSE else SpanKind.INTERNAL,
            attributes=attributes.known((*self._identity.pairs, *pairs)),
        )
        session = self._context.span_context(SESSION) if kind is Kind.SESSION else None
        if session is not None and in_use:
            offer_setup(session.span_id, self._told_setup)

    def noted(self, record: Noted) -> None:
        """Mark an interruption at once; all else is on the span when it closes."""
        if isinstance(record.note, InterruptionNoted) and self._context.is_recording(record.key):
            pairs = turn_attributes.of_interruption(record.note.facts)
            self._context.note(record.key, attributes.known(pairs))

    def closed(self, record: Closed) -> None:
        """End the subject's span with all that is known of it."""
        kind, facts = record.key.kind, record.facts
        if kind in _AT_ONCE or not self._context.is_recording(record.key):
            self._close_at_once(record)
            return
        if isinstance(facts, (ToolFacts, SessionFacts)) and isinstance(facts.error, Exception):
            self._record_exception(record, facts.error)
        error = _ERRORS.get(kind)
        known = self._identity.pairs if kind is Kind.SESSION else ()  # some learnt since it began
        session = self._context.span_context(SESSION) if kind is Kind.SESSION else None
        self._context.close(
            record.key,
            end=record.at,
            attributes=attributes.known((*known, *_CLOSING[kind](facts, self._gate))),
            error=error(facts) if error else None,
        )
        if session is not None:
            take_back_setup(session.span_id)

    def _close_at_once(self, record: Closed) -> None:
        """End what has been told of already, but for a link that comes with its span."""
        facts, told = record.facts, None
        if isinstance(facts, InputFacts) and (facts.audio or facts.audio_dropped):
            told = attributes.known(attributes.input_audio(facts, self._gate))
        self._context.close(record.key, end=record.at, attributes=told)

    def _told_setup(self) -> Setup:
        """How the session is set up; put together anew where a setting has changed."""
        config = self._config()
        if self._setup is None or self._setup[0] is not config:
            tools = messages.known_tools(config.tools, self._gate)
            self._setup = config, Setup(config.parameters, tools)
        return self._setup[1]

    def _parent(self, key: Key | None) -> Key | None:
        """The parent's key; the session's for a parent that was never seen or is forgotten."""
        return SESSION if key is not None and key not in self._context else key

    def _record_exception(self, record: Closed, error: BaseException) -> None:
        event = attributes.known(
            (
                (semconv.EXCEPTION_TYPE, type_of(error)),
                (semconv.EXCEPTION_STACKTRACE, stack_of(error)),
                (semconv.EXCEPTION_MESSAGE, self._gate("error_message", str(error))),
            )
        )
        self._context.event(record.key, semconv.EXCEPTION_EVENT, event, record.at)
