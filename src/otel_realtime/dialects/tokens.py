"""Tokens as backends want them that price each detail of a prompt, and add up what comes of it."""

from otel_realtime import semconv
from otel_realtime.dialects.ended import Attributes


def fresh_audio(told: Attributes) -> int | None:
    """The audio tokens of a prompt that were not read from a cache; None where none are told.

    OpenTelemetry's detail has those that were, too, and they are among the cached ones once more.
    """
    audio = told.get(semconv.USAGE_INPUT_AUDIO)
    if not isinstance(audio, int):
        return None
    cached = count(told, semconv.USAGE_CACHED_AUDIO)
    # More cached than there was contradicts itself: it stays as it was told.
    fresh = audio - cached if cached <= audio else audio
    given = told.get(semconv.USAGE_INPUT)
    if not isinstance(given, int):
        return fresh
    return min(fresh, max(given - count(told, semconv.USAGE_CACHED), 0))


def count(told: Attributes, name: str) -> int:
    """Tokens by the name of their attribute; 0 where it is not there."""
    value = told.get(name)
    return value if isinstance(value, int) else 0
