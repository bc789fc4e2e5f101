"""What users' tests get: the tree of a running SDK, and a clock."""

import pytest
from opentelemetry import trace
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export as logs_export
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_realtime import semconv
from otel_realtime.testing import FakeClock, span_tree

# The SDK before 1.39 warns of a call that it makes itself, and names its exporter otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:LogRecord init with")
InMemoryLogs = getattr(logs_export, "InMemoryLogRecordExporter", None) or (
    logs_export.InMemoryLogExporter
)


def test_the_tree_of_what_was_traced() -> None:
    clock, spans, logs = FakeClock(), InMemorySpanExporter(), InMemoryLogs()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    loggers = LoggerProvider(shutdown_on_exit=False)
    loggers.add_log_record_processor(logs_export.SimpleLogRecordProcessor(logs))
    tracer = tracers.get_tracer(semconv.SCOPE_NAME)

    span = tracer.start_span("user_input", start_time=clock())
    clock.advance(ms=20)
    with trace.use_span(span):
        loggers.get_logger("app").emit(LogRecord(timestamp=clock(), body="hello"))
        event = LogRecord(timestamp=clock(), event_name=semconv.LOG_IDLE_TIMEOUT)
        loggers.get_logger(semconv.SCOPE_NAME).emit(event)
    span.end(clock.advance(ms=0.5))

    told = "user_input  0–21 ms"
    assert span_tree(spans) == told
    assert span_tree(list(spans.get_finished_spans())) == told
    assert span_tree(spans, logs) == f"{told}\n  log  20 ms  hello"
    assert span_tree(spans, list(logs.get_finished_logs()), events=True) == (
        f"{told}\n  event {semconv.LOG_IDLE_TIMEOUT}  20 ms\n  log  20 ms  hello"
    )


def test_the_clock_moves_forward_only() -> None:
    clock = FakeClock(start=5)
    assert clock() == 5
    assert clock.advance(ms=1.5) == clock() == 1_500_005
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(ms=-1)
    assert FakeClock()() == FakeClock()()
