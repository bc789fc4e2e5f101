"""collector/gateway.yaml, run by a real Collector: no dialect of ours brings content past it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from collector_calls import Acknowledging
from dialects.calls_in_dialects import OPEN, SHUT, a_call_with_audio, scenario, through
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from otelcol import gateway, needs_otelcol
from otlp_sink import OtlpSink

from otel_realtime import DialectSpanProcessor, semconv
from otel_realtime.otlp_json import Telemetry, TraceSpan, from_readable_spans
from otel_realtime.settings import Dialect

pytestmark = needs_otelcol

ARRIVES_WITHIN = 60  # s; a few on a quiet machine
DIALECTS: Mapping[str, dict[str, Any]] = {
    "genai": {},
    "azure": {},
    "openinference": {"dialect_turns": True},
    "phoenix": {"dialect_turns": True},
    "langsmith": {},
    "langfuse": {},
    "mlflow": {},
}
SCENARIOS = ("tool", "tool_raises", "failed_response", "mcp_failed", "typed_text_answer")
SAID = ("When is breakfast?", "From seven", "at seven", "Be brief.", "fog", "no such city")


class Held(NamedTuple):
    """The same calls in every dialect.

    Attributes:
        sent: The spans of each dialect that the Collector has said it has.
        content: The names that each has only where content is recorded.
        came: What came behind the Collector.
    """

    sent: Mapping[str, tuple[TraceSpan, ...]]
    content: Mapping[str, set[str]]
    came: Telemetry


def hold(processor: SpanProcessor, *, content: bool) -> None:
    for name in SCENARIOS:
        scenario(name, processor, capture_content=content, server_events=True)
    a_call_with_audio(processor, gate=OPEN if content else SHUT)


def names(spans: list[ReadableSpan]) -> set[str]:
    events = (event for span in spans for event in span.events)
    return {name for each in (*spans, *events) for name in each.attributes or ()}


def only_with_content(dialect: str) -> set[str]:
    """The names of attributes that there are only where content is recorded."""
    found = {}
    for content in (True, False):
        processor, kept = through(dialect, **DIALECTS[dialect])
        hold(processor, content=content)
        found[content] = names(kept.spans)
    return {*found[True] - found[False], semconv.EXCEPTION_STACKTRACE}  # it may quote the message


def sent_to(endpoint: str, dialect: str) -> tuple[TraceSpan, ...]:
    exporter = Acknowledging(OTLPSpanExporter(endpoint=endpoint, insecure=True))
    processor = DialectSpanProcessor(
        BatchSpanProcessor(exporter), dialect=dialect, **DIALECTS[dialect]
    )
    hold(processor, content=True)
    processor.shutdown()
    return from_readable_spans(tuple(exporter.spans))


@pytest.fixture(scope="module")
def held(tmp_path_factory) -> Held:
    folder = tmp_path_factory.mktemp("redaction")
    with OtlpSink() as sink:
        node = gateway(folder, sink.http_endpoint, OTEL_REALTIME_SHARE="100")
        with node.running():
            sent = {dialect: sent_to(node.endpoint, dialect) for dialect in DIALECTS}
            sink.wait_for_spans(sum(map(len, sent.values())), ARRIVES_WITHIN)
    content = {dialect: only_with_content(dialect) for dialect in DIALECTS}
    return Held(sent, content, sink.telemetry)


def told(span: TraceSpan) -> list[Mapping[str, Any]]:
    return [span.attributes, *(event.attributes for event in span.events)]


def test_every_dialect_is_sent() -> None:
    assert set(DIALECTS) == set(Dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_that_was_said_is_left_of_a_dialect_and_all_else_is(
    dialect: str, held: Held
) -> None:
    sent, content = held.sent[dialect], held.content[dialect]
    came = {each.span_id: told(each) for each in held.came.spans}
    assert [text for text in SAID if text not in repr(sent)] == []
    assert {each.span_id: came[each.span_id] for each in sent} == {
        each.span_id: [
            {name: value for name, value in attributes.items() if name not in content}
            for attributes in told(each)
        ]
        for each in sent
    }
    assert [text for text in SAID if text in repr(held.came)] == []
