"""Attributes and messages as pure functions: what is unknown is absent."""

import json

import pytest

from otel_realtime import semconv
from otel_realtime.facts import InputFacts, Output, ResponseFacts, SessionFacts, ToolAnswer
from otel_realtime.telemetry import attributes, messages, tokens
from otel_realtime.telemetry.content import ContentGate
from otel_realtime.telemetry.tokens import partition
from otel_realtime.values import Fault, SessionConfig, Usage

OPEN = ContentGate(is_open=True, redact=None, on_error=print)
SHUT = ContentGate(is_open=False, redact=None, on_error=print)


def test_of_what_nothing_is_known_nothing_is_said() -> None:
    assert attributes.known(attributes.session(SessionFacts(), OPEN)) == {
        semconv.OPERATION_NAME: "invoke_agent"
    }
    assert attributes.known(tokens.attributes_of(Usage())) == {}
    response = ResponseFacts("r", id_known=False)
    assert attributes.known(attributes.response_opening(response)) == {
        semconv.OPERATION_NAME: "chat"
    }
    assert attributes.known(attributes.response(response, OPEN)) == {}


def test_false_and_zero_are_known() -> None:
    pairs = (("zero", 0), ("false", False), ("empty", ""), ("none", None))
    assert attributes.known(pairs) == {"zero": 0, "false": False, "empty": ""}


@pytest.mark.parametrize(
    ("modalities", "expected"),
    [(None, None), ((), None), (("audio",), "speech"), (("text", "audio"), "speech"),
     (("text",), "text")],
)  # fmt: skip
def test_the_output_type(modalities, expected) -> None:
    assert attributes.output_type(modalities) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ResponseFacts("r", status="failed", fault=Fault(type="t", code="c")), "c"),
        (ResponseFacts("r", status="failed", fault=Fault(type="t")), "t"),
        (ResponseFacts("r", status="failed"), "failed"),
        (ResponseFacts("r", status="cancelled", fault=Fault(code="c")), None),
        (ResponseFacts("r", fault_type="Lost"), "Lost"),
        (ResponseFacts("r", status="completed"), None),
    ],
)
def test_the_error_of_a_response(facts, expected) -> None:
    assert attributes.response_error(facts) == expected


@pytest.mark.parametrize(
    ("given", "created", "first", "expected"),
    [
        ((), 5, 7, (2e-9, "response_created")),
        ((InputFacts("i", "text", committed_at=3),), 5, 7, (4e-9, "committed")),
        ((InputFacts("i", "speech", stopped_at=2, committed_at=3),),
         5, 7, (5e-9, "speech_stopped")),
        ((InputFacts("i", "speech", stopped_at=2), InputFacts("j", "speech", stopped_at=4)),
         5, 7, (3e-9, "speech_stopped")),
        ((InputFacts("i", "speech", stopped_at=9),), 5, 7, None),
        ((), None, 7, None),
        ((), 5, None, None),
    ],
)  # fmt: skip
def test_the_time_to_first_audio_and_its_origin(given, created, first, expected) -> None:
    facts = ResponseFacts("r", inputs=given, created_at=created, first_audio_at=first)
    assert facts.time_to_first_audio == expected


def test_cached_tokens_are_counted_once() -> None:
    used = Usage(
        input=100, input_text=60, input_audio=40, cached=50, cached_text=48, cached_audio=2,
        output=30, output_text=10, output_audio=20,
    )  # fmt: skip
    parts = {part[:3]: part[3] for part in partition(used) if part[3]}
    assert parts == {
        ("input", "text", False): 12,
        ("input", "text", True): 48,
        ("input", "audio", False): 38,
        ("input", "audio", True): 2,
        ("output", "text", False): 10,
        ("output", "audio", False): 20,
    }
    assert sum(parts.values()) == 130


def test_messages_of_a_response() -> None:
    facts = ResponseFacts(
        "r",
        finish_reason="tool_call",
        inputs=(InputFacts("i", "speech", text="Hello."), InputFacts("j", "speech")),
        answers=(ToolAnswer("c0", "fog"), ToolAnswer("c1", None)),
        outputs=(
            Output(text="One moment."),
            Output(call_id="c2", name="look", arguments='{"at": "sky"}'),
            Output(call_id="c3", name="look", arguments="not JSON"),
            Output(call_id="c4", name="look"),
        ),
    )
    assert json.loads(messages.request_messages(facts, OPEN)) == [
        {"role": "user", "parts": [{"type": "text", "content": "Hello."}]},
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c0", "response": "fog"}],
        },
    ]
    (said,) = json.loads(messages.response_message(facts, OPEN))
    call = {"type": "tool_call", "name": "look"}
    assert said == {
        "role": "assistant",
        "finish_reason": "tool_call",
        "parts": [
            {"type": "text", "content": "One moment."},
            {**call, "id": "c2", "arguments": {"at": "sky"}},
            {**call, "id": "c3", "arguments": "not JSON"},
            {**call, "id": "c4"},
        ],
    }


def test_messages_are_absent_where_content_is_off_or_unknown() -> None:
    facts = ResponseFacts("r", inputs=(InputFacts("i", "text", text="Hello."),))
    assert messages.request_messages(facts, SHUT) is None
    assert messages.response_message(facts, SHUT) is None
    assert messages.response_message(facts, OPEN) is None
    assert messages.input_message(InputFacts("i", "speech"), OPEN) is None
    assert messages.tool_definitions((), OPEN) is None


def test_instructions_and_tools_are_content() -> None:
    config = SessionConfig(instructions="Be kind.", tools=({"name": "look"},))
    shown = attributes.known(attributes.session(SessionFacts(config), OPEN))
    assert json.loads(shown[semconv.SYSTEM_INSTRUCTIONS]) == [
        {"type": "text", "content": "Be kind."}
    ]
    assert json.loads(shown[semconv.TOOL_DEFINITIONS]) == [{"name": "look"}]
    hidden = attributes.known(attributes.session(SessionFacts(config), SHUT))
    assert not {semconv.SYSTEM_INSTRUCTIONS, semconv.TOOL_DEFINITIONS} & set(hidden)


def test_what_gives_access_to_a_hosted_tool_is_recorded_nowhere() -> None:
    tool = {"type": "mcp", "server_label": "files"}
    secret = {"authorization": "key", "headers": {"x-api-key": "key"}}
    assert json.loads(messages.tool_definitions(({**tool, **secret},), OPEN)) == [tool]


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://files.example", "https://files.example"),
        ("https://bot:s3cr3t@files.example:8443/mcp", "https://files.example:8443"),
        ("https://s3cr3t@[::1]:8000/sse", "https://[::1]:8000"),
        ("https://files.example/mcp?api_key=s3cr3t#s3cr3t", "https://files.example"),
        ("https://mcp.zapier.com/api/mcp/s/s3cr3t/mcp", "https://mcp.zapier.com"),
        *((url, None) for url in ("s3cr3t", "//s3cr3t@files.example", "mailto:s3cr3t", "", None)),
        *((url, None) for url in ("https://bot:s3/cr3t@files.example", "https://[s3cr3t", ["s3"])),
    ],
)
def test_of_the_url_of_a_hosted_tool_no_key_is_left(url, left) -> None:
    tool = {"type": "mcp", "server_url": url, "server_label": "files"}
    (shown,) = json.loads(messages.tool_definitions((tool,), OPEN))
    assert shown.pop("server_url", None) == left
    assert shown == {"type": "mcp", "server_label": "files"}
