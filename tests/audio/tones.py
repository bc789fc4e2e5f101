"""Tones to say and to find again in recordings: their pitch, their place, their length."""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RATE = 24_000
LOUD = 500  # a tone's samples are far above, silence is far below


def tone(hz: float, ms: int, rate: int = RATE) -> bytes:
    """A tone, PCM16."""
    time = np.arange(rate * ms // 1000) / rate
    return (np.sin(2 * np.pi * hz * time) * 12_000).astype("<i2").tobytes()


def hush(ms: int, rate: int = RATE) -> bytes:
    """Silence, PCM16."""
    return bytes(2 * (rate * ms // 1000))


def write_tone(path: Path, hz: float, ms: int) -> Path:
    """A WAV file with a tone, as the simulator's agent says it."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tone(hz, ms))
    return path


@dataclass(frozen=True)
class Sound:
    """One channel of a recording."""

    samples: np.ndarray
    rate: int

    @property
    def ms(self) -> float:
        """How long it is."""
        return len(self.samples) * 1000 / self.rate

    def part(self, from_ms: float, to_ms: float) -> "Sound":
        """A stretch of it."""
        first, last = (round(ms * self.rate / 1000) for ms in (from_ms, to_ms))
        return Sound(self.samples[first:last], self.rate)

    @property
    def pitch(self) -> float:
        """The strongest frequency, in Hz."""
        spectrum = np.abs(np.fft.rfft(self.samples * np.hanning(len(self.samples))))
        return float(spectrum.argmax() * self.rate / len(self.samples))

    @property
    def loud(self) -> tuple[float, float]:
        """When its first and its last loud sample are, in ms."""
        places = np.flatnonzero(np.abs(self.samples.astype(int)) > LOUD)
        assert len(places), "nothing can be heard"
        return float(places[0] * 1000 / self.rate), float(places[-1] * 1000 / self.rate)

    @property
    def is_silent(self) -> bool:
        """Whether nothing can be heard."""
        return not len(self.samples) or int(np.abs(self.samples.astype(int)).max()) <= LOUD

    def is_only(self, hz: float) -> bool:
        """Whether nothing but that tone is in its loud part."""
        first, last = self.loud
        part = self.part(first, last)
        spectrum = np.abs(np.fft.rfft(part.samples * np.hanning(len(part.samples)))) ** 2
        frequencies = np.arange(len(spectrum)) * self.rate / len(part.samples)
        return float(spectrum[abs(frequencies - hz) < 40].sum() / spectrum.sum()) > 0.98


def read(path: Path | str) -> list[Sound]:
    """The channels of a WAV file, which must be whole."""
    path = Path(str(path).removeprefix("file://"))
    with wave.open(str(path)) as file:
        assert file.getsampwidth() == 2
        count, channels = file.getnframes(), file.getnchannels()
        frames = file.readframes(count)
        assert path.stat().st_size == 44 + len(frames) == 44 + count * channels * 2
        samples = np.frombuffer(frames, "<i2").reshape(-1, channels)
        return [Sound(column, file.getframerate()) for column in samples.T]
