"""An unchanged program under the real `opentelemetry-instrument`, in a dialect by environment."""

import json
from pathlib import Path

import pytest
from conftest import REPO
from otlp_sink import OtlpSink
from rotel_collector import rotel
from zero_code import environment_without, run, simulator

from otel_realtime.settings import Dialect

pytest.importorskip("agents", reason="pip install 'otel-realtime[agents]'")
pytest.importorskip("opentelemetry.distro", reason="pip install opentelemetry-distro")

AGENT = REPO / "examples" / "zero_code_agent.py"
OTHERS = ("openinference_", "opentelemetry_instrumentation_openai_agents")
CONTENT = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
PROTOCOLS = ("grpc", "http/protobuf")
QUESTION = "What is the weather in London?"
SPANS = ("invoke_agent", "user_input", "chat", "execute_tool")
KINDS = {
    "genai": ("gen_ai.operation.name", "invoke_agent", None, "chat", "execute_tool"),
    "openinference": ("openinference.span.kind", "AGENT", "USER", "LLM", "TOOL"),
    "phoenix": ("openinference.span.kind", "AGENT", "CHAIN", "LLM", "TOOL"),
    "langsmith": ("langsmith.span.kind", "chain", "chain", "llm", "tool"),
    "langfuse": ("langfuse.observation.type", "agent", "span", "generation", "tool"),
    "mlflow": ("mlflow.spanType", "AGENT", "CHAIN", "CHAT_MODEL", "TOOL"),
    "azure": ("gen_ai.operation.name", "invoke_agent", None, "chat", "execute_tool"),
}
"""By dialect: the attribute that says what a span is, and its value on each of `SPANS`."""
ASKED = {
    "genai": "gen_ai.input.messages",
    "openinference": "llm.input_messages.0.message.content",
    "phoenix": "llm.input_messages.0.message.content",
    "langsmith": "gen_ai.prompt",
    "langfuse": "langfuse.observation.input",
    "mlflow": "mlflow.spanInputs",
    "azure": "gen_ai.input.messages",
}
"""By dialect: where the question stands on the response that answers it."""


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    return environment_without(tmp_path / "environment", "azure", *OTHERS)


def run_agent(commands: Path, **settings: str):
    with simulator("tools") as url:
        own = {"OTEL_REALTIME_EXAMPLE_URL": url, "OPENAI_API_KEY": "simulator"}
        command = ("opentelemetry-instrument", "python", AGENT)
        folder = commands.parent.parent
        ended = run(commands, *command, folder=folder, settings={**own, **settings})
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    return ended


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_its_whole_call_arrives_in_openinference(commands, protocol) -> None:
    with OtlpSink() as sink:
        ended = run_agent(
            commands,
            **CONTENT,
            OTEL_REALTIME_DIALECT="openinference",
            OTEL_REALTIME_DIALECT_TURNS="true",
            OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
            OTEL_EXPORTER_OTLP_ENDPOINT=(
                sink.grpc_endpoint if protocol == "grpc" else sink.http_endpoint
            ),
        )
        came = sink.wait_for(lambda came: len(came.spans) >= 7)
    assert ended.stderr == ""
    by_id = {span.span_id: span for span in came.spans}

    def path(span) -> str:
        kind = span.attributes.get("openinference.span.kind", span.name)
        parent = by_id.get(span.parent_span_id)
        return f"{path(parent)} > {kind}" if parent is not None else kind

    assert sorted(map(path, came.spans)) == [
        "AGENT",
        "AGENT > AUDIO",
        "AGENT > AUDIO > LLM",
        "AGENT > AUDIO > LLM",
        "AGENT > AUDIO > LLM > TOOL",
        "AGENT > AUDIO > LLM > TOOL > GET /weather",
        "AGENT > AUDIO > USER",
    ]
    told = next(span.attributes for span in came.spans if span.name.startswith("chat"))
    assert told["llm.input_messages.0.message.content"] == QUESTION
    assert json.loads(told["llm.tools.0.tool.json_schema"])["name"] == "get_weather"
    assert "gen_ai.input.messages" not in told


