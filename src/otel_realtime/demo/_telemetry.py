"""OpenTelemetry for the demo: files in the Collector's JSON format, and OTLP where it is set.

What is sent over OTLP is in the dialect that `OTEL_REALTIME_DIALECT` names; the files never are.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.json.file import FileMetricExporter, FileSpanExporter
from opentelemetry.exporter.otlp.json.file._log_exporter import FileLogExporter
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel_realtime import AudioUploadSpanProcessor, DialectSpanProcessor

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SPANS_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_SERVICE: Final = "otel-realtime-demo"
METRICS: Final = "metrics.jsonl"
_FILES: Final = ("traces.jsonl", "logs.jsonl", METRICS)
RECORDINGS: Final = "recordings"


class _Outlet(NamedTuple):
    """Where telemetry goes; a backend may take nothing but spans."""

    spans: SpanProcessor
    logs: LogRecordExporter | None = None
    metrics: MetricExporter | None = None


def sent_to() -> str | None:
    """The endpoint that spans are sent to, where the standard variables name one."""
    return os.environ.get(_SPANS_ENDPOINT) or os.environ.get(ENDPOINT) or None


@contextmanager
def telemetry_to(folder: Path) -> Iterator[list[Path]]:
    """Set up the global providers as an application does; leaving, everything has been written.

    Recordings of the call go to a folder beside the files.

    Yields:
        The files that are written: traces, logs, metrics.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in _FILES]
    for path in paths:
        path.unlink(missing_ok=True)
    shutil.rmtree(folder / RECORDINGS, ignore_errors=True)
    outlets = [_files(*paths)]
    if sent_to():
        outlets.append(_otlp())
    providers = _providers(outlets, folder / RECORDINGS)
    handler = LoggingHandler(logger_provider=providers[1])
    logging.getLogger("hotel").addHandler(handler)
    logging.getLogger("hotel").setLevel(logging.INFO)
    logging.getLogger("hotel").propagate = False
    try:
        yield paths
    finally:
        # A handler that is left behind starts a thread when the interpreter exits, which fails.
        logging.getLogger("hotel").removeHandler(handler)
        handler.close()
        for provider in providers:
            provider.shutdown()


def _files(spans: Path, logs: Path, metric_points: Path) -> _Outlet:
    return _Outlet(
        BatchSpanProcessor(FileSpanExporter(spans)),
        FileLogExporter(logs),
        FileMetricExporter(metric_points),
    )


def _providers(
    outlets: list[_Outlet], recordings: Path
) -> tuple[TracerProvider, LoggerProvider, MeterProvider]:
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", _SERVICE)})
    tracers, loggers = TracerProvider(resource=resource), LoggerProvider(resource=resource)
    measured = [each.metrics for each in outlets if each.metrics is not None]
    meters = MeterProvider([PeriodicExportingMetricReader(each) for each in measured], resource)
    # Recordings are uploaded by it, and waited for as it is shut down; the sessions find it.
    tracers.add_span_processor(AudioUploadSpanProcessor(audio_store=recordings))
    for each in outlets:
        tracers.add_span_processor(each.spans)
        if each.logs is not None:
            loggers.add_log_record_processor(BatchLogRecordProcessor(each.logs))
    trace.set_tracer_provider(tracers)
    _logs.set_logger_provider(loggers)
    metrics.set_meter_provider(meters)
    return tracers, loggers, meters


def _otlp() -> _Outlet:
    """What the standard variables name: an endpoint for everything, or one for spans alone."""
    has_all = bool(os.environ.get(ENDPOINT))
    if _is_http(sent_to() or ""):
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        spans = DialectSpanProcessor(BatchSpanProcessor(OTLPSpanExporter()))
        return (
            _Outlet(spans, OTLPLogExporter(), OTLPMetricExporter()) if has_all else _Outlet(spans)
        )
    from opentelemetry.exporter.otlp.proto.grpc import _log_exporter as grpc_logs
    from opentelemetry.exporter.otlp.proto.grpc import metric_exporter as grpc_metrics
    from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as grpc_traces

    spans = DialectSpanProcessor(BatchSpanProcessor(grpc_traces.OTLPSpanExporter()))
    if not has_all:
        return _Outlet(spans)
    return _Outlet(spans, grpc_logs.OTLPLogExporter(), grpc_metrics.OTLPMetricExporter())


def _is_http(endpoint: str) -> bool:
    """By the protocol that is set, else by the port for HTTP, 4318, or a path: gRPC has none."""
    address = urlsplit(endpoint)
    guessed = "http/protobuf" if address.path.strip("/") or ":4318" in address.netloc else "grpc"
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get(
        "OTEL_EXPORTER_OTLP_PROTOCOL", guessed
    )
    return protocol.startswith("http")
