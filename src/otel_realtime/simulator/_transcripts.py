"""Transcripts of the user's speech: on time, first, late, failed, or never."""

import asyncio
import math

from ._items import AUDIO_MS_PER_INPUT_TOKEN, text_tokens
from ._scenario import Transcript, User
from ._speech import words
from ._stage import Stage
from ._wire import Event

_PREFIX = "conversation.item.input_audio_transcription"


class Transcripts:
    """Sends the transcript of each utterance when its scenario says so."""

    def __init__(self, stage: Stage) -> None:
        """Send over the stage's link."""
        self._stage = stage
        self._late: list[tuple[str, User, float]] = []

    def begin(self, item_id: str, user: User, audio_ms: float) -> asyncio.Task[None] | None:
        """Take on an utterance. A task is returned if the response has to wait for it."""
        if self._stage.config.transcription is None or user.transcript is Transcript.NEVER:
            return None
        if user.transcript is Transcript.LATE:
            self._late.append((item_id, user, audio_ms))
            return None
        task = self._stage.start(self._transcribe(item_id, user, audio_ms))
        return task if user.transcript is Transcript.FIRST else None

    def release_late(self) -> None:
        """Start the late ones: a response is done."""
        late, self._late = self._late, []
        for item_id, user, audio_ms in late:
            self._stage.start(self._transcribe(item_id, user, audio_ms))

    async def _transcribe(self, item_id: str, user: User, audio_ms: float) -> None:
        given = user.transcript_delay_ms
        delay = self._stage.scenario.transcript_delay_ms if given is None else given
        await asyncio.sleep(delay / 1000)
        if user.transcript is Transcript.FAILED:
            await self._fail(item_id)
            return
        where = {"item_id": item_id, "content_index": 0}
        for word in words(user.says):
            await self._stage.link.send(f"{_PREFIX}.delta", **where, delta=word)
        entry = self._stage.items.find(item_id)
        if entry is not None:
            entry.item["content"][0]["transcript"] = user.says
        usage = self._usage(user.says, audio_ms)
        await self._stage.link.send(
            f"{_PREFIX}.completed", **where, transcript=user.says, usage=usage
        )

    async def _fail(self, item_id: str) -> None:
        error = {
            "type": "server_error",
            "code": "audio_unintelligible",
            "message": f"Input transcription failed for item '{item_id}'.",
            "param": None,
        }
        await self._stage.link.send(
            f"{_PREFIX}.failed", item_id=item_id, content_index=0, error=error
        )

    def _usage(self, text: str, audio_ms: float) -> Event:
        model = (self._stage.config.transcription or {}).get("model") or ""
        if "whisper" in model:  # billed by duration, in whole seconds
            return {"type": "duration", "seconds": math.ceil(audio_ms / 1000)}
        audio, made = round(audio_ms / AUDIO_MS_PER_INPUT_TOKEN), text_tokens(text)
        return {
            "type": "tokens",
            "total_tokens": audio + made,
            "input_tokens": audio,
            "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
            "output_tokens": made,
        }
