"""Writes a page with the workbook's panels as tables: what its queries give of a few calls.

    PYTHONPATH=tests python -m azure_monitor.tables_page PAGE [PICTURE]

The calls are those of captured.CALLS, four minutes apart, the last of them now. A picture is taken
of it with Chromium.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from azure_monitor.captured import CALLS, captured
from azure_monitor.tables import Answer, Tables
from conftest import REPO

AZURE = REPO / "dashboards" / "azure"
SESSION = "tool_turn_with_preamble"
HEADING, QUERY = 1, 3  # the types of a workbook's items
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
SIZE = (1720, 4000)  # of the window, in pixels; what is blank below is cut off
GREYS = 16
SHORT = 48  # characters that stand on one line
STYLE = """
body { font: 12px/1.35 system-ui, sans-serif; margin: 16px; color: #222; }
h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 18px 0 6px; width: 100%; }
h3 { font-size: 13px; font-weight: 600; margin: 8px 0 4px; }
h3 small { font-weight: 400; color: #777; }
main { display: flex; flex-wrap: wrap; } section { box-sizing: border-box; padding-right: 16px; }
table { border-collapse: collapse; } td, th { padding: 2px 9px 2px 0; text-align: left;
vertical-align: top; border-bottom: 1px solid #e4e4e4; } th { color: #555; font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.time, td.short { white-space: nowrap; font-variant-numeric: tabular-nums; }
"""


def page(tables: Tables) -> str:
    """The workbook's panels in their order, and after them what the alerts measure."""
    shown = json.loads((AZURE / "workbook.json").read_text(encoding="utf-8"))["items"]
    parts = [part for item in shown for part in _of(item, tables)]
    parts.append("<h2>Alerts: what their rules compare</h2>")
    for path in sorted(AZURE.glob("queries/alert_*.kql")):
        first, _, query = path.read_text(encoding="utf-8").partition("\n")
        title = first.removeprefix("// Alert, ")
        parts.append(_section(title[0].upper() + title[1:], "", 33, tables.ask(query)))
    return (
        f"<!doctype html><meta charset=utf-8><title>Voice agents</title><style>{STYLE}</style>"
        f"<h1>Voice agents</h1>What the workbook's queries give of {len(CALLS)} calls."
        f"<main>{''.join(parts)}</main>"
    )


def _of(item: dict[str, Any], tables: Tables) -> Iterator[str]:
    content = item["content"]
    if item["type"] == HEADING:
        yield f"<h2>{escape(content['json'].removeprefix('## '))}</h2>"
    elif item["type"] == QUERY:
        told = tables.ask(content["query"], session=SESSION)
        yield _section(content["title"], content["visualization"], int(item["customWidth"]), told)


def _section(title: str, shown: str, width: int, told: Answer) -> str:
    chart = f" <small>{shown}</small>" if shown.endswith("chart") else ""
    kinds = [_kind(told, place) for place in range(len(told.columns))]
    head = "".join(
        f"<th class={kind}>{escape(name)}</th>"
        for kind, name in zip(kinds, told.columns, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td class={kind}>{escape(_text(value))}</td>"
            for kind, value in zip(kinds, row, strict=True)
        )
        + "</tr>"
        for row in told.rows
    )
    return (
        f"<section style='width:{width}%'><h3>{escape(title)}{chart}</h3>"
        f"<table><tr>{head}</tr>{rows}</table></section>"
    )


def _kind(told: Answer, place: int) -> str:
    values = [row[place] for row in told.rows if row[place] is not None]
    if values and all(isinstance(value, int | float) for value in values):
        return "number"
    if values and all(isinstance(value, datetime) for value in values):
        return "time"
    return "short" if all(len(str(value)) <= SHORT for value in values) else "text"


def _text(value: object) -> str:
    """A value as the workbook's grid shows it, nearly: no digits that say nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds").removesuffix(".000")
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def take_picture(written: Path, picture: Path) -> None:
    """What Chromium shows of a page, in a few greys: in colours it is four times as large."""
    from PIL import Image, ImageOps  # comes with matplotlib

    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("There is no Chromium here to take a picture with.")
    window = ["--hide-scrollbars", f"--window-size={SIZE[0]},{SIZE[1]}"]
    shown = [f"--screenshot={picture.resolve()}", written.resolve().as_uri()]
    subprocess.run([browser, *QUIET, *window, *shown], check=True, stderr=subprocess.DEVNULL)
    with Image.open(picture) as taken:
        grey = taken.convert("L")
    _, _, _, bottom = ImageOps.invert(grey).getbbox()
    grey.crop((0, 0, SIZE[0], bottom + 16)).quantize(GREYS).save(picture, optimize=True)


if __name__ == "__main__":
    start = time.time_ns() - 4 * 60 * 10**9 * (len(CALLS) - 1)
    with tempfile.TemporaryDirectory() as folder:
        calls = captured(Path(folder), "--apart", str(start // 10**9 * 10**9), *CALLS)
    target = Path(sys.argv[1])
    target.write_text(page(Tables(calls)), encoding="utf-8")
    for name in sys.argv[2:]:
        take_picture(target, Path(name))
