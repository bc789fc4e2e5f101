"""Percentiles and sums that say what they are of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

PERCENTILES: Final = (50, 90, 95, 99)


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The percentile by the nearest rank: the smallest value with `percent` in 100 at or below it.

    It is always one of the values.

    Args:
        ordered: At least one value, in ascending order.
        percent: From 0 to 100.
    """
    rank = -(-percent * len(ordered) // 100)  # whole numbers: 55 / 100 * 100 is more than 55
    return ordered[max(rank, 1) - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """How some durations lie, in seconds, by the nearest rank."""

    count: int
    p50: float
    p90: float
    p95: float
    p99: float
    max: float

    @property
    def cells(self) -> tuple[float, ...]:
        """The percentiles in ascending order, then the longest."""
        return self.p50, self.p90, self.p95, self.p99, self.max

    @classmethod
    def of(cls, values: Iterable[float]) -> Self | None:
        """The spread of `values`; None if there are none."""
        ordered = sorted(values)
        if not ordered:
            return None
        p50, p90, p95, p99 = (percentile(ordered, percent) for percent in PERCENTILES)
        return cls(len(ordered), p50, p90, p95, p99, ordered[-1])


class Total(NamedTuple):
    """A sum over calls; `value` is None where no call tells."""

    value: float | None
    calls: int
    """How many calls tell, and are in it."""

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Self:
        """The sum of those that are known."""
        known = [value for value in values if value is not None]
        return cls(sum(known) if known else None, len(known))
