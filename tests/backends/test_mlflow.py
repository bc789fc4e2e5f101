"""A real MLflow: calls are sent to it as to any other, and read back as it understood them."""

import json
import os
from pathlib import Path

import pytest
from backends.mlflow_server import Mlflow, mlflow
from dialects.calls_in_dialects import SCENARIOS, Kept, a_call_with_audio, scenario
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_realtime import DialectSpanProcessor, semconv

PRICES = str(SCENARIOS / "cost_on.prices.json")
PROGRAMS = os.environ.get("OTEL_REALTIME_MLFLOW", "")

pytestmark = [
    pytest.mark.skipif(
        not PROGRAMS, reason="needs MLflow in an environment of its own: make test-mlflow"
    ),
    pytest.mark.timeout(300),  # MLflow starts
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with mlflow(Path(PROGRAMS).absolute() / "mlflow", tmp_path_factory.mktemp("mlflow")) as running:
        yield running


def sending_to(server: Mlflow) -> DialectSpanProcessor:
    exporter = OTLPSpanExporter(server.endpoint, headers=server.headers)
    return DialectSpanProcessor(SimpleSpanProcessor(exporter), dialect="mlflow")


def a_call(server: Mlflow, name: str, **settings):
    """A scenario's spans, and what MLflow has of them."""
    spans = scenario(name, sending_to(server), **settings)
    return spans, server.trace(spans[0].context.trace_id)


def read(spans) -> dict[str, dict]:
    """The attributes of the last span of each kind, as MLflow gives them."""
    return {span["name"].partition(" ")[0]: by_key(span["attributes"]) for span in spans}


def by_key(pairs) -> dict:
    return {each["key"]: value_of(each["value"]) for each in pairs}


def value_of(told):
    """A value of OTLP: MLflow gives what was JSON as lists and maps."""
    ((kind, value),) = told.items()
    if kind == "kvlist_value":
        return by_key(value.get("values", ()))
    return [value_of(each) for each in value["values"]] if kind == "array_value" else value


def test_kinds_and_what_was_said(server) -> None:
    _, came = a_call(server, "tool")
    told = read(came["spans"])
    assert {name: each["mlflow.spanType"] for name, each in told.items()} == {
        "invoke_agent": "AGENT",
        "user_input": "CHAIN",
        "chat": "CHAT_MODEL",
        "execute_tool": "TOOL",
    }
    assert told["execute_tool"]["mlflow.spanInputs"] == {"city": "London"}
    assert told["execute_tool"]["mlflow.spanOutputs"] == {"sky": "fog"}
    said = {"role": "assistant", "content": "It is foggy."}
    assert told["chat"]["mlflow.spanOutputs"] == {"messages": [said]}
    info = came["trace_info"]
    assert json.loads(info["request_preview"]) == "What's the weather in London?"
    assert json.loads(info["response_preview"]) == "It is foggy."


def test_sessions_users_tokens_and_models(server) -> None:
    spans, came = a_call(server, "tool", user_id="user-1")
    told = came["trace_info"]["trace_metadata"]
    assert told["mlflow.trace.session"] == "session-under-test"
    assert told["mlflow.trace.user"] == "user-1"
    used = json.loads(told["mlflow.trace.tokenUsage"])
    for name, attribute in (
        ("input_tokens", semconv.USAGE_INPUT),
        ("output_tokens", semconv.USAGE_OUTPUT),
        ("cache_read_input_tokens", semconv.USAGE_CACHED),
    ):
        assert used[name] == sum(span.attributes.get(attribute, 0) for span in spans)
    model = read(came["spans"])["chat"]["mlflow.llm.model"]
    assert "gpt-realtime" in model


def test_costs_are_ours(server) -> None:
    spans, came = a_call(server, "tool", prices=PRICES)
    (total,) = {span.attributes.get(semconv.SESSION_COST) for span in spans} - {None}
    told = json.loads(came["trace_info"]["trace_metadata"]["mlflow.trace.cost"])
    assert told["total_cost"] == pytest.approx(total)
    assert told["input_cost"] + told["output_cost"] == pytest.approx(total)


def test_tools_that_the_model_may_call(server) -> None:
    kept = Kept()
    a_call_with_audio(kept, sending_to(server))
    told = read(server.trace(kept.spans[0].context.trace_id)["spans"])["invoke_agent"]
    assert [each["function"]["name"] for each in told["mlflow.chat.tools"]] == ["look"]
