"""What is known of one response, and of what the user waited for until it was heard."""

from dataclasses import dataclass
from typing import NamedTuple

from otel_realtime.facts._input import InputFacts
from otel_realtime.facts._measures import seconds_between, words_a_minute
from otel_realtime.frozen import frozen
from otel_realtime.values import AudioLink, Cost, Endpoint, Fault, Usage


class Step(NamedTuple):
    """A stretch of a wait, and what the user waited for."""

    part: str
    """`endpointing`, `queue` (network and queues), `model`, `tool`, `playback`."""
    ns: int


@frozen
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


@frozen
class Output:
    """One item a response produced, as it is shown in messages."""

    text: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


@frozen
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
    """What can be believed of what the provider said."""
    is_usage_sound: bool = True
    """Whether that was all of it: else it contradicts itself, and has no price."""
    trigger: str | None = None
    """What it answers: `speech`, `text`, `tool`, `idle_timeout`, `out_of_band` (it is no part of
    the conversation), `unprompted`; None if unknown."""
    turn: int | None = None
    """The turn that it belongs to; 0 before the user's first."""
    wait: Wait | None = None
    """What the user waited for, if it is the first audible response to a turn."""
    answered_at: int | None = None
    """When the last of the tools was over that it continues from; None where what triggered it is
    no tool."""
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
    """The tools' outputs that are new to the model, whether or not they triggered it."""
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
    by_push: bool = False
    """Whether it was the user who cut it off, by a push to talk whose item came later."""
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
    def by_user(self) -> bool:
        """Whether it was the user who cut it off."""
        return self.by_push or self.interrupted_by is not None

    @property
    def start_delay(self) -> float | None:
        """Seconds from the commit of the last that it answers to its beginning (R - C)."""
        if self.trigger not in {"speech", "text"} or not self.inputs:
            return None
        return seconds_between(self.inputs[-1].committed_at, self.created_at)

    @property
    def model_time_to_first_audio(self) -> float | None:
        """Seconds from its beginning to its first audio (A - R)."""
        return seconds_between(self.created_at, self.first_audio_at)

    @property
    def tool_turn_overhead(self) -> float | None:
        """Seconds from the end of the last tool that it continues from to its first audio."""
        return seconds_between(self.answered_at, self.first_audio_at)

    @property
    def speech_rate(self) -> float | None:
        """Words a minute of its audio; None below a second or three words."""
        generated = self.generated_ms
        return words_a_minute(self.words, generated / 1000 if generated is not None else None)

    @property
    def waited_since(self) -> tuple[int, str] | None:
        """When the user began to wait for this response, and by which mark that is known.

        Of several inputs that it answers, the marks of the last.
        """
        last = self.inputs[-1] if self.inputs else None
        if last is not None and last.stopped_at is not None:
            return last.stopped_at, "speech_stopped"
        if last is not None and last.committed_at is not None:
            return last.committed_at, "committed"
        return (self.created_at, "response_created") if self.created_at is not None else None

    @property
    def time_to_first_audio(self) -> tuple[float, str] | None:
        """Seconds from `waited_since` to the first audio, and the mark they count from."""
        since = self.waited_since
        if self.first_audio_at is None or since is None or self.first_audio_at < since[0]:
            return None
        return (self.first_audio_at - since[0]) / 1e9, since[1]
