"""Every way telemetry leaves a program, as one fixture: SDK providers, and what arrived.

A test module that imports `telemetry_targets` may take it in its tests, each of which then runs
once for each way.
"""

import contextlib
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export as logs_export
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from otlp_sink import OtlpSink
from rotel_collector import rotel

from otel_realtime.otlp_json import (
    Telemetry,
    from_log_records,
    from_metrics_data,
    from_readable_spans,
    read_files,
)

NEVER = 1e9  # ms: metrics are exported when the test collects, at no other time
JSON_FILE = "opentelemetry.exporter.otlp.json.file"
# SDK 1.39 gave the in-memory exporter a new name.
InMemoryLogs = getattr(logs_export, "InMemoryLogRecordExporter", None) or (
    logs_export.InMemoryLogExporter
)


@dataclass(frozen=True)
class Exporters:
    """One exporter for each signal, and how to fetch what arrived once `met` holds for it."""

    spans: Any
    logs: Any
    metrics: Any
    fetch: Callable[[Callable[[Telemetry], bool]], Telemetry]


@dataclass(frozen=True)
class TelemetryTarget:
    """Providers that export to one target.

    `sent` is the same telemetry, kept in memory beside the exporters.
    """

    tracer_provider: TracerProvider
    logger_provider: LoggerProvider
    meter_provider: MeterProvider
    sent: Callable[[], Telemetry]
    fetch: Callable[[Callable[[Telemetry], bool]], Telemetry]

    def collect(self) -> Telemetry:
        """Flush, wait until all that was sent has arrived, and return what arrived.

        Raises:
            TimeoutError: Something is missing after ten seconds.
        """
        self.tracer_provider.force_flush()
        self.logger_provider.force_flush()
        self.meter_provider.force_flush()
        sent = self.sent()
        return self.fetch(lambda came: _covers(came, sent))


def _covers(came: Telemetry, sent: Telemetry) -> bool:
    return all(
        len(getattr(came, signal)) >= len(getattr(sent, signal))
        for signal in ("spans", "logs", "metrics")
    )


def otlp_exporters(transport: str, endpoint: str, sink: OtlpSink) -> Exporters:
    """The published OTLP exporters over `transport` (`grpc` or `http`)."""
    package = f"opentelemetry.exporter.otlp.proto.{transport}"
    paths = ("", "", "") if transport == "grpc" else ("/v1/traces", "/v1/logs", "/v1/metrics")
    modules = ("trace_exporter", "_log_exporter", "metric_exporter")
    classes = ("OTLPSpanExporter", "OTLPLogExporter", "OTLPMetricExporter")
    options = {"insecure": True} if transport == "grpc" else {}
    made = (
        getattr(importlib.import_module(f"{package}.{module}"), name)(
            endpoint=endpoint + path, timeout=5, compression=_gzip(transport), **options
        )
        for module, name, path in zip(modules, classes, paths, strict=True)
    )
    return Exporters(*made, fetch=sink.wait_for)


def _gzip(transport: str) -> object:
    if transport == "grpc":
        return importlib.import_module("grpc").Compression.Gzip
    return importlib.import_module("opentelemetry.exporter.otlp.proto.http").Compression.Gzip


@contextlib.contextmanager
def direct(transport: str, folder: Path) -> Iterator[Exporters]:  # noqa: ARG001 - as the others
    with OtlpSink() as sink:
        endpoint = sink.grpc_endpoint if transport == "grpc" else sink.http_endpoint
        yield otlp_exporters(transport, endpoint, sink)


@contextlib.contextmanager
def through_rotel(transport: str, folder: Path) -> Iterator[Exporters]:
    with OtlpSink() as sink, rotel(sink.http_endpoint, folder) as collector:
        endpoint = collector.grpc_endpoint if transport == "grpc" else collector.http_endpoint
        yield otlp_exporters(transport, endpoint, sink)


@contextlib.contextmanager
def json_file(transport: str, folder: Path) -> Iterator[Exporters]:
    if importlib.util.find_spec(f"opentelemetry.exporter.otlp.{transport}") is None:
        pytest.skip("missing: pip install --pre opentelemetry-exporter-otlp-json-file")
    made = [folder / f"{signal}.jsonl" for signal in ("spans", "logs", "metrics")]
    modules = ("trace_exporter", "_log_exporter", "metric_exporter")
    classes = ("FileSpanExporter", "FileLogExporter", "FileMetricExporter")
    exporters = (
        getattr(importlib.import_module(f"{JSON_FILE}.{module}"), name)(path)
        for module, name, path in zip(modules, classes, made, strict=True)
    )

    def fetch(met: Callable[[Telemetry], bool]) -> Telemetry:
        came = read_files(*made)
        assert met(came), "a flushed file is complete"
        return came

    yield Exporters(*exporters, fetch=fetch)


TARGETS = {
    "grpc": (direct, "grpc"),
    "http": (direct, "http"),
    "rotel-grpc": (through_rotel, "grpc"),
    "rotel-http": (through_rotel, "http"),
    "json-file": (json_file, "json"),
}


@pytest.fixture(params=TARGETS)
def telemetry_targets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TelemetryTarget]:
    """Providers of the real SDK that export in one of the ways of TARGETS."""
    way, transport = TARGETS[request.param]
    with way(transport, tmp_path) as exporters:
        target = _providers(exporters)
        yield target
        target.tracer_provider.shutdown()
        target.logger_provider.shutdown()
        target.meter_provider.shutdown()


def _providers(exporters: Exporters) -> TelemetryTarget:
    spans, logs, metrics = InMemorySpanExporter(), InMemoryLogs(), InMemoryMetricReader()
    tracer_provider = TracerProvider(shutdown_on_exit=False)
    tracer_provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer_provider.add_span_processor(BatchSpanProcessor(exporters.spans))
    logger_provider = LoggerProvider(shutdown_on_exit=False)
    logger_provider.add_log_record_processor(logs_export.SimpleLogRecordProcessor(logs))
    logger_provider.add_log_record_processor(logs_export.BatchLogRecordProcessor(exporters.logs))
    exporting = PeriodicExportingMetricReader(exporters.metrics, export_interval_millis=NEVER)
    meter_provider = MeterProvider([metrics, exporting], shutdown_on_exit=False)

    def sent() -> Telemetry:
        return Telemetry(
            from_readable_spans(spans.get_finished_spans()),
            from_log_records(logs.get_finished_logs()),
            from_metrics_data(metrics.get_metrics_data()),
        )

    return TelemetryTarget(tracer_provider, logger_provider, meter_provider, sent, exporters.fetch)
