"""The two errors that users of the simulator meet."""

from pathlib import Path

MISSING_EXTRA = (
    "The simulator needs the packages websockets and PyYAML: pip install 'otel-realtime[simulator]'"
)


class SimulatorError(Exception):
    """The simulator cannot do what was asked: the message says why and what to do."""


class ScenarioError(SimulatorError):
    """A scenario file says something that the simulator does not understand.

    Attributes:
        source: the file, or a name for text that came from elsewhere.
        line: the line in it, counted from 1; None when the file could not be read at all.
    """

    def __init__(self, source: str | Path, line: int | None, problem: str) -> None:
        """Say where the trouble is, and what was expected there."""
        self.source = str(source)
        self.line = line
        where = self.source if line is None else f"{self.source}, line {line}"
        super().__init__(f"{where}: {problem}")
