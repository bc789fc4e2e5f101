"""One response: from response.created to response.done, whatever ends it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ._happenings import DEFAULT_ERROR, perform
from ._items import Entry
from ._scenario import Agent, Happening, Moment, Output
from ._stage import Stage
from ._wire import Event, Item


class Response:
    """Plays one `agent` step. `stop` cuts it off, as a barge-in or response.cancel does.

    Attributes:
        id: the response's id.
        in_conversation: False for `conversation: none`, which leaves no items behind.
        audio_ms: how much audio was sent so far.
        audio_began: the loop's time of the first audio delta; None before it.
    """

    def __init__(
        self, stage: Stage, act: Agent, request: Event, on_end: "Callable[[Response], None]"
    ) -> None:
        """Prepare to play `act`; `request` is what response.create asked for."""
        self.stage = stage
        self.act = act
        self.id = stage.ids.next("resp")
        self.in_conversation = request.get("conversation") != "none"
        self.audio_ms = 0.0
        self.audio_began: float | None = None
        self.said = ""
        self._on_end = on_end
        self._output: list[Item] = []
        self._cut = asyncio.Event()
        self._over = asyncio.Event()
        self._cut_reason: str | None = None
        self._pending: list[Happening] = list(act.during)
        self._object = self._describe(request)

    def _describe(self, request: Event) -> Event:
        session = self.stage.config.data
        voice = {key: session["audio"]["output"][key] for key in ("format", "voice")}
        limit = request.get("max_output_tokens", session["max_output_tokens"])
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "conversation_id": self.stage.ids.only("conv") if self.in_conversation else None,
            "output_modalities": request.get("output_modalities") or session["output_modalities"],
            "max_output_tokens": limit,
            "audio": {"output": voice},
            "usage": None,
            "metadata": request.get("metadata"),
        }

    @property
    def speaks(self) -> bool:
        """Whether its words are spoken rather than written."""
        return "audio" in self._object["output_modalities"]

    @property
    def cut(self) -> bool:
        """Whether it was cut off, by the user or by a lost connection."""
        return self._cut.is_set() or self.stage.link.mute

    async def stop(self, reason: str) -> None:
        """Cut it off (`turn_detected` or `client_cancelled`) and wait until it is done."""
        if self._cut_reason is None:
            self._cut_reason = reason
        self._cut.set()
        await self._over.wait()

    async def pause(self, seconds: float) -> bool:
        """Wait, unless it is cut off meanwhile; return whether it is."""
        if seconds <= 0:
            await asyncio.sleep(0)
        else:
            try:
                async with asyncio.timeout(seconds):
                    await self._cut.wait()
            except TimeoutError:
                pass
        return self.cut

    async def play(self, ready: asyncio.Task[None] | None, perform_output: "PerformOutput") -> None:
        """Send all its events; `ready` is waited for before response.created."""
        try:
            if ready is not None:
                await ready
            await self.pause(self._setting("response_delay_ms") / 1000)
            self.stage.meter.read_input()
            await self.stage.link.send("response.created", response=dict(self._object))
            await self.reach(Moment.CREATED)
            for place, output in enumerate(self.act.output):
                if self.cut:
                    break
                await perform_output(self, place, output)
            await self.reach(Moment.DONE)
            self._on_end(self)
            await self.stage.link.send("response.done", response=self._finished())
        finally:
            self._on_end(self)
            self._over.set()

    def _setting(self, name: str) -> float:
        own = getattr(self.act, name)
        return float(getattr(self.stage.scenario, name) if own is None else own)

    @property
    def first_delay(self) -> float:
        """Seconds to wait before the first delta; none once something was said."""
        return 0 if self.said else self._setting("first_audio_delay_ms") / 1000

    @property
    def audio_speed(self) -> float:
        """How many times faster than real time the audio is sent; 0 for no pauses."""
        return self._setting("audio_speed")

    async def reach(self, point: Moment | float) -> None:
        """Let happen what the scenario has for this moment, or for any before it."""
        due = [happening for happening in self._pending if _is_due(happening.at, point)]
        self._pending = [happening for happening in self._pending if happening not in due]
        for happening in due:
            await perform(self.stage, happening)

    async def open_item(self, place: int, item: Item) -> Entry:
        """Announce an output item and add it to the conversation."""
        shown = dict(item)
        await self.stage.link.send(
            "response.output_item.added", response_id=self.id, output_index=place, item=shown
        )
        if not self.in_conversation:
            return Entry(item)
        previous = self.stage.items.last_id
        entry = self.stage.items.add(item)
        await self.stage.link.send("conversation.item.added", previous_item_id=previous, item=shown)
        entry.previous_id = previous
        return entry

    async def close_item(self, place: int, entry: Entry) -> None:
        """Announce that an output item is complete, or as complete as it will be."""
        if "status" in entry.item:  # hosted MCP calls have none
            whole = not (self.cut or self.act.incomplete)
            entry.item["status"] = "completed" if whole else "incomplete"
        self._output.append(entry.item)
        if self.in_conversation:
            await self.stage.link.send(
                "conversation.item.done", previous_item_id=entry.previous_id, item=entry.item
            )
        await self.stage.link.send(
            "response.output_item.done", response_id=self.id, output_index=place, item=entry.item
        )

    def _finished(self) -> Event:
        status, details = self._outcome()
        usage = self.stage.meter.usage(self.act.usage, self.said, self.audio_ms)
        changed = {"status": status, "status_details": details, "usage": usage}
        return {**self._object, **changed, "output": self._output}

    def _outcome(self) -> tuple[str, dict[str, Any] | None]:
        if self._cut_reason is not None:
            return "cancelled", {"type": "cancelled", "reason": self._cut_reason}
        if self.act.fails is not None:
            return "failed", {"type": "failed", "error": {**DEFAULT_ERROR, **self.act.fails}}
        if self.act.incomplete is not None:
            return "incomplete", {"type": "incomplete", "reason": self.act.incomplete}
        return "completed", None


PerformOutput = Callable[[Response, int, Output], Awaitable[None]]


def _is_due(at: Moment | float, point: Moment | float) -> bool:
    if point is Moment.DONE:
        return True
    if isinstance(at, Moment) or isinstance(point, Moment):
        return at is point
    return at <= point
