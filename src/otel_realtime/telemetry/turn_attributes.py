"""Turns, waits and speech as attributes; definitions in `docs/metrics.md`. Durations in seconds."""

from collections.abc import Iterable

from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.facts import InputFacts, ResponseFacts

_Pairs = Iterable[tuple[str, AttributeValue | None]]
_NS_PER_MS = 1_000_000
_PARTS = (
    (semconv.WAIT_ENDPOINTING, "endpointing"),
    (semconv.WAIT_QUEUE, "queue"),
    (semconv.WAIT_MODEL, "model"),
    (semconv.WAIT_TOOL, "tool"),
    (semconv.WAIT_PLAYBACK, "playback"),
)


def of_input(facts: InputFacts) -> _Pairs:
    """What the user said."""
    return (
        (semconv.TURN_INDEX, facts.turn),
        (semconv.INPUT_ACOUSTIC_START_MS, facts.acoustic_start_ms),
        (semconv.ENDPOINTING_DELAY, facts.endpointing_delay),
        (semconv.INPUT_INTERRUPTED, facts.interrupted),
        (semconv.SPEECH_WORDS, facts.words if facts.type == "speech" else None),
        (semconv.SPEECH_RATE, _rounded(facts.speech_rate)),
    )


def of_response(facts: ResponseFacts) -> _Pairs:
    """What the agent said, and what the user waited for."""
    return (
        (semconv.TURN_INDEX, facts.turn),
        *_wait(facts),
        (semconv.PLAYBACK_SOURCE, facts.playback_source),
        (semconv.START_DELAY, facts.start_delay),
        (semconv.MODEL_TIME_TO_FIRST_AUDIO, facts.model_time_to_first_audio),
        (semconv.TOOL_TURN_OVERHEAD, facts.tool_turn_overhead),
        (semconv.GREETING_LATENCY, facts.greeting_latency),
        (semconv.STOP_TIME, facts.stop_time),
        (semconv.SPEECH_WORDS, facts.words),
        (semconv.SPEECH_RATE, _rounded(facts.speech_rate)),
    )


def of_interruption(facts: ResponseFacts) -> _Pairs:
    """What cut a response off, if something did."""
    if not facts.interrupted:
        return ()
    return (
        (semconv.INTERRUPTED, True),
        (semconv.INTERRUPTION_REASON, facts.interruption_reason),
        (semconv.INTERRUPTION_BY, cut_by(facts)),
        (semconv.INTERRUPTION_ITEM_ID, facts.interrupted_by),
        (semconv.CUT_MS, round(facts.heard_ms) if facts.heard_ms is not None else None),
    )


def cut_by(facts: ResponseFacts) -> str:
    """Who cut it off: `user`, or else `other` (the application, a guardrail, the provider)."""
    return "user" if facts.by_user else "other"


def _wait(facts: ResponseFacts) -> _Pairs:
    wait = facts.wait
    if wait is None:
        return ()
    # One text: a list costs as much again for each of its values, and some backends cannot read it.
    steps = ", ".join([f"{part} {round(ns / _NS_PER_MS)} ms" for part, ns in wait.steps])
    sums: dict[str, int | None] = (
        {} if wait.had_tool else {"tool": None}
    )  # that there was none is told beside it
    sums |= dict.fromkeys(wait.unknown)
    for part, ns in wait.steps:
        sums[part] = (sums.get(part) or 0) + ns
    return (
        (semconv.VOICE_TO_VOICE, wait.seconds),
        (semconv.VOICE_TO_VOICE_ORIGIN, wait.origin),
        (semconv.HAD_TOOL, wait.had_tool),
        *[(name, _seconds(sums.get(part, 0))) for name, part in _PARTS],
        (semconv.WAIT_UNKNOWN, list(wait.unknown) or None),
        (semconv.WAIT_STEPS, steps or None),
    )


def _seconds(ns: int | None) -> float | None:
    return ns / 1e9 if ns is not None else None


def _rounded(rate: float | None) -> float | None:
    return round(rate, 1) if rate is not None else None
