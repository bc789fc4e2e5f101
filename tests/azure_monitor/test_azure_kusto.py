"""Kusto's own parser has nothing to say against the queries, and knows what they give."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import REPO

LANGUAGE = REPO / ".kusto" / "node_modules" / "@kusto" / "language-service-next"
CHECK = Path(__file__).with_name("kusto_check.js")
FILES = sorted(REPO.glob("dashboards/azure/queries/*.kql"))


def read_by_kusto(*files: Path) -> dict:
    node = shutil.which("node")
    if node is None or not LANGUAGE.is_dir():
        pytest.skip("no parser of Kusto: `make kusto` installs it (needs npm)")
    read = [node, CHECK, LANGUAGE, *files]
    told = subprocess.run(read, capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


@pytest.fixture(scope="module")
def told() -> dict:
    return read_by_kusto(*FILES)


def test_no_query_is_wrong(told) -> None:
    assert {name: each["wrong"] for name, each in told.items() if each["wrong"]} == {}
    assert len(told) == len(FILES) >= 20


def test_every_alert_gives_the_number_that_its_rule_compares(told) -> None:
    alerts = {name: each["columns"] for name, each in told.items() if name.startswith("alert_")}
    assert {columns["value"] for columns in alerts.values()} <= {"real", "long"}
    assert [name for name, columns in alerts.items() if "tool" in columns] == [
        "alert_tool_failures"
    ]


def test_the_parser_finds_what_is_wrong(tmp_path) -> None:
    wrong = tmp_path / "wrong.kql"
    wrong.write_text("customMetrics | where customMeasurements['a'] > 1 | project last = 1")
    assert len(read_by_kusto(wrong)["wrong"]["wrong"]) == 2
