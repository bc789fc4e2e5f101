"""Reads the steps of a scenario file: `user`, `agent`, `idle`, and what happens in between."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ._happenings import DISCONNECTS, KINDS, MALFORMED
from ._nodes import Node, one_of
from ._scenario import (
    Agent,
    Call,
    Derived,
    Happening,
    Idle,
    McpCall,
    Moment,
    Output,
    Say,
    Step,
    Transcript,
    Usage,
    User,
)
from ._speech import read_wav

Reader = Callable[[Node], Any]
USAGE: dict[str, Reader] = dict.fromkeys(Usage.__dataclass_fields__, Node.whole)
ERROR: dict[str, Reader] = dict.fromkeys(("type", "code", "message"), Node.text)
LIMIT: dict[str, Reader] = {
    "name": lambda node: node.choice({"requests": "requests", "tokens": "tokens"}),
    "limit": Node.whole,
    "remaining": Node.whole,
    "reset_seconds": Node.number,
}
_REASONS = {name: name for name in ("max_output_tokens", "content_filter")}
_KEYPAD = {key: key for key in "0123456789*#ABCD"}


def read_limits(node: Node) -> tuple[dict[str, Any], ...]:
    """Read a list of rate limits."""
    elements = node.elements("a list of rate limits")
    return tuple(element.fields("a rate limit", LIMIT) for element in elements)


def _error(node: Node) -> dict[str, str]:
    if node.plain() is True:
        return {}
    if not node.is_mapping:
        node.fail("expected 'true', or a mapping with 'type', 'code' and 'message'")
    return node.fields("an error", ERROR)


def _event(node: Node) -> Any:  # noqa: ANN401 - any JSON
    node.items("an event (a mapping with 'type')")
    event = node.plain()
    if not isinstance(event.get("type"), str):
        node.fail("expected an event with a 'type'")
    return _as_json(node, event)


def _as_json(node: Node, value: Any) -> Any:  # noqa: ANN401 - any JSON
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        node.fail("expected values that JSON can hold (quote dates)")
    return value


HAPPENINGS: dict[str, Reader] = {
    "disconnect": lambda node: node.choice({str(how): how for how in DISCONNECTS}),
    "error": _error,
    "malformed": lambda node: node.choice({kind: kind for kind in MALFORMED}),
    "duplicate": Node.text,
    "dtmf": lambda node: node.choice(_KEYPAD),
    "rate_limits": read_limits,
    "send": _event,
}
assert HAPPENINGS.keys() == KINDS.keys()  # noqa: S101 - the two tables belong together


def _moment(node: Node) -> Moment | float:
    names = {moment.value: moment for moment in Moment}
    value = node.plain()
    if isinstance(value, str):
        return names[value] if value in names else node.fail(_moment_expected(names))
    return node.number()


def _moment_expected(names: dict[str, Moment]) -> str:
    return f"expected {one_of(names)}, or milliseconds of this response's audio"


def _during(node: Node) -> tuple[Happening, ...]:
    happenings = []
    for element in node.elements("a list of what happens during the response"):
        found = element.fields("a happening", {**HAPPENINGS, "at": _moment})
        at = found.pop("at", Moment.CREATED)
        if len(found) != 1:
            element.fail(f"expected exactly one of {one_of(HAPPENINGS)}")
        ((kind, value),) = found.items()
        happenings.append(Happening(kind, value, at))
    return tuple(happenings)


def _usage(node: Node) -> Usage | Derived:
    if node.plain() == "none":
        return Derived.NONE
    return Usage(**node.fields("usage", USAGE))


def _audio(folder: Path, node: Node) -> Path:
    path = folder / node.text()
    try:
        read_wav(path)
    except ValueError as error:
        node.fail(str(error))
    return path


def _arguments(node: Node) -> str:
    value = node.plain()
    if isinstance(value, str):
        return value  # as it is: a model's arguments may be broken JSON, too
    if not node.is_mapping:
        node.fail("expected the arguments as a mapping, or as a JSON text")
    return json.dumps(_as_json(node, value))


def _calls(node: Node) -> tuple[Call, ...]:
    if isinstance(node.plain(), str):
        return (Call(node.text()),)
    calls: list[Call] = []
    for element in node.elements("a tool's name, or a list of '- name: {arguments}'"):
        if isinstance(element.plain(), str):
            calls.append(Call(element.text()))
            continue
        pairs = element.items("'name: {arguments}'")
        if len(pairs) != 1:
            element.fail("expected one tool for each list item, as '- name: {arguments}'")
        calls += [Call(name, _arguments(arguments)) for name, arguments in pairs]
    return tuple(calls)


MCP: dict[str, Reader] = {
    "server": Node.text,
    "tool": Node.text,
    "arguments": _arguments,
    "output": Node.text,
    "error": Node.text,
    "duration_ms": Node.number,
}


def _mcp(node: Node) -> tuple[McpCall, ...]:
    elements = [node] if node.is_mapping else node.elements("a hosted MCP call, or a list of them")
    calls = []
    for element in elements:
        found = element.fields("a hosted MCP call", MCP)
        if not {"server", "tool"} <= found.keys():
            element.fail("expected 'server' and 'tool'")
        calls.append(McpCall(**found))
    return tuple(calls)


def _fails(node: Node) -> dict[str, str] | None:
    return None if node.plain() is False else _error(node)


AGENT: dict[str, Reader] = {
    "say": Node.text,
    "calls": _calls,
    "mcp": _mcp,
    "response_delay_ms": Node.number,
    "first_audio_delay_ms": Node.number,
    "audio_speed": Node.number,
    "incomplete": lambda node: node.choice(_REASONS),
    "fails": _fails,
    "usage": _usage,
    "during": _during,
    "while_waiting": Node.text,
}


def read_agent(folder: Path, node: Node) -> Agent:
    """Read an `agent` step: a text, or a mapping."""
    if not node.is_mapping:
        return Agent((Say(node.text()),))
    found = node.fields("an agent step", {**AGENT, "audio": partial(_audio, folder)})
    if "incomplete" in found and found.get("fails") is not None:
        node.fail("a response either fails or is incomplete: expected one of the two")
    audio = found.pop("audio", None)
    if audio is not None:
        found = {"say": "", **found}
    output: list[Output] = []
    for key in [key for key in found if key in ("say", "calls", "mcp")]:
        value = found.pop(key)
        output += [Say(value, audio)] if key == "say" else value
    return Agent(tuple(output), **found)


USER: dict[str, Reader] = {
    "says": Node.text,
    "transcript": lambda node: node.choice({kind.value: kind for kind in Transcript}),
    "transcript_delay_ms": Node.number,
    "split_after_ms": Node.whole,
}


def _user(folder: Path, node: Node) -> User:
    del folder
    return User(**node.fields("a user step", USER)) if node.is_mapping else User(node.text())


def _idle(folder: Path, node: Node) -> Idle:
    del folder
    return Idle() if node.plain() is None else Idle(node.whole())


STEPS: dict[str, Callable[[Path, Node], Step]] = {
    "user": _user,
    "agent": read_agent,
    "idle": _idle,
}


def read_step(folder: Path, node: Node) -> Step:
    """Read one step of the conversation; WAV files are found from `folder`."""
    known = {**STEPS, **HAPPENINGS}
    readers: dict[str, Reader] = {key: partial(read, folder) for key, read in STEPS.items()}
    for key, read in HAPPENINGS.items():
        readers[key] = partial(_happening, key, read)
    if not node.is_mapping:
        node.fail(f"expected a step that begins with {one_of(known)}, found {node.kind}")
    steps = list(node.fields("a step", readers).values())
    if len(steps) != 1:
        node.fail("expected one thing in each step; begin the next with its own '- '")
    step: Step = steps[0]
    return step


def _happening(kind: str, read: Reader, node: Node) -> Happening:
    return Happening(kind, read(node))
