"""What the conversation says: something opened, something was learnt, something closed.

A record names its subject by a `Key` and shows the subject's facts. The facts are the machine's
own objects, filled as more becomes known: a consumer reads them while it handles the record and
keeps none of them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from otel_realtime.facts import Facts, InputFacts, ResponseFacts, SessionFacts, ToolFacts
from otel_realtime.values import Fault, RateLimit


class Kind(StrEnum):
    """What a record is about."""

    SESSION = "session"
    INPUT = "input"
    RESPONSE = "response"
    TOOL = "tool"
    TRANSCRIPTION = "transcription"


class Key(NamedTuple):
    """The subject of a record: its kind and the provider's id (empty for the session)."""

    kind: Kind
    id: str = ""


SESSION = Key(Kind.SESSION)


@dataclass(frozen=True, slots=True)
class Opened:
    """A subject's span begins at `at`, under `parent`."""

    key: Key
    at: int
    facts: Facts
    parent: Key | None


@dataclass(frozen=True, slots=True)
class Closed:
    """A subject's span ends at `at`; its facts are complete."""

    key: Key
    at: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class SessionNoted:
    """The session was named or its settings changed: `changed` lists the names of settings."""

    facts: SessionFacts
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InterruptionNoted:
    """The agent's audio was cut off."""

    facts: ResponseFacts


@dataclass(frozen=True, slots=True)
class FaultNoted:
    """The provider reported an error."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class TranscriptionFailureNoted:
    """An utterance could not be transcribed."""

    facts: InputFacts


@dataclass(frozen=True, slots=True)
class RateLimitsNoted:
    """The account's limits."""

    limits: tuple[RateLimit, ...]


@dataclass(frozen=True, slots=True)
class HandoffNoted:
    """One agent gave the floor to another."""

    from_agent: str | None
    to_agent: str


@dataclass(frozen=True, slots=True)
class IdleTimeoutNoted:
    """The user said nothing for long."""

    item_id: str


@dataclass(frozen=True, slots=True)
class DtmfNoted:
    """The caller pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True)
class McpToolsNoted:
    """A hosted server was asked for its tools."""

    outcome: str


@dataclass(frozen=True, slots=True)
class GuardrailNoted:
    """A guardrail of the application tripped."""

    kind: str
    name: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class ApprovalNoted:
    """A tool call was told to wait for approval, or got an answer."""

    facts: ToolFacts


@dataclass(frozen=True, slots=True)
class ReconnectionNoted:
    """The socket was lost and another one carries the same conversation on."""

    facts: SessionFacts


@dataclass(frozen=True, slots=True)
class FalseBargeInNoted:
    """What cut the agent off was no speech, as far as that can be told."""

    facts: ResponseFacts
    given: InputFacts


@dataclass(frozen=True, slots=True)
class MissedBargeInNoted:
    """The user spoke over the agent for `overlap_ns`, and nothing cut the agent off."""

    facts: ResponseFacts
    given: InputFacts
    overlap_ns: int


@dataclass(frozen=True, slots=True)
class AgentInterruptionNoted:
    """The agent became audible while the user was speaking."""

    facts: ResponseFacts
    given: InputFacts


@dataclass(frozen=True, slots=True)
class DeadAirNoted:
    """Nobody was heard for `ns`; `awaited` is who should have spoken: `agent` or `user`."""

    ns: int
    awaited: str


@dataclass(frozen=True, slots=True)
class TurnNoted:
    """A turn is over: `ns` from the beginning of the user's speech to the last heard audio."""

    index: int
    ns: int
    agent: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class LeftOutNoted:
    """A measure was left out, as what it is made of contradicts itself."""

    what: str
    why: str


Note: TypeAlias = (
    SessionNoted
    | InterruptionNoted
    | FaultNoted
    | TranscriptionFailureNoted
    | RateLimitsNoted
    | HandoffNoted
    | IdleTimeoutNoted
    | DtmfNoted
    | McpToolsNoted
    | GuardrailNoted
    | ApprovalNoted
    | ReconnectionNoted
    | FalseBargeInNoted
    | MissedBargeInNoted
    | AgentInterruptionNoted
    | DeadAirNoted
    | TurnNoted
    | LeftOutNoted
)


@dataclass(frozen=True, slots=True)
class Noted:
    """Something was learnt about a subject at `at`."""

    key: Key
    at: int
    note: Note


Record: TypeAlias = Opened | Noted | Closed
