"""A call as a tree of text: plain for tests and files, in colours for a terminal.

    invoke_agent Assistant  0–2100 ms
      summary  1 turn, waited 540 ms
      user_input  100–900 ms  turn 1, "what's the weather in London?"
      chat gpt-realtime  1000–1450 ms  waited 540 ms, tokens 120→45
        wait  endpointing 300 · queue 100 · model 140 ms

Times count from the trace's earliest span; a turn is told where it begins. The functions here take
the values of `otel_realtime.otlp_json`, so a tree can be drawn from files as well as from the
running SDK.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from otel_realtime.extras import needed
from otel_realtime.otlp_json import MetricPoint, TraceLog, TraceSpan
from otel_realtime.tree._metrics import metric_lines, short_lines
from otel_realtime.tree._rows import Row, trace_rows

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["render", "render_metrics", "terminal_metrics", "terminal_tree"]


def render(
    spans: Iterable[TraceSpan],
    logs: Iterable[TraceLog] = (),
    *,
    events: bool = False,
    times: bool = True,
) -> str:
    """Draw traces as plain text, each thing on one line, the same text for the same input.

    Args:
        spans: The spans of one or more traces. One whose parent is not among them is drawn at the
            top and marked `(parent elsewhere)`.
        logs: Log records; each is listed under its span. Those outside any trace are left out.
        events: Whether this package's own log events are listed too.
        times: Whether to show what a clock measured: when each span ran, what the user waited for,
            how much was heard, the summary. Without it a call looks the same each time it is held.

    Returns:
        Lines without a final newline; an empty line between traces.
    """
    traces = trace_rows(spans, logs, events=events)
    drawn = ((line for row in rows for line in _lines(row, times=times)) for rows in traces)
    return "\n\n".join("\n".join(lines) for lines in drawn)


def _lines(row: Row, *, times: bool) -> Iterator[str]:
    details = ", ".join(each.text for each in row.details if times or each.tone != "time")
    fields = (row.title, row.times if times else "", details)
    yield "  " * row.depth + "  ".join(field for field in fields if field)
    for note in row.notes if times else ():
        yield f"{'  ' * (row.depth + 1)}{note.label}  {note.text}"


def render_metrics(points: Iterable[MetricPoint]) -> str:
    """List metrics as plain text, a line for each name and set of attributes.

    Points of one series are put together: the last of those that accumulate, the sum of others.
    Percentiles of histograms are estimates, straight lines within the buckets.

    Returns:
        Lines without a final newline, sorted by name and attributes.
    """
    return "\n".join("  ".join(field for field in line if field) for line in metric_lines(points))


def terminal_tree(
    spans: Iterable[TraceSpan], logs: Iterable[TraceLog] = (), *, events: bool = False
) -> "RenderableType":
    """Draw the same as `render` for `rich.console.Console.print`.

    In colours, with a bar that shows when in the call each span ran, and one for each wait: a
    letter for each part, to one scale for the trace. Long texts are cut to the console's width.

    Raises:
        ImportError: The package rich is missing.
    """
    traces: Sequence[Sequence[Row]] = trace_rows(spans, logs, events=events)
    with needed("rich", extra="cli"):
        from otel_realtime.tree._terminal import TerminalTree
    return TerminalTree(traces)


def terminal_metrics(points: Iterable[MetricPoint]) -> "RenderableType":
    """List the same as `render_metrics`, more briefly, for `rich.console.Console.print`.

    Raises:
        ImportError: The package rich is missing.
    """
    with needed("rich", extra="cli"):
        from otel_realtime.tree._terminal import metrics_table
    return metrics_table(short_lines(points))
