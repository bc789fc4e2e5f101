"""A report as a picture: how latencies are distributed, what users waited for, and when.

Matplotlib's figures without pyplot: no window, no display and no state that others share. No text
of the calls' own is in the picture, so none of it can be taken for markup.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any, Final, NamedTuple

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from otel_realtime.summary._calls import Call
from otel_realtime.summary._numbers import PERCENTILES, Spread
from otel_realtime.summary._parts import WAIT_PARTS, Turn
from otel_realtime.summary._report import Report, Stack

# Colours that also those tell apart who see few (Okabe and Ito).
_NO_TOOL, _TOOL, _EITHER = "#0072B2", "#E69F00", "#777777"
_PARTS: Final[Mapping[str, str]] = {
    "endpointing": "#56B4E9",
    "queue": "#999999",
    "model": "#0072B2",
    "tool": "#E69F00",
    "playback": "#009E73",
}
_INK: Final = "#333333"
_STYLE: Final[dict[str, Any]] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "date.converter": "concise",
    "svg.hashsalt": "otel_realtime",
}
_SIZE: Final = (11.0, 8.0)  # inches
_KINDS: Final[tuple[tuple[bool | None, str, str], ...]] = (
    (False, "without a tool", _NO_TOOL),
    (True, "with a tool", _TOOL),
    (None, "tool not known", _EITHER),
)
_BINS: Final = 40
_TAIL: Final = 3
"""What is more than so many times the 95th percentile is counted and not drawn."""
_HEADROOM: Final = 1.45
_WIDE_ENOUGH: Final = 0.07
"""Of the axis: a stretch of a bar that is narrower has no room for its number."""
_NUMBERED: Final = 10
_SOME_POINTS: Final = 500
_MANY_POINTS: Final = 2000
_DAY: Final = 86_400 * 10**9  # ns; matplotlib counts days since the epoch
_LAST_DATE: Final = 2_900_000 * _DAY
"""Close to the year 9999, the last one that dates have."""
_MINUTE: Final = 1 / 1440
_MINUTES_AROUND: Final = 10


@contextmanager
def our_style() -> Iterator[None]:
    """Draw and save in our style, whatever this machine's own settings for matplotlib are."""
    with style.context(["default", _STYLE]):
        yield


def figure_of(report: Report) -> Figure:
    """Draw a report; at least one call must tell a latency. Call and save it within `our_style`."""
    space = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12, wspace=0.03, hspace=0.03)
    figure = Figure(figsize=_SIZE, layout=space)
    grid = figure.add_gridspec(2, 2, height_ratios=(1.15, 1))
    _draw_distribution(figure.add_subplot(grid[0, 0]), report)
    _draw_waits(figure.add_subplot(grid[0, 1]), report.stacks)
    _draw_calls(figure.add_subplot(grid[1, :]), report)
    return figure


def _draw_distribution(axes: Axes, report: Report) -> None:
    axes.set_title("Voice-to-voice latency of turns")
    axes.set_xlabel("Latency (s)")
    axes.set_ylabel("Turns")
    spread = report.turn_latency["all"]
    if spread is None:
        _say(axes, "No single turn tells its latency")
        return
    limit = min(spread.max, _TAIL * spread.p95) or 1.0
    kinds = _by_kind(report.turns)
    shown = [[value for value in values if value <= limit] for _, _, values in kinds]
    labels = [f"{label} ({len(values)})" for label, _, values in kinds]
    colors = [color for _, color, _ in kinds]
    axes.hist(shown, bins=_BINS, range=(0, limit), stacked=True, color=colors, label=labels)
    axes.set_xlim(0, limit * 1.02)
    axes.set_ylim(0, axes.get_ylim()[1] * _HEADROOM)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    _mark_percentiles(axes, spread, limit)
    beyond = spread.count - sum(map(len, shown))
    if beyond:
        more = f"{_turns(beyond, 'more ')} beyond {limit:.1f} s, up to {spread.max:.1f} s"
        axes.set_xlabel(f"Latency (s); {more}")
    _legend_below(axes, *axes.get_legend_handles_labels())


def _by_kind(turns: Sequence[Turn]) -> list[tuple[str, str, list[float]]]:
    kinds = [
        (label, color, [turn.latency for turn in turns if turn.had_tool is kind])
        for kind, label, color in _KINDS
    ]
    return [kind for kind in kinds if kind[2]]


def _mark_percentiles(axes: Axes, spread: Spread, limit: float) -> None:
    """A line for each percentile, the labels in steps: 95 and 99 are often close."""
    for step, percent in enumerate(PERCENTILES):
        value = getattr(spread, f"p{percent}")
        height = 0.98 - 0.065 * step
        if value <= limit:
            axes.axvline(value, 0, height, color=_INK, linewidth=0.9, linestyle=(0, (4, 2)))
        is_left = value > limit * 0.8
        axes.annotate(
            f"p{percent}  {value:.2f} s",
            (min(value, limit), height),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if is_left else 4, 0),
            textcoords="offset points",
            ha="right" if is_left else "left",
            va="top",
            fontsize=9,
        )


