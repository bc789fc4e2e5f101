"""What Application Insights has of a call: types, ids, measures, events, and nothing cut."""

import ast
import json

import pytest
from azure_monitor.captured import FILLS_SESSION_ID, captured, of

from otel_realtime import semconv
from otel_realtime.dialects.azure import said_of

OURS = ("invoke_agent", "user_input", "chat", "execute_tool")


def first(rows, table, name):
    return next(of(rows, table, name))


def test_a_call_is_dependencies_of_type_genai(rows) -> None:
    spans = [each for each in of(rows, "dependencies") if each.name.startswith(OURS)]
    assert {each.data["type"] for each in spans} == {"GenAI | openai"}
    assert {each.dimensions[semconv.SYSTEM] for each in spans} == {"openai"}
    assert first(rows, "dependencies", "chat").data["target"] == "openai"
    assert list(of(rows, "requests")) == []


def test_a_call_is_below_the_request_that_it_belongs_to(all_rows) -> None:
    (request,) = of(all_rows, "requests")
    below = [
        each
        for each in of(all_rows, "dependencies")
        if each.tags.get("ai.operation.parentId") == request.data["id"]
    ]
    assert [each.name for each in below] == ["invoke_agent Assistant"]
    assert below[0].tags["ai.operation.id"] == request.tags["ai.operation.id"]
    assert "type" not in request.data
    assert semconv.SYSTEM not in request.dimensions


def test_session_operation_and_user_are_columns_of_spans_and_events(rows) -> None:
    spans = {each.data["id"]: each for each in of(rows, "dependencies")}
    events = list(of(rows, "customEvents"))
    assert len(events) > len(OURS)
    for each in (*spans.values(), *events):
        assert each.session == "session-under-test"
        assert each.tags["ai.user.authUserId"] == "user-7"
    for event in events:
        parent = spans[event.tags["ai.operation.parentId"]]
        assert parent.tags["ai.operation.id"] == event.tags["ai.operation.id"]


def test_numbers_are_measurements(rows) -> None:
    chat = first(rows, "dependencies", "chat gpt-realtime")
    assert chat.measurements[semconv.VOICE_TO_VOICE] == 0.5
    assert chat.measurements[semconv.WAIT_ENDPOINTING] == 0.25
    assert chat.measurements[semconv.HEARD_MS] == 600
    assert chat.measurements[semconv.USAGE_INPUT] == 60
    priced = next(
        each for each in of(rows, "dependencies", "chat") if semconv.COST in each.measurements
    )
    assert priced.measurements[semconv.COST] == pytest.approx(0.0029056)
    named = {name for each in rows for name in each.measurements}
    assert not named & {semconv.TURN_INDEX, semconv.CLOSE_CODE, semconv.SAME_SERVER_PORT}
    assert not [name for name in named if name.startswith("_MS.")]


def test_our_log_events_are_custom_events_with_their_numbers(rows) -> None:
    names = {each.name for each in of(rows, "customEvents")}
    assert names >= {
        semconv.LOG_SESSION_STARTED,
        semconv.LOG_SESSION_ENDED,
        semconv.LOG_SUMMARY,
        semconv.LOG_INTERRUPTED,
        semconv.LOG_ERROR,
        semconv.LOG_DEAD_AIR,
        semconv.LOG_FALSE_BARGE_IN,
        semconv.LOG_MISSED_BARGE_IN,
        semconv.LOG_GUARDRAIL,
        semconv.LOG_HANDOFF,
    }
    cut = first(rows, "customEvents", semconv.LOG_INTERRUPTED)
    assert cut.measurements[semconv.GENERATED_MS] > cut.measurements[semconv.HEARD_MS]
    logged = {each.data["message"] for each in of(rows, "traces")}
    assert "hello from the application" in logged
    assert "n/a" not in logged  # what a record without a body becomes


def test_what_the_agents_view_reads(rows) -> None:
    for operation in ("invoke_agent", "chat", "execute_tool"):
        told = first(rows, "dependencies", operation).dimensions
        assert told["gen_ai.operation.name"] == operation
        assert told["gen_ai.agent.name"] == "Assistant"
        assert told["gen_ai.conversation.id"] == "conv_1"
        assert told["microsoft.gen_ai.main_agent.name"] == "Assistant"
    chat = first(rows, "dependencies", "chat").dimensions
    assert chat["gen_ai.request.model"] == chat["gen_ai.response.model"] == "gpt-realtime"
    assert (chat["gen_ai.usage.input_tokens"], chat["gen_ai.usage.output_tokens"]) == ("60", "40")


def test_what_leaves_custom_dimensions_stays_under_another_name(rows) -> None:
    failed = [each for each in of(rows, "dependencies") if not each.data["success"]]
    assert {each.dimensions[semconv.SAME_ERROR_TYPE] for each in failed} >= {"RuntimeError"}
    assert not [each for each in of(rows, "dependencies") if semconv.ERROR_TYPE in each.dimensions]


def test_no_value_is_a_python_list(rows) -> None:
    lists = [value for each in rows for value in each.dimensions.values() if value.startswith("[")]
    assert lists
    assert [json.loads(value) for value in lists]
    assert ast.literal_eval(lists[0])


def test_an_exception_of_a_tool_is_in_exceptions(rows) -> None:
    raised = next(of(rows, "exceptions"))
    assert raised.data["exceptions"][0]["typeName"] == "RuntimeError"
    assert raised.session == ("session-under-test" if FILLS_SESSION_ID else "")


def test_metrics_are_custom_metrics(rows) -> None:
    names = {each.data["metrics"][0]["name"] for each in of(rows, "customMetrics")}
    assert names >= {
        semconv.METRIC_VOICE_TO_VOICE,
        semconv.METRIC_TOKENS,
        semconv.METRIC_TOKEN_USAGE,
        semconv.METRIC_INTERRUPTIONS,
    }


def test_long_texts_arrive_whole_and_what_does_not_is_named(tmp_path) -> None:
    rows = captured(tmp_path, "--long")
    told = next(of(rows, "dependencies", "response.done")).dimensions
    payload = "".join(told[name] for name in sorted(told) if name.startswith(PAYLOAD))
    assert payload == json.dumps(
        {"type": "response.done", "text": "é" * 20_000}, ensure_ascii=False
    )
    assert semconv.LEFT_OUT not in told


PAYLOAD = semconv.SERVER_EVENT_PAYLOAD


def test_texts_beyond_all_parts_are_counted() -> None:
    told = said_of({PAYLOAD: "x" * 60_000, semconv.OUTPUT_MESSAGES: "y" * 300_000})
    assert told[semconv.LEFT_OUT] == json.dumps(
        [f"{PAYLOAD} {60_000 - 6 * 8192}", f"{semconv.OUTPUT_MESSAGES} {300_000 - 262_144}"]
    )
    assert len(told[semconv.OUTPUT_MESSAGES]) == 262_144
    assert [name for name in told if name.startswith(PAYLOAD)] == [
        PAYLOAD,
        *(f"{PAYLOAD}.part{part}" for part in range(2, 7)),
    ]
    assert {len(told[name]) for name in told if name.startswith(PAYLOAD)} == {8192}
