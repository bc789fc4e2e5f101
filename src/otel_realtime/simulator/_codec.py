"""Audio formats on the wire: PCM16 at 24 kHz, and G.711 mu-law and A-law at 8 kHz."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from otel_realtime.audio.pcm import Samples, alaw_table, mulaw_table

PCM_RATE = 24_000
_G711_RATE = 8_000


def _pcm_decode(data: bytes) -> Samples:
    return np.frombuffer(data, dtype="<i2").astype(np.int16)


def _pcm_encode(samples: Samples) -> bytes:
    return samples.astype("<i2").tobytes()


@cache
def _inverse(table: Callable[[], Samples]) -> NDArray[np.uint8]:
    """Return the nearest code for each of the 65,536 values of 16 bits."""
    values = table().astype(np.int32)
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    limits = (ranked[1:] + ranked[:-1]) / 2
    every = np.arange(-32_768, 32_768)
    return order[np.searchsorted(limits, every)].astype(np.uint8)


def _companded(table: Callable[[], Samples]) -> "tuple[_Decoder, _Encoder]":
    def decode(data: bytes) -> Samples:
        return table()[np.frombuffer(data, dtype=np.uint8)]

    def encode(samples: Samples) -> bytes:
        return _inverse(table)[samples.astype(np.int32) + 32_768].tobytes()

    return decode, encode


_Decoder = Callable[[bytes], Samples]
_Encoder = Callable[[Samples], bytes]


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One format: its GA name, its rate in Hz, the bytes of one sample, and how to convert."""

    name: str
    rate: int
    width: int
    decode: _Decoder
    encode: _Encoder

    @property
    def bytes_per_ms(self) -> int:
        """How many bytes one millisecond takes."""
        return self.rate * self.width // 1000

    def from_pcm(self, samples: Samples) -> bytes:
        """Encode 24 kHz samples in this format."""
        step = PCM_RATE // self.rate
        if step > 1:
            whole = samples[: len(samples) // step * step].reshape(-1, step)
            samples = whole.mean(axis=1).astype(np.int16)  # a box filter against aliasing
        return self.encode(samples)


PCM = AudioFormat("audio/pcm", PCM_RATE, 2, _pcm_decode, _pcm_encode)
FORMATS = {
    "audio/pcm": PCM,
    "audio/pcmu": AudioFormat("audio/pcmu", _G711_RATE, 1, *_companded(mulaw_table)),
    "audio/pcma": AudioFormat("audio/pcma", _G711_RATE, 1, *_companded(alaw_table)),
}
