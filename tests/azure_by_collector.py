"""Calls that go to Azure through Collectors, and what comes of them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from azure_ingestion import AzureIngestion
from azure_monitor.captured import CALLS
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from otelcol import Collector, gateway
from otlp_sink import OtlpSink
from rotel_collector import free_ports

from otel_realtime.scenario import EPOCH, Recorder, Traced

SERVICE = "voice"
RESOURCE = Resource.create({"service.name": SERVICE})
ARRIVES_WITHIN = 60  # s; a few on a quiet machine
OUR_METRICS = ("otel_realtime.", "gen_ai.")


class Sent(Recorder):
    """Providers of an application that sends to a Collector over OTLP, and keeps what it sends."""

    def __init__(self, endpoint: str) -> None:
        told = {"endpoint": endpoint, "insecure": True}
        self.tracer_provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(**told)))
        self.spans = InMemorySpanExporter()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.spans))
        self.logger_provider = LoggerProvider(resource=RESOURCE, shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(
            BatchLogRecordProcessor(OTLPLogExporter(**told))
        )
        self.logs = InMemoryLogRecordExporter()
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self.logs))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(**told))
        self.meter_provider = MeterProvider([reader], resource=RESOURCE, shutdown_on_exit=False)

    def traced(self) -> Traced:
        return Traced((), (), ())

    def shutdown(self) -> None:
        for provider in self.providers.values():
            provider.shutdown()


class Came(NamedTuple):
    """What came of the calls: items at the ingestion server, and what the last Collector said."""

    items: list[dict[str, Any]]
    said: str


class ToAzure(NamedTuple):
    """A gateway, and the Collector beside it that exports to Azure."""

    gateway: Collector
    azure: Collector

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The gateway stops first."""
        with self.azure.running(), self.gateway.running():
            yield


def to_azure(azure: AzureIngestion, sink: OtlpSink, folder: Path, **variables: str) -> ToAzure:
    port, http_port = free_ports(2)
    told = {"APPLICATIONINSIGHTS_CONNECTION_STRING": azure.connection_string}
    node = Collector(("azure.yaml",), told, folder / "azure", port, http_port=http_port)
    given = {
        "OTEL_REALTIME_SHARE": "100",
        "OTEL_REALTIME_AZURE": f"http://127.0.0.1:{http_port}",
        **variables,
    }
    made = gateway(folder / "gateway", sink.http_endpoint, **given)
    return ToAzure(made.also("to-azure.yaml"), node)


def all_came(items: list[dict[str, Any]], sent: Sent) -> bool:
    """Whether what was sent is there: each span and log record, and our metrics, sent at once."""
    spans, logs = sent.spans.get_finished_spans(), sent.logs.get_finished_logs()
    return (
        spans_in(items) == len(spans)
        and counted(items, "EventData", "MessageData") == len(logs)
        and any(name.startswith(OUR_METRICS) for name in metric_names(items))
    )


def spans_in(items: list[dict[str, Any]]) -> int:
    return counted(items, "RemoteDependencyData", "RequestData")


def counted(items: list[dict[str, Any]], *types: str) -> int:
    return sum(each["data"]["baseType"] in types for each in items)


def metric_names(items: list[dict[str, Any]]) -> set[str]:
    data = [each["data"]["baseData"] for each in items]
    return {point["name"] for each in data for point in each.get("metrics", ())}


def sent_through_a_collector(folder: Path) -> Came:
    """The calls, four minutes apart, each as a session of its name, and one that was recorded."""
    from azure_monitor.azure_program import a_recorded_call, calls_apart

    with AzureIngestion() as azure, OtlpSink() as sink:
        nodes = to_azure(azure, sink, folder)
        with nodes.running():
            sent = Sent(nodes.gateway.endpoint)
            calls_apart(str(EPOCH), *CALLS, recorder=sent)
            a_recorded_call(sent.tracer_provider)
            sent.logger_provider.get_logger("application").emit(LogRecord(body="hello"))
            sent.shutdown()
            azure.wait_for(lambda items: all_came(items, sent), ARRIVES_WITHIN)
        return Came(azure.items, nodes.azure.output)