def _draw_waits(axes: Axes, stacks: Mapping[str, Stack | None]) -> None:
    axes.set_title("Mean wait, by what was waited for")
    axes.set_xlabel("Mean wait (s)")
    rows = [
        (label, stack)
        for name, label in (("without_tool", "without\na tool"), ("with_tool", "with\na tool"))
        if (stack := stacks[name]) is not None
    ] or [("all turns", stack) for stack in (stacks["all"],) if stack is not None]
    if not rows:
        _say(axes, "No turn tells what was waited for")
        return
    whole = max(sum(stack.parts.values()) for _, stack in rows) or 1.0
    for row, (_, stack) in enumerate(rows):
        _draw_stack(axes, row, stack, whole)
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, whole * 1.05)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    handles = [axes.barh(0, 0, color=color) for color in _PARTS.values()]
    _legend_below(axes, handles, list(_PARTS))


def _legend_below(axes: Axes, handles: Sequence[Any], labels: Sequence[str]) -> None:
    axes.legend(
        handles,
        labels,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.15),
        ncols=len(labels),
        columnspacing=1.2,
        handlelength=1,
        handletextpad=0.5,
    )


def _turns(count: int, which: str = "") -> str:
    return f"{count} {which}turn{'' if count == 1 else 's'}"


def _draw_stack(axes: Axes, row: int, stack: Stack, whole: float) -> None:
    begin = 0.0
    for part, mean in stack.parts.items():
        axes.barh(row, mean, 0.5, begin, color=_PARTS[part], edgecolor="white", linewidth=0.6)
        if mean >= whole * _WIDE_ENOUGH:
            ink = "white" if part == "model" else "black"
            axes.text(begin + mean / 2, row, f"{mean:.2f}", ha="center", va="center", color=ink)
        begin += mean
    axes.annotate(
        _stack_note(stack, begin),
        (0, row + 0.29),
        (4, 0),
        textcoords="offset points",
        va="top",
        fontsize=9,
    )


def _stack_note(stack: Stack, whole: float) -> str:
    """The sum, of how many turns it is, and which parts these do not tell."""
    which = "" if stack.turns == stack.of else f"{stack.turns} of "
    unknown = [part for part in WAIT_PARTS if part not in stack.parts]
    more = f"; not known: {', '.join(unknown)}" if unknown else ""
    return f"{whole:.2f} s, mean of {which}{_turns(stack.of)}{more}"


def _draw_calls(axes: Axes, report: Report) -> None:
    axes.set_title("The longest wait of each call, by when the call began")
    axes.set_ylabel("Latency (s)")
    axes.set_xlabel("Time (UTC)")
    points = [point for call in report.calls if (point := _point(call)) is not None]
    if not points:
        _say(axes, "No call tells when it began")
        return
    for kind, label, color in _KINDS:
        alike = [point for point in points if point.had_tool is kind]
        if alike:
            axes.scatter(
                [point.date for point in alike],
                [point.latency for point in alike],
                s=26 if len(points) <= _SOME_POINTS else 9,
                color=color,
                alpha=0.75,
                linewidths=0,
                label=f"{label} ({len(alike)})",
                rasterized=len(points) > _MANY_POINTS,  # else a picture of many megabytes
            )
    for rank, call in enumerate(report.worst[:_NUMBERED], 1):
        if (at := _point(call)) is not None:
            place = (at.date, at.latency)
            axes.annotate(str(rank), place, (5, 3), textcoords="offset points", fontsize=9)
    axes.set_ylim(0, max(point.latency for point in points) * 1.25 or 1.0)
    _set_dates(axes, [point.date for point in points])
    note = "Numbered: the worst of the report" if report.worst else None
    axes.set_title(note or "", loc="right", fontsize=9, fontweight="normal")
    axes.legend(loc="upper right", ncols=len(_KINDS), handletextpad=0.1, borderaxespad=0)


class _Point(NamedTuple):
    date: float
    latency: float
    had_tool: bool | None


def _point(call: Call) -> _Point | None:
    """Where a call stands; None where it tells no latency or its moment is no date."""
    slowest = call.slowest
    if slowest is None or call.start is None or call.start > _LAST_DATE:
        return None
    had_tool = None if slowest.turn is None else slowest.turn.had_tool
    return _Point(call.start / _DAY, slowest.latency, had_tool)


def _set_dates(axes: Axes, dates: Sequence[float]) -> None:
    first, last = min(dates), max(dates)
    around = (last - first) * 0.03 if last - first > _MINUTE else _MINUTES_AROUND * _MINUTE
    axes.set_xlim(first - around, last + around)
    axes.xaxis_date(UTC)


def _say(axes: Axes, what: str) -> None:
    """That there is nothing to draw."""
    axes.text(0.5, 0.5, what, transform=axes.transAxes, ha="center", color=_EITHER)
    axes.set_axis_off()
