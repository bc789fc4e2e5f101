"""Many calls in one report: how long callers waited and for what, and which calls were worst.

Read from the spans and log events that this package writes, as `otel_realtime.otlp_json` gives
them; as text, in a terminal's colours, as JSON values or as a picture. What a file does not tell is
said to be not known.
"""

from os import PathLike
from typing import TYPE_CHECKING

from otel_realtime.extras import needed
from otel_realtime.summary._calls import Call, Gathering, Slowest, calls_in, calls_of
from otel_realtime.summary._files import check_suffix, write_plot
from otel_realtime.summary._json import report_values
from otel_realtime.summary._lines import report_lines
from otel_realtime.summary._numbers import Spread, Total, percentile
from otel_realtime.summary._parts import Turn
from otel_realtime.summary._report import DEFAULT_WORST, PartMean, Report, Stack, report

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = [
    "DEFAULT_WORST",
    "Call",
    "Gathering",
    "PartMean",
    "Report",
    "Slowest",
    "Spread",
    "Stack",
    "Total",
    "Turn",
    "calls_in",
    "calls_of",
    "check_suffix",
    "percentile",
    "plot",
    "render",
    "report",
    "report_values",
    "terminal_report",
]


def render(report: Report) -> str:
    """A report as plain text.

    Returns:
        Lines without a final newline, the same for the same report.
    """
    return "\n".join(line.text for line in report_lines(report))


def terminal_report(report: Report) -> "RenderableType":
    """The same as `render` for `rich.console.Console.print`, in colours.

    Raises:
        ImportError: The package rich is missing.
    """
    with needed("rich", extra="cli"):
        from otel_realtime.summary._terminal import TerminalReport
    return TerminalReport(tuple(report_lines(report)))


def plot(report: Report, path: str | PathLike[str]) -> None:
    """Draw the latencies and the waits of a report into a file, by its suffix.

    `.png` and `.svg` are pictures; `.html` is a page that holds the picture and a table of the
    worst calls, and loads nothing. No display is needed.

    Raises:
        ValueError: The suffix is none of these, or no call tells a latency.
        ImportError: The package matplotlib is missing.
        OSError: The file cannot be written.
    """
    write_plot(report, path)
