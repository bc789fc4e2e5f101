"""Tokens by modality: on spans, and added up for an observable counter.

A response brings up to six counts. A synchronous counter would take some 8 µs for each of them, on
the event loop; adding to a dictionary takes a fraction of one.
"""

from collections.abc import Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.values import Usage

Labels = dict[str, AttributeValue]

_Count = tuple[str | None, int | None, int | None]
"""A modality, its tokens, and those of them that were cached."""


class TokenTotals:
    """All tokens of one meter provider so far, by labels."""

    def __init__(self) -> None:
        """Begin with none."""
        self._totals: dict[tuple[tuple[str, AttributeValue], ...], int] = {}

    def add(self, used: Usage, labels: Labels) -> None:
        """Add what one response used; `labels` are those it shares with other metrics."""
        shared = tuple(labels.items())
        for direction, modality, cached, count in partition(used):
            if count > 0:
                told = ((semconv.TOKEN_TYPE, direction), (semconv.CACHED, cached))
                by = ((semconv.TOKEN_MODALITY, modality),) if modality is not None else ()
                key = (*shared, *told, *by)
                self._totals[key] = self._totals.get(key, 0) + count

    def observe(self, _: CallbackOptions) -> Iterable[Observation]:
        """Give the totals; called by a metric reader, in a thread of its own."""
        return [Observation(total, dict(key)) for key, total in list(self._totals.items())]


def partition(used: Usage) -> Iterator[tuple[str, str | None, bool, int]]:
    """Tokens by direction, modality (None if not told) and cached or not: none counted twice."""
    given: tuple[_Count, ...] = (
        ("text", used.input_text, used.cached_text),
        ("audio", used.input_audio, used.cached_audio),
        ("image", used.input_image, used.cached_image),
    )
    if used.cached and not any(cached for _, _, cached in given):
        given = ((None, used.input, used.cached),)  # which of them were cached is not told
    elif not any(count for _, count, _ in given):
        given = ((None, used.input, None),)
    for modality, count, cached in given:
        yield "input", modality, False, max((count or 0) - (cached or 0), 0)
        yield "input", modality, True, cached or 0
    said: tuple[_Count, ...] = (
        ("text", used.output_text, None),
        ("audio", used.output_audio, None),
    )
    if not any(count for _, count, _ in said):
        said = ((None, used.output, None),)
    for modality, count, _ in said:
        yield "output", modality, False, count or 0


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
