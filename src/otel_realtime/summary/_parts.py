"""What one span or log event tells of the call it belongs to.

A part holds the few things of a span that a summary needs, so that many files fit into memory.
Which attributes those are stands in the tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from otel_realtime import semconv as names
from otel_realtime.otlp_json import TraceLog, TraceSpan

WAIT_PARTS: Final[Mapping[str, str]] = {
    "endpointing": names.WAIT_ENDPOINTING,
    "queue": names.WAIT_QUEUE,
    "model": names.WAIT_MODEL,
    "tool": names.WAIT_TOOL,
    "playback": names.WAIT_PLAYBACK,
}
"""What a user waits for, in the order of the wait, and the attribute that tells how long."""

MEASURES: Final = (
    *(names.SESSION_TURNS, names.SESSION_RESPONSES, names.SESSION_TOOL_CALLS),
    *(names.SESSION_TOOL_ERRORS, names.SESSION_ERRORS, names.SESSION_HANDOFFS),
    *(names.SESSION_GUARDRAIL_TRIPS, names.SESSION_INTERRUPTIONS, names.SESSION_FALSE_BARGE_INS),
    *(names.SESSION_MISSED_BARGE_INS, names.SESSION_AGENT_INTERRUPTIONS, names.SESSION_TALK_USER),
    *(names.SESSION_TALK_AGENT, names.SESSION_OVERLAP, names.SESSION_SILENCE),
    *(names.SESSION_DEAD_AIR_AGENT, names.SESSION_DEAD_AIR_USER, names.SESSION_DEAD_AIR_COUNT),
    *(names.SESSION_AUDIO_GENERATED, names.SESSION_AUDIO_HEARD, names.SESSION_AUDIO_DISCARDED),
    *(names.SESSION_COST, names.SESSION_COST_UNHEARD, names.SESSION_COST_TRANSCRIPTION),
    names.SESSION_COST_UNPRICED,
)
"""The measures of one session that add up over many."""

LATENCIES: Final = (
    *(names.SESSION_LATENCY_COUNT, names.SESSION_LATENCY_MEDIAN, names.SESSION_LATENCY_P95),
    *(names.SESSION_LATENCY_MAX, names.SESSION_SLOWEST_TURN),
)
"""Those that do not."""

_LARGEST: Final = 1e15
"""No count, duration or price is more than this: what is comes from somebody else."""
_TOOL: Final = "tool"
"""The part of a wait that is known to be nothing where no tool ran."""

Adds: TypeAlias = Mapping[str, float]
_NOTHING: Final[Adds] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Turn:
    """One user turn whose answer was heard; durations in seconds."""

    latency: float
    """Voice to voice: from the end of the user's speech to the first audio heard after it."""
    index: int | None = None
    """Which turn of the call it is, counted from 1."""
    origin: str | None = None
    """`acoustic` or `event`: how the end of the speech is known."""
    had_tool: bool | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    """How long the user waited for what, by the names in `WAIT_PARTS`; only what is known."""


class Part(NamedTuple):
    """What a span or log event tells. Moments are ns since the epoch."""

    trace_id: str
    span_id: str | None
    """The span itself, or the one that a log stands in."""
    parent: str | None
    session_id: str | None
    start: int
    end: int
    is_session: bool = False
    is_end: bool = False
    """Whether it says that the call has ended."""
    told: Adds = _NOTHING
    """The session's own summary, by attribute."""
    adds: Adds = _NOTHING
    """What it adds to a call that has no such summary, by the same attributes."""
    turn: Turn | None = None
    turn_index: int | None = None
    end_reason: str | None = None
    agent: str | None = None
    recording: str | None = None


def span_part(span: TraceSpan) -> Part | None:
    """What a span of this package tells; None for the spans of others."""
    if span.scope != names.SCOPE_NAME:
        return None
    told, kind = span.attributes, span.name.split(" ", 1)[0]
    is_session = kind == names.SPAN_SESSION
    adds = _ADDED_BY.get(kind)
    return Part(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent=span.parent_span_id,
        session_id=text(told, names.SESSION_ID),
        start=span.start,
        end=span.end,
        is_session=is_session,
        is_end=is_session,
        told=_summary(told) if is_session else _NOTHING,
        adds=_NOTHING if adds is None else adds(told),
        turn=_turn(told) if kind == names.SPAN_RESPONSE else None,
        turn_index=_index(told, names.TURN_INDEX),
        end_reason=text(told, names.END_REASON) if is_session else None,
        agent=text(told, names.AGENT_NAME) if is_session else None,
        recording=text(told, names.OUTPUT_AUDIO_URL) if is_session else None,
    )


def log_part(log: TraceLog) -> Part | None:
    """What a log event of this package tells; None for other logs."""
    if log.scope != names.SCOPE_NAME or log.event_name is None or log.trace_id is None:
        return None
    told, name = log.attributes, log.event_name
    of_session = name in _OF_SESSIONS
    adds = _ADDED_BY_EVENT.get(name)
    return Part(
        trace_id=log.trace_id,
        span_id=log.span_id,
        parent=None,
        session_id=text(told, names.SESSION_ID),
        start=log.time,
        end=log.time,
        is_end=name in _ENDS,
        told=_summary(told) if name == names.LOG_SUMMARY else _NOTHING,
        adds=_NOTHING if adds is None else adds(told),
        end_reason=text(told, names.END_REASON) if name in _ENDS else None,
        agent=text(told, names.AGENT_NAME) if of_session else None,
        recording=text(told, names.OUTPUT_AUDIO_URL) if of_session else None,
    )


