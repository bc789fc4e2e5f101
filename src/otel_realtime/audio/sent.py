"""What the client sent: by position, to cut utterances out of it, and on the call's time line."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_realtime.audio.pcm import Decoder
from otel_realtime.audio.timeline import Piece, cut
from otel_realtime.audio.track import Track
from otel_realtime.values import AudioFormat

if TYPE_CHECKING:
    from otel_realtime.audio.recorded import RecordedCall

_GAP_NS: Final = 100_000_000
"""A microphone that falls behind by more than this was silent meanwhile; less is jitter."""
_MOST_WAITING: Final = 1024
"""As many pieces as the conversation counts before it knows their format."""
_NS: Final = 1_000_000_000
_G711_RATE: Final = 8000


@dataclass(slots=True)
class _Segment:
    """A stretch of what was sent on one socket, in one format; it follows the one before it."""

    track: Track
    decoder: Decoder


class _Stretch(NamedTuple):
    """Where in a track, and when on the time line, something begins that has no gap."""

    track: Track
    start: int
    at: int


class Sent:
    """The user's audio of one call."""

    def __init__(self, call: "RecordedCall") -> None:
        self._call = call
        self._stretches: list[_Stretch] = []
        self._segments: list[_Segment] = []
        self._waiting: list[tuple[int, str | bytes]] = []
        self._cursor = 0
        """When what was sent so far is over, in nanoseconds since the epoch."""

    @property
    def said(self) -> list[Piece]:
        """Its stretches without a gap, on the time line: each until the next one of its track."""
        ends = [
            after.start if after is not None and after.track is each.track else each.track.length
            for each, after in zip_longest(self._stretches, self._stretches[1:])
        ]
        pairs = zip(self._stretches, ends, strict=True)
        return [Piece(each.track, each.start, max(end, each.start), each.at) for each, end in pairs]

    def begin_stretch(self, track: Track, start: int, at: int) -> None:
        """From sample `start` on, a track was sent at `at`, in nanoseconds since the epoch."""
        on_line = max(at - self._call.started_at, 0)
        self._stretches.append(_Stretch(track, start, on_line))

    def take(self, at: int, audio: str | bytes) -> None:
        """Append what was sent at `at`; before its format is known it waits for that."""
        if self._segments:
            segment = self._segments[-1]
            before = segment.track.length
            self._call.append(segment.track, segment.decoder, audio)
            self._place(at, segment.track, before)
        elif len(self._waiting) < _MOST_WAITING:
            self._waiting.append((at, audio))

    def skip(self, at: int, byte_count: int) -> None:
        """So much could not be kept before `at`: what follows is where it should be."""
        if self._segments:
            segment = self._segments[-1]
            track, before = segment.track, segment.track.length
            self._call.skip(track, segment.decoder, byte_count)
            self._place(at - (track.length - before) * _NS // track.rate, track, before)

    def set_format(self, told: AudioFormat) -> None:
        """What is sent from here on is in this format."""
        track = self._call.new_track("input", rate_of(told))
        self._segments.append(_Segment(track, Decoder(told.type)))
        waiting, self._waiting = self._waiting, []
        for at, audio in waiting:
            self.take(at, audio)

    def restart(self, told: AudioFormat | None) -> None:
        """Positions count anew: another socket carries the call on."""
        self._segments = []
        if told is not None:
            self.set_format(told)

    def between(self, from_ms: float, to_ms: float) -> list[Piece]:
        """What was sent between two positions on the present socket."""
        whole = [Piece(each.track, 0, each.track.length) for each in self._segments]
        return list(cut(whole, from_ms, to_ms))

    def _place(self, at: int, track: Track, start: int) -> None:
        """Put what was just appended on the time line; what comes in time goes on without a gap."""
        last = self._stretches[-1] if self._stretches else None
        if last is None or last.track is not track or at - self._cursor > _GAP_NS:
            begins, name = max(at, self._cursor), track.path.name
            self.begin_stretch(track, start, begins)
            self._call.journal.note("said", file=name, rate=track.rate, start=start, at=begins)
            self._cursor = begins
        self._cursor += (track.length - start) * _NS // track.rate


def rate_of(told: AudioFormat) -> int:
    """Samples a second; G.711 has no other than its own."""
    return told.rate or _G711_RATE
