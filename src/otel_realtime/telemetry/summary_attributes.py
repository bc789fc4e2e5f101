"""What a reviewer wants to know first of a session: on its span, and on its log event.

Durations in seconds, money in US dollars; definitions in `docs/metrics.md`.
"""

from collections.abc import Iterable

from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.facts import SessionFacts, Tally
from otel_realtime.telemetry import cost_attributes

_Pairs = Iterable[tuple[str, AttributeValue | None]]
_MEDIAN, _P95, _MOST = 50, 95, 100


def of_session(facts: SessionFacts) -> _Pairs:
    """The summary of a session that is over; nothing of one that goes on."""
    if facts.ended_at is None:
        return ()
    tally = facts.tally
    return (
        (semconv.SESSION_TURNS, tally.turns),
        (semconv.SESSION_RESPONSES, tally.responses),
        (semconv.SESSION_TOOL_CALLS, tally.tool_calls),
        (semconv.SESSION_TOOL_ERRORS, tally.tool_errors),
        (semconv.SESSION_ERRORS, tally.errors),
        (semconv.SESSION_HANDOFFS, tally.handoffs),
        (semconv.SESSION_GUARDRAIL_TRIPS, tally.guardrail_trips),
        *_latencies(tally),
        (semconv.SESSION_INTERRUPTIONS, tally.interruptions),
        (semconv.SESSION_FALSE_BARGE_INS, tally.false_barge_ins),
        (semconv.SESSION_MISSED_BARGE_INS, tally.missed_barge_ins),
        (semconv.SESSION_AGENT_INTERRUPTIONS, tally.agent_interruptions),
        (semconv.SESSION_TALK_USER, tally.seconds(tally.user_ns)),
        (semconv.SESSION_TALK_AGENT, tally.agent_ns / 1e9),
        (semconv.SESSION_TALK_RATIO, _rounded(tally.talk_ratio)),
        (semconv.SESSION_OVERLAP, tally.seconds(tally.overlap_ns)),
        (semconv.SESSION_SILENCE, tally.seconds(tally.silence_ns)),
        (semconv.SESSION_DEAD_AIR_COUNT, tally.dead_airs),
        (semconv.SESSION_DEAD_AIR_AGENT, tally.dead_air_agent_ns / 1e9),
        (semconv.SESSION_DEAD_AIR_USER, tally.dead_air_user_ns / 1e9),
        (semconv.SESSION_AUDIO_GENERATED, _seconds(tally.generated_ms)),
        (semconv.SESSION_AUDIO_HEARD, _seconds(tally.heard_ms)),
        (semconv.SESSION_AUDIO_DISCARDED, _seconds(tally.discarded_ms)),
        *cost_attributes.of_session(facts),
    )


def _latencies(tally: Tally) -> _Pairs:
    return (
        (semconv.SESSION_LATENCY_COUNT, len(tally.latencies)),
        (semconv.SESSION_LATENCY_MEDIAN, tally.latency(_MEDIAN)),
        (semconv.SESSION_LATENCY_P95, tally.latency(_P95)),
        (semconv.SESSION_LATENCY_MAX, tally.latency(_MOST)),
        (semconv.SESSION_SLOWEST_TURN, tally.slowest_turn),
    )


def _seconds(ms: float) -> float:
    return round(ms / 1000, 3)


def _rounded(ratio: float | None) -> float | None:
    return round(ratio, 3) if ratio is not None else None
