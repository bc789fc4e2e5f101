"""Spans from records: where a span belongs when its parent is not known."""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_realtime.facts import SessionFacts, ToolFacts
from otel_realtime.records import SESSION, Closed, Key, Kind, Opened
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.content import ContentGate
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.spans import SpanConsumer


def test_a_span_whose_parent_was_never_seen_belongs_to_the_session() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    gate = ContentGate(is_open=False, redact=None, on_error=print)
    context = TelemetryContext(provider.get_tracer("test"))
    consumer = SpanConsumer(context, Identity("session-under-test"), gate)
    session, tool = SessionFacts(), ToolFacts("call_1", name="look")
    consumer.opened(Opened(SESSION, 1, session, None))
    key = Key(Kind.TOOL, "call_1")
    consumer.opened(Opened(key, 2, tool, Key(Kind.RESPONSE, "never_seen")))
    consumer.closed(Closed(key, 3, tool))
    consumer.closed(Closed(SESSION, 4, session))
    inner, outer = exporter.get_finished_spans()
    assert (inner.name, outer.name) == ("execute_tool look", "invoke_agent")
    assert inner.parent.span_id == outer.context.span_id
