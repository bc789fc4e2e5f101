"""What MLflow is told that it would not find out: the cost by modality, and tools in its form."""

import json

import pytest
from dialects.calls_in_dialects import Kept, a_call_with_audio, scenario, through

from otel_realtime import DialectSpanProcessor, semconv


def test_the_costs_of_a_call_add_up_to_that_of_its_session() -> None:
    processor, kept = through("mlflow")
    plain = scenario("cost_on", processor)
    (total,) = {span.attributes.get(semconv.SESSION_COST) for span in plain} - {None}
    costs = [json.loads(each) for each in of_all(kept, "mlflow.llm.cost")]
    assert len(costs) > 1
    assert sum(each["total_cost"] for each in costs) == pytest.approx(total)
    for each in costs:
        assert each["input_cost"] + each["output_cost"] == pytest.approx(each["total_cost"])


def test_without_prices_mlflow_is_told_no_cost() -> None:
    processor, kept = through("mlflow")
    scenario("tool", processor)
    assert of_all(kept, "mlflow.llm.cost") == []


def test_only_functions_are_tools_of_a_chat_and_stand_on_the_session_alone() -> None:
    kept = Kept()
    a_call_with_audio(DialectSpanProcessor(kept, dialect="mlflow"))
    (tools,) = of_all(kept, "mlflow.chat.tools")
    assert json.loads(tools) == [
        {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    ]
    assert "mlflow.chat.tools" in kept.spans[-1].attributes


def of_all(kept: Kept, name: str) -> list:
    return [span.attributes[name] for span in kept.spans if name in span.attributes]
