"""An unchanged program under `opentelemetry-instrument`, Azure's distribution and dialect."""

import pytest
from azure_ingestion import AzureIngestion
from azure_monitor.captured import of, rows_of, settings_for
from conftest import REPO
from zero_code import environment_without, run, simulator

from otel_realtime import semconv

pytest.importorskip("agents", reason="pip install 'otel-realtime[agents]'")
pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
pytest.importorskip("opentelemetry.distro", reason="pip install opentelemetry-distro")

AGENT = REPO / "examples" / "zero_code_agent.py"
OTHERS = ("openinference_", "opentelemetry_instrumentation_openai_agents")
AZURE = {
    "OTEL_PYTHON_DISTRO": "azure_monitor_opentelemetry_distro",
    "OTEL_PYTHON_CONFIGURATOR": "azure_monitor_opentelemetry_configurator",
    "OTEL_TRACES_SAMPLER": "always_on",
    "OTEL_REALTIME_DIALECT": "azure",
}


def test_by_environment_alone_it_is_the_same(tmp_path) -> None:
    commands = environment_without(tmp_path / "environment", *OTHERS)
    with AzureIngestion() as azure, simulator("tools") as url:
        own = {"OTEL_REALTIME_EXAMPLE_URL": url, "OPENAI_API_KEY": "simulator"}
        command = ("opentelemetry-instrument", "python", AGENT)
        settings = {**AZURE, **own, **settings_for(azure)}
        ended = run(commands, *command, folder=tmp_path, settings=settings)
    assert ended.returncode == 0
    assert "otel_realtime" not in ended.stderr  # Azure's says that it is a preview
    rows = rows_of(azure)
    ours = [each for each in of(rows, "dependencies") if each.data["type"] == "GenAI | openai"]
    assert sorted(each.name.split()[0] for each in ours) == [
        *("chat", "chat", "execute_tool", "invoke_agent", "user_input")
    ]
    assert all(
        semconv.SAME_SERVER_PORT in each.dimensions for each in of(ours, "dependencies", "chat")
    )
    events = [each.name for each in of(rows, "customEvents")]
    assert events[0] == semconv.LOG_SESSION_STARTED
    assert events[-1] == semconv.LOG_SESSION_ENDED
    (other,) = of(rows, "dependencies", "GET /weather")
    assert other.data["type"] == "InProc"
    assert semconv.SYSTEM not in other.dimensions
