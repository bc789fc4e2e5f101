"""What clients ask: one function for each client event, in a table."""

from collections.abc import Awaitable, Callable
from typing import Any

from ._connection import Connection
from ._wire import ClientMistake, Event, Item, check, optional, require


async def _session_update(connection: Connection, event: Event) -> None:
    change = require(event, "session", dict)
    stage = connection.stage
    stage.config.update(change)
    connection.input.configure()
    await stage.link.send("session.updated", session=stage.config.data)
    tools = stage.config.data["tools"] or []
    labels = [str(tool.get("server_label")) for tool in tools if tool.get("type") == "mcp"]
    for label in labels:
        if label not in connection.listed_servers:
            connection.listed_servers.add(label)
            await _list_tools(connection, label)


async def _list_tools(connection: Connection, label: str) -> None:
    stage = connection.stage
    item: Item = {"id": stage.ids.next("item"), "type": "mcp_list_tools"}
    item |= {"server_label": label, "tools": []}
    names = stage.scenario.mcp_servers.get(label, ())
    await stage.link.send("mcp_list_tools.in_progress", item_id=item["id"])
    if names is None:
        await stage.link.send("mcp_list_tools.failed", item_id=item["id"])
        return
    item["tools"] = [{"name": name, "input_schema": {"type": "object"}} for name in names]
    await connection.add_item(item)
    await stage.link.send("mcp_list_tools.completed", item_id=item["id"])


async def _append(connection: Connection, event: Event) -> None:
    await connection.hear(require(event, "audio", str))


async def _commit(connection: Connection, event: Event) -> None:
    del event
    held_ms = connection.input.commit()
    await connection.commit("", held_ms)


async def _clear(connection: Connection, event: Event) -> None:
    del event
    connection.input.clear()
    await connection.stage.link.send("input_audio_buffer.cleared")


async def _item_create(connection: Connection, event: Event) -> None:
    item = dict(require(event, "item", dict))
    kind = require(item, "type", str)
    after = optional(event, "previous_item_id", str)
    item["id"] = optional(item, "id", str) or connection.stage.ids.next("item")
    check_item = _ITEMS.get(kind)
    if check_item is not None:
        check_item(connection, item)
    await connection.add_item(item, after=after)
    if kind == "function_call_output":
        connection.stage.open_calls.discard(item["call_id"])
    connection.typed = connection.typed or item.get("role") == "user"


def _check_message(connection: Connection, item: Item) -> None:
    del connection
    require(item, "role", str)
    for part in require(item, "content", list):
        check(part, "item.content", dict)
    item.setdefault("status", "completed")


def _check_output(connection: Connection, item: Item) -> None:
    call_id = require(item, "call_id", str)
    require(item, "output", str)
    if not connection.stage.items.knows_call(call_id):
        code, message = "invalid_tool_call_id", f"Tool call ID '{call_id}' not found."
        raise ClientMistake(code, message, "item.call_id")


_ITEMS = {"message": _check_message, "function_call_output": _check_output}


async def _item_delete(connection: Connection, event: Event) -> None:
    item_id = require(event, "item_id", str)
    connection.stage.items.delete(item_id)
    await connection.stage.link.send("conversation.item.deleted", item_id=item_id)


async def _item_retrieve(connection: Connection, event: Event) -> None:
    item_id = require(event, "item_id", str)
    entry = connection.stage.items.get(item_id, "item_retrieve_invalid_item_id")
    await connection.stage.link.send("conversation.item.retrieved", item=entry.item)


async def _item_truncate(connection: Connection, event: Event) -> None:
    item_id = require(event, "item_id", str)
    content_index = require(event, "content_index", int)
    end_ms = require(event, "audio_end_ms", int)
    entry = connection.stage.items.get(item_id, "item_truncate_invalid_item_id")
    if end_ms > round(entry.audio_ms):
        code = "invalid_value"
        message = f"Audio content of {entry.audio_ms:.0f}ms is already shorter than {end_ms}ms"
        raise ClientMistake(code, message, "audio_end_ms")
    entry.audio_ms = end_ms
    if (
        entry.item.get("role") == "assistant"
    ):  # the server does not know how much of the text was heard
        entry.item["content"][0].pop("transcript", None)
    await connection.stage.link.send(
        "conversation.item.truncated",
        item_id=item_id,
        content_index=content_index,
        audio_end_ms=end_ms,
    )


async def _response_create(connection: Connection, event: Event) -> None:
    request = optional(event, "response", dict) or {}
    optional(request, "output_modalities", list)
    await connection.respond(request)


async def _response_cancel(connection: Connection, event: Event) -> None:
    await connection.cancel(optional(event, "response_id", str))


async def _output_clear(connection: Connection, event: Event) -> None:
    del event
    await connection.stage.link.send(
        "output_audio_buffer.cleared", response_id=connection.last_response_id or ""
    )


_REQUESTS: dict[str, Callable[[Connection, Event], Awaitable[None]]] = {
    "session.update": _session_update,
    "input_audio_buffer.append": _append,
    "input_audio_buffer.commit": _commit,
    "input_audio_buffer.clear": _clear,
    "conversation.item.create": _item_create,
    "conversation.item.delete": _item_delete,
    "conversation.item.retrieve": _item_retrieve,
    "conversation.item.truncate": _item_truncate,
    "response.create": _response_create,
    "response.cancel": _response_cancel,
    "output_audio_buffer.clear": _output_clear,
}


async def answer(connection: Connection, event: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """Do what a client event asks.

    Raises:
        ClientMistake: it is no event, or the real server would answer it with an error.
    """
    if not isinstance(event, dict):
        code, message = "invalid_event", "Invalid event: expected a JSON object."
        raise ClientMistake(code, message)
    kind = require(event, "type", str)
    request = _REQUESTS.get(kind)
    if request is None:
        known = ", ".join(f"'{name}'" for name in _REQUESTS)
        code, message = "invalid_value", f"Invalid value: '{kind}'. Supported values are: {known}."
        raise ClientMistake(code, message, "type")
    await request(connection, event)
