"""What one model costs, as a flat table; and what tokens or seconds cost by it."""

from collections.abc import Mapping
from math import isfinite
from typing import Final, NamedTuple, TypeAlias

from otel_realtime.cost.counts import CELLS, Cell, counts_of
from otel_realtime.values import Cost, CostPart, TranscriptionUsage, Usage

Rates: TypeAlias = Mapping[Cell, float]
"""US dollars for a million tokens, by kind and modality; what has no price is not in it."""

_MILLION: Final = 1_000_000
_SECONDS_PER_HOUR: Final = 3600


class Tariff(NamedTuple):
    """The prices of one model."""

    prices: str
    """Where they come from, in which version."""
    rates: Rates
    per_hour: float | None = None
    """US dollars for an hour of transcribed audio."""
    tiers: tuple[tuple[int, Rates], ...] = ()
    """Other rates for all tokens of a response with more input tokens than that, rising."""

    def cost(self, used: Usage) -> Cost | None:
        """What a response costs; None where that is not certain."""
        counts = counts_of(used)
        if counts is None:
            return None
        parts = [
            CostPart(kind, modality, count * rate / _MILLION)
            for (kind, modality), count, rate in self._rated(counts)
            if rate is not None
        ]
        is_whole = len(parts) == len(counts) and all(isfinite(part.usd) for part in parts)
        return Cost(tuple(parts), self.prices) if is_whole else None

    def transcription(self, used: TranscriptionUsage) -> Cost | None:
        """What a transcription costs: by its seconds, else by its tokens; None as above."""
        usd: float | None = None
        if used.seconds is not None and self.per_hour is not None:
            usd = used.seconds * self.per_hour / _SECONDS_PER_HOUR
        elif used.input is not None or used.input_text is not None or used.input_audio is not None:
            given = (used.input_text, used.input_audio)
            tokens = Usage(used.input, used.output, *given, output_text=used.output)
            cost = self.cost(tokens)
            usd = cost.total if cost is not None else None
        if usd is None or not isfinite(usd) or usd < 0:
            return None
        return Cost((CostPart("transcription", None, usd),), self.prices)

    def _rated(self, counts: Mapping[Cell, int]) -> list[tuple[Cell, int, float | None]]:
        given = sum(count for (kind, _), count in counts.items() if kind != "output")
        rates = self.rates
        for start, higher in self.tiers:
            if given > start:
                rates = higher
        return [(cell, count, _rate(rates, cell)) for cell, count in counts.items()]


def _rate(rates: Rates, cell: Cell) -> float | None:
    """What a token costs; one whose modality is not told, only if all modalities cost the same."""
    kind, modality = cell
    if modality is not None:
        return rates.get(cell)
    shared = {rates.get((kind, each)) for each in CELLS[kind]}
    return shared.pop() if len(shared) == 1 else None
