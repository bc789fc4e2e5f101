"""A track: one stream of samples on disk, read and silenced by position, that costs no silence.

The file is sparse. What cannot be heard is left out of it and reads as zeros, so a microphone that
is open for an hour takes no more than what is said into it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from otel_realtime.audio.pcm import Samples

WIDTH: Final = 2
"""Bytes of a sample."""
_QUIET: Final = 8
"""No sample of what is left out is larger: -72 dB below the loudest, under the noise of a room."""
_FRAMES_PER_SECOND: Final = 10
_BLOCK: Final = 1 << 16
_DISK_BLOCK: Final = 512
"""What `st_blocks` counts, whatever the blocks of the disk are."""
_HAS_PWRITE: Final = hasattr(os, "pwrite")  # not on Windows
_OWNER_ONLY: Final = 0o600


class Track:
    """Mono PCM16 at one rate.

    Args:
        path: Its file, which need not exist yet.
        rate: Samples a second.
    """

    def __init__(self, path: Path, rate: int) -> None:
        self.path = path
        self.rate = rate
        self.length = path.stat().st_size // WIDTH if path.exists() else 0
        """Samples, the silent ones at its end included."""
        self.stored = _on_disk(path) if self.length else 0
        """Bytes that were written."""
        self.forgotten = 0
        """How many samples at its beginning had to be given up."""
        self.pending = 0
        """Bytes that are not on disk yet."""
        self._pending: list[bytes] = []

    def append(self, data: bytes) -> None:
        """Append whole samples; they are on disk after the next `flush`."""
        self._pending.append(data)
        self.pending += len(data)
        self.length += len(data) // WIDTH

    def flush(self) -> int:
        """Write what was appended; give how many bytes that took.

        Raises:
            OSError: It could not be written: it is silent, and what follows is where it should be.
        """
        if not self._pending:
            return 0
        data = memoryview(b"".join(self._pending))
        self._pending.clear()
        self.pending = 0
        samples, written = np.frombuffer(data, "<i2"), 0
        start = self.length - len(samples)
        with self._open() as file:
            last = 0
            for first, last in _audible(samples, max(self.rate // _FRAMES_PER_SECOND, 1)):
                written += _write(file, data[first * WIDTH : last * WIDTH], (start + first) * WIDTH)
            if last < len(samples):  # silence at the end is there as well
                os.ftruncate(file, self.length * WIDTH)
        self.stored += written
        return written

    def read(self, start: int, stop: int) -> Iterator[Samples]:
        """Give the samples from `start` to `stop`, in blocks; what was never written is silent."""
        if not self.path.exists():
            yield from _silence(stop - start)
            return
        with self.path.open("rb", buffering=0) as file:
            file.seek(start * WIDTH)
            while start < stop:
                count = min(stop - start, _BLOCK)
                data = file.read(count * WIDTH)
                yield np.frombuffer(data.ljust(count * WIDTH, b"\0"), "<i2")
                start += count

    def silence(self, start: int, stop: int) -> None:
        """Make the samples from `start` to `stop` silent for good.

        Raises:
            OSError: They could not be overwritten.
        """
        size = self.path.stat().st_size // WIDTH if self.path.exists() else 0
        stop = min(stop, size)
        with self._open() as file:
            for block in _silence(stop - start):
                _write(file, block.tobytes(), start * WIDTH)
                start += len(block)

    def forget(self) -> int:
        """Give up all that is in it so far, and say how many bytes that frees."""
        freed, self.stored, self.forgotten = self.stored, 0, self.length
        if self.path.exists():
            os.truncate(self.path, 0)
        return freed

    @contextmanager
    def _open(self) -> Iterator[int]:
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT, _OWNER_ONLY)
        try:
            yield file
        finally:
            os.close(file)


def append_text(path: Path, text: str) -> None:
    """Append to a file that is its owner's alone.

    Raises:
        OSError: It could not be written.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT, _OWNER_ONLY)
    size = os.fstat(file).st_size
    try:
        _write(file, text.encode(), size)
    except OSError:
        os.ftruncate(file, size)  # all of it or nothing: what comes next is a line of its own
        raise
    finally:
        os.close(file)


def _on_disk(path: Path) -> int:
    """How many bytes a file takes there; where that is not known, as if none were left out."""
    found = path.stat()
    return int(getattr(found, "st_blocks", found.st_size / _DISK_BLOCK) * _DISK_BLOCK)


def _write(file: int, data: bytes | memoryview, at: int) -> int:
    """Write in as few calls as can be: each of them may have to wait for the interpreter."""
    if _HAS_PWRITE and os.pwrite(file, data, at) == len(data):
        return len(data)
    os.lseek(file, at, os.SEEK_SET)
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
    return len(data)


def _silence(count: int) -> Iterator[Samples]:
    while count > 0:
        yield np.zeros(min(count, _BLOCK), np.int16)
        count -= _BLOCK


def _audible(samples: Samples, frame: int) -> Iterator[tuple[int, int]]:
    """The stretches that can be heard, in whole frames."""
    whole = len(samples) // frame * frame
    frames = samples[:whole].reshape(-1, frame)
    # All frames at a time: each such call gives the interpreter up, and may wait to get it back.
    loud = (frames.max(axis=1) > _QUIET) | (frames.min(axis=1) < -_QUIET)
    rest = samples[whole:]
    is_loud = bool(len(rest)) and bool(rest.max() > _QUIET or rest.min() < -_QUIET)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [is_loud, False]))))
    for first, last in edges.reshape(-1, 2).tolist():
        yield first * frame, min(last * frame, len(samples))
