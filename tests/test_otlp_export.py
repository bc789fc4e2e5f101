"""Telemetry that leaves over OTLP arrives whole, by every way: see telemetry_targets.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode
from otlp_sink import OtlpSink
from rotel_collector import accepts, rotel
from telemetry_targets import (
    TelemetryTarget,
    otlp_exporters,
    telemetry_targets,  # noqa: F401 - a fixture, found by its name
)

from otel_realtime import semconv
from otel_realtime.otlp_json import MetricPoint, Telemetry
from otel_realtime.testing import FakeClock
from otel_realtime.tree import render

TREE = """\
invoke_agent Assistant  0–350 ms  ended closed
  chat gpt-realtime  100–350 ms  first audio 240 ms, tokens 120→45, error rate_limit: too much
    execute_tool get_weather  200–300 ms  {"city": "Zürich"} → "foggy"
      log INFO  250 ms  looking up Zürich"""


def send(target: TelemetryTarget) -> None:
    """A little trace with a log and metrics, of every type of attribute that OTLP has."""
    tracer = target.tracer_provider.get_tracer(semconv.SCOPE_NAME, "1.2.3")
    clock = FakeClock()
    session = tracer.start_as_current_span(
        "invoke_agent Assistant",
        start_time=clock(),
        end_on_exit=False,
        attributes={semconv.END_REASON: "closed", "flag": True, "raw": b"raw"},
    )
    with session as session_span:
        respond(target, tracer, clock)
        session_span.end(clock())


def respond(target, tracer, clock) -> None:
    response = tracer.start_as_current_span(
        "chat gpt-realtime",
        start_time=clock.advance(ms=100),
        end_on_exit=False,
        attributes={
            semconv.TIME_TO_FIRST_AUDIO: 0.24,
            semconv.USAGE_INPUT: 120,
            semconv.USAGE_OUTPUT: 45,
            semconv.FINISH_REASONS: ["stop", "tool_call"],
            semconv.ERROR_TYPE: "rate_limit",
        },
    )
    with response as response_span:
        response_span.add_event("mark", {"index": 1}, timestamp=clock())
        response_span.set_status(Status(StatusCode.ERROR, "too much"))
        run_tool(target, tracer, clock)
        response_span.end(clock.advance(ms=50))


def run_tool(target, tracer, clock) -> None:
    tool = tracer.start_as_current_span(
        "execute_tool get_weather",
        start_time=clock.advance(ms=100),
        end_on_exit=False,
        attributes={
            semconv.TOOL_ARGUMENTS: '{"city":"Zürich"}',
            semconv.TOOL_RESULT: "foggy",
        },
    )
    with tool as tool_span:
        target.logger_provider.get_logger("app").emit(
            LogRecord(
                timestamp=clock.advance(ms=50),
                observed_timestamp=clock(),
                severity_number=SeverityNumber.INFO,
                severity_text="INFO",
                body="looking up Zürich",
                attributes={"attempt": 1},
            )
        )
        tool_span.end(clock.advance(ms=50))
    meter = target.meter_provider.get_meter("app")
    meter.create_counter("calls", unit="{call}").add(2, {"tool": "get_weather"})
    meter.create_up_down_counter("active").add(-1)
    meter.create_histogram("duration", unit="s").record(0.1)


def timeless(point: MetricPoint) -> MetricPoint:
    """Each of two readers stamps its own time."""
    return replace(point, time=0, start=0)


def by_name(points: tuple[MetricPoint, ...]) -> list[MetricPoint]:
    return sorted(map(timeless, points), key=lambda point: point.name)


# The SDK before 1.39 warns of a call that it makes itself.
@pytest.mark.filterwarnings("ignore:LogRecord init with")
def test_everything_arrives_as_it_was_sent(
    telemetry_targets: TelemetryTarget,  # noqa: F811 - the fixture
) -> None:
    send(telemetry_targets)
    came = telemetry_targets.collect()
    sent = telemetry_targets.sent()
    assert sorted(came.spans, key=lambda span: span.start) == sorted(
        sent.spans, key=lambda span: span.start
    )
    assert came.logs == sent.logs
    assert by_name(came.metrics) == by_name(sent.metrics)
    assert render(came.spans, came.logs) == TREE


def test_http_requests_come_compressed() -> None:
    with OtlpSink() as sink:
        exporters = otlp_exporters("http", sink.http_endpoint, sink)
        exporters.spans.export(one_span())
        exporters.spans.shutdown()
        assert [span.name for span in sink.wait_for_spans(1)] == ["one"]
        assert sink.encodings == {"gzip"}


def one_span():
    ended = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(ended))
    provider.get_tracer("app").start_span("one").end()
    return ended.get_finished_spans()


@pytest.mark.parametrize(
    "wait", [OtlpSink.wait_for_spans, OtlpSink.wait_for_logs, OtlpSink.wait_for_metrics]
)
def test_the_sink_says_what_is_missing(wait: Callable[..., object]) -> None:
    with OtlpSink() as sink:
        assert sink.telemetry == Telemetry()
        with pytest.raises(TimeoutError, match="0 spans, 0 logs, 0 points"):
            wait(sink, 1, timeout=0.01)


def test_rotel_stops_with_its_block(tmp_path: Path) -> None:
    with OtlpSink() as sink, rotel(sink.http_endpoint, tmp_path) as collector:
        exporters = otlp_exporters("http", collector.http_endpoint, sink)
        exporters.spans.export(one_span())
        exporters.spans.shutdown()
        sink.wait_for_spans(1)
    assert not accepts(int(collector.http_endpoint.rpartition(":")[2]))
