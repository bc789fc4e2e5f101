"""What is remembered beyond what is open: the conversation's entries, its turns, their tools."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from otel_realtime.facts import InputFacts, ResponseFacts

_REMEMBERED = 64

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


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


class ToolRun(NamedTuple):
    """What is remembered of a tool call that is over."""

    turn: int | None
    started_at: int | None
    ended_at: int | None


class Commit(NamedTuple):
    """Where the audio begins that was not committed yet."""

    ms: float = 0.0
    runs_since: int | None = None
    """Since when audio may have run on, whether or not the user speaks: the last commit, or when
    the session was ready. None after a clear: who throws away what was before says where it
    begins."""


@dataclass(slots=True)
class Turn:
    """What the user says, and all that answers it."""

    index: int
    start: int | None = None
    """When the user began to speak."""
    start_known: bool = True
    """Whether the first that the user said in it tells when that was."""
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
