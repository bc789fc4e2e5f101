"""How rows of the catalogue are written: sets of labels, and the two kinds that most rows are."""

from typing import Final

from otel_realtime import semconv
from otel_realtime.metric import Instrument, Metric

CALL: Final = (semconv.PROVIDER_NAME, semconv.REQUEST_MODEL)
INPUT: Final = (*CALL, semconv.AGENT_NAME)
SESSION: Final = (*INPUT, semconv.SERVER_ADDRESS, semconv.SERVER_PORT)
RESPONSE: Final = (*SESSION, semconv.OPERATION_NAME, semconv.RESPONSE_MODEL)
TOOL: Final = (
    semconv.PROVIDER_NAME,
    semconv.AGENT_NAME,
    semconv.OPERATION_NAME,
    semconv.TOOL_NAME,
    semconv.TOOL_OUTCOME,
    semconv.ERROR_TYPE,
)


def histogram(  # noqa: PLR0913 - the columns of the table
    name: str,
    text: str,
    formula: str,
    labels: tuple[str, ...],
    caveat: str = "",
    *,
    unit: str = "s",
    buckets: tuple[float, ...] = semconv.DURATION_BUCKETS,
) -> Metric:
    """A row of a histogram; by default one of durations."""
    return Metric(name, Instrument.HISTOGRAM, unit, text, formula, labels, caveat, buckets)


def counter(  # noqa: PLR0913, PLR0917 - the columns of the table
    name: str, unit: str, text: str, formula: str, labels: tuple[str, ...], caveat: str = ""
) -> Metric:
    """A row of a counter."""
    return Metric(name, Instrument.COUNTER, unit, text, formula, labels, caveat)
