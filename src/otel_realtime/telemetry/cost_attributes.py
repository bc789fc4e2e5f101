"""What it cost, as attributes: all amounts in US dollars; what has no price is absent."""

from collections.abc import Iterable, Mapping
from typing import Final

from otel_realtime import semconv
from otel_realtime.facts import InputFacts, ResponseFacts, SessionFacts

_Pairs = Iterable[tuple[str, float | int | str | None]]

_PARTS: Final[Mapping[tuple[str, str | None], str]] = {
    ("input", "text"): semconv.COST_INPUT_TEXT,
    ("input", "audio"): semconv.COST_INPUT_AUDIO,
    ("input", "image"): semconv.COST_INPUT_IMAGE,
    ("cached", "text"): semconv.COST_CACHED_TEXT,
    ("cached", "audio"): semconv.COST_CACHED_AUDIO,
    ("cached", "image"): semconv.COST_CACHED_IMAGE,
    ("output", "text"): semconv.COST_OUTPUT_TEXT,
    ("output", "audio"): semconv.COST_OUTPUT_AUDIO,
}
_DIGITS: Final = 12
"""Decimals: a thousandth of what the cheapest token costs; more is the dust of floats."""
_NS_PER_MINUTE: Final = 60e9
_SHORTEST: Final = 1_000_000_000
"""Of a session that is shorter, in ns, the cost of a minute says nothing."""


def of_response(facts: ResponseFacts) -> _Pairs:
    """What a response cost, by kind and modality of its tokens."""
    cost = facts.cost
    if cost is None:
        return ()
    return (
        (semconv.COST, _usd(cost.total)),
        *[
            (name, round(usd, _DIGITS))
            for kind, modality, usd in cost.parts
            if (name := _PARTS.get((kind, modality))) is not None
        ],
        (semconv.COST_UNHEARD, _usd(cost.unheard)),
        (semconv.COST_PRICES, cost.prices),
    )


def of_transcription(facts: InputFacts) -> _Pairs:
    """What the transcription of an utterance cost."""
    cost = facts.transcription_cost
    if cost is None:
        return ()
    return ((semconv.COST_TRANSCRIPTION, _usd(cost.total)), (semconv.COST_PRICES, cost.prices))


def of_session(facts: SessionFacts) -> _Pairs:
    """What a session cost, where any of it has a price, and how much of it has none."""
    cost = facts.cost
    if cost is None:
        return ()
    is_priced = cost.priced > 0
    return (
        (semconv.SESSION_COST, _usd(cost.total) if is_priced else None),
        (semconv.SESSION_COST_PER_MINUTE, _usd(per_minute(facts))),
        (semconv.SESSION_COST_UNHEARD, _usd(cost.unheard or None)),
        (semconv.SESSION_COST_TRANSCRIPTION, _usd(cost.transcription or None)),
        (semconv.SESSION_COST_UNPRICED, cost.unpriced or None),
    )


def per_minute(facts: SessionFacts) -> float | None:
    """US dollars a minute of a session that is over; None for one shorter than a second."""
    if facts.cost is None or not facts.cost.priced:
        return None
    if facts.started_at is None or facts.ended_at is None:
        return None
    length = facts.ended_at - facts.started_at
    return facts.cost.total / (length / _NS_PER_MINUTE) if length >= _SHORTEST else None


def _usd(amount: float | None) -> float | None:
    return round(amount, _DIGITS) if amount is not None else None
