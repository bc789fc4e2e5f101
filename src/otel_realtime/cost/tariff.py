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
        rates = self._rates(counts) if self.tiers else self.rates
        parts = []
        for cell, count in counts.items():
            rate = rates.get(cell) if cell[1] is not None else _shared(rates, cell[0])
            if rate is None:
                return None
            parts.append(CostPart(*cell, count * rate / _MILLION))
        return Cost(tuple(parts), self.prices) if all(isfinite(part[2]) for part in parts) else None

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

    def _rates(self, counts: Mapping[Cell, int]) -> Rates:
        """Those of the tier that a response is in, by its input tokens."""
        given = sum(count for (kind, _), count in counts.items() if kind != "output")
        rates = self.rates
        for start, higher in self.tiers:
            if given > start:
                rates = higher
        return rates


def _shared(rates: Rates, kind: str) -> float | None:
    """What a token costs whose modality is not told: known only if all modalities cost the same."""
    shared = {rates.get((kind, each)) for each in CELLS[kind]}
    return shared.pop() if len(shared) == 1 else None
