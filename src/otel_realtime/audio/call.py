"""One call's audio as the event loop sees it: appended, given URLs, waited for by nobody.

Everything else is left to the writer (`call_jobs`), in one queue with the audio, so that what is
cut out of it is cut where it belongs.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from otel_realtime.audio.archive import Archive
from otel_realtime.audio.call_jobs import CallJobs, PartJobs
from otel_realtime.audio.clips import AudioClip, CallHeader, ClipKind
from otel_realtime.audio.recorded import Job
from otel_realtime.audio.report import Report
from otel_realtime.facts import InputFacts, ResponseFacts, SessionFacts
from otel_realtime.settings import AudioCapture
from otel_realtime.values import AudioFormat, AudioLink

_HEARD_ALL_MS: Final = 1.0
"""Less than this unheard is rounding."""
_BACKLOG: Final = "backlog"
_MUCH: Final = 256 << 10
"""Each time that so many bytes were taken it is looked how many of them still wait."""
_NS_PER_MS: Final = 1_000_000


class CallAudio:
    """Records the audio of one call.

    Args:
        archive: Where recordings go.
        header: What they are named by.
        session: What is known of the session: its formats change in there.
        open_parts: The items that have audio and whose responses go on.
        capture: Whose audio is recorded.
        clock: Gives the time in nanoseconds since the epoch.
        report: Who is told of what becomes of it.
    """

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        archive: Archive,
        header: CallHeader,
        session: SessionFacts,
        *,
        open_parts: Mapping[str, object],
        capture: AudioCapture,
        clock: Callable[[], int],
        report: Report,
    ) -> None:
        self._archive = archive
        self._header = header
        self._session = session
        self._open_parts = open_parts
        self._capture = capture
        self._report = report
        self._clock = clock
        self._jobs = CallJobs(archive, header, report)
        self._leave: Callable[[tuple[Any, ...]], None]
        self._taken = self._look_at = 0
        self._takes_input = capture.of_user  # asked for each piece: it is worked out once
        self._take_input = self._jobs.take_input
        self._input_format: AudioFormat | None = None
        self._is_unknown = False
        """Whether what is sent is of a format whose length cannot be told."""
        self._has_input = self._has_output = False
        self._skipped = 0
        self._dropped: str | None = None
        self._parts: dict[tuple[str, int], _Part] = {}
        self._latest: dict[str, _Part] = {}
        archive.start()
        self._leave = archive.leave
        self._leave((self._jobs.begin,))
        archive.wake()

    def take_input(self, at: int, audio: str | bytes, told: AudioFormat | None) -> None:
        """Take user audio that was sent at `at`, as base64 text or bytes, in the format `told`."""
        if told is not self._input_format:
            self._set_input_format(told)
        if self._is_unknown or not self._takes_input:
            return
        self._taken += len(audio)
        if self._taken > self._look_at and self._is_too_much(len(audio)):
            self._skipped += _decoded_size(audio)
            return
        if self._skipped:
            self._leave((self._jobs.skip_input, at, self._skipped))
            self._skipped = 0
        self._has_input = True
        self._leave((self._take_input, at, audio))

    def _set_input_format(self, told: AudioFormat | None) -> None:
        if told != self._input_format:  # one that is told anew changes nothing
            self._leave((self._jobs.set_format, told))
        self._input_format = told
        self._is_unknown = told is not None and not told.bytes_per_ms

    def take_output(self, item_id: str, content_index: int, audio: str | bytes) -> None:
        """Take a delta of the agent's audio, as base64 text or bytes."""
        part = self._latest.get(item_id)
        if part is None or part.content_index != content_index:
            part = self._open_part(item_id, content_index)
            if part is None:
                return
        self._taken += len(audio)
        if self._taken > self._look_at and self._is_too_much(len(audio)):
            part.skipped += _decoded_size(audio)
            return
        if part.skipped:
            self._leave((part.jobs.skip, part.skipped))
            part.skipped = 0
        self._leave((part.take, audio))

    def restart_input(self) -> None:
        """Positions in what the client sends count anew, on another socket."""
        self._leave((self._jobs.restart_input, self._input_format))

    def close_input(self, facts: InputFacts, span_id: str) -> None:
        """Have an utterance cut out of what was sent, and say where it will be."""
        span = facts.audio_span
        if span is None or not self._has_input or span[1] <= span[0]:
            return
        start = facts.start or self._header.started_at
        job = self._job(
            ClipKind.INPUT,
            span_id,
            start,
            span[1] - span[0],
            item_ids=(facts.item_id,) if facts.id_known else (),
            text=facts.text,
        )
        facts.audio, facts.audio_dropped = self._link(job), self.dropped
        self._leave((self._jobs.finish_input, job, span))

    def close_output(self, facts: ResponseFacts, span_id: str) -> None:
        """Have a response kept, as heard and, where that is not all, whole; say where."""
        taken = [self._parts.pop(part, None) for part in facts.audio_parts]
        parts = [part for part in taken if part is not None]
        for item_id, _ in facts.audio_parts:
            self._latest.pop(item_id, None)
        if not parts:
            return
        jobs = self._output_jobs(facts, span_id)
        facts.audio, facts.generated_audio = (self._link(job) for job in jobs)
        facts.audio_dropped = self.dropped
        theirs = [part.jobs for part in parts]
        self._leave((self._jobs.finish_output, jobs, theirs, facts.heard_ms, facts.playback))

    def close_call(self, facts: SessionFacts) -> None:
        """Have the whole call recorded, and say where."""
        job, ended_at = None, facts.ended_at or self._header.started_at
        if self._has_input or self._has_output:
            start, span_id = self._header.started_at, self._header.span_id
            job = self._job(ClipKind.SESSION, span_id, start, (ended_at - start) / _NS_PER_MS)
            facts.audio = self._link(job)
        facts.audio_dropped = self.dropped
        # The writer is not called: when hundreds end at once, it would be in their way.
        self._leave((self._jobs.finish, job, ended_at))

    @property
    def dropped(self) -> str | None:
        """Why audio of the call is missing, if some is; what the writer knows by now."""
        if self._archive.is_broken:
            return "disk_error"
        return self._dropped or self._jobs.dropped

    def _open_part(self, item_id: str, content_index: int) -> "_Part | None":
        """Begin a part, if it belongs to a response that goes on and its format is known."""
        told = self._session.config.output_format
        if not self._capture.of_agent or item_id not in self._open_parts:
            return None
        if told is None or not told.bytes_per_ms:
            return None
        part = self._parts.get((item_id, content_index))
        if part is None:
            part = self._parts[item_id, content_index] = _Part(self._jobs, content_index)
            self._leave((part.jobs.open, told, self._clock()))
            self._has_output = True
        self._latest[item_id] = part
        return part

    def _output_jobs(self, facts: ResponseFacts, span_id: str) -> tuple[Job | None, Job | None]:
        """What is to be made of a response: a recording of what was heard, and one of it all."""
        generated, heard = facts.generated_ms or 0.0, facts.heard_ms
        start = facts.playback_at or facts.first_audio_at or self._header.started_at
        told: Any = {
            "item_ids": tuple(dict.fromkeys(item_id for item_id, _ in facts.audio_parts)),
            "response_id": facts.response_id if facts.id_known else None,
            "text": " ".join(each.text for each in facts.outputs if each.text) or None,
        }
        if heard is None or heard >= generated - _HEARD_ALL_MS:
            return self._job(ClipKind.OUTPUT, span_id, start, generated, **told), None
        whole = self._job(ClipKind.GENERATED, span_id, start, generated, **told)
        if not heard:
            return None, whole
        return self._job(ClipKind.OUTPUT, span_id, start, heard, **told), whole

    def _job(  # noqa: PLR0913 - what a clip consists of
        self,
        kind: ClipKind,
        span_id: str,
        start: int,
        duration_ms: float,
        *,
        item_ids: tuple[str, ...] = (),
        response_id: str | None = None,
        text: str | None = None,
    ) -> Job:
        header = self._header
        clip = AudioClip(
            kind=kind,
            session_id=header.session_id,
            trace_id=header.trace_id,
            span_id=span_id,
            start=start,
            duration_ms=duration_ms,
            item_ids=item_ids,
            response_id=response_id,
            text=text,
        )
        return Job(header.key(kind, start, span_id, self._archive.file_format.extension), clip)

    def _link(self, job: Job | None) -> AudioLink | None:
        if job is None or self._archive.is_broken:
            return None
        return AudioLink(self._archive.store.url(job.key), self._archive.file_format.mime_type)

    def _is_too_much(self, size: int) -> bool:
        """Look what waits: the writer is called, or the last `size` bytes are not taken."""
        waiting = self._taken - self._jobs.written
        if waiting <= self._archive.allowance:
            self._look_at = self._taken + _MUCH
            if waiting >= _MUCH:
                self._archive.wake()
            return False
        self._taken -= size
        self._dropped = _BACKLOG
        self._report.dropped(size, _BACKLOG)
        return True


class _Part:
    """One content part that is being heard."""

    __slots__ = ("content_index", "jobs", "skipped", "take")

    def __init__(self, call: CallJobs, content_index: int) -> None:
        self.content_index = content_index
        self.jobs = PartJobs(call)
        self.take = self.jobs.take  # bound once: it is left hundreds of times a second
        self.skipped = 0


def _decoded_size(audio: str | bytes) -> int:
    return len(audio) // 4 * 3 - audio.count("=", -2) if isinstance(audio, str) else len(audio)
