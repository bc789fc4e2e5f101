"""The jobs that a call leaves for the writer: each method here runs in that thread, in order."""

from collections.abc import Sequence

from otel_realtime.audio.archive import Archive
from otel_realtime.audio.clips import CallHeader
from otel_realtime.audio.recorded import Job, RecordedCall, RecordedPart
from otel_realtime.audio.report import Report
from otel_realtime.values import AudioFormat


class CallJobs:
    """What is done with the audio of one call; nothing, where there is no spool to do it in."""

    def __init__(self, archive: Archive, header: CallHeader, report: Report) -> None:
        self.written = 0
        """How many bytes, as they came, have been dealt with; read on the loop."""
        self.recorded: RecordedCall | None = None
        self._archive = archive
        self._header = header
        self._report = report

    @property
    def dropped(self) -> str | None:
        """Why audio of it is missing, if some is; read on the loop."""
        return self.recorded.dropped if self.recorded is not None else None

    def begin(self) -> None:
        """Make its folder."""
        keeping = self._archive.keeping
        if keeping is not None:
            self.recorded = keeping.begin(self._header, self._report)
            self._archive.calls_changed()

    def set_format(self, told: AudioFormat | None) -> None:
        """What the client sends from here on is in this format."""
        if self.recorded is not None and told is not None and told.bytes_per_ms:
            self.recorded.sent.set_format(told)

    def take_input(self, at: int, audio: str | bytes) -> None:
        """Write what the client sent."""
        self.written += len(audio)
        if self.recorded is not None:
            self.recorded.sent.take(at, audio)

    def skip_input(self, at: int, byte_count: int) -> None:
        """Write silence in place of what could not be taken."""
        if self.recorded is not None:
            self.recorded.sent.skip(at, byte_count)

    def restart_input(self, told: AudioFormat | None) -> None:
        """Count positions anew."""
        if self.recorded is not None:
            self.recorded.sent.restart(told)

    def finish_input(self, job: Job, span_ms: tuple[float, float]) -> None:
        """Cut out an utterance."""
        if self.recorded is not None:
            self.recorded.finish_input(job, span_ms)

    def finish_output(
        self,
        jobs: tuple[Job | None, Job | None],
        parts: "Sequence[PartJobs]",
        heard_ms: float | None,
        playback: Sequence[tuple[int, float]],
    ) -> None:
        """Keep a response."""
        recorded = [part.recorded for part in parts if part.recorded is not None]
        if self.recorded is not None and recorded:
            self.recorded.finish_output(jobs, recorded, heard_ms, playback)

    def finish(self, job: Job | None, ended_at: int) -> None:
        """Put the recording of the call together."""
        recorded, keeping = self.recorded, self._archive.keeping
        if recorded is None:
            return
        try:
            recorded.finish(job, ended_at)
        finally:
            if keeping is not None:
                keeping.end(recorded)
                self._archive.calls_changed()


class PartJobs:
    """What is done with one content part."""

    def __init__(self, call: CallJobs) -> None:
        self.recorded: RecordedPart | None = None
        self._call = call

    def open(self, told: AudioFormat, at: int) -> None:
        """Begin it."""
        if self._call.recorded is not None:
            self.recorded = self._call.recorded.open_part(told, at)

    def take(self, audio: str | bytes) -> None:
        """Write a delta."""
        self._call.written += len(audio)
        if self.recorded is not None:
            self.recorded.take(audio)

    def skip(self, byte_count: int) -> None:
        """Write silence in place of what could not be taken."""
        if self.recorded is not None:
            self.recorded.skip(byte_count)
