"""The tree in a terminal: in colours, as wide as the terminal, with a bar for each span."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group
from rich.style import Style
from rich.text import Text

from otel_realtime import semconv
from otel_realtime.tree._details import Detail
from otel_realtime.tree._metrics import MetricLine
from otel_realtime.tree._rows import Row

STYLES: Final = {
    semconv.SPAN_SESSION: "bold",
    semconv.SPAN_INPUT: "green",
    semconv.SPAN_RESPONSE: "cyan",
    semconv.SPAN_TOOL: "yellow",
    semconv.SPAN_TRANSCRIPTION: "green",
}
"""By the first word of a line; other spans stay plain."""
TONES: Final = {
    "speech": "",
    "measure": "blue",
    "time": "blue",
    "recording": "underline",
    "problem": "red",
    "plain": "magenta",
}
QUIET: Final = "dim"
FAILED: Final = "red"
BAR_FROM: Final = 80  # columns: in a narrower terminal the words need the room
BAR_SHARE: Final = 7  # a bar takes one column in so many
SEPARATOR: Final = ", "
SHORTEST_SPEECH: Final = 16  # columns
DETAILS_FROM: Final = 56  # columns left behind the times; with fewer, details get their own line
TITLE_SHARE: Final = 0.45  # of the width, at most, for names and their indent


@dataclass(frozen=True, slots=True)
class TerminalTree:
    """Traces as lines for rich."""

    traces: Sequence[Sequence[Row]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for place, rows in enumerate(self.traces):
            if place:
                yield Text()
            yield from _lines(rows, options.max_width)


def _lines(rows: Sequence[Row], width: int) -> Iterator[Text]:
    titles = [Text("  " * row.depth + row.title, _style(row)) for row in rows]
    title_width = min(max(title.cell_len for title in titles), int(width * TITLE_SHARE))
    times_width = max(len(row.times) for row in rows)
    start = min(row.start for row in rows)
    bar_width = width // BAR_SHARE if width >= BAR_FROM else 0
    length = max(row.start if row.end is None else row.end for row in rows) - start
    for row, title in zip(rows, titles, strict=True):
        line = Text(no_wrap=True, overflow="ellipsis")
        if bar_width:
            line.append(_bar(row, start, max(length, 1) / bar_width, bar_width), _style(row))
            line.append("  ")
        indent = line.cell_len + 2 * (row.depth + 2)
        title.truncate(title_width, overflow="ellipsis", pad=True)
        line.append_text(title)
        line.append(f"  {row.times:>{times_width}}", QUIET)
        room = width - line.cell_len
        beside = room >= DETAILS_FROM
        below = [] if beside else list(_details_below(row, " " * indent, width))
        for each in (line.append_text(_details(row, room)) if beside else line, *below):
            each.truncate(width, overflow="ellipsis")
            yield each


def _style(row: Row) -> str:
    if row.failed:
        return FAILED
    return QUIET if row.end is None else STYLES.get(row.title.split(" ", 1)[0], "")


def _details(row: Row, room: int) -> Text:
    """What is told of a row, behind its times. Speech gives way: a measure cut off is lost."""
    told = [detail.text for detail in row.details]
    speech = [place for place, detail in enumerate(row.details) if detail.tone == "speech"]
    spare = room - len(SEPARATOR) * len(told) - sum(map(cell_len, told))
    for place in speech if spare < 0 else ():
        kept = max(cell_len(told[place]) + spare // len(speech), SHORTEST_SPEECH)
        told[place] = _cut(told[place], kept)
    line = Text()
    for place, (text, detail) in enumerate(zip(told, row.details, strict=True)):
        line.append(SEPARATOR if place else "  ", QUIET).append(text, _tone(row, detail))
    return line


def _details_below(row: Row, indent: str, width: int) -> Iterator[Text]:
    """What is told of a row, on lines of its own: as much on each as it holds."""
    line = Text()
    for detail in row.details:
        text = _cut(detail.text, max(width - len(indent), 1))
        if line and line.cell_len + len(SEPARATOR) + cell_len(text) > width:
            yield line.append(SEPARATOR.rstrip(), QUIET)
            line = Text()
        line.append(SEPARATOR if line else indent, QUIET).append(text, _tone(row, detail))
    if line:
        yield line


def _tone(row: Row, detail: Detail) -> Style:
    tone = Style.parse(QUIET if row.end is None else TONES[detail.tone])
    return tone if detail.url is None else tone + Style(link=detail.url)


def _cut(text: str, width: int) -> str:
    cut = Text(text)
    cut.truncate(width, overflow="ellipsis")
    return cut.plain


def _bar(row: Row, start: int, per_cell: float, width: int) -> str:
    """Where in the call the row lies: a stretch for a span, a point for a log."""
    first = min(int((row.start - start) / per_cell), width - 1)
    if row.end is None:
        return f"{' ' * first}•".ljust(width)
    cells = max(1, round((row.end - start) / per_cell) - first)
    return f"{' ' * first}{'━' * cells}".ljust(width)[:width]


def metrics_table(lines: Iterable[MetricLine]) -> Group:
    """Metrics under their names, their attributes and values in columns."""
    told: list[Text] = []
    for name, series in groupby(lines, key=lambda line: line.name):
        told.append(Text(name, "cyan"))
        held = list(series)
        width = max(len(line.attributes) for line in held)
        for line in held:
            # Text, not str: a name or value with brackets is no markup.
            text = Text("    ").append(line.attributes.ljust(width + 2 if width else 0), QUIET)
            told.append(text.append(line.values))
    return Group(*told)
