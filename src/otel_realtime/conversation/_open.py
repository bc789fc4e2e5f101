"""What is open: utterances, responses, tool calls, and the phases that each passes through."""

from dataclasses import dataclass, field
from enum import Enum

from otel_realtime.facts import InputFacts, Output, ResponseFacts, ToolFacts
from otel_realtime.records import Key, Kind

NS_PER_MS = 1_000_000


class InputPhase(Enum):
    """The phases of what the user says."""

    SPEAKING = "speech started, not yet stopped"
    STOPPED = "speech stopped, not yet committed"
    COMMITTED = "committed, its transcript is awaited"


class ResponsePhase(Enum):
    """The phases of a response."""

    GENERATING = "created, not yet done"
    PLAYING = "done, the end of its playback is awaited"


class ToolPhase(Enum):
    """The phases of a tool call."""

    REQUESTED = "asked for, its run has not been seen"
    RUNNING = "its run has begun"
    JUDGED = "its run is over, a guardrail judges its output"


@dataclass(slots=True)
class Part:
    """One content part of a response: its audio counted, its text kept if texts are kept."""

    item_id: str
    content_index: int
    response: "Response"
    byte_count: int = 0
    bytes_per_ms: float | None = None
    fragments: list[str] | None = None

    @property
    def ms(self) -> float:
        """Milliseconds of audio so far."""
        return self.byte_count / self.bytes_per_ms if self.bytes_per_ms else 0.0


@dataclass(slots=True)
class Input:
    """An open utterance."""

    facts: InputFacts
    phase: InputPhase
    seen_at: int
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Evidence that a response's audio was cut off: when and why."""

    at: int
    reason: str
    item_id: str | None = None
    """What the user said that brought it about, if that did."""
    by_push: bool = False
    """Whether it was the user's push to talk: its item comes to be when it is committed."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of a response was heard, told by something better than the clock."""

    ms: float
    source: str


@dataclass(slots=True)
class Response:
    """An open response, or one that has just been closed."""

    facts: ResponseFacts
    opened_at: int
    phase: ResponsePhase = ResponsePhase.GENERATING
    items: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    texts: dict[str, dict[int, str]] = field(default_factory=dict)
    """Finished texts by item and content index."""
    words: dict[tuple[str, int], int | None] = field(default_factory=dict)
    """How many words they have, by the same."""
    calls: dict[str, Output] = field(default_factory=dict)
    """Tool calls by item."""
    onset: int | None = None
    """When the user began to speak over it, and in which item."""
    onset_item: str | None = None
    cut: Cut | None = None
    never_heard: bool = False
    """Whether it was thrown away while it waited to be heard."""
    followed_at: int | None = None
    """When the next one was heard in its place, after the user had spoken over it."""
    heard: Heard | None = None
    playback: list[tuple[int, float]] = field(default_factory=list)
    """When the application's playback was where, in milliseconds: its start and its stops."""
    due: int | None = None

    @property
    def key(self) -> Key:
        """The key of its records."""
        return Key(Kind.RESPONSE, self.facts.response_id)

    @property
    def generated_ms(self) -> float | None:
        """All its audio so far; None where the format is not known or there is none."""
        if not any(part.byte_count for part in self.parts):
            return None
        if any(part.byte_count and not part.bytes_per_ms for part in self.parts):
            return None
        return sum(part.ms for part in self.parts)

    @property
    def playback_end(self) -> int | None:
        """When the user will have heard all audio so far; None where that is not known."""
        generated, start = self.generated_ms, self.facts.playback_at
        if generated is None or start is None:
            return None
        at, position_ms = self.playback[-1] if self.playback else (start, 0.0)
        return at + int((generated - position_ms) * NS_PER_MS)

    @property
    def plays_at_provider(self) -> bool:
        """Whether the provider plays it, so that no audio passes by here (WebRTC, telephone)."""
        return self.facts.playback_at is not None and self.facts.first_audio_at is None

    @property
    def is_apart(self) -> bool:
        """Whether it is no part of the conversation."""
        return self.facts.trigger == "out_of_band"

    def waits(self, at: int) -> bool:
        """Whether it has audio that waits for its turn to be heard."""
        start = self.facts.playback_at
        return start is not None and start > at

    def is_audible(self, at: int) -> bool:
        """Whether the user hears it at `at`, as far as that can be told."""
        start, end = self.facts.playback_at, self.playback_end
        if start is None or at < start:
            return False
        if end is None:  # its length is not known
            return self.phase is ResponsePhase.GENERATING or self.plays_at_provider
        return at < end


@dataclass(slots=True)
class Tool:
    """An open tool call."""

    facts: ToolFacts
    phase: ToolPhase = ToolPhase.REQUESTED
    refused: str | None = None
    """Its outcome if it is kept from its run or its answer: `rejected` or `blocked`."""
