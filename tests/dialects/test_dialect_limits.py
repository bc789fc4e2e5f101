"""No more attributes than OpenTelemetry allows, however much is told; and values of fair types."""

import json

import pytest
from dialects.calls_in_dialects import (
    HandMade,
    Kept,
    a_call_with_audio,
    answered,
    given,
    scenario,
    through,
)
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider

from otel_realtime import semconv
from otel_realtime.facts import ToolAnswer
from otel_realtime.records import Kind
from otel_realtime.values import SessionConfig

DIALECTS = ("openinference", "langsmith", "langfuse", "mlflow")
MANY_TOOLS = tuple({"type": "function", "name": f"tool_{each}"} for each in range(200))


def last_response(dialect, facts, config=None):
    processor, kept = through(dialect)
    call = HandMade(processor, config=config)
    call.span(Kind.RESPONSE, "resp_1", facts)
    call.end()
    return dict(kept.spans[0].attributes)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_many_messages_and_tools_stay_within_the_limit(dialect) -> None:
    config = SessionConfig(tools=MANY_TOOLS, instructions="Be brief.")
    asked = [given(f"question {each}", audio=False) for each in range(300)]
    processor, kept = through(dialect, dialect_turns=True)
    call = HandMade(processor, config=config)
    call.span(Kind.RESPONSE, "resp_1", answered(*asked))
    call.end()
    assert max(len(span.attributes) for span in kept.spans) <= 128
    assert {span.name.split()[0] for span in kept.spans} >= {"chat", "invoke_agent"}


def test_the_oldest_messages_are_left_out_and_counted() -> None:
    told = last_response(
        "openinference", answered(*(given(f"question {each}", audio=False) for each in range(300)))
    )
    texts = [
        value
        for name, value in told.items()
        if name.startswith("llm.input_messages.") and name.endswith(".message.content")
    ]
    kept = len(texts)
    assert texts == [f"question {each}" for each in range(300 - kept, 300)]
    assert told["llm.input_messages.0.message.content"] == f"question {300 - kept}"
    assert told["llm.output_messages.0.message.content"] == "From seven."
    assert len(told) in {127, 128}
    assert told[semconv.LEFT_OUT] == [f"llm.input_messages {300 - kept}", "llm.tools 1"]


def test_the_last_tools_are_left_out_and_counted() -> None:
    told = last_response("openinference", answered(given()), SessionConfig(tools=MANY_TOOLS))
    names = [
        json.loads(value)["name"] for name, value in told.items() if name.startswith("llm.tools.")
    ]
    assert names == [f"tool_{each}" for each in range(len(names))]
    assert told[semconv.LEFT_OUT] == [f"llm.tools {200 - len(names)}"]
    assert len(told) == 128


def test_where_all_has_room_nothing_is_said_to_be_left_out() -> None:
    assert semconv.LEFT_OUT not in last_response("openinference", answered(given()))


def assert_within(spans, *, count, length) -> None:
    for span in spans:
        texts = [value for value in span.attributes.values() if isinstance(value, str)]
        assert len(span.attributes) <= count
        assert max(map(len, texts)) <= length


@pytest.mark.parametrize("dialect", DIALECTS)
def test_lower_limits_of_opentelemetry_hold(dialect, monkeypatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "30")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "40")
    processor, kept = through(dialect, dialect_turns=True)
    scenario("tool", processor)
    assert_within(kept.spans, count=30, length=40)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_those_that_a_provider_was_given_hold(dialect) -> None:
    processor, kept = through(dialect, dialect_turns=True)
    limits = SpanLimits(max_span_attributes=20, max_span_attribute_length=10)
    provider = TracerProvider(shutdown_on_exit=False, span_limits=limits)
    a_call_with_audio(processor, provider=provider)
    assert {span.name.split()[0] for span in kept.spans} >= {"chat", "invoke_agent"}
    assert_within(kept.spans, count=20, length=10)


def test_those_of_the_environment_hold_for_a_copy_that_somebody_hands_on(monkeypatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "20")
    translating, kept = through("openinference")

    class Copying(SpanProcessor):
        def on_end(self, span) -> None:
            told = {name: value for name, value in span.attributes.items() if name != "user.id"}
            copy = ReadableSpan(
                span.name,
                span.context,
                span.parent,
                span.resource,
                told,
                instrumentation_scope=span.instrumentation_scope,
            )
            translating.on_end(copy)

    call = HandMade(Copying())
    call.span(Kind.RESPONSE, "resp_1", answered(given("When? " * 20, audio=False)))
    call.end()
    assert len(kept.spans) == 2
    assert_within(kept.spans, count=128, length=20)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_sdk_cut_is_said_whole_where_it_is_cut_anew(dialect) -> None:
    """A cut JSON says nothing: what it was made of does, and each part of that is cut by itself."""
    processor, kept = through(dialect)
    plain, limits = Kept(), SpanLimits(max_span_attribute_length=63)
    provider = TracerProvider(shutdown_on_exit=False, span_limits=limits)
    call = HandMade(processor, plain, provider=provider)
    call.span(Kind.RESPONSE, "resp_1", answered(given("When?", audio=False)))
    call.end()
    assert "From seven." not in str(dict(plain.spans[0].attributes))
    assert "From seven." in str(dict(kept.spans[0].attributes))
    assert_within(kept.spans, count=128, length=63)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_value_has_a_type_that_opentelemetry_knows(dialect) -> None:
    processor, kept = through(dialect, dialect_turns=True)
    scenario("tool", processor)
    scenario("mcp_failed", processor)
    for span in kept.spans:
        for name, value in span.attributes.items():
            values = value if isinstance(value, tuple | list) else (value,)
            assert all(
                type(each) in {str, bool, int, float} or isinstance(each, str) for each in values
            ), name


def test_the_types_of_openinference() -> None:
    facts = answered(
        given(),
        answers=(ToolAnswer("call_1", None),),
        created_at=1_000_000_000,
        first_chunk_at=1_234_900_000,
    )
    told = last_response("openinference", facts)
    assert told["time_to_first_token_ms"] == 235
    assert type(told["time_to_first_token_ms"]) is int
    assert told["llm.finish_reason"] == "stop"
    assert json.loads(told["llm.invocation_parameters"]) == {
        "model": "gpt-realtime",
        "temperature": 0.8,
    }
    assert (told["llm.system"], told["llm.provider"]) == ("openai", "azure")
