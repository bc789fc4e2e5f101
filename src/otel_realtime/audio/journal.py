"""The journal of a call: what cannot be read off its tracks, line by line as it becomes known.

A process that is killed leaves it behind; from it and the tracks the next one puts together what
had been said until then.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from otel_realtime.audio.track import append_text

_NAME: Final = "journal.jsonl"


class Journal:
    """Writes the journal of the call whose folder this is."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME
        self._lines: list[str] = []

    def note(self, what: str, **told: object) -> None:
        """Note something; it is written with the next `flush`."""
        self._lines.append(json.dumps({what: told}))

    def flush(self) -> None:
        """Write what was noted.

        Raises:
            OSError: It could not be written; it is tried again with the next one.
        """
        if self._lines:
            append_text(self._path, "".join(f"{line}\n" for line in self._lines))
            self._lines.clear()


def read_journal(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What was noted, in order; a last line that was cut off is left out."""
    path = folder / _NAME
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield from entry.items()
