"""Records become log events, each in the span it belongs to."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from opentelemetry._logs import Logger, LogRecord, SeverityNumber

from otel_realtime import semconv
from otel_realtime.facts import InputFacts, ResponseFacts, SessionFacts
from otel_realtime.records import (
    SESSION,
    AgentInterruptionNoted,
    ApprovalNoted,
    Closed,
    DeadAirNoted,
    DtmfNoted,
    FalseBargeInNoted,
    FaultNoted,
    GuardrailNoted,
    HandoffNoted,
    IdleTimeoutNoted,
    InterruptionNoted,
    Key,
    LeftOutNoted,
    McpToolsNoted,
    MissedBargeInNoted,
    Noted,
    Opened,
    RateLimitsNoted,
    ReconnectionNoted,
    SessionNoted,
    TranscriptionFailureNoted,
    TurnNoted,
)
from otel_realtime.telemetry import attributes, summary_attributes
from otel_realtime.telemetry.attributes import Identity, Pairs
from otel_realtime.telemetry.content import ContentGate
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.turn_attributes import cut_by
from otel_realtime.values import Fault

_INFO, _WARN = SeverityNumber.INFO, SeverityNumber.WARN

_Describe = Callable[[Any, ContentGate], Pairs]


def _fault(fault: Fault | None, gate: ContentGate) -> Pairs:
    if fault is None:
        return ()
    return (
        (semconv.ERROR_TYPE, fault.type),
        (semconv.ERROR_CODE, fault.code),
        (semconv.ERROR_PARAM, fault.param),
        (semconv.ERROR_CLIENT_EVENT_ID, fault.client_event_id),
        (semconv.ERROR_MESSAGE, gate("error_message", fault.message)),
    )


def _interruption(note: InterruptionNoted, _: ContentGate) -> Pairs:
    facts = note.facts
    heard, generated = facts.heard_ms, facts.generated_ms
    return (
        (semconv.RESPONSE_ID, facts.response_id if facts.id_known else None),
        (semconv.INTERRUPTION_REASON, facts.interruption_reason),
        (semconv.INTERRUPTION_BY, cut_by(facts)),
        (semconv.INTERRUPTION_ITEM_ID, facts.interrupted_by),
        (semconv.HEARD_MS, round(heard) if heard is not None else None),
        (semconv.HEARD_SOURCE, facts.heard_source),
        (semconv.GENERATED_MS, round(generated) if generated is not None else None),
    )


def _rate_limits(note: RateLimitsNoted, _: ContentGate) -> Pairs:
    for limit in note.limits:
        names = _rate_limit_names(limit.name)
        yield from zip(names, (limit.limit, limit.remaining, limit.reset), strict=True)


@lru_cache(maxsize=16)
def _rate_limit_names(name: str) -> tuple[str, str, str]:
    prefix = f"{semconv.RATE_LIMIT}.{name}"
    return f"{prefix}.limit", f"{prefix}.remaining", f"{prefix}.reset_seconds"


def _transcription_failure(note: TranscriptionFailureNoted, gate: ContentGate) -> Pairs:
    return ((semconv.ITEM_ID, note.facts.item_id), *_fault(note.facts.fault, gate))


def _handoff(note: HandoffNoted, _: ContentGate) -> Pairs:
    return ((semconv.HANDOFF_FROM, note.from_agent), (semconv.HANDOFF_TO, note.to_agent))


def _guardrail(note: GuardrailNoted, _: ContentGate) -> Pairs:
    return (
        (semconv.GUARDRAIL_KIND, note.kind),
        (semconv.GUARDRAIL_NAME, note.name),
        (semconv.AGENT_NAME, note.agent),
    )


def _approval(note: ApprovalNoted, _: ContentGate) -> Pairs:
    facts = note.facts
    return (
        (semconv.TOOL_NAME, facts.name),
        (semconv.TOOL_CALL_ID, facts.call_id),
        *attributes.approval(facts),
    )


def _false_barge_in(note: FalseBargeInNoted, _: ContentGate) -> Pairs:
    return (*_pair(note.facts, note.given), (semconv.STOP_TIME, note.facts.stop_time))


def _missed_barge_in(note: MissedBargeInNoted, _: ContentGate) -> Pairs:
    overlap = (semconv.OVERLAP_DURATION, note.overlap_ns / 1e9)
    return (*_pair(note.facts, note.given), overlap)


def _pair(facts: ResponseFacts, given: InputFacts) -> Pairs:
    """Which utterance and which response met."""
    return (
        (semconv.RESPONSE_ID, facts.response_id if facts.id_known else None),
        (semconv.ITEM_ID, given.item_id if given.id_known else None),
        (semconv.TURN_INDEX, given.turn),
    )


_NOTES: Final[dict[type, tuple[str, SeverityNumber, _Describe]]] = {
    SessionNoted: (
        semconv.LOG_SESSION_UPDATED,
        _INFO,
        lambda note, _: ((semconv.CHANGED_SETTINGS, _changed(note)),),
    ),
    InterruptionNoted: (semconv.LOG_INTERRUPTED, _INFO, _interruption),
    FaultNoted: (semconv.LOG_ERROR, _WARN, lambda note, gate: _fault(note.fault, gate)),
    TranscriptionFailureNoted: (semconv.LOG_TRANSCRIPTION_FAILED, _WARN, _transcription_failure),
    RateLimitsNoted: (semconv.LOG_RATE_LIMITS, _INFO, _rate_limits),
    HandoffNoted: (semconv.LOG_HANDOFF, _INFO, _handoff),
    GuardrailNoted: (semconv.LOG_GUARDRAIL, _WARN, _guardrail),
    ApprovalNoted: (semconv.LOG_APPROVAL, _INFO, _approval),
    FalseBargeInNoted: (semconv.LOG_FALSE_BARGE_IN, _INFO, _false_barge_in),
    MissedBargeInNoted: (semconv.LOG_MISSED_BARGE_IN, _INFO, _missed_barge_in),
    AgentInterruptionNoted: (
        semconv.LOG_AGENT_INTERRUPTION,
        _INFO,
        lambda note, _: _pair(note.facts, note.given),
    ),
    DeadAirNoted: (
        semconv.LOG_DEAD_AIR,
        _INFO,
        lambda note, _: (
            (semconv.DEAD_AIR_AWAITED, note.awaited),
            (semconv.DEAD_AIR_DURATION, note.ns / 1e9),
        ),
    ),
    ReconnectionNoted: (
        semconv.LOG_RECONNECTED,
        _WARN,
        lambda note, _: ((semconv.RECONNECTS, note.facts.reconnects),),
    ),
    IdleTimeoutNoted: (
        semconv.LOG_IDLE_TIMEOUT,
        _INFO,
        lambda note, _: ((semconv.ITEM_ID, note.item_id),),
    ),
    DtmfNoted: (
        semconv.LOG_DTMF,
        _INFO,
        lambda note, gate: ((semconv.DTMF_DIGIT, gate("dtmf", note.digit)),),
    ),
    McpToolsNoted: (
        semconv.LOG_MCP_TOOLS,
        _INFO,
        lambda note, _: ((semconv.MCP_OUTCOME, note.outcome),),
    ),
}

_NO_EVENTS: Final = frozenset({TurnNoted, LeftOutNoted})
"""What is a measure, and what the guard tells of."""


class LogConsumer:
    """Turns the records of one call into log events."""

    def __init__(
        self, logger: Logger, context: TelemetryContext, identity: Identity, gate: ContentGate
    ) -> None:
        """Write the log events of one call."""
        self._logger = logger
        self._context = context
        self._identity = identity
        self._gate = gate

    def opened(self, record: Opened) -> None:
        """Put a session's start on record at once: a killed process leaves this behind."""
        facts = record.facts
        if isinstance(facts, SessionFacts):
            self._emit(semconv.LOG_SESSION_STARTED, record.key, record.at, _session(facts))

    def noted(self, record: Noted) -> None:
        """Write what was learnt."""
        if type(record.note) in _NO_EVENTS:
            return
        name, severity, describe = _NOTES[type(record.note)]
        pairs = describe(record.note, self._gate)
        self._emit(name, record.key, record.at, pairs, severity)

    def closed(self, record: Closed) -> None:
        """Write a session's end and, where content on events is asked for, a response's details."""
        facts = record.facts
        if isinstance(facts, SessionFacts):
            end = (
                (semconv.END_REASON, facts.end_reason),
                (semconv.CLOSE_CODE, facts.close_code),
                (semconv.ERROR_TYPE, facts.fault_type),
            )
            told = (*_session(facts), *end)
            severity = _INFO if facts.fault_type is None else _WARN
            summary = (*told, *summary_attributes.of_session(facts))
            self._emit(semconv.LOG_SUMMARY, record.key, record.at, summary)
            self._emit(semconv.LOG_SESSION_ENDED, record.key, record.at, told, severity)
        elif isinstance(facts, ResponseFacts) and self._gate.is_open:
            opening = attributes.response_opening(facts)
            pairs = (*opening, *attributes.response(facts, self._gate))
            self._emit(semconv.LOG_OPERATION_DETAILS, record.key, record.at, pairs)

    def _emit(
        self, name: str, key: Key, at: int, pairs: Pairs, severity: SeverityNumber = _INFO
    ) -> None:
        subject = key if key in self._context else SESSION
        self._logger.emit(
            LogRecord(
                timestamp=at,
                context=self._context.context(subject),
                severity_number=severity,
                severity_text=severity.name,
                event_name=name,
                attributes=attributes.known((*self._identity.pairs, *pairs)),
            )
        )


def _changed(note: SessionNoted) -> list[str]:
    """The settings that changed: `parameters` is all of them, and told where nothing else is."""
    return [name for name in note.changed if name != "parameters"] or list(note.changed)


def _session(facts: SessionFacts) -> Pairs:
    return (
        (semconv.AGENT_NAME, facts.agent),
        (semconv.REQUEST_MODEL, facts.config.model),
        (semconv.PROVIDER_SESSION_ID, facts.config.session_id),
        *attributes.endpoint(facts.endpoint),
    )
