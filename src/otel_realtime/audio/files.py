"""Audio of a media type becomes a file that can be played: raw samples get a WAV header."""

import io
import re
import wave
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from otel_realtime.audio.encoding import FORMATS
from otel_realtime.audio.pcm import Decoder

_PARAMETER: Final = re.compile(r";\s*([a-z]+)\s*=\s*\"?([\w.-]+)", re.IGNORECASE)
_G711_RATE: Final = 8000
_MOST_RATE: Final = 768_000  # Hz
_MOST_CHANNELS: Final = 64
_MS_PER_S: Final = 1000
_WAV: Final = FORMATS["wav"]
_RAW: Final[Mapping[str, str]] = {
    "audio/pcm": "audio/pcm",
    "audio/l16": "audio/pcm",
    "audio/pcmu": "audio/pcmu",
    "audio/basic": "audio/pcmu",  # RFC 2046, 4.3
    "audio/pcma": "audio/pcma",
}
"""Media types of samples without a container, and what `Decoder` calls them."""
_EXTENSIONS: Final[Mapping[str, str]] = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/webm": "webm",
    "audio/pcm": "pcm",
    "audio/l16": "pcm",
}
_BEGINNINGS: Final[Mapping[bytes, str]] = {
    b"RIFF": "audio/wav",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
}
"""What a file begins with, where nothing else says what it is."""


class AudioFile(NamedTuple):
    """What is uploaded: its bytes, its media type, what its name ends in."""

    data: bytes
    mime_type: str
    extension: str


def as_file(data: bytes, mime_type: str) -> AudioFile:
    """Give the file; what is raw and does not tell its rate stays raw.

    16-bit samples are little-endian, as the APIs of voice models have them, but for `audio/L16`:
    there they are big-endian (RFC 2586), unless it says `codec=pcm`, as Gemini does.
    """
    kind = mime_type.partition(";")[0].strip().lower()
    told = {name.lower(): value for name, value in _PARAMETER.findall(mime_type)}
    if kind in _RAW:
        rate = _number(told.get("rate"), _MOST_RATE)
        if not rate and _RAW[kind] != "audio/pcm":
            rate = _G711_RATE
        channels = _number(told.get("channels", "1"), _MOST_CHANNELS)
        if rate and channels:
            if kind == "audio/l16" and told.get("codec") != "pcm":
                data = _swapped(data)
            return _as_wav(Decoder(_RAW[kind]).decode(data), rate, channels)
    elif kind not in _EXTENSIONS:
        mime_type = next((_BEGINNINGS[it] for it in _BEGINNINGS if data.startswith(it)), mime_type)
        kind = mime_type
    return AudioFile(data, mime_type, _EXTENSIONS.get(kind, "bin"))


def duration_ms(file: AudioFile) -> float | None:
    """How long it is; None if it is no WAV with plain samples."""
    try:
        with wave.open(io.BytesIO(file.data)) as opened:
            return float(opened.getnframes() * _MS_PER_S / opened.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return None


def silenced(file: AudioFile, ranges: Iterable[tuple[float, float]]) -> AudioFile:
    """The same file with these stretches silent, in milliseconds from its beginning.

    Raises:
        wave.Error: It is no WAV with plain samples.
        EOFError: The same.
    """
    with wave.open(io.BytesIO(file.data)) as opened:
        samples = bytearray(opened.readframes(opened.getnframes()))
        width, rate, channels = opened.getsampwidth(), opened.getframerate(), opened.getnchannels()
    quiet = b"\x80" if width == 1 else b"\0"  # 8-bit samples have no sign
    frame = width * channels
    count = len(samples) // frame
    for start_ms, stop_ms in ranges:
        start, stop = (
            round(min(max(ms * rate / _MS_PER_S, 0.0), count)) for ms in (start_ms, stop_ms)
        )
        if start < stop:
            samples[start * frame : stop * frame] = quiet * ((stop - start) * frame)
    return file._replace(data=_wav(bytes(samples), rate, channels, width))


def _as_wav(samples: bytes, rate: int, channels: int) -> AudioFile:
    whole = len(samples) - len(samples) % (2 * channels)
    return AudioFile(_wav(samples[:whole], rate, channels, 2), _WAV.mime_type, _WAV.extension)


def _wav(samples: bytes, rate: int, channels: int, width: int) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return target.getvalue()


def _swapped(data: bytes) -> bytes:
    whole = data[: len(data) - len(data) % 2]
    return np.frombuffer(whole, ">i2").astype("<i2").tobytes()


def _number(text: str | None, most: int) -> int:
    """A whole number from 1 to `most`; 0 if it is none."""
    number = int(text) if text is not None and text.isascii() and text.isdigit() else 0
    return number if number <= most else 0
