"""One call on disk: its tracks, what is cut out of them, and the recording of all of it.

All of this runs in the writer's thread, in the order in which things happened on the event loop.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from otel_realtime.audio.clips import AudioClip
from otel_realtime.audio.journal import Journal
from otel_realtime.audio.pcm import Decoder, Samples
from otel_realtime.audio.report import Report
from otel_realtime.audio.sent import Sent, rate_of
from otel_realtime.audio.timeline import Piece, channel, cut, muted, sample_at, stereo
from otel_realtime.audio.track import Track
from otel_realtime.values import AudioFormat

_NS: Final = 1_000_000_000
_MS_PER_S: Final = 1000
_MUCH: Final = 2 << 20
"""Bytes of one track that are not kept in memory any longer."""
_FOREVER: Final = float("inf")
WHOLE: Final = ((0.0, _FOREVER),)
"""A range of all there is."""

Ranges = Sequence[tuple[float, float]]
"""Stretches in milliseconds from the beginning of a recording."""


@dataclass(frozen=True, slots=True)
class Job:
    """A recording to be made: its key in the store, and what it is."""

    key: str
    clip: AudioClip

    @property
    def span(self) -> tuple[int, int]:
        """The trace and the span that it belongs to."""
        return int(self.clip.trace_id, 16), int(self.clip.span_id, 16)


class Keeper(Protocol):
    """What a call needs of the archive that it belongs to."""

    def keep(
        self, call: "RecordedCall", job: Job, blocks: Iterable[Samples], rate: int, channels: int
    ) -> None:
        """Write a recording and have it uploaded."""

    def ranges_to_silence(self, call: "RecordedCall", clip: AudioClip) -> Ranges:
        """Ask the application which parts of a recording may not be kept."""

    def count(self, size: int) -> None:
        """Count bytes that were written to the spool, or freed."""

    def lost(self, call: "RecordedCall", error: Exception, size: int = 0) -> None:
        """Tell that something of `size` bytes could not be written or understood."""


@dataclass(slots=True, eq=False)
class RecordedPart:
    """One content part of a response."""

    call: "RecordedCall"
    track: Track
    decoder: Decoder
    opened_at: int

    def take(self, audio: str | bytes) -> None:
        """Append a delta."""
        self.call.append(self.track, self.decoder, audio)

    def skip(self, byte_count: int) -> None:
        """So much could not be kept: it is silent."""
        self.call.skip(self.track, self.decoder, byte_count)

    @property
    def piece(self) -> Piece:
        """All of it."""
        return Piece(self.track, 0, self.track.length)


@dataclass(slots=True, eq=False)
class RecordedCall:
    """The tracks of one call.

    Attributes:
        report: Who is told of what becomes of its audio.
        folder: Where they are.
        journal: What else is known, for whoever finds the folder without its process.
        started_at: Where the time line begins, in nanoseconds since the epoch.
        dropped: Why some of its audio is missing, if some is.
    """

    keeper: Keeper
    report: Report
    folder: Path
    journal: Journal
    started_at: int
    dropped: str | None = None
    parts: list[RecordedPart] = field(default_factory=list)
    """Those of responses that go on."""
    heard: list[list[Piece]] = field(default_factory=list)
    """What the caller heard of the agent, on the time line: stretches without a stop."""
    sent: "Sent" = field(init=False)
    """What the client sent."""
    _tracks: list[Track] = field(default_factory=list)
    _touched: dict[int, Track] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing was sent yet."""
        self.sent = Sent(self)

    @property
    def stored(self) -> int:
        """Bytes of its tracks."""
        return sum(track.stored for track in self._tracks)

    def open_part(self, told: AudioFormat, opened_at: int) -> RecordedPart:
        """Begin a content part of a response, whose first audio came at `opened_at`."""
        track = self.new_track("part", rate_of(told))
        part = RecordedPart(self, track, Decoder(told.type), opened_at)
        self.parts.append(part)
        self.journal.note("part", file=track.path.name, rate=track.rate, at=opened_at)
        return part

    def append(self, track: Track, decoder: Decoder, audio: str | bytes) -> None:
        """Append audio, as it came, to a track."""
        try:
            track.append(decoder.decode(audio))
        except ValueError as error:
            self.keeper.lost(self, error)
        self._touch(track)

    def skip(self, track: Track, decoder: Decoder, byte_count: int) -> None:
        """Append silence to a track, in place of so many bytes as they would have come."""
        track.append(decoder.silence(byte_count))
        self._touch(track)

    def flush(self) -> None:
        """Write what has come since the last time."""
        touched, self._touched = self._touched, {}
        self._write_journal()
        for track in touched.values():
            self._write(track)

    def _write_journal(self) -> None:
        """Before the tracks: nobody can say what a track is that it does not name."""
        try:
            self.journal.flush()
        except OSError as error:
            self.keeper.lost(self, error)

    def _touch(self, track: Track) -> None:
        """See to it that what was appended is written: at once, where much has come at a time."""
        if track.pending < _MUCH:
            self._touched[id(track)] = track
        else:
            self._write_journal()
            self._write(track)

    def _write(self, track: Track) -> None:
        size = track.pending
        try:
            self.keeper.count(track.flush())
        except OSError as error:
            self.dropped = "disk_error"
            self.keeper.lost(self, error, size)

    def finish_input(self, job: Job, span_ms: tuple[float, float]) -> None:
        """Cut an utterance out of what was sent."""
        self.flush()
        pieces = self.sent.between(*span_ms)
        self._silence(pieces, self.keeper.ranges_to_silence(self, job.clip))
        self._keep(job, pieces)

    def finish_output(
        self,
        jobs: tuple[Job | None, Job | None],
        parts: Sequence[RecordedPart],
        heard_ms: float | None,
        playback: Sequence[tuple[int, float]],
    ) -> None:
        """Keep a response: what was heard of it and, where that is not all, all of it."""
        self.flush()
        heard, whole = jobs
        pieces = [part.piece for part in parts]
        asked = whole or heard
        if asked is not None:
            self._silence(pieces, self.keeper.ranges_to_silence(self, asked.clip))
        until_ms = _FOREVER if heard_ms is None else heard_ms
        if heard is not None:
            self._keep(heard, list(cut(pieces, 0.0, _bounded(pieces, until_ms))))
        if whole is not None:
            self._keep(whole, pieces)
        self.place(pieces, until_ms, playback)
        files = [part.track.path.name for part in parts]
        self.journal.note("response", files=files, heard_ms=heard_ms, playback=list(playback))
        for part in parts:
            self.parts.remove(part)

    def place(
        self, pieces: Sequence[Piece], until_ms: float, playback: Sequence[tuple[int, float]]
    ) -> None:
        """Put what was heard of a response on the time line."""
        until_ms = _bounded(pieces, until_ms)
        stops = [position for _, position in playback[1:]] + [until_ms]
        for (at, position_ms), stop_ms in zip(playback, stops, strict=False):
            stretch = list(cut(pieces, position_ms, min(stop_ms, until_ms)))
            if stretch:
                begins = max(at - self.started_at, 0)
                self.heard.append([replace(stretch[0], at=begins), *stretch[1:]])

    def finish(self, job: Job | None, ended_at: int) -> None:
        """Put the recording of the call together, and remove its tracks."""
        self.flush()
        if job is not None:
            self._keep_call(job, ended_at)
        self.keeper.count(-self.stored)
        shutil.rmtree(self.folder, ignore_errors=True)

    def forget(self, reason: str) -> None:
        """Give up the audio so far, as there is no more room for it; it goes on from here."""
        self.dropped = reason
        for track in self._tracks:
            self.keeper.count(-track.forget())

    def track_of(self, name: str, rate: int) -> Track:
        """The track in a file of its folder."""
        path = self.folder / name
        track = next((each for each in self._tracks if each.path == path), None)
        if track is None:
            track = Track(path, rate)
            self._tracks.append(track)
        return track

    def new_track(self, kind: str, rate: int) -> Track:
        """A track in a file of its own."""
        return self.track_of(f"{kind}-{len(self._tracks) + 1}.pcm", rate)

    def _silence(self, pieces: Sequence[Piece], ranges: Ranges) -> None:
        for from_ms, to_ms in ranges:
            for piece in cut(pieces, max(from_ms, 0.0), _bounded(pieces, to_ms)):
                self._silence_piece(piece)

    def _silence_piece(self, piece: Piece) -> None:
        """Where it cannot be overwritten, nothing of the track may be heard any more."""
        try:
            piece.track.silence(piece.start, piece.stop)
        except OSError as error:
            self.dropped = "disk_error"
            self.keeper.count(-piece.track.forget())
            self.keeper.lost(self, error)

    def _keep(self, job: Job, pieces: Sequence[Piece]) -> None:
        rate = pieces[0].track.rate if pieces else 0
        if rate:
            self.keeper.keep(self, job, channel(pieces, rate), rate, 1)

    def _keep_call(self, job: Job, ended_at: int) -> None:
        heard = [piece for stretch in sorted(self.heard, key=_begins) for piece in stretch]
        said = self.sent.said
        rate = max((piece.track.rate for piece in (*said, *heard)), default=0)
        if not rate:
            return
        total = max(ended_at - self.started_at, 0) * rate // _NS
        both = stereo(channel(said, rate, total), channel(heard, rate, total))
        ranges = self.keeper.ranges_to_silence(self, job.clip)
        if ranges:
            samples = (
                (sample_at(max(start, 0.0), rate), sample_at(min(stop, 1e12), rate))
                for start, stop in ranges
            )
            both = muted(both, samples)
        self.keeper.keep(self, job, both, rate, 2)


def _begins(stretch: Sequence[Piece]) -> int:
    return stretch[0].at or 0


def _bounded(pieces: Sequence[Piece], ms: float) -> float:
    return min(ms, sum((each.stop - each.start) * _MS_PER_S / each.track.rate for each in pieces))
