"""Tokens by direction, by modality, cached or not."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from otel_realtime import semconv
from otel_realtime.values import Usage

_Told = tuple[str | None, int | None, int | None]
"""A modality, its tokens, and those of them that were cached."""


class Count(NamedTuple):
    """Some of the tokens of a response."""

    direction: str
    """`input` or `output`."""
    modality: str | None
    """`text`, `audio`, `image`; None where that is not told."""
    cached: bool
    tokens: int


def partition(used: Usage) -> Iterator[Count]:
    """Tokens by direction, modality (None if not told) and cached or not: none counted twice."""
    given: tuple[_Told, ...] = (
        ("text", used.input_text, used.cached_text),
        ("audio", used.input_audio, used.cached_audio),
        ("image", used.input_image, used.cached_image),
    )
    if (used.cached or 0) > sum(cached or 0 for _, _, cached in given):
        # Which of them were cached is not told.
        given = ((None, _sum(given) if used.input is None else used.input, used.cached),)
    for modality, count, cached in (*given, (None, _rest(used.input, given), None)):
        fresh = max((count or 0) - (cached or 0), 0)
        yield Count("input", modality, cached=False, tokens=fresh)
        yield Count("input", modality, cached=True, tokens=cached or 0)
    said: tuple[_Told, ...] = (
        ("text", used.output_text, None),
        ("audio", used.output_audio, None),
    )
    for modality, count, _ in (*said, (None, _rest(used.output, said), None)):
        yield Count("output", modality, cached=False, tokens=count or 0)


def _sum(parts: tuple[_Told, ...]) -> int:
    return sum(count or 0 for _, count, _ in parts)


def _rest(total: int | None, parts: tuple[_Told, ...]) -> int | None:
    """Tokens of which the modality is not told."""
    return max(total - _sum(parts), 0) if total is not None else None


def attributes_of(used: Usage) -> Iterable[tuple[str, int | None]]:
    """Tokens with their whole breakdown; cached tokens are a part of the input."""
    return (
        (semconv.USAGE_INPUT, used.input),
        (semconv.USAGE_INPUT_TEXT, used.input_text),
        (semconv.USAGE_INPUT_AUDIO, used.input_audio),
        (semconv.USAGE_INPUT_IMAGE, used.input_image),
        (semconv.USAGE_CACHED, used.cached),
        (semconv.USAGE_CACHED_TEXT, used.cached_text),
        (semconv.USAGE_CACHED_AUDIO, used.cached_audio),
        (semconv.USAGE_CACHED_IMAGE, used.cached_image),
        (semconv.USAGE_OUTPUT, used.output),
        (semconv.USAGE_OUTPUT_TEXT, used.output_text),
        (semconv.USAGE_OUTPUT_AUDIO, used.output_audio),
    )
