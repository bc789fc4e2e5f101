"""The caller's loudspeaker: plays the agent's audio in real time, without making a sound."""

import asyncio
import time
from collections import deque

from agents.realtime import RealtimeAudio, RealtimePlaybackTracker

_BYTES_PER_MS = 48  # PCM16, mono, 24 kHz
_STEP = 0.02  # seconds


class Loudspeaker:
    """Counts down the agent's audio as a loudspeaker would play it, and reports what was played."""

    def __init__(self, tracker: RealtimePlaybackTracker) -> None:
        """Begin in silence."""
        self._tracker = tracker
        self._queue: deque[tuple[str, int, float]] = deque()
        self._moved = asyncio.Condition()
        self._playing_ms = 0.0
        self._answers = 0
        self._more_to_come = False

    def take(self, audio: RealtimeAudio) -> None:
        """Queue a piece of audio."""
        self._more_to_come = True
        self._queue.append(
            (audio.item_id, audio.content_index, len(audio.audio.data) / _BYTES_PER_MS)
        )

    def finish(self) -> None:
        """The answer is complete: when all of it has been played, it is over."""
        self._more_to_come = False

    def stop(self) -> bool:
        """Throw away what has not been played; tell whether there was any."""
        was_playing = bool(self._queue)
        self._queue.clear()
        self._more_to_come = False
        return was_playing

    async def play(self) -> None:
        """Play whatever comes, for as long as the call lasts."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(_STEP)
            now = time.monotonic()
            await self._advance((now - last) * 1000)
            last = now

    async def heard(self, ms: float) -> None:
        """Wait until the present answer has been playing for `ms` milliseconds."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._playing_ms >= ms)

    async def answers(self, count: int) -> None:
        """Wait until `count` answers in all have been played to their end or cut off."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._answers >= count)

    async def _advance(self, ms: float) -> None:
        while self._queue and ms > 0:
            item_id, index, left = self._queue.popleft()
            played = min(left, ms)
            if left > played:
                self._queue.appendleft((item_id, index, left - played))
            self._tracker.on_play_ms(item_id, index, played)
            self._playing_ms += played
            ms -= played
        if self._playing_ms > 0 and not self._queue and not self._more_to_come:
            self._answers, self._playing_ms = self._answers + 1, 0.0
        async with self._moved:
            self._moved.notify_all()
