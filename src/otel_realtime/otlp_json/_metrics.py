"""Metrics in OTLP JSON to points."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from otel_realtime.otlp_json._model import MetricPoint, exponential_bounds

Json: TypeAlias = Mapping[str, Any]

_LAST_MOMENT: Final = 2**64 - 1
_CUMULATIVE: Final = {2, "2", "AGGREGATION_TEMPORALITY_CUMULATIVE"}
_FIELDS: Final = {
    "sum": "sum",
    "gauge": "gauge",
    "histogram": "histogram",
    "exponentialHistogram": "exponential_histogram",
    "summary": "summary",
}
"""Where a metric holds its points: the key, and our word for the kind."""


def moment(value: str | int | None) -> int:
    """A `fixed64` time in ns since the epoch; 0, as the format says, where there is none.

    Raises:
        ValueError: It is no such number.
    """
    time = int(value or 0)
    if not 0 <= time <= _LAST_MOMENT:
        raise ValueError(f"{time} is no time in nanoseconds")
    return time


def metric_points(
    metric: Json, attributes: Callable[[Json], dict[str, object]], scope: str, resource: Json
) -> Iterator[MetricPoint]:
    """Each point of one metric; `attributes` reads those of a point."""
    for key, kind in _FIELDS.items():
        data = metric.get(key) or {}
        for point in data.get("dataPoints") or ():
            yield MetricPoint(
                name=metric["name"],
                unit=metric.get("unit", ""),
                kind=kind,
                attributes=attributes(point),
                start=moment(point.get("startTimeUnixNano")),
                time=moment(point.get("timeUnixNano")),
                cumulative=data.get("aggregationTemporality") in _CUMULATIVE,
                scope=scope,
                resource=resource,
                **_KINDS[kind](point),
            )


def _number(point: Json) -> dict[str, Any]:
    """The value; a point may say, by having none, that nothing was recorded."""
    return {"value": int(point["asInt"]) if "asInt" in point else _float(point, "asDouble")}


def _summary(point: Json) -> dict[str, Any]:
    return {"count": int(point.get("count", 0)), "sum": _float(point, "sum")}


def _histogram(point: Json) -> dict[str, Any]:
    return {
        **_summary(point),
        "min": _float(point, "min"),
        "max": _float(point, "max"),
        "bounds": tuple(float(bound) for bound in point.get("explicitBounds") or ()),
        "buckets": tuple(int(count) for count in point.get("bucketCounts") or ()),
    }


def _exponential(point: Json) -> dict[str, Any]:
    """The positive half as plain buckets; what is zero or below lies in the first."""
    half = point.get("positive") or {}
    counts = tuple(int(count) for count in half.get("bucketCounts") or ())
    count = int(point.get("count", 0))
    scale, offset = int(point.get("scale", 0)), int(half.get("offset", 0))
    return {
        **_histogram(point),
        "bounds": exponential_bounds(scale, offset, len(counts)),
        "buckets": (count - sum(counts), *counts, 0),
    }


def _float(point: Json, key: str) -> float | None:
    return float(point[key]) if key in point else None


_KINDS: Final[Mapping[str, Callable[[Json], dict[str, Any]]]] = {
    "sum": _number,
    "gauge": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential,
    "summary": _summary,
}
