"""What a response puts out, one function for each kind: words, a tool call, a hosted MCP call."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ._items import Entry
from ._response import Response
from ._scenario import Call, McpCall, Moment, Output, Say
from ._session import to_base64
from ._speech import MS_PER_WORD, speech, words
from ._wire import Event

CHUNK_MS = 100


async def _say(response: Response, place: int, say: Say) -> None:
    item = {
        "id": response.stage.ids.next("item"),
        "type": "message",
        "status": "in_progress",
        "role": "assistant",
        "content": [],
    }
    entry = await response.open_item(place, item)
    where = {
        "response_id": response.id,
        "item_id": item["id"],
        "output_index": place,
        "content_index": 0,
    }
    await (_speak if response.speaks else _write)(response, entry, where, say)
    await response.close_item(place, entry)


async def _speak(response: Response, entry: Entry, where: Event, say: Say) -> None:
    link = response.stage.link
    content = {"type": "output_audio", "transcript": ""}
    entry.item["content"] = [content]
    part = {"type": "audio", "transcript": ""}
    await link.send("response.content_part.added", **where, part=dict(part))
    already = len(response.said)
    await _stream(response, entry, where, say)
    part["transcript"] = response.said[already:]
    await link.send("response.output_audio.done", **where)
    await link.send("response.output_audio_transcript.done", **where, transcript=part["transcript"])
    await link.send("response.content_part.done", **where, part=part)


async def _stream(response: Response, entry: Entry, where: Event, say: Say) -> None:
    """Send audio in deltas at the scenario's speed, each word just before it is heard."""
    form = response.stage.config.output_format
    audio = form.from_pcm(speech(say.text, say.audio))
    waiting = words(say.text)
    ms_per_word = len(audio) / form.bytes_per_ms / max(1, len(waiting))
    spoken = 0
    if await response.pause(response.first_delay):
        return
    began = asyncio.get_running_loop().time()
    response.audio_began = response.audio_began or began
    await response.reach(Moment.FIRST_AUDIO)
    step = CHUNK_MS * form.bytes_per_ms
    for offset in range(0, len(audio), step):
        at_ms = offset / form.bytes_per_ms
        while spoken < len(waiting) and spoken * ms_per_word <= at_ms:
            await _word(response, entry, where, waiting[spoken])
            spoken += 1
        await response.reach(response.audio_ms)
        chunk = audio[offset : offset + step]
        await response.stage.link.send(
            "response.output_audio.delta", **where, delta=to_base64(chunk)
        )
        entry.audio_ms += len(chunk) / form.bytes_per_ms
        response.audio_ms += len(chunk) / form.bytes_per_ms
        if await response.pause(_until(response, began, at_ms + CHUNK_MS)):
            return
    for word in waiting[spoken:]:
        await _word(response, entry, where, word)


async def _word(response: Response, entry: Entry, where: Event, word: str) -> None:
    response.said += word
    content = entry.item["content"][0]
    if "transcript" in content:  # the client may have truncated the item meanwhile
        content["transcript"] += word
    await response.stage.link.send("response.output_audio_transcript.delta", **where, delta=word)


def _until(response: Response, began: float, position_ms: float) -> float:
    if not response.audio_speed:
        return 0
    due = began + position_ms / 1000 / response.audio_speed
    return due - asyncio.get_running_loop().time()


async def _write(response: Response, entry: Entry, where: Event, say: Say) -> None:
    link = response.stage.link
    content = {"type": "output_text", "text": ""}
    entry.item["content"] = [content]
    part = {"type": "text", "text": ""}
    await link.send("response.content_part.added", **where, part=dict(part))
    await response.pause(response.first_delay)
    await response.reach(Moment.FIRST_AUDIO)
    for count, word in enumerate(words(say.text)):
        await response.reach(count * MS_PER_WORD)
        if await response.pause(0):
            break
        content["text"] += word
        response.said += word
        await link.send("response.output_text.delta", **where, delta=word)
    part["text"] = content["text"]
    await link.send("response.output_text.done", **where, text=part["text"])
    await link.send("response.content_part.done", **where, part=part)


async def _call(response: Response, place: int, call: Call) -> None:
    stage = response.stage
    item = {
        "id": stage.ids.next("item"),
        "type": "function_call",
        "status": "in_progress",
        "name": call.name,
        "call_id": stage.ids.next("call"),
        "arguments": "",
    }
    entry = await response.open_item(place, item)
    where = {
        "response_id": response.id,
        "item_id": item["id"],
        "output_index": place,
        "call_id": item["call_id"],
    }
    for piece in words(call.arguments):
        await stage.link.send("response.function_call_arguments.delta", **where, delta=piece)
    item["arguments"] = call.arguments
    response.said += call.arguments
    stage.open_calls.add(item["call_id"])
    await stage.link.send(
        "response.function_call_arguments.done", **where, name=call.name, arguments=call.arguments
    )
    await response.close_item(place, entry)


async def _mcp_call(response: Response, place: int, call: McpCall) -> None:
    link = response.stage.link
    item: Event = {
        "id": response.stage.ids.next("item"),
        "type": "mcp_call",
        "server_label": call.server,
        "name": call.tool,
        "arguments": "",
        "approval_request_id": None,
        "output": None,
        "error": None,
    }
    entry = await response.open_item(place, item)
    where = {"item_id": item["id"], "output_index": place}
    sent = {**where, "response_id": response.id}
    await link.send("response.mcp_call_arguments.delta", **sent, delta=call.arguments)
    await link.send("response.mcp_call_arguments.done", **sent, arguments=call.arguments)
    item["arguments"] = call.arguments
    await link.send("response.mcp_call.in_progress", **where)
    await response.pause(call.duration_ms / 1000)
    if call.error is None:
        item["output"] = call.output
        await link.send("response.mcp_call.completed", **where)
    else:
        item["error"] = {"type": "tool_execution_error", "message": call.error}
        await link.send("response.mcp_call.failed", **where)
    await response.close_item(place, entry)


_PERFORMERS: dict[type[Output], Callable[[Response, int, Any], Awaitable[None]]] = {
    Say: _say,
    Call: _call,
    McpCall: _mcp_call,
}


async def perform_output(response: Response, place: int, output: Output) -> None:
    """Send all events of one output item."""
    await _PERFORMERS[type(output)](response, place, output)
