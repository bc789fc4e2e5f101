"""What a recording is called, and what the application is told of it before it is kept."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME: Final = 128
_NS: Final = 1_000_000_000


class ClipKind(StrEnum):
    """What a recording holds; the last word of its key."""

    INPUT = "input"
    """What the user said, in one utterance."""
    OUTPUT = "output"
    """What was heard of a response."""
    GENERATED = "generated"
    """All of a response of which only a part was heard."""
    SESSION = "session"
    """The call: the user on the left, the agent, as heard, on the right."""


@dataclass(frozen=True, slots=True)
class CallInfo:
    """A call that is about to be recorded, as `record_audio` is asked about it."""

    session_id: str
    """`session.id`."""
    trace_id: str
    """Hexadecimal, as backends show it; so is the next one."""
    span_id: str
    """Of the session's span."""
    user_id: str | None = None
    agent: str | None = None
    """The agent that it begins with, where that is known."""


@dataclass(frozen=True, slots=True)
class AudioClip:
    """A recording that is about to be kept, as `redact_audio` is asked about it."""

    kind: str
    """A `ClipKind`."""
    session_id: str
    trace_id: str
    span_id: str
    start: int
    """When it begins, in nanoseconds since the epoch."""
    duration_ms: float
    item_ids: tuple[str, ...] = ()
    """The conversation's items that it holds; none for the whole call."""
    response_id: str | None = None
    text: str | None = None
    """What was said, where transcripts are kept (`capture_content`) and it is known by now."""


class CallHeader(NamedTuple):
    """What recordings of a call are named by, also by the next process if this one is killed."""

    trace_id: str
    span_id: str
    """Of the session."""
    session_id: str
    started_at: int
    """In nanoseconds since the epoch."""
    is_redacted: bool
    """Whether the application is asked what may be kept."""

    def key(self, kind: str, at: int, span_id: str, extension: str) -> str:
        """The key of a recording that begins at `at`."""
        name = name_of(at, self.trace_id, span_id, kind, extension)
        return f"{folder_of(self.started_at, self.session_id)}/{name}"


def folder_of(started_at: int, session_id: str) -> str:
    """Where the recordings of a call lie, below the store's prefix: its date and its session."""
    day = datetime.fromtimestamp(started_at / _NS, UTC)
    return f"{day:%Y/%m/%d}/{_UNSAFE.sub('_', session_id)[:_LONGEST_NAME] or '_'}"


def name_of(at: int, trace_id: str, span_id: str, kind: str, extension: str) -> str:
    """What a recording is called there: sorts by time and leads back to its span."""
    moment = datetime.fromtimestamp(at / _NS, UTC)
    time = f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z"
    return f"{time}_{trace_id}_{span_id}_{kind}.{extension}"
