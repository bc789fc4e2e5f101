"""A report to a file that opens: PNG, SVG, or a page that holds the SVG."""

from collections.abc import Callable, Mapping
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, Final

from otel_realtime.extras import needed
from otel_realtime.summary._page import page
from otel_realtime.summary._report import Report

_DOTS_PER_INCH: Final = 130
_NO_DATE: Final[Mapping[str, Any]] = {"Date": None, "Creator": None}
"""Without a date the same report gives the same file."""


def check_suffix(path: str | PathLike[str]) -> None:
    """See that a file's suffix tells what to draw.

    Raises:
        ValueError: It does not.
    """
    if Path(path).suffix.lower() not in _DRAWN_AS:
        raise ValueError(f"{path} must end in one of {', '.join(_DRAWN_AS)}.")


def write_plot(report: Report, path: str | PathLike[str]) -> None:
    """Write the picture of a report; see `otel_realtime.summary.plot`."""
    check_suffix(path)
    if report.call_slowest is None:
        raise ValueError("There is no voice-to-voice latency in these calls to plot.")
    target = Path(path)
    target.write_bytes(_DRAWN_AS[target.suffix.lower()](report))


def _png(report: Report) -> bytes:
    return _saved(report, format="png", dpi=_DOTS_PER_INCH)


def _svg(report: Report) -> bytes:
    return _saved(report, format="svg", metadata=_NO_DATE)


def _html(report: Report) -> bytes:
    return page(report, _svg(report).decode()).encode()


def _saved(report: Report, **how: Any) -> bytes:  # noqa: ANN401 - arguments of Figure.savefig
    with needed("matplotlib", extra="plot"):
        from otel_realtime.summary._figure import figure_of, our_style
    to = BytesIO()
    with our_style():
        figure_of(report).savefig(to, **how)
    return to.getvalue()


_DRAWN_AS: Final[Mapping[str, Callable[[Report], bytes]]] = {
    ".html": _html,
    ".png": _png,
    ".svg": _svg,
}
