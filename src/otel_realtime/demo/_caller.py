"""The caller: speaks in real time into a microphone that is always open, and listens."""

import asyncio
import time
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.realtime import RealtimeSession

from otel_realtime.demo._loudspeaker import Loudspeaker

_STEP_MS: Final = 40
_STEP_BYTES: Final = _STEP_MS * 48  # PCM16, mono, 24 kHz
_SPEECH: Final = Path(__file__).parent / "speech"
_PAUSE: Final = 0.3  # seconds between hearing an answer and speaking


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing the caller says; `barge_in_ms` into the answer before it, or when that is over."""

    speech: str
    barge_in_ms: float | None = None


SCRIPT: Final = (
    Turn("caller_1"),
    Turn("caller_2"),
    Turn("caller_3"),
    Turn("caller_4"),
    Turn("caller_5", barge_in_ms=2500),
    Turn("caller_6"),
    Turn("caller_7"),
)


class Microphone:
    """Sends audio without a pause: speech when there is some to say, silence otherwise."""

    def __init__(self, session: RealtimeSession) -> None:
        """Begin with silence."""
        self._session = session
        self._speech = b""
        self._said = asyncio.Event()

    async def stream(self) -> None:
        """Send a piece of audio every 40 ms, for as long as the call lasts."""
        silence = bytes(_STEP_BYTES)
        due = time.monotonic()
        while True:
            piece, self._speech = self._speech[:_STEP_BYTES], self._speech[_STEP_BYTES:]
            await self._session.send_audio(piece.ljust(_STEP_BYTES, b"\0") if piece else silence)
            if not self._speech:
                self._said.set()
            due += _STEP_MS / 1000
            await asyncio.sleep(max(due - time.monotonic(), 0))

    async def say(self, name: str) -> None:
        """Say a recorded sentence, to its end."""
        with wave.open(str(_SPEECH / f"{name}.wav")) as recording:
            self._speech = recording.readframes(recording.getnframes())
        self._said.clear()
        await self._said.wait()


async def hold_the_call(
    microphone: Microphone, loudspeaker: Loudspeaker, spoken: Callable[[str], Awaitable[None]]
) -> None:
    """Go through the script: speak, hear the answer, or cut it short."""
    for number, turn in enumerate(SCRIPT):
        if turn.barge_in_ms is not None:
            await loudspeaker.heard(turn.barge_in_ms)
        else:
            await loudspeaker.answers(number)
            await asyncio.sleep(_PAUSE)
        await spoken(turn.speech)
        await microphone.say(turn.speech)
    await loudspeaker.answers(len(SCRIPT))
    await asyncio.sleep(_PAUSE)
