"""Reads a whole scenario document: its top-level keys."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ._nodes import Node, read_nodes
from ._scenario import Agent, RateLimits, Scenario, Step
from ._steps import read_agent, read_limits, read_step


def _conversation(folder: Path, node: Node) -> tuple[Step, ...]:
    return tuple(read_step(folder, element) for element in node.elements("a list of steps"))


def _agents(folder: Path, node: Node) -> tuple[Agent, ...]:
    return tuple(read_agent(folder, element) for element in node.elements("a list of answers"))


def _servers(node: Node) -> dict[str, tuple[str, ...] | None]:
    servers: dict[str, tuple[str, ...] | None] = {}
    for label, tools in node.items("MCP servers, as 'name: [tools]'"):
        if tools.plain() == "fails":
            servers[label] = None
        else:
            names = tools.elements("a list of the server's tools, or 'fails'")
            servers[label] = tuple(name.text() for name in names)
    return servers


def _rate_limits(node: Node) -> RateLimits | None:
    if node.plain() in (False, "none"):
        return None
    return RateLimits(fixed=read_limits(node))


FIELDS: dict[str, Callable[[Node], Any]] = {
    "name": Node.text,
    "response_delay_ms": Node.number,
    "first_audio_delay_ms": Node.number,
    "transcript_delay_ms": Node.number,
    "audio_speed": Node.number,
    "otherwise": Node.text,
    "mcp_servers": _servers,
    "rate_limits": _rate_limits,
}


def read_scenario(text: str, source: str | Path, folder: Path) -> Scenario:
    """Read a scenario; WAV files are found from `folder`."""
    readers: dict[str, Callable[[Node], Any]] = {
        **FIELDS,
        "conversation": partial(_conversation, folder),
        "out_of_band": partial(_agents, folder),
    }
    root = read_nodes(text, source)
    found = {"name": Path(source).stem, **root.fields("a scenario", readers)}
    if "conversation" not in found:
        root.fail("expected 'conversation:' with a list of steps")
    return Scenario(**found)
