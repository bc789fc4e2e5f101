"""WAV files whose header promises other than what is there: its sizes are put right.

A file that was cut off promises more than it has; one that was streamed was begun before anybody
knew its size, and says 0 or the largest number. Players and libraries differ in what they make of
either, so both get a header that is true.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

_UNKNOWN_SIZE: Final = 0x7FFF_0000  # bytes; who streams writes this size, a larger one, or 0
_FIRST_CHUNK: Final = 12  # where it begins, behind "RIFF", the size and "WAVE"
_CHUNK_HEAD: Final = 8
_ALIGN: Final = slice(12, 14)  # of the format chunk: the bytes of one sample of all channels


class RiffError(ValueError):
    """A file was cut off before its first sample; says how much of it is there, never content."""


class Repaired(NamedTuple):
    """A file, and whether a part of its audio is missing at the end."""

    data: bytes
    is_cut: bool


class _Chunk(NamedTuple):
    """One part of a file; `start` is where its content begins, `size` what its head promises."""

    name: bytes
    start: int
    size: int


def repaired(data: bytes) -> Repaired:
    """The same file, with true sizes if it is a WAV; anything else is handed back as it is.

    What was cut off in the midst of a sample ends with the last whole one.

    Raises:
        RiffError: It was cut off before its first sample.
    """
    if data[:4] != b"RIFF" or data[8:_FIRST_CHUNK] != b"WAVE":
        return Repaired(data, is_cut=False)
    align = 1
    for chunk in _chunks(data):
        if chunk.name == b"fmt ":
            align = max(_number(data[chunk.start :][_ALIGN]), 1)
        elif chunk.name == b"data":
            return _with_audio(data, chunk, align)
    if _is_whole(data) or _is_unknown(_number(data[4:8])):
        return Repaired(data, is_cut=False)
    raise RiffError(_cut_off(data))


def _with_audio(data: bytes, audio: _Chunk, align: int) -> Repaired:
    promised, there = audio.size, len(data) - audio.start
    riff = _number(data[4:8])
    is_streamed = promised >= _UNKNOWN_SIZE or (
        promised == 0 < there and (_is_unknown(riff) or riff + _CHUNK_HEAD <= audio.start)
    )
    if promised <= there and not is_streamed:
        return Repaired(_with_whole_chunks(data), is_cut=False)
    size = there - there % align
    if not size and not is_streamed:
        raise RiffError(_cut_off(data))
    end = audio.start + size
    pieces = (
        *(data[:4], _stored(end + size % 2 - _CHUNK_HEAD), data[8 : audio.start - 4]),
        *(_stored(size), data[audio.start : end], bytes(size % 2)),
    )
    return Repaired(b"".join(pieces), is_cut=not is_streamed)


def _with_whole_chunks(data: bytes) -> bytes:
    """All of a file whose audio is whole, without what was cut off behind that."""
    if _is_whole(data):
        return data
    ends = (chunk.start + chunk.size for chunk in _chunks(data))
    end = max(each for each in ends if each <= len(data))
    end += end % 2 if end < len(data) else 0
    return b"".join((data[:4], _stored(end - _CHUNK_HEAD), data[8:end]))


def _chunks(data: bytes) -> Iterator[_Chunk]:
    at = _FIRST_CHUNK
    while at + _CHUNK_HEAD <= len(data):
        size = _number(data[at + 4 : at + _CHUNK_HEAD])
        yield _Chunk(data[at : at + 4], at + _CHUNK_HEAD, size)
        at += _CHUNK_HEAD + size + size % 2


def _is_whole(data: bytes) -> bool:
    """Whether as much is there as the header promises; a last byte of padding may be left out."""
    size = _number(data[4:8])
    return not _is_unknown(size) and size + _CHUNK_HEAD <= len(data) + 1


def _is_unknown(size: int) -> bool:
    return size == 0 or size >= _UNKNOWN_SIZE


def _cut_off(data: bytes) -> str:
    return f"cut off: {len(data)} of {_number(data[4:8]) + _CHUNK_HEAD} bytes"


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _stored(number: int) -> bytes:
    return number.to_bytes(4, "little")
