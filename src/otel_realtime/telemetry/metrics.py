"""Records become measures, labelled with what has few values only."""

from typing import TYPE_CHECKING, Any, Final

from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.facts import (
    InputFacts,
    ResponseFacts,
    SessionFacts,
    ToolFacts,
    TranscriptionFacts,
)
from otel_realtime.records import (
    AgentInterruptionNoted,
    Closed,
    DeadAirNoted,
    FalseBargeInNoted,
    FaultNoted,
    GuardrailNoted,
    HandoffNoted,
    InterruptionNoted,
    Key,
    Kind,
    MissedBargeInNoted,
    Noted,
    Opened,
    RateLimitsNoted,
    TranscriptionFailureNoted,
    TurnNoted,
)
from otel_realtime.telemetry import attributes, measures
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.instruments import Instruments, Labels, Measure

if TYPE_CHECKING:
    from collections.abc import Callable

_UNKNOWN_ERROR: Final = "_OTHER"  # what OpenTelemetry says for an error type that is not known
_MOST_LABELS: Final = 32
_ONE_MORE: Final = ((semconv.METRIC_SESSIONS_ACTIVE, 1, ()),)
_ONE_LESS: Final = ((semconv.METRIC_SESSIONS_ACTIVE, -1, ()),)
_COUNTED: Final[dict[type, str]] = {
    FalseBargeInNoted: semconv.METRIC_FALSE_BARGE_INS,
    MissedBargeInNoted: semconv.METRIC_MISSED_BARGE_INS,
    AgentInterruptionNoted: semconv.METRIC_AGENT_INTERRUPTIONS,
}
"""Notes on a response that are counted as they come."""


