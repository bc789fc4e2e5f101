"""An unchanged program under the real `opentelemetry-instrument`: its whole call arrives."""

import re
import subprocess
from pathlib import Path

import pytest
from azure_ingestion import AzureIngestion
from conftest import REPO
from otlp_sink import OtlpSink
from rotel_collector import rotel
from zero_code import environment_without, run, simulator, started

from otel_realtime import semconv
from otel_realtime.otlp_json import Telemetry, TraceLog
from otel_realtime.tree import render

pytest.importorskip("agents", reason="pip install 'otel-realtime[agents]'")
pytest.importorskip("opentelemetry.distro", reason="pip install opentelemetry-distro")

AGENT = REPO / "examples" / "zero_code_agent.py"
OTHERS = ("openinference_", "opentelemetry_instrumentation_openai_agents")
"""They would record the call too; `test_company.py` has them beside ours."""
CONTENT = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
PLAIN = {"OTEL_PYTHON_DISTRO": "distro", "OTEL_PYTHON_CONFIGURATOR": "configurator"}
AZURE = {
    "OTEL_PYTHON_DISTRO": "azure_monitor_opentelemetry_distro",
    "OTEL_PYTHON_CONFIGURATOR": "azure_monitor_opentelemetry_configurator",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # the others ask Azure's own network
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
}
SDK_HANDLER = {"OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED": "true"}

TOKENS = re.compile(r"\d+→\d+")
CALL = """\
invoke_agent Assistant  ended closed
  user_input  turn 1, "What is the weather in London?", text
  chat gpt-realtime-2.1  tokens #
    execute_tool get_weather  {"city": "London"} → "London: rain, 11 degrees"
      GET /weather
        log INFO  asking the weather service about London
  chat gpt-realtime-2.1  "It is raining in London.", tokens #"""
APP_ONLY = """\
GET /weather
  log INFO  asking the weather service about London"""
ENDED = {"user_input", "chat gpt-realtime-2.1", "execute_tool get_weather", "GET /weather"}
EVENTS = {semconv.LOG_SESSION_STARTED, semconv.LOG_SESSION_ENDED}
METRICS = {
    semconv.METRIC_TOKENS,
    semconv.METRIC_TOOL_CALLS,
    semconv.METRIC_TOOL_DURATION,
    semconv.METRIC_SESSION_DURATION,
}


@pytest.fixture
def without_azure(tmp_path: Path) -> Path:
    """The commands of an environment as the plain distro's users have it."""
    return environment_without(tmp_path / "environment", "azure", *OTHERS)


@pytest.fixture
def with_azure(tmp_path: Path) -> Path:
    """The commands of one that has azure-monitor-opentelemetry beside the plain distro."""
    pytest.importorskip("azure.monitor.opentelemetry", reason="pip install 'otel-realtime[azure]'")
    return environment_without(tmp_path / "environment", *OTHERS)


def run_agent(commands: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    with simulator("tools") as url:
        own = {"OTEL_REALTIME_EXAMPLE_URL": url, "OPENAI_API_KEY": "simulator"}
        ended = run(
            commands,
            *("opentelemetry-instrument", "python", AGENT),
            folder=commands.parent.parent,
            settings={**own, **settings},
        )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    return ended


def tree(came: Telemetry) -> str:
    return TOKENS.sub("#", render(came.spans, came.logs, times=False))


def is_all(came: Telemetry) -> bool:
    events, metrics = {log.event_name for log in came.logs}, {point.name for point in came.metrics}
    return len(came.spans) >= CALL.count("\n") and events >= EVENTS and metrics >= METRICS


def assert_is_whole(came: Telemetry) -> None:
    assert tree(came) == CALL
    assert len({span.trace_id for span in came.spans}) == 1
    assert {log.trace_id for log in came.logs if log.event_name} == {came.spans[0].trace_id}


def test_with_the_plain_distro_through_a_collector(without_azure, tmp_path) -> None:
    with OtlpSink() as sink, rotel(sink.http_endpoint, tmp_path) as collector:
        ended = run_agent(
            without_azure, **CONTENT, OTEL_EXPORTER_OTLP_ENDPOINT=collector.grpc_endpoint
        )
        assert ended.stderr == ""
        assert_is_whole(sink.wait_for(is_all))


def test_with_the_log_handler_of_the_sdk_and_over_http(without_azure) -> None:
    protocol = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    with OtlpSink() as sink:
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.http_endpoint}
        run_agent(without_azure, **CONTENT, **SDK_HANDLER, **protocol, **endpoint)
        assert_is_whole(sink.wait_for(is_all))


def test_content_is_recorded_only_if_asked_for(without_azure) -> None:
    with OtlpSink() as sink:
        run_agent(without_azure, OTEL_EXPORTER_OTLP_ENDPOINT=sink.grpc_endpoint)
        came = sink.wait_for(is_all)
    ours = [each for each in (*came.spans, *came.logs) if each.scope == "otel_realtime"]
    assert len(ours) > len(EVENTS)
    assert "execute_tool get_weather" in tree(came)
    assert [each for each in ours if "London" in str(each) or "Be brief" in str(each)] == []


