"""The call's time line: pieces of tracks, each where it was heard, become two channels.

A channel is a generator of blocks, so a call of any length takes the memory of a few of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from otel_realtime.audio.pcm import Samples
from otel_realtime.audio.track import Track

_BLOCK: Final = 1 << 15
_NS: Final = 1_000_000_000
_MS_PER_S: Final = 1000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a track, and when it was heard.

    Attributes:
        track: Where it is from.
        start: Its first sample there.
        stop: The one after its last.
        at: When it was heard, in nanoseconds since the beginning of the time line; None for right
            after the piece before it.
    """

    track: Track
    start: int
    stop: int
    at: int | None = None


def sample_at(ms: float, rate: int) -> int:
    """The sample at a position in milliseconds."""
    return round(ms * rate / _MS_PER_S)


def cut(pieces: Iterable[Piece], from_ms: float, to_ms: float) -> Iterator[Piece]:
    """The part of consecutive pieces that lies between two positions in them."""
    before_ms = 0.0
    for piece in pieces:
        rate = piece.track.rate
        first = piece.start + max(sample_at(from_ms - before_ms, rate), 0)
        last = piece.start + max(sample_at(to_ms - before_ms, rate), 0)
        before_ms += (piece.stop - piece.start) * _MS_PER_S / rate
        if min(last, piece.stop) > min(first, piece.stop):
            yield Piece(piece.track, min(first, piece.stop), min(last, piece.stop))


def channel(pieces: Iterable[Piece], rate: int, total: int | None = None) -> Iterator[Samples]:
    """One channel: silence, and the pieces where they were heard.

    A piece that would begin before the one before it is over begins when that is over: a
    loudspeaker plays one after the other.

    Args:
        pieces: In the order in which they were heard.
        rate: Samples a second of the channel; pieces of another rate are resampled.
        total: How many samples it has at least; by default it ends with its last piece.
    """
    position = 0
    for piece in pieces:
        if piece.at is not None:
            gap = piece.at * rate // _NS - position
            yield from _silence(gap)
            position += max(gap, 0)
        for block in _resampled(piece, rate):
            position += len(block)
            yield block
    yield from _silence((total or 0) - position)


def stereo(left: Iterator[Samples], right: Iterator[Samples]) -> Iterator[Samples]:
    """Two channels side by side, as long as the longer one."""
    columns = (_Column(left), _Column(right))
    while size := min(max(column.ahead() for column in columns), _BLOCK):
        both = np.zeros((size, 2), np.int16)
        for place, column in enumerate(columns):
            samples = column.take(size)
            both[: len(samples), place] = samples
        yield both


def muted(blocks: Iterable[Samples], ranges: Iterable[tuple[int, int]]) -> Iterator[Samples]:
    """The same with some ranges of samples silent."""
    ranges, position = tuple(ranges), 0
    for block in blocks:
        for start, stop in ranges:
            first, last = max(start - position, 0), min(stop - position, len(block))
            if first < last:
                block = block.copy()  # noqa: PLW2901 - what is read from a file cannot be changed
                block[first:last] = 0
        position += len(block)
        yield block


class _Column:
    """A channel that is taken in pieces of any size."""

    def __init__(self, blocks: Iterator[Samples]) -> None:
        self._blocks = blocks
        self._left = np.zeros(0, np.int16)

    def ahead(self) -> int:
        """How many samples are at hand; 0 at the end."""
        while not len(self._left):
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = block
        return len(self._left)

    def take(self, size: int) -> Samples:
        """Take that many samples, fewer only at the end."""
        taken = []
        while size and self.ahead():
            taken.append(self._left[:size])
            self._left = self._left[size:]
            size -= len(taken[-1])
        return np.concatenate(taken) if taken else np.zeros(0, np.int16)


def _resampled(piece: Piece, rate: int) -> Iterator[Samples]:
    blocks = piece.track.read(piece.start, piece.stop)
    if piece.track.rate == rate:
        yield from blocks
        return
    from soxr import ResampleStream

    stream = ResampleStream(piece.track.rate, rate, 1, dtype="int16")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.int16), last=True)


def _silence(count: int) -> Iterator[Samples]:
    while count > 0:
        yield np.zeros(min(count, _BLOCK), np.int16)
        count -= _BLOCK
