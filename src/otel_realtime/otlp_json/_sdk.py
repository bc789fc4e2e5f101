"""The SDK's own objects to values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import format_span_id, format_trace_id

from otel_realtime.otlp_json._model import (
    MetricPoint,
    SpanEvent,
    TraceLog,
    TraceSpan,
    exponential_bounds,
    severity_name,
)


def from_readable_spans(spans: Iterable[ReadableSpan]) -> tuple[TraceSpan, ...]:
    """Take what ended spans hold, for example those of an `InMemorySpanExporter`."""
    return tuple(_span(span) for span in spans)


def _span(span: ReadableSpan) -> TraceSpan:
    start = span.start_time or 0
    return TraceSpan(
        trace_id=format_trace_id(span.context.trace_id),
        span_id=format_span_id(span.context.span_id),
        parent_span_id=format_span_id(span.parent.span_id) if span.parent else None,
        name=span.name,
        kind=span.kind.name.lower(),
        start=start,
        end=start if span.end_time is None else span.end_time,
        attributes=_attributes(span.attributes),
        status=span.status.status_code.name.lower(),
        status_message=span.status.description,
        events=tuple(
            SpanEvent(event.name, event.timestamp, _attributes(event.attributes))
            for event in span.events
        ),
        scope=span.instrumentation_scope.name if span.instrumentation_scope else "",
        resource=_attributes(span.resource.attributes),
    )


def from_log_records(records: Iterable[Any]) -> tuple[TraceLog, ...]:
    """Take what log records hold, for example those of an in-memory log exporter.

    Args:
        records: `ReadableLogRecord`s, or `LogData` as the SDK called them before 1.39.
    """
    return tuple(_log(record) for record in records)


def _log(data: Any) -> TraceLog:  # noqa: ANN401 - the class changed its name within the supported versions
    record = data.log_record
    number = record.severity_number
    resource = getattr(data, "resource", None) or record.resource  # before 1.39: on the record
    return TraceLog(
        trace_id=format_trace_id(record.trace_id) if record.trace_id else None,
        span_id=format_span_id(record.span_id) if record.span_id else None,
        time=record.timestamp or record.observed_timestamp or 0,
        event_name=record.event_name or None,
        severity=record.severity_text or severity_name(number.value if number else 0),
        body=_plain(record.body),
        attributes=_attributes(record.attributes),
        scope=data.instrumentation_scope.name if data.instrumentation_scope else "",
        resource=_attributes(resource.attributes),
    )


def from_metrics_data(metrics: MetricsData | None) -> tuple[MetricPoint, ...]:
    """Take what `InMemoryMetricReader.get_metrics_data()` gives; None gives nothing."""
    return tuple(_points(metrics)) if metrics else ()


def _points(metrics: MetricsData) -> Iterator[MetricPoint]:
    for group in metrics.resource_metrics:
        resource = _attributes(group.resource.attributes)
        for scoped in group.scope_metrics:
            for metric in scoped.metrics:
                kind, values = _KINDS[type(metric.data).__name__]
                temporality = getattr(metric.data, "aggregation_temporality", None)
                for point in metric.data.data_points:
                    yield MetricPoint(
                        name=metric.name,
                        unit=metric.unit or "",
                        kind=kind,
                        attributes=_attributes(point.attributes),
                        start=point.start_time_unix_nano or 0,
                        time=point.time_unix_nano,
                        cumulative=temporality is not None and temporality.name == "CUMULATIVE",
                        scope=scoped.scope.name,
                        resource=resource,
                        **values(point),
                    )


def _number(point: Any) -> dict[str, Any]:  # noqa: ANN401 - one of the SDK's data points, by _KINDS
    return {"value": point.value}


def _summed(point: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
    return {"count": point.count, "sum": point.sum, "min": point.min, "max": point.max}


def _histogram(point: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
    bounds, buckets = tuple(point.explicit_bounds), tuple(point.bucket_counts)
    return {**_summed(point), "bounds": bounds, "buckets": buckets}


def _exponential(point: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
    counts = tuple(point.positive.bucket_counts)
    bounds = exponential_bounds(point.scale, point.positive.offset, len(counts))
    return {
        **_summed(point),
        "bounds": bounds,
        "buckets": (point.count - sum(counts), *counts, 0),
    }


_KINDS: Final[Mapping[str, tuple[str, Callable[[Any], dict[str, Any]]]]] = {
    "Sum": ("sum", _number),
    "Gauge": ("gauge", _number),
    "Histogram": ("histogram", _histogram),
    "ExponentialHistogram": ("exponential_histogram", _exponential),
}


def _attributes(attributes: Mapping[str, Any] | None) -> dict[str, object]:
    return {name: _plain(value) for name, value in (attributes or {}).items()}


def _plain(value: object) -> object:
    """The same shapes that reading JSON gives: tuples and dicts."""
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(_plain(held) for held in value)
    return value
