"""Telemetry as plain values, read from OTLP JSON lines or taken from the SDK's own objects.

One line of such a file is one export request, of spans, logs or metrics: what the Collector's file
exporter and `opentelemetry-exporter-otlp-json-file` write. The format is that of the OTLP
specification 1.7 ("JSON Protobuf Encoding" and "File Exporter").
"""

from otel_realtime.otlp_json._model import (
    MetricPoint,
    OtlpJsonError,
    SpanEvent,
    Telemetry,
    TraceLog,
    TraceSpan,
)
from otel_realtime.otlp_json._read import decode, read_files, read_lines, scan_files
from otel_realtime.otlp_json._sdk import from_log_records, from_metrics_data, from_readable_spans

__all__ = [
    "MetricPoint",
    "OtlpJsonError",
    "SpanEvent",
    "Telemetry",
    "TraceLog",
    "TraceSpan",
    "decode",
    "from_log_records",
    "from_metrics_data",
    "from_readable_spans",
    "read_files",
    "read_lines",
    "scan_files",
]
