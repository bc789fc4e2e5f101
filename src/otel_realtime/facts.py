"""What is known of a session, an utterance, a response, a tool call.

The conversation fills these as more becomes known and shows them in its records.

The marks are moments in nanoseconds since the Unix epoch: E acoustic end of user speech,
S `speech_stopped` received, C committed, R `response.created`, A first audio, P playback start,
D `response.done`. Every other moment is of the same unit; names ending in `_ms` are milliseconds.
"""

from array import array
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple, TypeAlias

from otel_realtime.values import (
    AudioLink,
    Cost,
    Endpoint,
    Fault,
    SessionConfig,
    SessionCost,
    TranscriptionUsage,
    Usage,
)


@dataclass(slots=True)
class Tally:
    """What was counted and measured in a session so far; durations are nanoseconds."""

    turns: int = 0
    responses: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    errors: int = 0
    handoffs: int = 0
    guardrail_trips: int = 0
    interruptions: int = 0
    false_barge_ins: int = 0
    missed_barge_ins: int = 0
    agent_interruptions: int = 0
    user_ns: int = 0
    """User speech; overlapping stretches count once. The same below."""
    agent_ns: int = 0
    """Heard agent audio."""
    overlap_ns: int = 0
    silence_ns: int = 0
    dead_air_agent_ns: int = 0
    dead_air_user_ns: int = 0
    dead_airs: int = 0
    generated_ms: float = 0.0
    heard_ms: float = 0.0
    discarded_ms: float = 0.0
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    """Voice-to-voice latencies in seconds, in the order of the turns."""
    slowest_turn: int | None = None
    """The turn with the longest of them."""

    @property
    def talk_ratio(self) -> float | None:
        """The agent's share of all talk; None where nobody spoke."""
        talk = self.user_ns + self.agent_ns
        return self.agent_ns / talk if talk else None

    def latency(self, percent: float) -> float | None:
        """A percentile of the latencies, in seconds, by the nearest rank; None without any."""
        if not self.latencies:
            return None
        rank = ceil(percent / 100 * len(self.latencies))
        return sorted(self.latencies)[max(rank, 1) - 1]


class Step(NamedTuple):
    """A stretch of a wait, and what the user waited for."""

    part: str
    """`endpointing`, `queue` (network and queues), `model`, `tool`, `playback`."""
    ns: int


@dataclass(frozen=True, slots=True)
class Wait:
    """From the end of the user's speech to the first audio that the user heard after it."""

    origin: str
    """`acoustic` from mark E, `event` from mark S or C where mark E is not known."""
    steps: tuple[Step, ...]
    """In order, without gaps: they add up to the latency."""
    had_tool: bool
    unknown: tuple[str, ...] = ()
    """The parts that cannot be known here, and are not in the steps."""

    @property
    def seconds(self) -> float:
        """The voice-to-voice latency."""
        return sum(step.ns for step in self.steps) / 1e9

    def part(self, name: str) -> float | None:
        """Seconds waited for a part; None where it cannot be known."""
        if name in self.unknown:
            return None
        return sum(step.ns for step in self.steps if step.part == name) / 1e9


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
    tally: Tally = field(default_factory=Tally)
    """What was counted and measured so far."""
    cost: SessionCost | None = None
    """What it cost so far, where prices are asked for; this and the ones below are set by the
    session."""
    audio: AudioLink | None = None
    """The recording of the whole call."""
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
    acoustic_start_ms: int | None = None
    """Where the speech itself begins in the audio, without the padding before it."""
    onset: int | None = None
    """The acoustic onset: when that was sent; None where the padding or the audio is not known."""
    acoustic_end_ms: int | None = None
    acoustic_end: int | None = None  # mark E
    stopped_at: int | None = None  # mark S
    committed_at: int | None = None  # mark C
    turn: int | None = None
    """The turn that it belongs to, counted from 1."""
    text: str | None = None
    words: int | None = None
    """Words of its transcript; None where there is none, or where words cannot be told apart."""
    interrupted: str | None = None
    """The response that it cut off."""
    transcription: str | None = None
    """`completed`, `failed`, `missing` (given up), `off`, or None where nothing is known."""
    transcription_model: str | None = None
    transcribed_at: int | None = None
    transcription_usage: TranscriptionUsage | None = None
    transcription_cost: Cost | None = None
    """Set by the session, where prices are asked for."""
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
    playback_source: str | None = None
    """What tells mark P: `tracker`, `playback` (the provider's events), else `first_audio`."""
    done_at: int | None = None  # mark D
    status: str | None = None
    finish_reason: str | None = None
    fault: Fault | None = None
    usage: Usage | None = None
    trigger: str | None = None
    """What it answers: `speech`, `text`, `tool`, `idle_timeout`, `out_of_band` (it is no part of
    the conversation), `unprompted`; None if unknown."""
    turn: int | None = None
    """The turn that it belongs to; 0 before the user's first."""
    wait: Wait | None = None
    """What the user waited for, if it is the first audible response to a turn."""
    answered_at: int | None = None
    """When the last of the tools was over that it continues from."""
    is_greeting: bool = False
    """Whether it was the first that was heard, before the user said anything."""
    greeting_latency: float | None = None
    """Seconds from when the session was ready, for a greeting."""
    words: int | None = None
    """Words of all its audio; None as for an utterance."""
    heard_until: int | None = None
    """When its last heard sample was heard."""
    stop_time: float | None = None
    """Seconds that it was still heard after the user began to interrupt it."""
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
    cost: Cost | None = None
    """Set by the session, where prices are asked for."""
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
    turn: int | None = None
    """The turn of the response that asked for it."""
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