class MetricsConsumer:
    """Turns the records of one call into measurements.

    Args:
        instruments: What measures.
        context: The call's spans, which measurements belong to.
        identity: What is the same on all of the call's telemetry.
        latest: Whether metrics are called as in the latest conventions, where these differ.
    """

    def __init__(
        self,
        instruments: Instruments,
        context: TelemetryContext,
        identity: Identity,
        *,
        latest: bool = False,
    ) -> None:
        self._to = instruments
        self._context = context
        self._identity = identity
        self._spelling = measures.LATEST if latest else measures.RELEASED
        self._model: str | None = None
        self._active: Labels | None = None
        self._cached: dict[tuple[object, ...], Labels] = {}
        self._closed: dict[Kind, Callable[[Key, Any], None]] = {
            Kind.SESSION: self._session_closed,
            Kind.INPUT: self._input_closed,
            Kind.RESPONSE: self._response_closed,
            Kind.TOOL: self._tool_closed,
            Kind.TRANSCRIPTION: self._transcription_closed,
        }
        self._noted: dict[type, Callable[[Key, Any], None]] = {
            InterruptionNoted: self._interrupted,
            GuardrailNoted: self._tripped,
            FaultNoted: lambda key, note: self._error(key, note.fault.kind),
            TranscriptionFailureNoted: self._transcription_failed,
            RateLimitsNoted: self._limited,
            HandoffNoted: self._handed_off,
            DeadAirNoted: self._dead_air,
            TurnNoted: self._turn_over,
            **dict.fromkeys(_COUNTED, self._counted),
        }

    def opened(self, record: Opened) -> None:
        """Count an open session; learn the model."""
        facts = record.facts
        if isinstance(facts, SessionFacts):
            self._model = facts.config.model
            # What was added is what must be taken away: the labels may change in between.
            self._active = self._labels()
            self._measure(record.key, self._active, *_ONE_MORE)
        elif isinstance(facts, ResponseFacts):
            self._model = facts.model or self._model

    def noted(self, record: Noted) -> None:
        """Measure what is known as it happens."""
        measure = self._noted.get(type(record.note))
        if measure is not None:
            measure(record.key, record.note)

    def closed(self, record: Closed) -> None:
        """Measure what ended."""
        self._closed[record.key.kind](record.key, record.facts)

    def _session_closed(self, key: Key, facts: SessionFacts) -> None:
        labels = self._labels(
            (semconv.REQUEST_MODEL, facts.config.model),
            (semconv.AGENT_NAME, facts.agent),
            *attributes.endpoint(facts.endpoint),
        )
        self._measure(key, labels, *measures.of_session(facts))
        if self._active is not None:
            self._measure(key, self._active, *_ONE_LESS)
        if facts.fault_type is not None:
            self._error(key, facts.fault_type)

    def _input_closed(self, key: Key, facts: InputFacts) -> None:
        told = (*measures.of_input(facts), *measures.of_transcript(facts))
        self._measure(key, self._of_input(facts), *told)

    def _transcription_closed(self, key: Key, facts: TranscriptionFacts) -> None:
        self._measure(key, self._of_input(facts.given), *measures.of_transcript(facts.given))

    def _response_closed(self, key: Key, facts: ResponseFacts) -> None:
        told = measures.of_response(facts, self._spelling)
        self._measure(key, self._of_response(facts), *told)
        if facts.status == "failed":
            self._error(key, attributes.response_error(facts))

    def _tool_closed(self, key: Key, facts: ToolFacts) -> None:
        labels = self._labels(
            (semconv.OPERATION_NAME, semconv.SPAN_TOOL),
            (semconv.AGENT_NAME, facts.agent),
            (semconv.TOOL_NAME, facts.name),
            (semconv.TOOL_OUTCOME, facts.outcome),
            (semconv.ERROR_TYPE, attributes.tool_error(facts)),
        )
        self._measure(key, labels, *measures.of_tool(facts))

    def _interrupted(self, key: Key, note: InterruptionNoted) -> None:
        """Count it as an interruption only if it was the user who began to speak."""
        facts = note.facts
        metric = semconv.METRIC_INTERRUPTIONS if facts.by_user else semconv.METRIC_RESPONSE_CUTS
        reason = (semconv.INTERRUPTION_REASON, facts.interruption_reason)
        self._measure(key, self._of_response(facts), (metric, 1, (reason,)))

    def _counted(
        self, key: Key, note: FalseBargeInNoted | MissedBargeInNoted | AgentInterruptionNoted
    ) -> None:
        self._measure(key, self._of_response(note.facts), (_COUNTED[type(note)], 1, ()))

    def _tripped(self, key: Key, note: GuardrailNoted) -> None:
        labels = self._labels(
            (semconv.GUARDRAIL_KIND, note.kind),
            (semconv.GUARDRAIL_NAME, note.name),
            (semconv.AGENT_NAME, note.agent),
        )
        self._measure(key, labels, (semconv.METRIC_GUARDRAIL_TRIPS, 1, ()))

    def _transcription_failed(self, key: Key, note: TranscriptionFailureNoted) -> None:
        facts = note.facts
        kind = facts.fault.kind if facts.fault else None
        told = (
            (semconv.TRANSCRIPTION_MODEL, facts.transcription_model),
            (semconv.ERROR_TYPE, kind or _UNKNOWN_ERROR),
        )
        failed = (semconv.METRIC_TRANSCRIPTION_FAILURES, 1, told)
        self._measure(key, self._of_input(facts), failed)
        self._error(key, kind)

    def _limited(self, key: Key, note: RateLimitsNoted) -> None:
        metric = semconv.METRIC_RATE_LIMIT_REMAINING
        told = (
            (metric, limit.remaining, ((semconv.RATE_LIMIT_NAME, limit.name),))
            for limit in note.limits
        )
        self._measure(key, self._of_call(), *told)

    def _handed_off(self, key: Key, note: HandoffNoted) -> None:
        told = ((semconv.HANDOFF_FROM, note.from_agent), (semconv.HANDOFF_TO, note.to_agent))
        self._measure(key, self._of_call(), (semconv.METRIC_HANDOFFS, 1, told))

    def _dead_air(self, key: Key, note: DeadAirNoted) -> None:
        awaited = ((semconv.DEAD_AIR_AWAITED, note.awaited),)
        lasted = (semconv.METRIC_DEAD_AIR_DURATION, note.ns / 1e9, awaited)
        self._measure(key, self._of_call(), lasted)

    def _turn_over(self, key: Key, note: TurnNoted) -> None:
        labels = self._labels((semconv.AGENT_NAME, note.agent), (semconv.REQUEST_MODEL, note.model))
        self._measure(key, labels, (semconv.METRIC_TURN_DURATION, note.ns / 1e9, ()))

    def _error(self, key: Key, kind: str | None) -> None:
        labels = self._labels((semconv.ERROR_TYPE, kind or _UNKNOWN_ERROR))
        self._measure(key, labels, (semconv.METRIC_ERRORS, 1, ()))

    def _measure(self, key: Key, labels: Labels, *told: Measure) -> None:
        known = [measure for measure in told if measure[1] is not None]
        if known:
            self._to.measure(labels, known, self._context.context(key))

    def _of_call(self) -> Labels:
        return self._labels((semconv.REQUEST_MODEL, self._model))

    def _of_input(self, facts: InputFacts) -> Labels:
        by = (facts.agent, self._model, self._identity.provider)
        labels = self._cached.get(by)
        if labels is None:
            told = ((semconv.AGENT_NAME, facts.agent), (semconv.REQUEST_MODEL, self._model))
            labels = self._keep(by, self._labels(*told))
        return labels

    def _of_response(self, facts: ResponseFacts) -> Labels:
        by = (facts.agent, facts.model, self._identity.provider, facts.endpoint)
        labels = self._cached.get(by)
        if labels is None:
            told = (
                (semconv.OPERATION_NAME, semconv.SPAN_RESPONSE),
                (semconv.AGENT_NAME, facts.agent),
                (semconv.REQUEST_MODEL, facts.model),
                (semconv.RESPONSE_MODEL, facts.model),
                *attributes.endpoint(facts.endpoint),
            )
            labels = self._keep(by, self._labels(*told))
        return labels

    def _keep(self, by: tuple[object, ...], labels: Labels) -> Labels:
        if len(self._cached) >= _MOST_LABELS:
            self._cached.clear()
        self._cached[by] = labels
        return labels

    def _labels(self, *pairs: tuple[str, AttributeValue | None]) -> Labels:
        return attributes.known(((semconv.PROVIDER_NAME, self._identity.provider), *pairs))
