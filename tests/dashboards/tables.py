"""The queries of a Grafana dashboard and what they gave, as a page of tables to be looked at."""

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

THOUSANDS = ((1e6, " Mil"), (1e3, " K"))


def shortened(value: float) -> str:
    """A number as Grafana's unit `short` has it."""
    for least, sign in THOUSANDS:
        if abs(value) >= least:
            return f"{value / least:.3g}{sign}"
    return f"{value:.3g}"


UNITS: Mapping[str, Callable[[float], str]] = {
    "s": lambda value: f"{value:.3g} s",
    "none": lambda value: f"{value:.3g}" if abs(value) < 1e3 else f"{value:.0f}",
    "short": shortened,
    "currencyUSD": lambda value: f"${value:.3g}",
}
STYLE = """
body { font: 12px/1.35 sans-serif; margin: 16px; color: #1b1f24; }
h1 { font-size: 19px; margin: 0 0 4px; }
h2 { font-size: 15px; margin: 0; padding: 6px 0; break-after: avoid; }
main { columns: 4; column-gap: 14px; }
article { break-inside: avoid; border: 1px solid #d0d7de; border-radius: 5px; padding: 6px 8px;
  margin: 0 0 8px; }
h3 { font-size: 12px; margin: 0; } p { margin: 2px 0 4px; color: #57606a; font-size: 11px; }
code { display: block; font-size: 9px; color: #57606a; overflow-wrap: anywhere;
  margin: 1px 0 3px; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #eaeef2; padding: 1px 4px; vertical-align: top; }
td:last-child { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
"""


class Row(NamedTuple):
    """A series: what the legend calls it, and its value as the panel shows it."""

    legend: str
    value: str


class Target(NamedTuple):
    """A query of a panel, and its answer; None where it was not run."""

    query: str
    rows: Sequence[Row] | None


class Panel(NamedTuple):
    """A panel of the dashboard, or the head of a part of it, which has no targets."""

    title: str
    description: str
    targets: Sequence[Target]
    is_head: bool = False


def rows_of(target: Mapping[str, Any], unit: str, answer: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows of a query's answer as Prometheus gives it, by their names."""
    legend = target["legendFormat"]
    return sorted(
        Row(named(legend, each["metric"]), UNITS[unit](float(each["value"][1]))) for each in answer
    )


def named(legend: str, labels: Mapping[str, str]) -> str:
    """A legend with the labels in it that it asks for."""
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), legend).strip()


def page(title: str, panels: Iterable[Panel]) -> str:
    """The page, as HTML."""
    body = "".join(
        f"<h2>{html.escape(each.title)}</h2>" if each.is_head else _panel(each) for each in panels
    )
    head = f"<meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style>"
    return f"<!doctype html>{head}<h1>{html.escape(title)}</h1><main>{body}</main>"


def _panel(panel: Panel) -> str:
    told = f"<p>{html.escape(panel.description)}</p>" if panel.description else ""
    tables = "".join(map(_target, panel.targets))
    return f"<article><h3>{html.escape(panel.title)}</h3>{told}{tables}</article>"


def _target(target: Target) -> str:
    rows = [Row("not run: there is no Tempo here", "")] if target.rows is None else target.rows
    cells = "".join(
        f"<tr><td>{html.escape(row.legend)}<td>{html.escape(row.value)}" for row in rows
    )
    return f"<table>{cells}</table><code>{html.escape(target.query)}</code>"
