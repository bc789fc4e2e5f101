"""Reads a whole scenario document: its top-level keys."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ._nodes import Node, read_nodes
from ._scenario import Agent, RateLimits, Refusal, Scenario, Step
from ._steps import ERROR, read_agent, read_limits, read_step


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


_REFUSING = {status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST}


def _status(node: Node) -> int:
    value = node.plain()
    if isinstance(value, int) and value in _REFUSING:
        return value
    return node.fail(f"expected an HTTP status of an error, such as 401 or 503, found '{value}'")


REFUSAL: dict[str, Callable[[Node], Any]] = {"status": _status, "times": Node.whole, **ERROR}


def _refuse(node: Node) -> Refusal:
    if not node.is_mapping:
        return Refusal(_status(node))
    found = node.fields("a refusal", REFUSAL)
    if "status" not in found:
        node.fail("expected 'status', an HTTP status such as 401")
    status, times = found.pop("status"), found.pop("times", None)
    return Refusal(status, found, times)


FIELDS: dict[str, Callable[[Node], Any]] = {
    "name": Node.text,
    "response_delay_ms": Node.number,
    "first_audio_delay_ms": Node.number,
    "transcript_delay_ms": Node.number,
    "audio_speed": Node.number,
    "otherwise": Node.text,
    "mcp_servers": _servers,
    "rate_limits": _rate_limits,
    "refuse": _refuse,
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
    if "conversation" not in found and not _refuses_all(found.get("refuse")):
        root.fail("expected 'conversation:' with a list of steps")
    return Scenario(**{"conversation": (), **found})


def _refuses_all(refusal: Refusal | None) -> bool:
    return refusal is not None and refusal.times is None
