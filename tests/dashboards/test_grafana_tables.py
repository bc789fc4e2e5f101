"""dashboards/grafana/: what its panels show of real calls, as tables on a page, looked at."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dashboards.played_calls import play_into
from dashboards.tables import Panel, Target, page, rows_of
from dashboards.test_grafana import DASHBOARD, RULES, with_variables
from prometheus_server import Prometheus, needs_prometheus, prometheus

PICTURE = os.environ.get("OTEL_REALTIME_GRAFANA_PICTURE", "")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--hide-scrollbars", "--disable-lcd-text", "--force-device-scale-factor=0.9"),
)
SIZE = "1400,1290"
TIMEOUT = 60  # s; some seconds on a quiet machine

pytestmark = needs_prometheus


@pytest.fixture(scope="module")
def panels(tmp_path_factory: pytest.TempPathFactory) -> list[Panel]:
    """The panels with their answers, of a Prometheus that has the metrics of all scenarios."""
    with prometheus(tmp_path_factory.mktemp("prometheus"), RULES) as server:
        at = play_into(server)
        return [answered(server, each, at) for each in DASHBOARD["panels"]]


def answered(server: Prometheus, panel: dict[str, Any], at: float) -> Panel:
    if panel["type"] == "row":
        return Panel(panel["title"], "", (), is_head=True)
    unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit", "")
    targets = [asked(server, target, unit, at) for target in panel["targets"]]
    return Panel(panel["title"], panel.get("description", ""), targets)


def asked(server: Prometheus, target: dict[str, Any], unit: str, at: float) -> Target:
    if "expr" not in target:
        return Target(target["query"], None)
    answer = server.ask("query", query=with_variables(target["expr"]), time=str(at))["result"]
    return Target(readable(target["expr"]), rows_of(target, unit, answer))


def readable(query: str) -> str:
    """A query without what the dashboard's variables choose."""
    return re.sub(r'(, )?\w+=~"\$\w+"', "", query).replace("{, ", "{").replace("{}", "")


def test_every_panel_shows_something_of_real_calls(panels) -> None:
    empty = [
        f"{panel.title}: {target.query}"
        for panel in panels
        for target in panel.targets
        if target.rows is not None and not target.rows
    ]
    assert empty == []


def test_no_series_is_without_a_name_or_a_number(panels) -> None:
    for panel in panels:
        rows = [row for target in panel.targets for row in target.rows or ()]
        names = [row.legend for row in rows]
        assert [row for row in rows if "nan" in row.value or "inf" in row.value] == []
        assert len(set(names)) == len(names), panel.title
        assert all(names) or len(names) == 1, panel.title


def test_the_page_of_tables_in_a_browser(panels, tmp_path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("there is no Chromium here to look at it")
    written = tmp_path / "tables.html"
    title = "otel-realtime.json: what its panels show of the calls of all scenarios"
    written.write_text(page(title, panels), "utf-8")
    picture = Path(PICTURE).absolute() if PICTURE else tmp_path / "tables.png"
    ended = subprocess.run(
        [
            *(browser, *QUIET, f"--user-data-dir={tmp_path / 'profile'}"),
            *(f"--window-size={SIZE}", f"--screenshot={picture}", written.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
