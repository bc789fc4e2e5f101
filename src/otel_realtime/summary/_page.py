"""A page that holds a report's picture and a table of its worst calls, and loads nothing."""

from html import escape
from typing import Final
from urllib.parse import urlsplit

from otel_realtime.summary._calls import Call
from otel_realtime.summary._lines import counted, figure_lines, outcome, shown_moment, why
from otel_realtime.summary._report import Report
from otel_realtime.tree._text import one_line

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #333; max-width: 1060px; margin: 2em auto;
  padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4em .8em .4em 0;
  border-bottom: 1px solid #ddd; }
td, pre { overflow-wrap: anywhere; }
code, pre { font-size: 13px; } pre { overflow-x: auto; }
"""
# A browser is told to load nothing, whatever should stand in the page.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_HEADS: Final = ("", "Why", "When", "Agent", "Trace and session", "Recording")
_LINKED: Final = ("http", "https")
"""A link of another kind a browser cannot follow, or must not: it might be a script."""


def page(report: Report, svg: str) -> str:
    """The page as HTML that is XML as well.

    Args:
        report: What it tells.
        svg: The picture, as an SVG document.
    """
    figures = escape("\n".join(line.text for line in figure_lines(report)))
    return f"""<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}"/>
<meta name="viewport" content="width=device-width"/>
<title>Calls: voice-to-voice latency</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{counted(len(report.calls), "call")}: how long callers waited</h1>
{_embedded(svg)}
{_worst(report)}
<h2>All figures</h2>
<pre>{figures}</pre>
</body>
</html>
"""


def _embedded(svg: str) -> str:
    """The picture without the declarations that only a document of its own may begin with."""
    label = "Distribution of latency, mean waits by part, and the longest wait of each call"
    return svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _worst(report: Report) -> str:
    if not report.worst:
        return ""
    heads = "".join(f"<th>{head}</th>" for head in _HEADS)
    rows = "\n".join(_row(rank, call) for rank, call in enumerate(report.worst, 1))
    return f"""<h2>Worst calls, by their longest wait</h2>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


def _row(rank: int, call: Call) -> str:
    begun = "not known" if call.start is None else shown_moment(call.start)
    ids = filter(None, (call.trace_id, call.session_id))
    cells = (
        str(rank),
        _safe(why(call)),
        f"{_safe(begun)}<br/>{_safe(outcome(call))}",
        _safe(call.agent or ""),
        "<br/>".join(f"<code>{_safe(each)}</code>" for each in ids),
        _recording(call.recording),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _recording(url: str | None) -> str:
    if url is None:
        return ""
    shown = f"<code>{_safe(url)}</code>"
    try:
        is_linked = urlsplit(url).scheme in _LINKED
    except ValueError:
        is_linked = False
    return f'<a href="{_safe(url)}" rel="noreferrer">{shown}</a>' if is_linked else shown


def _safe(text: str) -> str:
    return escape(one_line(text))
