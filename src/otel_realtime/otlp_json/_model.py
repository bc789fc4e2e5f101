"""The values that everything which shows telemetry works on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


class OtlpJsonError(ValueError):
    """A file of OTLP JSON lines that cannot be read.

    Attributes:
        file: The file's name, as it was given.
        line: The line, counted from 1; None where the file as a whole is meant.
    """

    def __init__(self, file: str, line: int | None, problem: str) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file if line is None else f'{file}, line {line}'}: {problem}")


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened in a span, at `time` (ns since the epoch)."""

    name: str
    time: int
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """One ended span. Ids are lower-case hex, times ns since the epoch.

    Attributes:
        kind: `internal`, `server`, `client`, `producer`, `consumer` or `unspecified`.
        attributes: Values by name: str, int, float, bool, bytes, None, tuples and dicts of these.
        status: `unset`, `ok` or `error`.
        scope: The name of the instrumentation scope.
        resource: The resource's attributes.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    start: int
    end: int
    attributes: Mapping[str, object] = field(default_factory=dict)
    status: str = "unset"
    status_message: str | None = None
    events: tuple[SpanEvent, ...] = ()
    scope: str = ""
    resource: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TraceLog:
    """One log record; `trace_id` and `span_id` are None outside any span.

    Attributes:
        time: When it happened, else when it was seen, in ns since the epoch.
        severity: The text the logger gave, else the name of its number; empty if it has neither.
        body: Text, or any value as in attributes.
    """

    trace_id: str | None
    span_id: str | None
    time: int
    event_name: str | None
    severity: str
    body: object
    attributes: Mapping[str, object] = field(default_factory=dict)
    scope: str = ""
    resource: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """What one metric stood at, for one set of attributes, at `time` (ns since the epoch).

    Sums and gauges have a `value`; the others have `count`, `sum` and, but for summaries, buckets.

    Attributes:
        kind: `sum`, `gauge`, `histogram`, `exponential_histogram` or `summary`.
        bounds: The upper, inclusive bounds of all buckets but the last, which has none.
        buckets: The counts; one more than `bounds`.
        cumulative: Whether it counts from `start` on, and not only since the last export.
    """

    name: str
    unit: str
    kind: str
    attributes: Mapping[str, object] = field(default_factory=dict)
    value: float | None = None
    count: int = 0
    sum: float | None = None
    bounds: tuple[float, ...] = ()
    buckets: tuple[int, ...] = ()
    min: float | None = None
    max: float | None = None
    start: int = 0
    time: int = 0
    cumulative: bool = False
    scope: str = ""
    resource: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Spans, logs and metrics that were read together."""

    spans: tuple[TraceSpan, ...] = ()
    logs: tuple[TraceLog, ...] = ()
    metrics: tuple[MetricPoint, ...] = ()

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """All of `parts`, in their order."""
        listed = list(parts)
        return cls(
            tuple(span for part in listed for span in part.spans),
            tuple(log for part in listed for log in part.logs),
            tuple(point for part in listed for point in part.metrics),
        )


def severity_name(number: int) -> str:
    """The name of a severity number of the OpenTelemetry log data model: 9 is `INFO`."""
    if not 1 <= number <= 4 * len(SEVERITIES):
        return ""
    level, step = divmod(number - 1, 4)
    return SEVERITIES[level] + (str(step + 1) if step else "")


def exponential_bounds(scale: int, offset: int, count: int) -> tuple[float, ...]:
    """The bounds around `count` buckets of an exponential histogram's positive half.

    Raises:
        OverflowError: A bound is larger than a float can be.
    """
    return tuple(2.0 ** ((offset + step) * 2.0**-scale) for step in range(count + 1))
