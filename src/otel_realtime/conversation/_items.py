"""The entries of the conversation, and what a response answers.

Each item names the one before it. Walking back from a response's first item over tool outputs and
user items, up to the agent's last words, tells what it answers: by id, never by order of arrival.
The last of these is what triggered it; what came before is only new to the model as well.
"""

from collections.abc import Callable

from otel_realtime.conversation import _inputs, _tools
from otel_realtime.conversation._state import Entry, Role, State
from otel_realtime.events import ItemAdded, ItemRemoved, ToolAnswered
from otel_realtime.facts import InputFacts, ToolAnswer
from otel_realtime.values import Item, ItemType

_ROLES = {
    (ItemType.MESSAGE, "user"): Role.USER,
    (ItemType.MESSAGE, "assistant"): Role.ASSISTANT,
    (ItemType.TOOL_CALL, None): Role.TOOL_CALL,
    (ItemType.MCP_CALL, None): Role.TOOL_CALL,
    (ItemType.TOOL_OUTPUT, None): Role.TOOL_OUTPUT,
}
_OUTPUT_ROLES = {
    ItemType.MESSAGE: Role.ASSISTANT,
    ItemType.MCP_CALL: Role.TOOL_OUTPUT,  # a hosted call holds its output itself
}


def on_item_added(state: State, event: ItemAdded) -> None:
    """Put an item in its place, and take in what it says."""
    item = event.item
    role = _ROLES.get((item.type, item.role), Role.OTHER)
    entry = state.entries.get(item.id)
    if entry is None:
        entry = Entry(role)
        state.entries.remember(item.id, entry)
    if event.placed and not entry.placed:
        entry.previous, entry.placed = event.previous_item_id, True
    take_in = _TAKE_IN.get(role)
    if take_in is not None and entry.role in {role, Role.OTHER}:
        entry.role = role
        take_in(state, event, entry)


def on_item_removed(state: State, event: ItemRemoved) -> None:
    """Take an item out of the chain: what followed it follows what it followed."""
    removed = state.entries.pop(event.item_id, None)
    if removed is None:
        return
    for entry in state.entries.values():
        if entry.previous == event.item_id:
            entry.previous, entry.placed = removed.previous, removed.placed


def enter_output(state: State, item: Item, response_id: str) -> None:
    """Remember which response made an item."""
    role = _OUTPUT_ROLES.get(item.type, Role.TOOL_CALL)
    entry = state.entries.get(item.id)
    if entry is None:
        entry = Entry(role)
        state.entries.remember(item.id, entry)
    entry.response_id = response_id
    if item.type is ItemType.MCP_CALL:
        entry.role, entry.call_id = role, item.id


def look_back(
    state: State, item_id: str
) -> tuple[str | None, tuple[InputFacts, ...], tuple[ToolAnswer, ...]]:
    """What the response beginning with `item_id` answers: its trigger, user items, tool outputs."""
    inputs: list[InputFacts] = []
    answers: list[ToolAnswer] = []
    trigger: str | None = None
    entry = state.entries.get(item_id)
    known = entry is not None and entry.placed
    seen = {item_id}
    while entry is not None and entry.previous is not None and entry.previous not in seen:
        seen.add(entry.previous)
        entry = state.entries.get(entry.previous)
        if entry is None or entry.role is Role.ASSISTANT:
            known = known and entry is not None
            break
        if entry.role is Role.IDLE_TIMEOUT:
            trigger = trigger or "idle_timeout"
        if entry.given is not None:
            trigger = trigger or entry.given.type
            inputs.append(entry.given)
        if entry.role is Role.TOOL_OUTPUT and entry.call_id is not None:
            trigger = trigger or "tool"
            answers.append(ToolAnswer(entry.call_id, entry.output))
    inputs.reverse()
    answers.reverse()
    if trigger is None and known:
        trigger = "unprompted"
    return trigger, tuple(inputs), tuple(answers)


def _take_user(state: State, event: ItemAdded, entry: Entry) -> None:
    item = event.item
    if item.has_audio:
        _inputs.spoken(state, item.id, item.texts, event.at)
    elif entry.given is None:
        _inputs.typed(state, item, event.at)


def _take_tool_output(state: State, event: ItemAdded, entry: Entry) -> None:
    call_id = event.item.call_id
    if call_id is not None:
        entry.call_id = call_id
        entry.output = event.item.output if state.keep_text else None
        _tools.on_tool_answered(state, ToolAnswered(event.at, call_id, event.item.output))


_TAKE_IN: dict[Role, Callable[[State, ItemAdded, Entry], None]] = {
    Role.USER: _take_user,
    Role.TOOL_OUTPUT: _take_tool_output,
}
