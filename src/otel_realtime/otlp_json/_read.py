"""OTLP JSON to values."""

import base64
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, TypeAlias

from otel_realtime.otlp_json._metrics import metric_points, moment
from otel_realtime.otlp_json._model import (
    MetricPoint,
    OtlpJsonError,
    SpanEvent,
    Telemetry,
    TraceLog,
    TraceSpan,
    severity_name,
)

Json: TypeAlias = Mapping[str, Any]

# Enumerations are numbers by the OTLP specification; protobuf's own JSON printers write names.
KINDS: Final = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES: Final = ("unset", "ok", "error")


_logger = logging.getLogger("otel_realtime")


def read_files(*paths: str | PathLike[str]) -> Telemetry:
    """Read files of OTLP JSON lines; each line may hold spans, logs or metrics.

    A file's last line that is written only in part, since whoever wrote it was killed or writes
    still, is passed over with a warning in the log.

    Raises:
        OtlpJsonError: A file cannot be opened, or a line is no OTLP JSON.
    """
    return Telemetry.joined(scan_files(*paths))


def scan_files(*paths: str | PathLike[str]) -> Iterator[Telemetry]:
    """Read the same a line at a time, for who needs not hold all of it.

    Raises:
        OtlpJsonError: A file cannot be opened, or a line is no OTLP JSON; as it is reached.
    """
    for path in paths:
        yield from _scan_file(Path(path), fspath(path))


def _scan_file(path: Path, name: str) -> Iterator[Telemetry]:
    try:
        with path.open("rb") as lines:
            yield from _read_each(_finished(lines, name), name)
    except OSError as error:
        raise OtlpJsonError(name, None, f"cannot be read: {error.strerror or error}") from error