@pytest.mark.parametrize("dialect", Dialect)
def test_through_a_collector_it_arrives_in_the_dialect(commands, tmp_path, dialect) -> None:
    with OtlpSink() as sink, rotel(sink.http_endpoint, tmp_path) as collector:
        ended = run_agent(
            commands,
            **CONTENT,
            OTEL_REALTIME_DIALECT=dialect,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.grpc_endpoint,
        )
        came = sink.wait_for(lambda came: len(came.spans) >= 6 and events_of(came))
    assert ended.stderr == ""
    ours = [span for span in came.spans if span.scope == "otel_realtime"]
    by_name = {span.name.partition(" ")[0]: span.attributes for span in ours}
    key, *kinds = KINDS[dialect]
    assert [by_name[name].get(key) for name in SPANS] == kinds
    texts = [str(span.attributes.get(ASKED[dialect])) for span in ours if "chat" in span.name]
    assert any(QUESTION in text for text in texts)
    is_azure = dialect is Dialect.AZURE
    assert ("microsoft.custom_measurements" in by_name["chat"]) is is_azure
    events = events_of(came)
    assert {"microsoft.custom_event.name" in log.attributes for log in events} == {is_azure}


def events_of(came):
    return [log for log in came.logs if log.event_name]


def test_without_content_there_is_none(commands) -> None:
    with OtlpSink() as sink:
        run_agent(
            commands,
            OTEL_REALTIME_DIALECT="langsmith",
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.grpc_endpoint,
        )
        came = sink.wait_for(lambda came: len(came.spans) >= 6)
    ours = [span for span in came.spans if span.scope == "otel_realtime"]
    kinds = {span.attributes["langsmith.span.kind"] for span in ours}
    assert kinds == {"chain", "llm", "tool"}
    assert [span for span in ours if "London" in str(span) or "Be brief" in str(span)] == []


def test_an_unknown_dialect_is_told_once_and_the_call_goes_on(commands) -> None:
    with OtlpSink() as sink:
        ended = run_agent(
            commands,
            OTEL_REALTIME_DIALECT="klingon",
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.grpc_endpoint,
        )
        came = sink.wait_for(lambda came: len(came.spans) >= 6)
    # Older distros take the program's log to the collector only later on.
    (said,) = told(came) or [line for line in ended.stderr.splitlines() if "klingon" in line]
    assert said == (
        "OTEL_REALTIME_DIALECT takes genai, openinference, phoenix, langsmith, langfuse, mlflow, "
        "azure, not 'klingon': it is left at its default"
    )
    assert {span.attributes.get("langsmith.span.kind") for span in came.spans} == {None}


def told(came) -> list[str]:
    """What was logged of it; the distro takes the program's log to the collector."""
    return [log.body for log in came.logs if "klingon" in str(log.body)]


def test_server_events_of_the_agents_sdk_in_langsmith(commands) -> None:
    with OtlpSink() as sink:
        run_agent(
            commands,
            **CONTENT,
            OTEL_REALTIME_DIALECT="langsmith",
            OTEL_REALTIME_SERVER_EVENTS="true",
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.grpc_endpoint,
        )
        came = sink.wait_for(lambda came: any("invoke_agent" in each.name for each in came.spans))
    by_id = {span.span_id: span for span in came.spans}
    names = [span.name for span in came.spans]
    assert names.count("session.created") == 1
    assert names.count("response.done") == 2
    assert [name for name in names if name.endswith(".delta")] == []
    (tool,) = (span for span in came.spans if span.name.startswith("execute_tool"))
    assert by_id[tool.parent_span_id].name == "response.function_call_arguments.done"
    (own,) = (span for span in came.spans if span.name == "GET /weather")
    assert by_id[own.parent_span_id] is tool
