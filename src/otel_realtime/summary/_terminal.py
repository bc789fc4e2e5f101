"""The report in a terminal: in colours; a line that is too long goes on below its own beginning."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions
from rich.style import Style
from rich.text import Text

from otel_realtime.summary._lines import Line

STYLES: Final = {
    "title": Style(bold=True),
    "label": Style(color="cyan"),
    "plain": Style(),
    "quiet": Style(dim=True),
    "url": Style(underline=True),
}


@dataclass(frozen=True, slots=True)
class TerminalReport:
    """Lines for rich."""

    lines: Sequence[Line]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for line in self.lines:
            text = Text()
            for words, tone in line.stretches:
                link = Style(link=words) if tone == "url" else Style()
                text.append(words, STYLES[tone] + link)
            indent = " " * line.indent
            room = max(options.max_width - len(indent), 1)
            for row in text.wrap(console, room, overflow="fold"):
                row.rstrip()
                yield Text(indent).append_text(row)
