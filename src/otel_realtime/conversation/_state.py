"""The state of one conversation, as data.

Each utterance, response and tool call passes through the phases of its enumeration, in order and
without a way back; leaving the last one closes it. What is closed is forgotten but for a bounded
memory of ids, so that a late or repeated event does not open it again.
"""

from dataclasses import dataclass, field

from otel_realtime.conversation._clock import AudioClock
from otel_realtime.conversation._open import (
    NS_PER_MS,
    Cut,
    Heard,
    Input,
    InputPhase,
    Part,
    Response,
    ResponsePhase,
    Tool,
    ToolPhase,
)
from otel_realtime.conversation._remembered import (
    Commit,
    Entry,
    Memory,
    Role,
    Suspect,
    ToolRun,
    Turn,
)
from otel_realtime.conversation._talk import Talk
from otel_realtime.facts import InputFacts, SessionFacts
from otel_realtime.records import SESSION, LeftOutNoted, Noted, Record
from otel_realtime.values import AudioFormat

__all__ = [
    "FORGOTTEN",
    "MOST_OPEN",
    "NS_PER_MS",
    "Commit",
    "Cut",
    "Entry",
    "Heard",
    "Input",
    "InputPhase",
    "Memory",
    "Part",
    "Response",
    "ResponsePhase",
    "Role",
    "State",
    "Suspect",
    "Tool",
    "ToolPhase",
    "ToolRun",
    "Turn",
]

FORGOTTEN = "forgotten"
"""The end reason of what was open too long among too many."""
MOST_OPEN = 128
"""How many utterances, responses or tool calls may be open at a time."""


@dataclass(slots=True)
class State:
    """All that one conversation knows, and the records it has not handed out yet."""

    session: SessionFacts
    keep_text: bool
    transcript_wait: int
    playback_wait: int
    over: bool = False
    is_disordered: bool = False
    """Whether an event was of a moment before that of the one before it."""
    clock: AudioClock = field(default_factory=AudioClock)
    commit: Commit = field(default_factory=Commit)
    """The last one."""
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
    last_heard: Response | None = None
    """The one of them that was heard last."""
    closed_tools: Memory[str, ToolRun] = field(default_factory=Memory)
    turn: Turn = field(default_factory=lambda: Turn(0))
    """The turn that goes on."""
    turns: Memory[int, Turn] = field(default_factory=Memory)
    """Those that are not over."""
    is_answered: bool = True
    """Whether the agent has answered since the user last began to speak."""
    answered_by: str | None = None
    """The response that did."""
    given_at: int | None = None
    """When the user first said anything."""
    has_greeted: bool = False
    suspects: list[Suspect] = field(default_factory=list)
    talk: Talk = field(init=False)
    rate_limits: dict[str, int | None] = field(default_factory=dict)
    """The tenths that remained when they were last noted."""
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Have the time line count in the session's facts."""
        self.talk = Talk(self.session.tally)

    def leave_out(self, what: str, why: str, at: int) -> None:
        """Say that a measure is left out: each time, for they are counted."""
        self.records.append(Noted(SESSION, at, LeftOutNoted(what, why)))

    def given(self, item_id: str) -> InputFacts | None:
        """An utterance, open or closed."""
        open_one = self.inputs.get(item_id)
        return open_one.facts if open_one is not None else self.closed_inputs.get(item_id)

    @property
    def has_begun(self) -> bool:
        """Whether anybody has said anything, or begun to."""
        return self.given_at is not None or bool(self.responses or self.closed_responses)

    def owner(self, item_id: str) -> Response | None:
        """The response that made an item; None where that was not seen or is forgotten."""
        entry = self.entries.get(item_id)
        response_id = entry.response_id if entry else None
        if response_id is None:
            return None
        return self.responses.get(response_id) or self.closed_responses.get(response_id)

    def is_crowded(self) -> bool:
        """Whether more is open than any conversation should have open."""
        return (
            len(self.tools) > MOST_OPEN
            or len(self.responses) > MOST_OPEN
            or len(self.inputs) > MOST_OPEN
        )

    def deadline(self) -> int | None:
        """When the first of the awaited things is given up; None where nothing is awaited."""
        earliest: int | None = None
        for waiting in (self.inputs.values(), self.responses.values(), self.suspects):
            for each in waiting:
                due = each.due
                if due is not None and (earliest is None or due < earliest):
                    earliest = due
        return earliest
