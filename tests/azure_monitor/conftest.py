"""One run of the scenarios for all tests of what arrives at Azure."""

import pytest
from azure_monitor.captured import CALLS, Row, captured

from otel_realtime.scenario import EPOCH


@pytest.fixture(scope="session")
def rows(tmp_path_factory) -> list[Row]:
    """What Application Insights has of some calls."""
    pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
    return captured(tmp_path_factory.mktemp("azure"), *CALLS)


@pytest.fixture(scope="session")
def all_rows(rows, tmp_path_factory) -> list[Row]:
    """The same, and a call whose audio was recorded."""
    return [*rows, *captured(tmp_path_factory.mktemp("recorded"), "--recorded")]


@pytest.fixture(scope="session")
def rows_apart(tmp_path_factory) -> list[Row]:
    """The same calls, four minutes apart, each as a session that has the scenario's name."""
    pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
    return captured(tmp_path_factory.mktemp("apart"), "--apart", str(EPOCH), *CALLS)
