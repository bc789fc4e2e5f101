"""Programs whose telemetry goes to the local ingestion server, and what came there."""

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from azure_ingestion import AzureIngestion
from conftest import REPO
from zero_code import run

PROGRAM = Path(__file__).with_name("azure_program.py")
CALLS = (
    *("tool_turn_with_preamble", "cost_on", "barge_in_truncated_after_done", "tool_raises"),
    *("failed_response", "disconnect", "greeting_then_first_turn", "dead_air_awaiting_user"),
    *("false_barge_in_too_short", "missed_barge_in", "guardrail_tool", "handoff"),
    *("connect_failed", "false_barge_in_failed_transcript", "benign_error", "tracker_late_start"),
)
"""The scenarios of which the tests look at what came."""
TABLES = {
    "RequestData": "requests",
    "RemoteDependencyData": "dependencies",
    "MessageData": "traces",
    "EventData": "customEvents",
    "ExceptionData": "exceptions",
    "MetricData": "customMetrics",
}


def _fills_session_id() -> bool:
    try:
        return int(version("azure-monitor-opentelemetry-exporter").rpartition("b")[2]) >= 58
    except PackageNotFoundError:
        return False


FILLS_SESSION_ID = _fills_session_id()
"""Whether Azure's exporter makes `session.id` the column session_Id; before, it is a dimension."""


class Row(NamedTuple):
    """An item as Application Insights shows it: in a table, with its columns."""

    table: str
    tags: Mapping[str, str]
    data: Mapping[str, Any]
    time: str
    item_count: int
    """For how many items it stands: it is the only one that sampling left of them."""

    @property
    def name(self) -> str:
        return self.data.get("name", "")

    @property
    def session(self) -> str:
        where = (
            (self.tags, "ai.session.id") if FILLS_SESSION_ID else (self.dimensions, "session.id")
        )
        return where[0].get(where[1], "")

    @property
    def dimensions(self) -> Mapping[str, str]:
        return self.data.get("properties") or {}

    @property
    def measurements(self) -> Mapping[str, float]:
        return self.data.get("measurements") or {}


def settings_for(azure: AzureIngestion) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{REPO / 'src'}:{REPO / 'tests'}",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": azure.connection_string,
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # the others ask Azure's own network
    }


def rows_of(azure: AzureIngestion) -> list[Row]:
    return [row_of(each) for each in azure.items]


def row_of(item: Mapping[str, Any]) -> Row:
    data = item["data"]
    return Row(
        TABLES[data["baseType"]],
        item.get("tags") or {},
        data["baseData"],
        item["time"],
        round(100 / item.get("sampleRate", 100)),
    )


def captured(folder: Path, *arguments: str, **settings: str) -> list[Row]:
    """Run `azure_program.py`; it must end well and say nothing."""
    return [row_of(each) for each in captured_items(folder, *arguments, **settings)]


def captured_items(folder: Path, *arguments: str, **settings: str) -> list[dict[str, Any]]:
    """The same, as it was sent."""
    with AzureIngestion() as azure:
        ended = run(
            Path(sys.executable).parent,
            *("python", PROGRAM, *arguments),
            folder=folder,
            settings={**settings_for(azure), **settings},
        )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    return azure.items


def seconds(duration: str) -> float:
    """Of a duration as it is sent, `d.hh:mm:ss.ffffff`."""
    days, _, rest = duration.partition(".")
    hours, minutes, left = rest.split(":")
    return ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(left)


def of(rows: list[Row], table: str, name: str = "") -> Iterator[Row]:
    return (each for each in rows if each.table == table and each.name.startswith(name))
