"""Where recordings go while it is measured, and whether they came there."""

import asyncio
import shutil
import wave
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.turns import audio_heard, audio_said
from otel_realtime.audio.archive import Archive
from otel_realtime.audio.archives import archive_of
from otel_realtime.settings import Settings

_LONG_S = 120.0
_BYTES_PER_SECOND = 48_000
_SIDES = {"input": 1, "output": 1, "generated": 1, "session": 2}


class Recording(NamedTuple):
    """A recording in the store.

    Attributes:
        call: The folder of its call.
        samples: All of it.
        seconds: How long it is.
    """

    call: str
    samples: bytes
    seconds: float


class Recordings:
    """A store and a spool in a temporary folder."""

    def __init__(self) -> None:
        """Make them; nothing is recorded yet."""
        self._folder = TemporaryDirectory(prefix="otel-realtime-bench-")
        self.store = Path(self._folder.name) / "store"
        self.settings: dict[str, Any] = {
            "capture_content": True,
            "audio_store": self.store.as_uri(),
            "audio_spool": Path(self._folder.name) / "spool",
        }
        """What our listener and our instrumentor take: everything is captured."""

    @property
    def archive(self) -> Archive:
        """The archive that they share."""
        archive = archive_of(Settings.read(self.settings))
        assert archive is not None
        return archive

    async def settle(self) -> None:
        """Wait until all that was left to other threads is done and in the store."""
        is_done = await asyncio.to_thread(self.archive.flush, _LONG_S)
        assert is_done, "recordings are not in the store"

    def check(self, turns: int) -> None:
        """See that one call was recorded in so many turns, each as it was; and remove all of it."""
        spoken = self.take("input"), self.take("output")
        for found, samples in zip(spoken, (audio_heard(), audio_said()), strict=True):
            assert [each.samples == samples for each in found] == [True] * turns, "not as it was"
        (whole,) = self.take("session")
        least = turns * len(audio_said()) / _BYTES_PER_SECOND
        assert whole.seconds > least, "the call's recording is too short"

    def take(self, kind: str) -> list[Recording]:
        """Give the recordings of a kind, in the order of their names, and remove them."""
        return [_take(path, _SIDES[kind]) for path in sorted(self.store.rglob(f"*_{kind}.wav"))]

    def clear(self) -> None:
        """Remove all that is in the store."""
        for each in self.store.iterdir():
            shutil.rmtree(each)

    def close(self) -> None:
        """Stop, and remove everything."""
        self.archive.close()
        self._folder.cleanup()


def _take(path: Path, sides: int) -> Recording:
    with wave.open(str(path)) as file:
        assert file.getnchannels() == sides
        count = file.getnframes()
        recording = Recording(path.parent.name, file.readframes(count), count / file.getframerate())
    path.unlink()
    return recording
