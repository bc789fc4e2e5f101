"""Audio as it is sent becomes 16-bit samples: PCM16, and G.711 mu-law and A-law.

The G.711 tables follow ITU-T G.711; they are here and in no library because the standard library
lost its own in Python 3.13, and each is ten lines of numpy.
"""

import binascii
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

_MU_BIAS: Final = 0x84


@cache
def mulaw_table() -> Samples:
    """Give the 256 values of G.711 mu-law."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4) & 7, (code & 15).astype(np.int32)
    value = (((mantissa << 3) + _MU_BIAS) << exponent) - _MU_BIAS
    return np.where(code & 0x80, -value, value).astype(np.int16)


@cache
def alaw_table() -> Samples:
    """Give the 256 values of G.711 A-law."""
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = ((code >> 4) & 7).astype(np.int32), (code & 15).astype(np.int32)
    small = (mantissa << 4) + 8
    large = ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0)
    value = np.where(exponent == 0, small, large)
    return np.where(code & 0x80, value, -value).astype(np.int16)


_COMPANDED: Final[Mapping[str, Callable[[], Samples]]] = {
    "audio/pcmu": mulaw_table,
    "audio/pcma": alaw_table,
}


class Decoder:
    """Turns pieces of one stream of audio into PCM16, little-endian.

    A piece may end in the middle of a sample: the next one goes on there.

    Args:
        kind: The media type, `audio/pcm`, `audio/pcmu` or `audio/pcma`.
    """

    def __init__(self, kind: str) -> None:
        table = _COMPANDED.get(kind)
        self._table = table() if table is not None else None
        self._half = b""

    def decode(self, audio: str | bytes) -> bytes:
        """Give the samples of a piece.

        Args:
            audio: As bytes, or as base64 text.

        Raises:
            ValueError: The text is no base64.
        """
        data = binascii.a2b_base64(audio) if isinstance(audio, str) else audio
        if self._table is not None:
            return self._table[np.frombuffer(data, np.uint8)].astype("<i2").tobytes()
        if self._half:
            data, self._half = self._half + data, b""
        if len(data) % 2:
            data, self._half = data[:-1], data[-1:]
        return data

    def silence(self, byte_count: int) -> bytes:
        """Give silent samples in place of a piece of so many bytes."""
        if self._table is not None:  # in G.711 zero bytes would be the loudest sound
            return bytes(2 * byte_count)
        return self.decode(bytes(byte_count))