def _finished(lines: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The lines without the last one where that has neither an end nor all of its JSON."""
    for number, line in enumerate(lines, 1):
        if line.endswith(b"\n") or _is_json(line):
            yield line
        else:
            _logger.warning("%s, line %d: it is written only in part and passed over", name, number)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (RecursionError, ValueError):
        return False
    return True


def read_lines(lines: Iterable[str | bytes], name: str = "<lines>") -> Telemetry:
    """Read OTLP JSON lines; blank ones are skipped. `name` is what an error calls their file.

    Raises:
        OtlpJsonError: A line is no OTLP JSON.
    """
    return Telemetry.joined(_read_each(lines, name))


def _read_each(lines: Iterable[str | bytes], name: str) -> Iterator[Telemetry]:
    for number, line in enumerate(lines, 1):
        try:
            text = line if isinstance(line, str) else line.decode("utf-8-sig")
            if text := text.strip():
                yield decode(json.loads(text))
        except json.JSONDecodeError as error:
            problem = f"no JSON: {error.msg} at column {error.colno}"
            raise OtlpJsonError(name, number, problem) from error
        except KeyError as error:
            raise OtlpJsonError(name, number, f"no OTLP: {error} is missing") from error
        except (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError) as error:
            raise OtlpJsonError(name, number, f"no OTLP: {error}") from error


def decode(request: Json) -> Telemetry:
    """Decode one export request, as `json.loads` gave it.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, ArithmeticError: It is no such request.
    """
    if request and not any(signal in request for signal in _SIGNALS):
        raise ValueError(f"expected one of {', '.join(_SIGNALS)}")
    return Telemetry.joined(
        read(each) for signal, read in _SIGNALS.items() for each in request.get(signal) or ()
    )


def _spans(group: Json) -> Telemetry:
    resource = _resource(group)
    return Telemetry(
        spans=tuple(
            _span(span, _scope(scoped), resource)
            for scoped in group.get("scopeSpans") or ()
            for span in scoped.get("spans") or ()
        )
    )


def _logs(group: Json) -> Telemetry:
    resource = _resource(group)
    return Telemetry(
        logs=tuple(
            _log(record, _scope(scoped), resource)
            for scoped in group.get("scopeLogs") or ()
            for record in scoped.get("logRecords") or ()
        )
    )


def _metrics(group: Json) -> Telemetry:
    resource = _resource(group)
    return Telemetry(metrics=tuple(_points(group, resource)))


def _points(group: Json, resource: Json) -> Iterator[MetricPoint]:
    for scoped in group.get("scopeMetrics") or ():
        for metric in scoped.get("metrics") or ():
            yield from metric_points(metric, attributes, _scope(scoped), resource)


_SIGNALS: Final[Mapping[str, Callable[[Json], Telemetry]]] = {
    "resourceSpans": _spans,
    "resourceLogs": _logs,
    "resourceMetrics": _metrics,
}


def _span(span: Json, scope: str, resource: Json) -> TraceSpan:
    status = span.get("status") or {}
    start = moment(span["startTimeUnixNano"])
    return TraceSpan(
        trace_id=_required_id(span["traceId"]),
        span_id=_required_id(span["spanId"]),
        parent_span_id=_id(span.get("parentSpanId")),
        name=str(span.get("name", "")),
        kind=_enum(span.get("kind", 0), KINDS, "SPAN_KIND_"),
        start=start,
        end=moment(span.get("endTimeUnixNano") or start),
        attributes=attributes(span),
        status=_enum(status.get("code", 0), STATUSES, "STATUS_CODE_"),
        status_message=status.get("message") or None,
        events=tuple(
            SpanEvent(str(event.get("name", "")), moment(event["timeUnixNano"]), attributes(event))
            for event in span.get("events") or ()
        ),
        scope=scope,
        resource=resource,
    )


def _log(record: Json, scope: str, resource: Json) -> TraceLog:
    return TraceLog(
        trace_id=_id(record.get("traceId")),
        span_id=_id(record.get("spanId")),
        time=moment(record.get("timeUnixNano")) or moment(record.get("observedTimeUnixNano")),
        event_name=record.get("eventName") or None,
        severity=record.get("severityText") or _severity(record.get("severityNumber", 0)),
        body=_value(record.get("body") or {}),
        attributes=attributes(record),
        scope=scope,
        resource=resource,
    )


def _resource(group: Json) -> Json:
    return attributes(group.get("resource") or {})


def _scope(scoped: Json) -> str:
    return str((scoped.get("scope") or {}).get("name", ""))


def _id(text: str | None) -> str | None:
    """An id in hex; None where it is absent or, as some write absence, all zeros."""
    return text.lower() if text and text.strip("0") else None


def _required_id(text: str) -> str:
    if not text or int(text, 16) == 0:
        raise ValueError(f"{text!r} is no id")
    return text.lower()


def _enum(value: int | str, names: tuple[str, ...], prefix: str) -> str:
    if isinstance(value, str) and not value.isdigit():
        return value.removeprefix(prefix).lower()
    number = int(value)
    return names[number] if 0 <= number < len(names) else names[0]


def _severity(value: int | str) -> str:
    if isinstance(value, str) and not value.isdigit():
        return value.removeprefix("SEVERITY_NUMBER_").replace("UNSPECIFIED", "")
    return severity_name(int(value))


def attributes(holder: Json) -> dict[str, object]:
    """The attributes of a span, log, event, resource or data point."""
    return _pairs(holder.get("attributes") or ())


def _pairs(pairs: Iterable[Json]) -> dict[str, object]:
    return {pair["key"]: _value(pair.get("value") or {}) for pair in pairs}


def _array(value: Json) -> tuple[object, ...]:
    return tuple(_value(each) for each in value.get("values") or ())


_VALUES: Final[Mapping[str, Callable[[Any], object]]] = {
    "stringValue": str,
    "boolValue": bool,
    "intValue": int,
    "doubleValue": float,  # JSON has no NaN or infinity: they come as strings
    "bytesValue": base64.b64decode,
    "arrayValue": _array,
    "kvlistValue": lambda value: _pairs(value.get("values") or ()),
}


def _value(value: Json) -> object:
    """An AnyValue; an empty one is None."""
    return next((_VALUES[kind](held) for kind, held in value.items() if kind in _VALUES), None)
