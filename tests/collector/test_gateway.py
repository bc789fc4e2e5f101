"""collector/gateway.yaml, run by a real Collector: what it keeps, removes and counts."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from collector_calls import Application, answered_later, scenario
from opentelemetry.trace import Status, StatusCode, set_span_in_context
from otelcol import gateway, needs_otelcol
from otlp_sink import OtlpSink

from otel_realtime import semconv
from otel_realtime.otlp_json import Telemetry, TraceSpan

pytestmark = needs_otelcol

ARRIVES_WITHIN = 60  # s; a few on a quiet machine
ORDINARY = scenario("plain_answer")
SHARE = 50  # %
CALLS = 80
CONTENT = {
    semconv.INPUT_MESSAGES,
    semconv.OUTPUT_MESSAGES,
    semconv.SYSTEM_INSTRUCTIONS,
    semconv.TOOL_DEFINITIONS,
    semconv.TOOL_ARGUMENTS,
    semconv.TOOL_RESULT,
    semconv.EXCEPTION_MESSAGE,
    semconv.EXCEPTION_STACKTRACE,
    semconv.ERROR_MESSAGE,
    semconv.SERVER_EVENT_PAYLOAD,
    f"{semconv.SERVER_EVENT_PAYLOAD}.part2",
    semconv.DTMF_DIGIT,
}


@pytest.fixture
def sink() -> Iterator[OtlpSink]:
    with OtlpSink() as made:
        yield made


def traces(spans: tuple[TraceSpan, ...]) -> dict[str, set[str]]:
    """The ids of the spans of each trace."""
    found: dict[str, set[str]] = {}
    for span in spans:
        found.setdefault(span.trace_id, set()).add(span.span_id)
    return found


def wait_for_traces(sink: OtlpSink, wanted: frozenset[str] | set[str]) -> dict[str, set[str]]:
    came = sink.wait_for(lambda came: wanted <= traces(came.spans).keys(), ARRIVES_WITHIN)
    return traces(came.spans)


def wait_for_calls(sink: OtlpSink, count: int) -> Counter[tuple[str, bool]]:
    """Wait until the metrics made of spans tell of `count` spans, and return them by kind."""
    came = sink.wait_for(lambda came: sum(calls(came).values()) >= count, ARRIVES_WITHIN)
    return calls(came)


def calls(came: Telemetry) -> Counter[tuple[str, bool]]:
    """How many spans of each operation there were, and whether they were interrupted."""
    points = [each for each in came.metrics if each.name == "traces.span.metrics.calls"]
    newest = max((each.time for each in points), default=0)
    counted: Counter[tuple[str, bool]] = Counter()
    for each in points:
        if each.time == newest:
            operation = str(each.attributes.get(semconv.OPERATION_NAME, ""))
            interrupted = bool(each.attributes.get(semconv.INTERRUPTED, False))
            counted[operation, interrupted] += int(each.value or 0)
    return counted


def test_errors_interruptions_and_slow_turns_are_kept_whole_and_nothing_else(
    sink: OtlpSink, tmp_path: Path
) -> None:
    node = gateway(tmp_path, sink.http_endpoint, OTEL_REALTIME_SHARE="0")
    with node.running(), Application(node.endpoint) as application:
        for _ in range(10):
            application.hold(ORDINARY)
        noticed = {
            *application.hold(scenario("failed_response")),
            *application.hold(scenario("barge_in_truncated_before_done")),
            *application.hold(answered_later(ORDINARY, 3)),
        }
        assert len(noticed) == 3
        kept = wait_for_traces(sink, noticed)
        sent = traces(application.acknowledged)
    assert kept == {trace: sent[trace] for trace in noticed}
    assert traces(sink.telemetry.spans) == kept


def test_of_the_rest_a_share_is_kept(sink: OtlpSink, tmp_path: Path) -> None:
    node = gateway(tmp_path, sink.http_endpoint, OTEL_REALTIME_SHARE=str(SHARE))
    with node.running(), Application(node.endpoint) as application:
        for _ in range(CALLS):
            application.hold(ORDINARY)
        last = application.hold(scenario("failed_response"))
        wait_for_traces(sink, last)
    kept = len(traces(sink.telemetry.spans)) - 1
    assert kept == pytest.approx(CALLS * SHARE / 100, abs=25)  # 5.6 standard deviations


def test_nothing_is_decided_before_a_call_has_ended(sink: OtlpSink, tmp_path: Path) -> None:
    node = gateway(tmp_path, sink.http_endpoint, OTEL_REALTIME_SHARE="0")
    with node.running(), Application(node.endpoint) as application:
        tracer = application.tracers.get_tracer("app")
        call = tracer.start_span("invoke_agent")
        inside = set_span_in_context(call)
        tracer.start_span("first turn", context=inside).end()
        application.send()
        wait_for_traces(sink, application.hold(scenario("failed_response")))
        failed = tracer.start_span("last turn", context=inside)
        failed.set_status(Status(StatusCode.ERROR))
        failed.end()
        call.end()
        application.send()
        trace = format(call.get_span_context().trace_id, "032x")
        assert len(wait_for_traces(sink, {trace})[trace]) == 3


def test_what_was_said_goes_no_further(sink: OtlpSink, tmp_path: Path) -> None:
    node = gateway(tmp_path, sink.http_endpoint, OTEL_REALTIME_SHARE="100")
    said = ("When is breakfast?", "From seven to ten.", "swordfish")
    with node.running(), Application(node.endpoint) as application:
        held = [
            application.hold(scenario(name))
            for name in ("plain_answer", "tool_raises", "failed_response", "content_on_events_only")
        ]
        with application.tracers.get_tracer("app").start_as_current_span(
            "secret", attributes=dict.fromkeys(CONTENT, "swordfish")
        ) as span:
            span.record_exception(ValueError("swordfish"))
            span.set_status(Status(StatusCode.ERROR, "ValueError: swordfish"))
        application.send()
        wait_for_traces(sink, {trace for each in held for trace in each})
        sink.wait_for(lambda came: any(each.name == "secret" for each in came.spans))
        sink.wait_for_logs(len(held))
        sent = application.acknowledged
    for text in said:
        assert text in repr(sent)
        assert text not in repr(sink.telemetry)
    came = sink.telemetry
    names = {name for each in (*came.spans, *came.logs) for name in each.attributes}
    names |= {name for span in came.spans for event in span.events for name in event.attributes}
    assert not names & CONTENT
    assert {semconv.ITEM_ID, semconv.EXCEPTION_TYPE, semconv.ERROR_TYPE} <= names


def test_metrics_tell_of_all_spans_whatever_is_kept(sink: OtlpSink, tmp_path: Path) -> None:
    node = gateway(tmp_path, sink.http_endpoint, OTEL_REALTIME_SHARE="0")
    with node.running(), Application(node.endpoint) as application:
        for _ in range(5):
            application.hold(ORDINARY)
        application.hold(scenario("barge_in_truncated_before_done"))
        sent = application.acknowledged
        counted = wait_for_calls(sink, len(sent))
    expected = Counter(
        (
            str(span.attributes.get(semconv.OPERATION_NAME, "")),
            bool(span.attributes.get(semconv.INTERRUPTED, False)),
        )
        for span in sent
    )
    assert counted == expected
    points = [each for each in sink.telemetry.metrics if "span.metrics.duration" in each.name]
    assert {(each.name, each.unit) for each in points} == {("traces.span.metrics.duration", "s")}
    assert {each.bounds for each in points} == {semconv.DURATION_BUCKETS}
    chats = [each for each in points if each.attributes.get(semconv.OPERATION_NAME) == "chat"]
    assert {
        (semconv.REQUEST_MODEL, "gpt-realtime"),
        (semconv.AGENT_NAME, "Assistant"),
        (semconv.PROVIDER_NAME, "openai"),
        ("service.name", "voice-1"),
        ("status.code", "STATUS_CODE_UNSET"),
    } <= {item for each in chats for item in each.attributes.items()}
    assert all("collector.instance.id" in each.attributes for each in points)
