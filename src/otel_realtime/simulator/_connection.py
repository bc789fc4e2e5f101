"""One conversation: the user's turns, the model's responses, and what links them."""

import asyncio

from ._happenings import perform
from ._input import InputAudio
from ._output import perform_output
from ._response import Response
from ._scenario import Agent, Idle, Say
from ._script import Script
from ._stage import Stage
from ._transcripts import Transcripts
from ._vad import Heard, SpeechStarted, SpeechStopped
from ._wire import ClientMistake, Event, Item


class Connection:
    """Plays the scenario with one client. What the client asks is in `_requests.py`.

    Attributes:
        typed: whether the user has typed something that no response has answered yet.
    """

    def __init__(self, stage: Stage) -> None:
        """Stand at the start of the scenario."""
        self.stage = stage
        self.input = InputAudio(stage.config)
        self.script = Script(stage.scenario)
        self.typed = False
        self.last_response_id: str | None = None
        self.listed_servers: set[str] = set()
        self._transcripts = Transcripts(stage)
        self._active: Response | None = None
        self._out_of_band: dict[str, Response] = {}
        self._speech_item = ""
        self._speech_start_ms = 0
        self._idle: asyncio.Task[None] | None = None
        self._committed: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Open the session, and do what the scenario has at its very start."""
        await self.stage.link.send("session.created", session=self.stage.config.data)
        await self._happen()

    async def _happen(self) -> None:
        for happening in self.script.take_happenings():
            await perform(self.stage, happening)

    # The user's turns

    async def hear(self, audio: str) -> None:
        """Take in audio of the user, and do what the speech in it asks for."""
        user = self.script.next_user()
        if user is not None and not self.input.speaking:
            self.input.split_after(user.split_after_ms)
        for heard in self.input.append(audio):
            await self._on_heard(heard)

    async def _on_heard(self, heard: Heard) -> None:
        if isinstance(heard, SpeechStarted):
            await self._speech_started(heard)
        else:
            await self._speech_stopped(heard)

    async def _speech_started(self, heard: SpeechStarted) -> None:
        detection = self.stage.config.turn_detection or {}
        padding = detection.get("prefix_padding_ms")
        self._speech_item = self.stage.ids.next("item")
        self._speech_start_ms = max(0, heard.onset_ms - int(300 if padding is None else padding))
        self._stop_waiting()
        await self.stage.link.send(
            "input_audio_buffer.speech_started",
            audio_start_ms=self._speech_start_ms,
            item_id=self._speech_item,
        )
        if self._active is not None and detection.get("interrupt_response"):
            await self._active.stop("turn_detected")

    async def _speech_stopped(self, heard: SpeechStopped) -> None:
        await self.stage.link.send(
            "input_audio_buffer.speech_stopped",
            audio_end_ms=heard.audio_end_ms,
            item_id=self._speech_item,
        )
        self.input.buffered_ms = 0.0
        item_id, self._speech_item = self._speech_item, ""
        await self.commit(item_id, heard.audio_end_ms - self._speech_start_ms)
        detection = self.stage.config.turn_detection or {}
        if detection.get("create_response") and self.script.has_answer():
            await self._respond_unasked()

    async def commit(self, item_id: str, audio_ms: float) -> None:
        """Make a user message of the audio buffer: the user's turn in the scenario."""
        user = self.script.user_speaks()
        self._turn_begins()
        await self._add_speech(item_id or self._speech_item or None, audio_ms)
        self._speech_item = ""
        last = self.stage.items.last_id or ""
        self._committed = self._transcripts.begin(last, user, audio_ms)
        await self._happen()

    async def _add_speech(self, item_id: str | None, audio_ms: float) -> None:
        item_id = item_id or self.stage.ids.next("item")
        await self.stage.link.send(
            "input_audio_buffer.committed",
            previous_item_id=self.stage.items.last_id,
            item_id=item_id,
        )
        item = {
            "id": item_id,
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        await self.add_item(item, audio_ms=audio_ms)

    async def add_item(self, item: Item, *, audio_ms: float = 0, after: str | None = None) -> None:
        """Add an item that is complete, and announce it."""
        previous = after if after is not None else self.stage.items.last_id
        previous = None if previous == "root" else previous
        self.stage.items.add(item, audio_ms, after)
        for event_type in ("conversation.item.added", "conversation.item.done"):
            await self.stage.link.send(event_type, previous_item_id=previous, item=item)

    def _turn_begins(self) -> None:
        self.typed = False
        self.stage.open_calls.clear()
        self._stop_waiting()

    # The model's responses

    async def _respond_unasked(self) -> None:
        try:
            self._ensure_free()
        except ClientMistake as mistake:  # the real server reports this too, to no one's request
            error = {"type": "invalid_request_error", "code": mistake.code, "param": None}
            error |= {"message": mistake.message, "event_id": None}
            await self.stage.link.send("error", error=error)
            return
        self._start(self.script.next_response(), {})

    def _ensure_free(self) -> None:
        if self._active is not None:
            code = "conversation_already_has_active_response"
            message = (
                "Conversation already has an active response in progress: "
                f"{self._active.id}. Wait until the response is finished before creating a new one."
            )
            raise ClientMistake(code, message)

    async def respond(self, request: Event) -> None:
        """Answer response.create with the step that fits what has happened.

        Raises:
            ClientMistake: a response is under way already.
        """
        if request.get("conversation") == "none":
            self._start(self.script.next_out_of_band(), request)
            return
        self._ensure_free()
        if self.typed:
            self.script.user_speaks()
            self._turn_begins()
            await self._happen()
        self._start(self._next_act(), request)

    def _next_act(self) -> Agent:
        if not self.stage.open_calls:
            return self.script.next_response()
        waiting = self.script.while_waiting
        return Agent((Say(waiting),) if waiting else ())

    def _start(self, act: Agent, request: Event) -> None:
        self._stop_waiting()
        response = Response(self.stage, act, request, self._ended)
        if response.in_conversation:
            self._active = response
        else:
            self._out_of_band[response.id] = response
        ready, self._committed = self._committed, None
        self.stage.start(self._play(response, ready))

    async def _play(self, response: Response, ready: asyncio.Task[None] | None) -> None:
        await response.play(ready, perform_output)
        await self._tell_limits()
        if response.in_conversation:
            self._transcripts.release_late()
            await self._happen()
            self._wait_for_user(response)

    def _ended(self, response: Response) -> None:
        if self._active is response:
            self._active = None
        self._out_of_band.pop(response.id, None)
        self.last_response_id = response.id

    async def _tell_limits(self) -> None:
        limits = self.stage.scenario.rate_limits
        if limits is None:
            return
        left = max(0, limits.tokens - self.stage.meter.spent)
        counted = {"name": "tokens", "limit": limits.tokens, "remaining": left}
        shown = list(limits.fixed) or [{**counted, "reset_seconds": 60.0}]
        await self.stage.link.send("rate_limits.updated", rate_limits=shown)

    async def cancel(self, response_id: str | None) -> None:
        """Cut off a response at the client's wish.

        Raises:
            ClientMistake: there is none, or not of this id.
        """
        found = self._active
        if response_id is not None and (found is None or found.id != response_id):
            found = self._out_of_band.get(response_id)
        if found is None:
            code, message = "response_cancel_not_active", "Cancellation failed: no active response"
            raise ClientMistake(code, f"{message} found")
        await found.stop("client_cancelled")

    # Silence

    def _stop_waiting(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _wait_for_user(self, response: Response) -> None:
        timeout_ms = self._idle_timeout_ms(self.script.next_idle())
        if timeout_ms is None or self._active is not None or self.input.speaking:
            return
        playing = 0.0
        if response.audio_began is not None:
            ends = response.audio_began + response.audio_ms / 1000
            playing = max(0.0, ends - asyncio.get_running_loop().time())
        self._idle = self.stage.start(self._time_out(playing, timeout_ms))

    def _idle_timeout_ms(self, step: Idle | None) -> int | None:
        own = step.after_ms if step is not None else None
        detection = self.stage.config.turn_detection or {}
        found: int | None = own if own is not None else detection.get("idle_timeout_ms")
        return found

    async def _time_out(self, playing: float, timeout_ms: int) -> None:
        await asyncio.sleep(playing)
        start_ms = round(self.input.position_ms)
        await asyncio.sleep(timeout_ms / 1000)
        self._idle = None  # from here on it is not to be cancelled
        item_id = self.stage.ids.next("item")
        end_ms = round(self.input.position_ms)
        await self.stage.link.send(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=start_ms,
            audio_end_ms=end_ms,
            item_id=item_id,
        )
        self.input.buffered_ms = 0.0
        self.script.user_stays_silent()
        self._turn_begins()
        await self._add_speech(item_id, end_ms - start_ms)
        await self._happen()
        await self._respond_unasked()
