"""What the model's voice sounds like: a WAV file, or a tone as long as the text takes to say."""

import re
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np

from otel_realtime.audio.pcm import Samples

from ._codec import PCM_RATE

WORDS_PER_MINUTE = 160
MS_PER_WORD = 60_000 / WORDS_PER_MINUTE


def words(text: str) -> list[str]:
    """Split into words that keep the space before them, so that joining gives the text back."""
    return re.findall(r"\s*\S+", text)


def spoken_ms(text: str) -> int:
    """How long the text takes to say at about 160 words a minute."""
    return round(len(words(text)) * MS_PER_WORD)


@lru_cache(maxsize=64)
def tone(duration_ms: int) -> Samples:
    """Make a buzz with a voice's pitch and a syllable's rise and fall, -18 dBFS or so."""
    time = np.arange(PCM_RATE * duration_ms // 1000) / PCM_RATE
    pitch = 130 + 12 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / PCM_RATE
    voice = sum(np.sin(phase * harmonic) / harmonic for harmonic in range(1, 7))
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)
    return np.asarray(voice * syllables * 4_000, dtype=np.int16)


@lru_cache(maxsize=64)
def read_wav(path: Path) -> Samples:
    """Read a WAV file.

    Raises:
        ValueError: the file is not PCM16 mono at 24 kHz; the message says what it is.
    """
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getsampwidth(), file.getnchannels(), file.getframerate())
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        message = f"{path} cannot be read as a WAV file ({error})"
        raise ValueError(message) from error
    if shape != (2, 1, PCM_RATE):
        message = (
            f"{path} must be 16-bit mono at 24000 Hz, but is "
            f"{shape[0] * 8}-bit with {shape[1]} channel(s) at {shape[2]} Hz"
        )
        raise ValueError(message)
    return np.frombuffer(data, dtype="<i2").astype(np.int16)


def speech(text: str, audio: Path | None) -> Samples:
    """Return the samples of a spoken text: the file's, or a tone's."""
    return read_wav(audio) if audio else tone(spoken_ms(text))
