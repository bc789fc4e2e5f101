"""Calls that go to Azure through a Collector, and what comes of them."""

from pathlib import Path
from typing import Any, NamedTuple

from azure_ingestion import AzureIngestion
from azure_monitor.captured import CALLS
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from otelcol import Collector, gateway
from otlp_sink import OtlpSink

from otel_realtime.scenario import EPOCH, Recorder, Traced

SERVICE = "voice"
RESOURCE = Resource.create({"service.name": SERVICE})


class Sent(Recorder):
    """Providers of an application that sends to a Collector over OTLP."""

    def __init__(self, endpoint: str) -> None:
        told = {"endpoint": endpoint, "insecure": True}
        self.tracer_provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(**told)))
        self.logger_provider = LoggerProvider(resource=RESOURCE, shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(
            BatchLogRecordProcessor(OTLPLogExporter(**told))
        )
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(**told))
        self.meter_provider = MeterProvider([reader], resource=RESOURCE, shutdown_on_exit=False)

    def traced(self) -> Traced:
        return Traced((), (), ())

    def shutdown(self) -> None:
        for provider in self.providers.values():
            provider.shutdown()


class Came(NamedTuple):
    """What came of the calls: items at the ingestion server, and what the Collector said."""

    items: list[dict[str, Any]]
    said: str


def gateway_to(azure: AzureIngestion, sink: OtlpSink, folder: Path) -> Collector:
    variables = {
        "OTEL_REALTIME_SHARE": "100",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": azure.connection_string,
    }
    return gateway(folder, sink.http_endpoint, **variables).also("azure.yaml")


def sent_through_a_collector(folder: Path) -> Came:
    """The calls, four minutes apart, each as a session of its name, and one that was recorded.

    The gateway is stopped at once: what was on its way is sent before it ends.
    """
    from azure_monitor.azure_program import a_recorded_call, calls_apart

    with AzureIngestion() as azure, OtlpSink() as sink:
        node = gateway_to(azure, sink, folder)
        with node.running():
            sent = Sent(node.endpoint)
            calls_apart(str(EPOCH), *CALLS, recorder=sent)
            a_recorded_call(sent.tracer_provider)
            sent.logger_provider.get_logger("application").emit(LogRecord(body="hello"))
            sent.shutdown()
    return Came(azure.items, node.output)
