"""The tree in a terminal: in colours, as wide as the terminal, with a bar for each span."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group
from rich.style import Style
from rich.text import Text

from otel_realtime import semconv
from otel_realtime.tree._details import Detail
from otel_realtime.tree._metrics import MetricLine
from otel_realtime.tree._notes import BETWEEN_STEPS, Note
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
PARTS: Final = {
    "endpointing": "green",
    "queue": "white",
    "model": "cyan",
    "tool": "yellow",
    "playback": "magenta",
}
"""What a user waits for, in the colours of the spans that it is spent in."""
QUIET: Final = "dim"
FAILED: Final = "red"
BAR_FROM: Final = 80  # columns: in a narrower terminal the words need the room
BAR_SHARE: Final = 7  # a bar takes one column in so many
WAIT_SHARE: Final = 5  # the bar of the longest wait takes one column in so many
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
    waits = [_length(note) for row in rows for note in row.notes]
    scale = _Scale(width // WAIT_SHARE if bar_width else 0, max(waits, default=0))
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
        beside = room >= max(DETAILS_FROM, _least_room(row))
        below = [] if beside else list(_wrapped(_pieces(row), Text(" " * indent), width))
        for note in row.notes:
            below += _wrapped(_note_pieces(note), _wait_bar(note, scale, indent), width)
        for each in (line.append_text(_details(row, room)) if beside else line, *below):
            each.truncate(width, overflow="ellipsis")
            yield each


def _style(row: Row) -> str:
    if row.failed:
        return FAILED
    return QUIET if row.end is None else STYLES.get(row.title.split(" ", 1)[0], "")


def _least_room(row: Row) -> int:
    """How many columns hold all that is told of a row, its speech cut as short as can be."""
    told = ((cell_len(detail.text), detail.tone == "speech") for detail in row.details)
    lengths = (min(length, SHORTEST_SPEECH) if speech else length for length, speech in told)
    return sum(length + len(SEPARATOR) for length in lengths)


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


class _Piece(NamedTuple):
    """What is not broken between two lines."""

    text: str
    style: Style
    after: str = SEPARATOR
    """Stands behind it, unless it is the last."""


def _wrapped(pieces: Sequence[_Piece], line: Text, width: int) -> Iterator[Text]:
    """As many pieces on each line as it holds, below one another; `line` is what they go behind."""
    indent = line.cell_len
    for place, (text, style, after) in enumerate(pieces):
        behind = "" if place == len(pieces) - 1 else after.rstrip()
        kept = _cut(text, max(width - indent - len(behind), 1))
        if place and line.cell_len + 1 + cell_len(kept) + len(behind) > width:
            yield line
            line = Text(" " * indent)
        elif place:
            line.append(" ")
        line.append(kept, style).append(behind, QUIET)
    if pieces:
        yield line


def _pieces(row: Row) -> list[_Piece]:
    return [_Piece(detail.text, _tone(row, detail)) for detail in row.details]


def _note_pieces(note: Note) -> list[_Piece]:
    steps = [
        _Piece(text, Style.parse(PARTS.get(step.part, "")), BETWEEN_STEPS)
        for step, text in zip(note.steps, note.step_texts, strict=True)
    ]
    if steps:
        steps[-1] = steps[-1]._replace(after=SEPARATOR)
    return steps + [_Piece(each.text, Style.parse(TONES[each.tone])) for each in note.details]


class _Scale(NamedTuple):
    """How the waits of a trace are drawn."""

    width: int
    """Columns of the longest; 0 where there is no room for bars."""
    longest: int
    """In milliseconds."""


def _length(note: Note) -> int:
    return sum(step.ms for step in note.steps)


def _wait_bar(note: Note, scale: _Scale, indent: int) -> Text:
    """The steps of a wait to scale, each as the first letter of its part."""
    bar = Text(" " * indent)
    if not note.steps or not scale.width:
        return bar
    ends = accumulate(step.ms for step in note.steps)
    columns = [round(end * scale.width / scale.longest) for end in ends]
    for step, first, last in zip(note.steps, [0, *columns], columns, strict=False):
        bar.append(step.part[0] * (last - first), f"reverse {PARTS.get(step.part, '')}")
    bar.append(" " * (scale.width - columns[-1] + 2))
    return bar


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