def test_it_can_be_disabled(without_azure) -> None:
    disabled = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "otel_realtime"}
    with OtlpSink() as sink:
        run_agent(without_azure, **disabled, OTEL_EXPORTER_OTLP_ENDPOINT=sink.grpc_endpoint)
        assert tree(sink.telemetry) == APP_ONLY


def test_with_azure_beside_the_plain_distro(with_azure) -> None:
    with OtlpSink() as sink:
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.grpc_endpoint}
        run_agent(with_azure, **CONTENT, **PLAIN, **endpoint)
        assert_is_whole(sink.wait_for(is_all))


def test_with_the_distro_of_azure(with_azure) -> None:
    with AzureIngestion() as azure:
        connection = {"APPLICATIONINSIGHTS_CONNECTION_STRING": azure.connection_string}
        run_agent(with_azure, **CONTENT, **AZURE, **connection)
        items = [(item["tags"], item["data"]["baseData"]) for item in azure.items]
    spans = {data["id"]: data["name"] for _, data in items if "duration" in data}
    nested = [
        (data["name"], spans.get(tags.get("ai.operation.parentId")))
        for tags, data in items
        if "duration" in data and "AzMonSDK" not in data["name"]  # the distro's own requests
    ]
    chat, tool = "chat gpt-realtime-2.1", "execute_tool get_weather"
    assert sorted(nested, key=str) == [
        ("GET /weather", tool),
        (chat, "invoke_agent Assistant"),
        (chat, "invoke_agent Assistant"),
        (tool, chat),
        ("invoke_agent Assistant", None),
        ("user_input", "invoke_agent Assistant"),
    ]
    (log,) = (tags for tags, data in items if "asking" in data.get("message", ""))
    assert spans[log["ai.operation.parentId"]] == "GET /weather"
    metrics = {metric["name"] for _, data in items for metric in data.get("metrics", ())}
    assert metrics >= METRICS


def test_where_azure_cannot_be_configured_the_program_runs_all_the_same(with_azure) -> None:
    ended = run_agent(with_azure, **AZURE)  # without a connection string it gives up
    assert "Failed to auto initialize OpenTelemetry" in ended.stderr
    assert "otel_realtime" not in ended.stderr


def test_the_readme_shows_what_comes_of_its_commands(without_azure, tmp_path) -> None:
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    readme = readme.partition("### No line")[2].partition("### One line")[0]
    exports = " ".join(re.findall(r"^    export (.+)$", readme, re.MULTILINE))
    told = dict(each.split("=", 1) for each in exports.split())
    assert "    opentelemetry-instrument python examples/zero_code_agent.py > call.jsonl" in readme
    with simulator("tools") as url:
        settings = {**told, "OTEL_REALTIME_EXAMPLE_URL": url}
        command = ("opentelemetry-instrument", "python", AGENT)
        ended = run(without_azure, *command, folder=tmp_path, settings=settings)
    assert (ended.returncode, ended.stderr) == (0, "")
    (tmp_path / "call.jsonl").write_text(ended.stdout, encoding="utf-8")
    command = ("python", "-m", "otel_realtime.cli", "tree", "call.jsonl")
    shown = run(without_azure, *command, folder=tmp_path, settings={"COLUMNS": "100"}).stdout
    assert alike(shown) == alike(readme.split("```")[1])


def alike(tree: str) -> list[str]:
    """A drawn tree without what differs from call to call: times, bars, and where lines break."""
    return re.sub(r"[━•]+|\d+", "", tree).split()


def test_what_a_killed_process_was_doing_is_on_record(without_azure, tmp_path) -> None:
    lingers = tmp_path / "lingers.py"  # the same agent, that never hangs up
    code = AGENT.read_text(encoding="utf-8")
    assert code.count("break\n") == 1
    lingers.write_text(code.replace("break\n", "continue\n"), encoding="utf-8")
    at_once = dict.fromkeys(("OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"), "50")
    with OtlpSink() as sink, simulator("tools") as url:
        settings = {
            "OTEL_REALTIME_EXAMPLE_URL": url,
            "OPENAI_API_KEY": "simulator",
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.grpc_endpoint,
            **at_once,
        }
        command = ("opentelemetry-instrument", "python", lingers)
        with started(without_azure, *command, folder=tmp_path, settings=settings) as running:
            sink.wait_for(lambda came: names(came) >= ENDED and started_log(came))
            assert running.poll() is None
            running.kill()
            assert running.wait() < 0
        came = sink.telemetry
    assert "invoke_agent Assistant" not in names(came)
    assert {span.trace_id for span in came.spans} == {started_log(came).trace_id}


def names(came: Telemetry) -> set[str]:
    return {span.name for span in came.spans}


def started_log(came: Telemetry) -> TraceLog | None:
    return next(
        (each for each in came.logs if each.event_name == semconv.LOG_SESSION_STARTED), None
    )
