"""Voice activity by energy: 20 ms frames, a threshold, and a hangover of silence."""

import math
from dataclasses import dataclass

import numpy as np

from otel_realtime.audio.pcm import Samples

FRAME_MS = 20
ONSET_FRAMES = 2  # a click shorter than this is not speech


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech began at `onset_ms` of the input audio."""

    onset_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Speech ended at `speech_end_ms`; `audio_end_ms` adds the silence that was waited for."""

    speech_end_ms: int
    audio_end_ms: int


Heard = SpeechStarted | SpeechStopped


def level(threshold: float) -> float:
    """Turn the API's threshold (0 to 1) into an RMS of 16-bit samples: 0.5 is -40 dBFS."""
    return float(32_768 * 10 ** ((-60 + 40 * threshold) / 20))


class Vad:
    """Hears speech start and stop in samples that are pushed to it."""

    def __init__(
        self, rate: int, *, threshold: float, silence_ms: int, start_ms: float = 0
    ) -> None:
        """Listen to audio of `rate` Hz that begins at `start_ms` of the session's input."""
        self.rate = rate
        self.rest: Samples = np.zeros(0, dtype=np.int16)
        self.limit_ms: int | None = None  # ends an utterance after so much speech, if set
        self.tune(threshold=threshold, silence_ms=silence_ms)
        self._now_ms = start_ms
        self._voiced = 0
        self._onset_ms: float | None = None
        self._last_voiced_ms = start_ms

    def tune(self, *, threshold: float, silence_ms: int) -> None:
        """Set the threshold (0 to 1) and the silence (ms) that ends speech."""
        self._level = level(threshold)
        self._silence_ms = silence_ms

    @property
    def speaking(self) -> bool:
        """Whether speech has started and not yet stopped."""
        return self._onset_ms is not None

    def reset(self) -> None:
        """Forget the utterance under way (the client committed or cleared the buffer)."""
        self._onset_ms = None
        self._voiced = 0

    def push(self, samples: Samples) -> list[Heard]:
        """Take in samples; return what was heard in them, in order."""
        size = self.rate * FRAME_MS // 1000
        audio = np.concatenate((self.rest, samples)) if len(self.rest) else samples
        count = len(audio) // size
        self.rest = audio[count * size :].copy()
        frames = audio[: count * size].reshape(count, size).astype(np.float64)
        loud = np.sqrt(np.mean(frames**2, axis=1)) >= self._level
        return [heard for is_loud in loud for heard in self._frame(is_loud=bool(is_loud))]

    def _frame(self, *, is_loud: bool) -> list[Heard]:
        self._now_ms += FRAME_MS
        self._voiced = self._voiced + 1 if is_loud else 0
        if is_loud:
            self._last_voiced_ms = self._now_ms
        if self._onset_ms is None:
            return self._maybe_start()
        return self._maybe_stop(self._onset_ms)

    def _maybe_start(self) -> list[Heard]:
        if self._voiced < ONSET_FRAMES:
            return []
        self._onset_ms = self._now_ms - ONSET_FRAMES * FRAME_MS
        return [SpeechStarted(round(self._onset_ms))]

    def _maybe_stop(self, onset_ms: float) -> list[Heard]:
        if self.limit_ms is not None and self._now_ms - onset_ms >= self.limit_ms:
            self.limit_ms = None
            self.reset()
            end = round(self._now_ms)
            return [SpeechStopped(end, end)]
        silence = math.ceil(self._silence_ms / FRAME_MS) * FRAME_MS
        if self._now_ms - self._last_voiced_ms < silence:
            return []
        self.reset()
        end = round(self._last_voiced_ms)
        return [SpeechStopped(end, end + self._silence_ms)]
