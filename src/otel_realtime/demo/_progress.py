"""What is shown while the call goes on."""

import time
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Final

import yaml
from rich.console import Console

_SPEECH: Final = files("otel_realtime.demo") / "speech" / "speech.yaml"


class Progress:
    """Shows each thing as it happens, with the seconds since the call began."""

    def __init__(self, console: Console) -> None:
        """Begin to count."""
        self._console = console
        self._began = time.monotonic()
        lines = yaml.safe_load(_SPEECH.read_text(encoding="utf-8"))
        self._texts: Mapping[str, str] = {line["name"]: line["text"] for line in lines}

    async def spoken(self, name: str) -> None:
        """The caller begins to say something."""
        self._line("caller", "cyan", self._texts[name])

    def cut_off(self) -> None:
        """The agent was silenced."""
        self._line("agent", "red", "is cut off")

    def heard(self, event: Any) -> None:  # noqa: ANN401 - any of the SDK's session events
        """Something came from the session."""
        show = _SHOWN.get(event.type)
        if show is not None:
            self._line(*show(event))

    def _line(self, who: str, colour: str, what: str) -> None:
        seconds = time.monotonic() - self._began
        line = f"[dim]{seconds:5.1f} s[/]  [{colour}]{who:>9}[/]  {what}"
        self._console.print(line, highlight=False)


_SHOWN: Final[Mapping[str, Callable[[Any], tuple[str, str, str]]]] = {
    "agent_start": lambda event: ("agent", "green", f"{event.agent.name} answers"),
    "tool_start": lambda event: ("tool", "yellow", f"{event.tool.name} runs"),
    "tool_end": lambda event: ("tool", "yellow", f"{event.tool.name} is done"),
    "handoff": lambda event: (
        "handoff",
        "magenta",
        f"{event.from_agent.name} → {event.to_agent.name}",
    ),
    "error": lambda _: ("error", "red", "the model reports an error"),
}
