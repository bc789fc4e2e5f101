"""What a metric is: one row of the catalogue, of which its instrument and its docs are made."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from opentelemetry.metrics import Meter


class Instrument(StrEnum):
    """The kinds of instruments, in OpenTelemetry's words."""

    COUNTER = "Counter"
    UP_DOWN_COUNTER = "UpDownCounter"
    HISTOGRAM = "Histogram"
    GAUGE = "Gauge"


class Metric(NamedTuple):
    """One metric."""

    name: str
    kind: Instrument
    unit: str
    """As UCUM has it; `{…}` for what is counted."""
    text: str
    """The description, in one sentence."""
    formula: str
    """Its definition, by the marks E, S, C, R, A, P, D."""
    labels: tuple[str, ...] = ()
    """Every attribute that it may have; each has few values."""
    caveat: str = ""
    """What it does not say."""
    buckets: tuple[float, ...] = ()
    """Of a histogram: the explicit bucket boundaries."""


_Make = Callable[[Meter, Metric], Any]

_MAKE: Final[dict[Instrument, _Make]] = {
    Instrument.COUNTER: lambda meter, m: meter.create_counter(m.name, m.unit, m.text),
    Instrument.UP_DOWN_COUNTER: lambda meter, m: meter.create_up_down_counter(
        m.name, m.unit, m.text
    ),
    Instrument.GAUGE: lambda meter, m: meter.create_gauge(m.name, m.unit, m.text),
    Instrument.HISTOGRAM: lambda meter, m: meter.create_histogram(
        m.name, m.unit, m.text, explicit_bucket_boundaries_advisory=list(m.buckets)
    ),
}


def make(meter: Meter, metric: Metric) -> Any:  # noqa: ANN401 - the API has no common type for them
    """The instrument of a metric; the same metric made again by `meter` is the same instrument."""
    return _MAKE[metric.kind](meter, metric)
