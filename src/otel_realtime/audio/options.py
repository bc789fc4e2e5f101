"""How an archive is set."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from otel_realtime.audio.clips import AudioClip

Redact = Callable[[AudioClip], Iterable[tuple[float, float]] | None]
"""Gives the stretches of a recording that may not be kept, in milliseconds from its beginning."""


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """The settings of an archive; each is that of `Settings` with `audio_` before its name."""

    public_url: str | None = None
    format: str = "wav"
    redact: Redact | None = None
    spool: Path | None = None
    spool_limit: int = 4096
    """In megabytes."""
    uploads: int = 4
    flush_timeout: float = 10.0
