"""Samples become files that can be played: WAV, and by an extra FLAC and Opus."""

import wave
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from otel_realtime.audio.pcm import Samples
from otel_realtime.extras import needed


class Write(Protocol):
    """Writes blocks of samples, one or two columns of them, to a file."""

    def __call__(self, path: Path, blocks: Iterable[Samples], rate: int, channels: int) -> None:
        """Write all of them; `rate` in samples a second."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of files.

    Attributes:
        extension: What names of its files end in.
        mime_type: Its media type.
        write: Makes such a file.
    """

    extension: str
    mime_type: str
    write: Write


def _write_wav(path: Path, blocks: Iterable[Samples], rate: int, channels: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        for block in blocks:
            file.writeframesraw(block.astype("<i2", copy=False).tobytes())


def _by_soundfile(container: str, subtype: str) -> Write:
    def write(path: Path, blocks: Iterable[Samples], rate: int, channels: int) -> None:
        with needed("soundfile", extra="formats"):
            from soundfile import SoundFile
        options = {"format": container, "subtype": subtype}
        with SoundFile(path, "w", samplerate=rate, channels=channels, **options) as file:
            for block in blocks:
                file.write(block)

    return write


FORMATS: Final[Mapping[str, FileFormat]] = {
    "wav": FileFormat("wav", "audio/wav", _write_wav),
    "flac": FileFormat("flac", "audio/flac", _by_soundfile("FLAC", "PCM_16")),
    "opus": FileFormat("opus", "audio/ogg", _by_soundfile("OGG", "OPUS")),
}
"""By the name that the setting `audio_format` has for it."""
