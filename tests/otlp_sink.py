"""An OTLP receiver for tests: gRPC and HTTP on free ports of the loopback interface.

It decodes what comes with the protobuf classes that OpenTelemetry publishes, then reads the
printed JSON with our own reader: ids are brought to the hex form that OTLP asks for.
"""

import base64
import gzip
import threading
import time
from collections.abc import Callable
from concurrent import futures
from typing import Any, Self

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from local_http import Answering, LocalHttp
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from otel_realtime.otlp_json import MetricPoint, Telemetry, TraceLog, TraceSpan, decode

IDS = {"traceId", "spanId", "parentSpanId"}
TRACES, LOGS, METRICS = trace_service_pb2, logs_service_pb2, metrics_service_pb2
ENDPOINTS: dict[str, tuple[type[Message], type[Message]]] = {
    "/v1/traces": (TRACES.ExportTraceServiceRequest, TRACES.ExportTraceServiceResponse),
    "/v1/logs": (LOGS.ExportLogsServiceRequest, LOGS.ExportLogsServiceResponse),
    "/v1/metrics": (METRICS.ExportMetricsServiceRequest, METRICS.ExportMetricsServiceResponse),
}


def with_hex_ids(value: Any) -> Any:
    """Protobuf's printer writes ids, which are bytes, in base64; OTLP JSON has them in hex."""
    if isinstance(value, list):
        return [with_hex_ids(each) for each in value]
    if isinstance(value, dict):
        return {
            key: base64.b64decode(held).hex() if key in IDS else with_hex_ids(held)
            for key, held in value.items()
        }
    return value


class OtlpSink:
    """Receives until it is closed; what came is in `telemetry`, in order of arrival.

    Attributes:
        grpc_endpoint: `http://127.0.0.1:PORT` for OTLP over gRPC.
        http_endpoint: `http://127.0.0.1:PORT`, below which lie `/v1/traces` and the others.
        encodings: The content encodings of the HTTP requests that came.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._received: list[Telemetry] = []
        self.encodings: set[str] = set()
        self._grpc = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
        for register, servicer in _SERVICES:
            register(servicer(self.receive), self._grpc)
        self.grpc_endpoint = f"http://127.0.0.1:{self._grpc.add_insecure_port('127.0.0.1:0')}"
        self._http = LocalHttp(_handler(self))
        self.http_endpoint = self._http.endpoint

    def __enter__(self) -> Self:
        self._grpc.start()
        self._http.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._grpc.stop(grace=None).wait()
        self._http.__exit__()

    def receive(self, request: Message) -> None:
        telemetry = decode(with_hex_ids(MessageToDict(request)))
        with self._changed:
            self._received.append(telemetry)
            self._changed.notify_all()

    @property
    def telemetry(self) -> Telemetry:
        with self._changed:
            return Telemetry.joined(self._received)

    def wait_for(self, met: Callable[[Telemetry], bool], timeout: float = 10.0) -> Telemetry:
        """Wait until what came meets `met`, and return it.

        Raises:
            TimeoutError: It did not within `timeout` seconds; the message tells what did come.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not met(came := Telemetry.joined(self._received)):
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(
                        f"came: {len(came.spans)} spans, {len(came.logs)} logs, "
                        f"{len(came.metrics)} points"
                    )
            return came

    def wait_for_spans(self, count: int, timeout: float = 10.0) -> tuple[TraceSpan, ...]:
        return self.wait_for(lambda came: len(came.spans) >= count, timeout).spans

    def wait_for_logs(self, count: int, timeout: float = 10.0) -> tuple[TraceLog, ...]:
        return self.wait_for(lambda came: len(came.logs) >= count, timeout).logs

    def wait_for_metrics(self, count: int, timeout: float = 10.0) -> tuple[MetricPoint, ...]:
        return self.wait_for(lambda came: len(came.metrics) >= count, timeout).metrics


def _service(base: type, answer: type[Message]) -> type:
    """A gRPC service that hands each request on."""

    class Service(base):
        def __init__(self, receive: Callable[[Message], None]) -> None:
            self._receive = receive

        def Export(self, request, context):  # noqa: ARG002, N802 - gRPC's signature
            self._receive(request)
            return answer()

    return Service


_SERVICES = [
    (register, _service(base, answer))
    for register, base, answer in (
        (
            trace_service_pb2_grpc.add_TraceServiceServicer_to_server,
            trace_service_pb2_grpc.TraceServiceServicer,
            TRACES.ExportTraceServiceResponse,
        ),
        (
            logs_service_pb2_grpc.add_LogsServiceServicer_to_server,
            logs_service_pb2_grpc.LogsServiceServicer,
            LOGS.ExportLogsServiceResponse,
        ),
        (
            metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server,
            metrics_service_pb2_grpc.MetricsServiceServicer,
            METRICS.ExportMetricsServiceResponse,
        ),
    )
]


def _handler(sink: OtlpSink) -> type[Answering]:
    class Handler(Answering):
        def do_POST(self) -> None:
            encoding = self.headers.get("Content-Encoding", "identity")
            body = self.content()
            sink.encodings.add(encoding)
            request, answer = ENDPOINTS[self.path]
            sink.receive(request.FromString(gzip.decompress(body) if encoding == "gzip" else body))
            content = answer().SerializeToString()
            self.answer(200, content, {"Content-Type": "application/x-protobuf"})

    return Handler
