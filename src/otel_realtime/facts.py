"""What is known of a session, an utterance, a response, a tool call.

The conversation fills these as more becomes known and shows them in its records.

The marks are moments in nanoseconds since the Unix epoch: E acoustic end of user speech,
S `speech_stopped` received, C committed, R `response.created`, A first audio, P playback start,
D `response.done`. Every other moment is of the same unit; names ending in `_ms` are milliseconds.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from otel_realtime.values import (
    AudioLink,
    Endpoint,
    Fault,
    SessionConfig,
    TranscriptionUsage,
    Usage,
)


@dataclass(slots=True)
class SessionFacts:
    """What is known of the session."""

    config: SessionConfig = field(default_factory=SessionConfig)
    agent: str | None = None
    """The agent it began with."""
    floor: str | None = None
    """The agent that has the floor now."""
    conversation_id: str | None = None
    endpoint: Endpoint | None = None
    call_id: str | None = None
    """The provider's id of the telephone call, if it is one."""
    started_at: int | None = None
    connecting_at: int | None = None
    """When the client began to connect; None where that was not seen."""
    ready_at: int | None = None
    """When the provider first described the session."""
    configured_at: int | None = None
    """When the provider first confirmed the client's settings."""
    reconnects: int = 0
    ended_at: int | None = None
    end_reason: str | None = None
    fault_type: str | None = None
    close_code: int | None = None
    error: Exception | None = None
    audio: AudioLink | None = None
    """The recording of the whole call; this and the ones below are set by the session."""
    audio_dropped: str | None = None
    """Why audio of it is missing, where some is."""


@dataclass(slots=True)
class InputFacts:
    """What is known of one utterance or typed text of the user."""

    item_id: str
    type: str
    """`speech` or `text`."""
    id_known: bool = True
    agent: str | None = None
    conversation_id: str | None = None
    start: int | None = None
    end: int | None = None
    time_source: str | None = None
    """`audio_clock` (mapped to when the bytes were sent), `server_events`, or None for text."""
    audio_start_ms: int | None = None
    audio_end_ms: int | None = None
    acoustic_end_ms: int | None = None
    acoustic_end: int | None = None  # mark E
    stopped_at: int | None = None  # mark S
    committed_at: int | None = None  # mark C
    text: str | None = None
    transcription: str | None = None
    """`completed`, `failed`, `missing` (given up), `off`, or None where nothing is known."""
    transcription_model: str | None = None
    transcribed_at: int | None = None
    transcription_usage: TranscriptionUsage | None = None
    fault: Fault | None = None
    cleared: bool = False
    end_reason: str | None = None
    audio_span: tuple[float, float] | None = None
    """Which part of the audio that was sent it is, in milliseconds; None where that was not seen
    being sent."""
    audio: AudioLink | None = None
    audio_dropped: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One item a response produced, as it is shown in messages."""

    text: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """The output of a tool call that a response continues from."""

    call_id: str
    output: str | None


@dataclass(slots=True)
class ResponseFacts:
    """What is known of one response."""

    response_id: str
    id_known: bool = True
    agent: str | None = None
    endpoint: Endpoint | None = None
    model: str | None = None
    conversation_id: str | None = None
    output_modalities: tuple[str, ...] | None = None
    created_at: int | None = None  # mark R
    first_chunk_at: int | None = None
    first_audio_at: int | None = None  # mark A
    playback_at: int | None = None  # mark P
    done_at: int | None = None  # mark D
    status: str | None = None
    finish_reason: str | None = None
    fault: Fault | None = None
    usage: Usage | None = None
    trigger: str | None = None
    """What it answers: `speech`, `text`, `tool`, `idle_timeout`, `unprompted`; None if unknown."""
    inputs: tuple[InputFacts, ...] = ()
    answers: tuple[ToolAnswer, ...] = ()
    outputs: tuple[Output, ...] = ()
    generated_ms: float | None = None
    heard_ms: float | None = None
    heard_source: str | None = None
    """`tracker`, `truncation`, `playback` (the provider's playback events) or `clock`."""
    audio_parts: tuple[tuple[str, int], ...] = ()
    """The content parts that have audio, by item and content index, as they are heard."""
    playback: tuple[tuple[int, float], ...] = ()
    """When playback was where, in milliseconds of the response's audio: its start, and each time
    that it had to wait."""
    interrupted: bool = False
    interruption_reason: str | None = None
    interrupted_by: str | None = None
    end_reason: str | None = None
    fault_type: str | None = None
    audio: AudioLink | None = None
    """What was heard of it."""
    generated_audio: AudioLink | None = None
    """All of it, where not all was heard."""
    audio_dropped: str | None = None

    @property
    def discarded_ms(self) -> float | None:
        """Milliseconds of audio that were generated and never heard."""
        if self.generated_ms is None or self.heard_ms is None:
            return None
        return max(self.generated_ms - self.heard_ms, 0.0)

    @property
    def waited_since(self) -> tuple[int, str] | None:
        """When the user began to wait for this response, and by which mark that is known."""
        stops = [given.stopped_at for given in self.inputs if given.stopped_at is not None]
        if stops:
            return max(stops), "speech_stopped"
        commits = [given.committed_at for given in self.inputs if given.committed_at is not None]
        if commits:
            return max(commits), "committed"
        return (self.created_at, "response_created") if self.created_at is not None else None

    @property
    def time_to_first_audio(self) -> tuple[float, str] | None:
        """Seconds from `waited_since` to the first audio, and the mark they count from."""
        since = self.waited_since
        if self.first_audio_at is None or since is None or self.first_audio_at < since[0]:
            return None
        return (self.first_audio_at - since[0]) / 1e9, since[1]


@dataclass(slots=True)
class ToolFacts:
    """What is known of one tool call."""

    call_id: str
    kind: str = "function"
    """`function`, `handoff`, `local_mcp` (a server of the application's), `hosted_mcp` (the
    provider's)."""
    name: str | None = None
    description: str | None = None
    arguments: str | None = None
    output: str | None = None
    agent: str | None = None
    conversation_id: str | None = None
    response_id: str | None = None
    server_label: str | None = None
    handoff_to: str | None = None
    requested_at: int | None = None
    approval: str | None = None
    """`awaited`, `approved`, `rejected`; None where none was asked for."""
    approval_asked_at: int | None = None
    approval_given_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    outcome: str | None = None
    """`completed`, `error`, `cancelled`, `answered` (its run was not seen), `rejected` (by
    somebody), `blocked` (it or its output, by a guardrail), `unanswered`."""
    error: BaseException | None = None
    fault: Fault | None = None


@dataclass(slots=True)
class TranscriptionFacts:
    """A transcript that came after its utterance's span had to be closed."""

    given: InputFacts
    """The utterance."""


Facts: TypeAlias = SessionFacts | InputFacts | ResponseFacts | ToolFacts | TranscriptionFacts
