"""Server events as spans of no length: in the order in which they came, without audio."""

import json
import logging
from pathlib import Path

import goldens
import pytest
from dialects.calls_in_dialects import scenario, shown, through

from otel_realtime import semconv
from otel_realtime.scenario import Scenario
from otel_realtime.telemetry.server_events import scrubbed

SCENARIOS = Path(__file__).parent.parent / "scenarios"
GOLDEN = Path(__file__).parent.parent / "golden" / "dialects"
NAMES = ("tool", "barge_in_truncated_after_done", "beta_names", "mcp_failed", "malformed")


def received(name):
    """The types of the events of a scenario, in order."""
    entries = Scenario.load(SCENARIOS / f"{name}.yaml").entries
    datas = [each.data for _, each in entries if getattr(each, "direction", "") == "received"]
    return [each["type"] for each in datas if isinstance(each, dict) and _is_text(each.get("type"))]


def _is_text(value) -> bool:
    return isinstance(value, str) and value != ""


def events(spans):
    return [span for span in spans if semconv.SERVER_EVENT_TYPE in span.attributes]


@pytest.mark.parametrize("name", NAMES)
def test_every_event_but_deltas_in_the_order_in_which_it_came(name) -> None:
    shown_events = events(scenario(name, server_events=True))
    expected = [each for each in received(name) if not each.endswith(".delta")]
    assert [span.name for span in shown_events] == expected
    assert {span.end_time - span.start_time for span in shown_events} == {0}
    starts = [span.start_time for span in shown_events]
    assert starts == sorted(starts)
    assert len({span.parent.span_id for span in shown_events}) == 1


def test_all_else_is_as_without_them() -> None:
    def rest(spans):
        return shown(span for span in spans if semconv.SERVER_EVENT_TYPE not in span.attributes)

    assert rest(scenario("tool", server_events=True)) == rest(scenario("tool"))
    assert events(scenario("tool")) == []


@pytest.mark.parametrize("dialect", ["langsmith", "openinference", "langfuse", "mlflow"])
def test_a_call_event_by_event(dialect) -> None:
    translating, kept = through(dialect)
    scenario("tool", translating, server_events=True)
    goldens.compare(shown(kept.spans), GOLDEN / f"tool_server_events.{dialect}.txt")


def test_in_langsmith_a_tool_is_below_the_event_that_announced_it() -> None:
    translating, kept = through("langsmith")
    scenario("tool", translating, server_events=True)
    (tool,) = (span for span in kept.spans if span.name.startswith("execute_tool"))
    above = next(span for span in kept.spans if span.context == tool.parent)
    assert above.name == "response.function_call_arguments.done"
    assert above.attributes[semconv.TOOL_CALL_ID] == tool.attributes[semconv.TOOL_CALL_ID]


def test_without_content_they_have_no_payload() -> None:
    for span in events(scenario("tool", capture_content=False, server_events=True)):
        assert semconv.SERVER_EVENT_PAYLOAD not in span.attributes
        assert "London" not in str(dict(span.attributes))


def test_a_payload_is_redacted_as_a_whole() -> None:
    def redact(kind, value):
        if kind != "server_event":
            return value
        return None if "transcript" in value else value.replace("London", "***")

    shown_events = events(scenario("tool", server_events=True, redact=redact))
    payloads = [span.attributes.get(semconv.SERVER_EVENT_PAYLOAD) for span in shown_events]
    assert None in payloads
    assert "London" not in str(payloads)
    assert "***" in str(payloads)


def test_an_event_is_neither_changed_nor_kept_and_loses_its_audio_and_secrets() -> None:
    audio = {"type": "input_audio", "audio": "AAAA", "transcript": "Hello."}
    event = {
        "type": "conversation.item.added",
        "item": {"content": [audio, {"type": "input_image", "image_url": "data:image/png;AA"}]},
        "session": {
            "client_secret": {"value": "key"},
            "audio": {"output": {"voice": "alloy"}},
            "tools": [
                {"type": "mcp", "authorization": "key", "headers": {"k": "key"}},
                {"type": "mcp", "server_url": "https://bot:key@files.example/key?api_key=key"},
            ],
        },
        "usage": {"input_token_details": {"audio": 40}},
    }
    before = json.dumps(event)
    left = scrubbed(event)
    assert json.dumps(event) == before
    assert left == {
        "type": "conversation.item.added",
        "item": {
            "content": [{"type": "input_audio", "transcript": "Hello."}, {"type": "input_image"}]
        },
        "session": {
            "audio": {"output": {"voice": "alloy"}},
            "tools": [{"type": "mcp"}, {"type": "mcp", "server_url": "https://files.example"}],
        },
        "usage": {"input_token_details": {"audio": 40}},
    }
    assert left["item"] is not event["item"]
    deep: dict = {}
    for _ in range(1000):
        deep = {"more": deep}
    assert str(scrubbed(deep)).count("more") <= 12


def test_a_parameter_of_a_tool_may_be_named_as_a_servers_access_is() -> None:
    schema = {"properties": {"server_url": {"type": "string"}, "headers": {"type": "object"}}}
    assert scrubbed({"parameters": schema}) == {"parameters": schema}


def test_what_goes_wrong_stays_here(caplog) -> None:
    def redact(kind, value):
        if kind == "server_event":
            raise LookupError
        return value

    with caplog.at_level(logging.WARNING, "otel_realtime"):
        spans = scenario("tool", server_events=True, redact=redact)
    assert len(events(spans)) == len([e for e in received("tool") if not e.endswith(".delta")])
    assert "redact" in caplog.text
