"""What can happen outside the plan: faults, and events that no request asks for."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from ._scenario import Happening
from ._stage import Stage
from ._wire import ClientMistake, error_object

_MALFORMED = {
    "not_json": "{this is not JSON",
    "not_object": '["an", "array"]',
    "unknown_type": '{"type": "simulator.unheard_of", "event_id": "event_unheard_of"}',
    "missing_fields": '{"type": "response.done"}',
}
CLOSE_CODES = (1000, 1001, 1011)
DISCONNECTS = (*CLOSE_CODES, "abort", "silent")
MALFORMED = tuple(_MALFORMED)
DEFAULT_ERROR = {
    "type": "server_error",
    "code": "server_error",
    "message": "The server had an error while it worked on your request.",
}


async def _disconnect(stage: Stage, how: int | str) -> None:
    if how == "abort":
        await stage.link.abort()
    elif how == "silent":
        await stage.link.fall_silent()
    else:
        await stage.link.close(int(how))


async def _error(stage: Stage, given: dict[str, str]) -> None:
    fields = {**DEFAULT_ERROR, **given}
    mistake = ClientMistake(fields["code"], fields["message"])
    await stage.link.send("error", error=error_object(mistake, None, fields["type"]))


async def _malformed(stage: Stage, kind: str) -> None:
    await stage.link.send_text(_MALFORMED[kind])


async def _duplicate(stage: Stage, event_type: str) -> None:
    await stage.link.send_again(None if event_type == "last" else event_type)


async def _dtmf(stage: Stage, key: str) -> None:
    await stage.link.send(
        "input_audio_buffer.dtmf_event_received", event=key, received_at=int(time.time())
    )


async def _rate_limits(stage: Stage, limits: list[dict[str, Any]]) -> None:
    await stage.link.send("rate_limits.updated", rate_limits=limits)


async def _send(stage: Stage, event: dict[str, Any]) -> None:
    await stage.link.send_event({"event_id": stage.ids.next("event"), **event})


KINDS: dict[str, Callable[[Stage, Any], Awaitable[None]]] = {
    "disconnect": _disconnect,
    "error": _error,
    "malformed": _malformed,
    "duplicate": _duplicate,
    "dtmf": _dtmf,
    "rate_limits": _rate_limits,
    "send": _send,
}


async def perform(stage: Stage, happening: Happening) -> None:
    """Let it happen."""
    await KINDS[happening.kind](stage, happening.value)