def measure(told: Mapping[str, object], key: str) -> float | None:
    """A count, duration or amount of money; None if it is not there or cannot be one."""
    value = told.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= _LARGEST else None


def text(told: Mapping[str, object], key: str) -> str | None:
    """A text; None if it is not there or empty."""
    value = told.get(key)
    return value if isinstance(value, str) and value else None


def _index(told: Mapping[str, object], key: str) -> int | None:
    value = measure(told, key)
    return int(value) if value else None


def _known(told: Mapping[str, object], keys: Mapping[str, str]) -> dict[str, float]:
    """The measures in attributes `keys`, by what `keys` calls them."""
    found = ((name, measure(told, key)) for name, key in keys.items())
    return {name: value for name, value in found if value is not None}


def _summary(told: Mapping[str, object]) -> Adds:
    return _known(told, {key: key for key in (*MEASURES, *LATENCIES)})


def _turn(told: Mapping[str, object]) -> Turn | None:
    latency = measure(told, names.VOICE_TO_VOICE)
    if latency is None:
        return None
    had_tool = told.get(names.HAD_TOOL)
    parts = _known(told, WAIT_PARTS)
    unknown = told.get(names.WAIT_UNKNOWN)
    if parts and had_tool is False and _TOOL not in (unknown if isinstance(unknown, tuple) else ()):
        parts.setdefault(_TOOL, 0.0)
    return Turn(
        float(latency),
        _index(told, names.TURN_INDEX),
        text(told, names.VOICE_TO_VOICE_ORIGIN),
        had_tool if isinstance(had_tool, bool) else None,
        parts,
    )


def _of_response(told: Mapping[str, object]) -> Adds:
    was_user = told.get(names.INTERRUPTION_BY) == "user"
    return {
        names.SESSION_RESPONSES: 1,
        names.SESSION_INTERRUPTIONS: int(was_user),
        **(_ERROR if told.get(names.RESPONSE_STATUS) == "failed" else _NOTHING),
        **_known(told, _COST_OF_RESPONSE),
    }


def _of_session(told: Mapping[str, object]) -> Adds:
    return _ERROR if names.ERROR_TYPE in told else _NOTHING


def _of_tool(told: Mapping[str, object]) -> Adds:
    failed = told.get(names.TOOL_OUTCOME) == "error" or names.ERROR_TYPE in told
    return {names.SESSION_TOOL_CALLS: 1, names.SESSION_TOOL_ERRORS: int(failed)}


def _of_transcription(told: Mapping[str, object]) -> Adds:
    return _known(told, _COST_OF_TRANSCRIPTION)


def _one(key: str) -> Callable[[Mapping[str, object]], Adds]:
    return lambda _: {key: 1}


def _of_dead_air(told: Mapping[str, object]) -> Adds:
    seconds = measure(told, names.DEAD_AIR_DURATION)
    awaited = _AWAITED.get(text(told, names.DEAD_AIR_AWAITED) or "")
    known = {} if awaited is None or seconds is None else {awaited: seconds}
    return {names.SESSION_DEAD_AIR_COUNT: 1, **known}


_ERROR: Final[Adds] = MappingProxyType({names.SESSION_ERRORS: 1})
_COST_OF_RESPONSE: Final = {
    names.SESSION_COST: names.COST,
    names.SESSION_COST_UNHEARD: names.COST_UNHEARD,
}
_COST_OF_TRANSCRIPTION: Final = {
    names.SESSION_COST: names.COST_TRANSCRIPTION,
    names.SESSION_COST_TRANSCRIPTION: names.COST_TRANSCRIPTION,
}
_AWAITED: Final = {"agent": names.SESSION_DEAD_AIR_AGENT, "user": names.SESSION_DEAD_AIR_USER}

_ADDED_BY: Final[Mapping[str, Callable[[Mapping[str, object]], Adds]]] = {
    names.SPAN_SESSION: _of_session,
    names.SPAN_RESPONSE: _of_response,
    names.SPAN_TOOL: _of_tool,
    names.SPAN_INPUT: _of_transcription,
    names.SPAN_TRANSCRIPTION: _of_transcription,
}
"""By the first word of a span's name."""

_ADDED_BY_EVENT: Final[Mapping[str, Callable[[Mapping[str, object]], Adds]]] = {
    names.LOG_ERROR: _one(names.SESSION_ERRORS),
    names.LOG_TRANSCRIPTION_FAILED: _one(names.SESSION_ERRORS),
    names.LOG_HANDOFF: _one(names.SESSION_HANDOFFS),
    names.LOG_GUARDRAIL: _one(names.SESSION_GUARDRAIL_TRIPS),
    names.LOG_FALSE_BARGE_IN: _one(names.SESSION_FALSE_BARGE_INS),
    names.LOG_MISSED_BARGE_IN: _one(names.SESSION_MISSED_BARGE_INS),
    names.LOG_AGENT_INTERRUPTION: _one(names.SESSION_AGENT_INTERRUPTIONS),
    names.LOG_DEAD_AIR: _of_dead_air,
}
"""By event name."""

_ENDS: Final = frozenset({names.LOG_SESSION_ENDED, names.LOG_SUMMARY})
_OF_SESSIONS: Final = _ENDS | {names.LOG_SESSION_STARTED}
