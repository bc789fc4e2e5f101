"""The page that shows what every query gives: all of them, in the workbook's order."""

import json
import re

import pytest
from conftest import REPO

pytest.importorskip("duckdb_kql", reason="needs duckdb-kql, which runs Kusto's language")
from azure_monitor.tables import Tables
from azure_monitor.tables_page import page

AZURE = REPO / "dashboards" / "azure"


def test_the_page_has_a_table_of_every_panel_and_every_alert(rows_apart) -> None:
    told = page(Tables(rows_apart))
    items = json.loads((AZURE / "workbook.json").read_text(encoding="utf-8"))["items"]
    panels = [each["content"]["title"] for each in items if each["type"] == 3]
    shown = [text.replace("&#x27;", "'") for text in re.findall(r"<h3>([^<]+?) ?<", told)]
    assert shown[: len(panels)] == panels
    alerts = [*AZURE.glob("queries/alert_*.kql")]
    assert len(shown) == told.count("<table>") == len(panels) + len(alerts)
    assert "<td class=number>nan" not in told
    assert "<td class=time>2023-11-14 22:33:20</td><td class=short>" in told
    assert "<td class=short>connection_lost</td>" in told
