"""The state of one conversation, as data.

Each utterance, response and tool call passes through the phases of its enumeration, in order and
without a way back; leaving the last one closes it. What is closed is forgotten but for a bounded
memory of ids, so that a late or repeated event does not open it again.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from otel_realtime.conversation._clock import AudioClock
from otel_realtime.conversation._talk import Talk
from otel_realtime.facts import InputFacts, Output, ResponseFacts, SessionFacts, ToolFacts
from otel_realtime.records import SESSION, Key, Kind, LeftOutNoted, Noted, Record
from otel_realtime.values import AudioFormat

NS_PER_MS = 1_000_000
_REMEMBERED = 64
FORGOTTEN = "forgotten"
"""The end reason of what was open too long among too many."""
MOST_OPEN = 128
"""How many utterances, responses or tool calls may be open at a time."""

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


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


class Memory(dict[_K, _V], Generic[_K, _V]):
    """A dictionary that forgets its oldest entry when it would grow beyond its bound."""

    __slots__ = ()

    def remember(self, key: _K, value: _V) -> None:
        """Store `value` under `key`, forgetting the oldest entry if need be."""
        self[key] = value
        if len(self) > _REMEMBERED:
            del self[next(iter(self))]


class Role(Enum):
    """What an entry of the conversation means for the response after it."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL_CALL = "tool call"
    TOOL_OUTPUT = "tool output"
    IDLE_TIMEOUT = "idle timeout"
    OTHER = "other"


@dataclass(slots=True)
class Entry:
    """One item in its place: what came before it, and what it was."""

    role: Role
    previous: str | None = None
    placed: bool = False
    """Whether `previous` is known, None then meaning that this item is the first."""
    given: InputFacts | None = None
    call_id: str | None = None
    output: str | None = None
    response_id: str | None = None
    """The response that made it, if one did."""


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

    def is_audible(self, at: int) -> bool:
        """Whether the user hears it at `at`, as far as that can be told."""
        start, end = self.facts.playback_at, self.playback_end
        if start is None or at < start:
            return False
        if end is None:  # its length is not known
            return self.phase is ResponsePhase.GENERATING or self.plays_at_provider
        return at < end


class ToolRun(NamedTuple):
    """What is remembered of a tool call that is over."""

    turn: int | None
    started_at: int | None
    ended_at: int | None


@dataclass(slots=True)
class Turn:
    """What the user says, and all that answers it."""

    index: int
    start: int | None = None
    """When the user began to speak."""
    given: InputFacts | None = None
    """The last that the user said in it."""
    first_heard: str | None = None
    """The first response that was audible."""
    made: list[tuple[int, int]] = field(default_factory=list)
    """When responses of it were being made that are closed: marks R and D."""
    runs: list[tuple[int, int]] = field(default_factory=list)
    """When tools of it ran that are closed."""
    heard_until: int | None = None
    agent: str | None = None
    model: str | None = None
    """Of the response that was heard last."""


@dataclass(slots=True)
class Suspect:
    """What cut a response off: perhaps it was no speech."""

    facts: ResponseFacts
    given: InputFacts
    is_followed: bool = False
    """Whether the user said something else soon after it."""
    due: int | None = None
    """When that is decided; None while the user speaks."""


@dataclass(slots=True)
class Tool:
    """An open tool call."""

    facts: ToolFacts
    phase: ToolPhase = ToolPhase.REQUESTED
    refused: str | None = None
    """Its outcome if it is kept from its run or its answer: `rejected` or `blocked`."""


@dataclass(slots=True)
class State:
    """All that one conversation knows, and the records it has not handed out yet."""

    session: SessionFacts
    keep_text: bool
    transcript_wait: int
    playback_wait: int
    over: bool = False
    clock: AudioClock = field(default_factory=AudioClock)
    committed_ms: float = 0.0
    input_format: AudioFormat | None = None
    """What the client's audio is in, as it is sent now."""
    asked_format: AudioFormat | None = None
    """What the client said it would be, where that was seen."""
    unplaced: list[tuple[int, int]] = field(default_factory=list)
    """When audio was sent before its format was known, and how many bytes."""
    inputs: dict[str, Input] = field(default_factory=dict)
    responses: dict[str, Response] = field(default_factory=dict)
    tools: dict[str, Tool] = field(default_factory=dict)
    parts: dict[tuple[str, int], Part] = field(default_factory=dict)
    audio_parts: dict[str, Part] = field(default_factory=dict)
    """Of each item, the part that audio was last told of."""
    text_parts: dict[str, Part] = field(default_factory=dict)
    """The same of text."""
    entries: Memory[str, Entry] = field(default_factory=Memory)
    closed_inputs: Memory[str, InputFacts] = field(default_factory=Memory)
    closed_responses: Memory[str, Response] = field(default_factory=Memory)
    closed_tools: Memory[str, ToolRun] = field(default_factory=Memory)
    turn: Turn = field(default_factory=lambda: Turn(0))
    """The turn that goes on."""
    turns: Memory[int, Turn] = field(default_factory=Memory)
    """Those that are not over."""
    is_answered: bool = True
    """Whether the agent has answered since the user last began to speak."""
    has_greeted: bool = False
    suspects: list[Suspect] = field(default_factory=list)
    left_out: set[tuple[str, str]] = field(default_factory=set)
    """What was said to be left out."""
    talk: Talk = field(init=False)
    rate_limits: dict[str, int | None] = field(default_factory=dict)
    """The tenths that remained when they were last noted."""
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Have the time line count in the session's facts."""
        self.talk = Talk(self.session.tally)

    def leave_out(self, what: str, why: str, at: int) -> None:
        """Say that a measure is left out; once for each reason."""
        if (what, why) not in self.left_out:
            self.left_out.add((what, why))
            self.records.append(Noted(SESSION, at, LeftOutNoted(what, why)))

    def given(self, item_id: str) -> InputFacts | None:
        """An utterance, open or closed."""
        open_one = self.inputs.get(item_id)
        return open_one.facts if open_one is not None else self.closed_inputs.get(item_id)

    def owner(self, item_id: str) -> Response | None:
        """The response that made an item; None where that was not seen or is forgotten."""
        entry = self.entries.get(item_id)
        response_id = entry.response_id if entry else None
        if response_id is None:
            return None
        return self.responses.get(response_id) or self.closed_responses.get(response_id)

    @property
    def is_crowded(self) -> bool:
        """Whether more is open than any conversation should have open."""
        most = MOST_OPEN
        return len(self.tools) > most or len(self.responses) > most or len(self.inputs) > most

    def deadline(self) -> int | None:
        """When the first of the awaited things is given up; None where nothing is awaited."""
        earliest: int | None = None
        for given in self.inputs.values():
            if given.due is not None and (earliest is None or given.due < earliest):
                earliest = given.due
        for response in self.responses.values():
            if response.due is not None and (earliest is None or response.due < earliest):
                earliest = response.due
        for suspect in self.suspects:
            if suspect.due is not None and (earliest is None or suspect.due < earliest):
                earliest = suspect.due
        return earliest
