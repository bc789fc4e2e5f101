"""Makes `workbook.json` of the queries; with `--check`, only says whether it is current.

    python dashboards/azure/workbook.py

A query is one file of `queries/`; what stands in its first line is its title and its text.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

HERE: Final = Path(__file__).parent
TARGET: Final = HERE / "workbook.json"
_MARKDOWN, _PARAMETERS, _QUERY = 1, 9, 3
_COMPONENT: Final = "microsoft.insights/components"
_HOUR_MS: Final = 3_600_000
_SPANS_MS: Final = tuple(hours * _HOUR_MS for hours in (1, 4, 12, 24, 72, 168, 720))
_NO_SESSION: Final = "Choose a session in the table above."


class Panel(NamedTuple):
    """A query and how it is shown: `width` in percent of the page."""

    query: str
    shown: str = "table"
    width: int = 100


PAGE: Final[tuple[tuple[str, tuple[Panel, ...]], ...]] = (
    ("Sessions", (Panel("load", "timechart"), Panel("sessions"))),
    ("One conversation", (Panel("conversation"),)),
    (
        "Latency",
        (
            Panel("latency_percentiles", "timechart", 50),
            Panel("latency_waterfall", "barchart", 50),
            Panel("slowest_turns"),
        ),
    ),
    (
        "Turn-taking",
        (
            Panel("interruptions", "timechart", 50),
            Panel("interrupted_answers", "table", 50),
            Panel("dead_air"),
        ),
    ),
    ("Tools", (Panel("tools"),)),
    ("Tokens and cost", (Panel("tokens_and_cost"), Panel("cost_over_time", "timechart"))),
    ("Errors", (Panel("errors", width=50), Panel("error_events", width=50))),
)


def read(name: str) -> tuple[str, str, str]:
    """A query: its title, what it shows, and its text without the first line."""
    first, _, text = (HERE / "queries" / f"{name}.kql").read_text(encoding="utf-8").partition("\n")
    title, _, about = first.removeprefix("//").strip().partition(": ")
    return title, about, text.strip()


def workbook() -> dict[str, Any]:
    """The workbook as its gallery template."""
    items = [_parameters()]
    for heading, panels in PAGE:
        items.append(
            {
                "type": _MARKDOWN,
                "content": {"json": f"## {heading}"},
                "name": f"heading {heading}",
            }
        )
        items += map(_panel, panels)
    return {
        "version": "Notebook/1.0",
        "items": items,
        "fallbackResourceIds": ["Azure Monitor"],
        "$schema": "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
    }


def _parameters() -> dict[str, Any]:
    spans = [{"durationMs": each} for each in _SPANS_MS]
    time_range = {
        "id": "a2b4b0a0-5d0c-4c36-9f0b-6b1f3c1f0e01",
        "version": "KqlParameterItem/1.0",
        "name": "TimeRange",
        "label": "Time range",
        "type": 4,
        "isRequired": True,
        "value": {"durationMs": 24 * _HOUR_MS},
        "typeSettings": {"selectableValues": spans, "allowCustom": True},
    }
    session = {
        "id": "a2b4b0a0-5d0c-4c36-9f0b-6b1f3c1f0e02",
        "version": "KqlParameterItem/1.0",
        "name": "Session",
        "label": "Session",
        "type": 1,
        "value": "",
    }
    return {
        "type": _PARAMETERS,
        "content": {
            "version": "KqlParameterItem/1.0",
            "parameters": [time_range, session],
            "style": "pills",
            "queryType": 0,
            "resourceType": _COMPONENT,
        },
        "name": "parameters",
    }


def _panel(panel: Panel) -> dict[str, Any]:
    title, about, text = read(panel.query)
    content: dict[str, Any] = {
        "version": "KqlItem/1.0",
        "query": text,
        "size": 0,
        "title": f"{title}: {about}",
        "timeContextFromParameter": "TimeRange",
        "queryType": 0,
        "resourceType": _COMPONENT,
        "visualization": panel.shown,
        "showExportToExcel": True,
    }
    if panel.query == "conversation":
        content["noDataMessage"] = _NO_SESSION
    elif "    session = " in text:  # a click on a row shows its conversation
        content["exportFieldName"] = "session"
        content["exportParameterName"] = "Session"
    return {
        "type": _QUERY,
        "content": content,
        "customWidth": str(panel.width),
        "name": panel.query,
    }


def main() -> int:
    """Write the file, or compare it."""
    text = json.dumps(workbook(), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        print("workbook.json is not current; run `python dashboards/azure/workbook.py`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
