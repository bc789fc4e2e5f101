"""OpenTelemetry for the demo: files in the Collector's JSON format, and OTLP where it is set."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.json.file import FileMetricExporter, FileSpanExporter
from opentelemetry.exporter.otlp.json.file._log_exporter import FileLogExporter
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from otel_realtime import AudioUploadSpanProcessor

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SERVICE: Final = "otel-realtime-demo"
METRICS: Final = "metrics.jsonl"
_FILES: Final = ("traces.jsonl", "logs.jsonl", METRICS)
RECORDINGS: Final = "recordings"

Exporters = tuple[SpanExporter, LogRecordExporter, MetricExporter]


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
    exporters: list[Exporters] = [
        (FileSpanExporter(paths[0]), FileLogExporter(paths[1]), FileMetricExporter(paths[2]))
    ]
    if os.environ.get(ENDPOINT):
        exporters.append(_otlp())
    providers = _providers(exporters, folder / RECORDINGS)
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


def _providers(
    exporters: list[Exporters], recordings: Path
) -> tuple[TracerProvider, LoggerProvider, MeterProvider]:
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", _SERVICE)})
    tracers, loggers = TracerProvider(resource=resource), LoggerProvider(resource=resource)
    readers = [PeriodicExportingMetricReader(exporter) for _, _, exporter in exporters]
    meters = MeterProvider(readers, resource)
    # Recordings are uploaded by it, and waited for as it is shut down; the sessions find it.
    tracers.add_span_processor(AudioUploadSpanProcessor(audio_store=recordings))
    for spans, logs, _ in exporters:
        tracers.add_span_processor(BatchSpanProcessor(spans))
        loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
    trace.set_tracer_provider(tracers)
    _logs.set_logger_provider(loggers)
    metrics.set_meter_provider(meters)
    return tracers, loggers, meters


def _otlp() -> Exporters:
    """Exporters for the endpoint that the standard variables name; 4318 is the port for HTTP."""
    by_port = "http/protobuf" if ":4318" in os.environ[ENDPOINT] else "grpc"
    if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", by_port).startswith("http"):
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(), OTLPLogExporter(), OTLPMetricExporter()
    from opentelemetry.exporter.otlp.proto.grpc import _log_exporter as grpc_logs
    from opentelemetry.exporter.otlp.proto.grpc import metric_exporter as grpc_metrics
    from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as grpc_traces

    return (
        grpc_traces.OTLPSpanExporter(),
        grpc_logs.OTLPLogExporter(),
        grpc_metrics.OTLPMetricExporter(),
    )
