"""What the conversation says: something opened, something was learnt, something closed.

A record names its subject by a `Key` and shows the subject's facts. The facts are the machine's
own objects, filled as more becomes known: a consumer reads them while it handles the record and
keeps none of them.
"""

from enum import StrEnum
from typing import NamedTuple, TypeAlias

from otel_realtime.facts import Facts, InputFacts, ResponseFacts, SessionFacts, ToolFacts
from otel_realtime.frozen import frozen
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


@frozen
class Opened:
    """A subject's span begins at `at`, under `parent`."""

    key: Key
    at: int
    facts: Facts
    parent: Key | None


@frozen
class Closed:
    """A subject's span ends at `at`; its facts are complete."""

    key: Key
    at: int
    facts: Facts


@frozen
class SessionNoted:
    """The session was named or its settings changed: `changed` lists the names of settings."""

    facts: SessionFacts
    changed: tuple[str, ...] = ()


@frozen
class InterruptionNoted:
    """The agent's audio was cut off."""

    facts: ResponseFacts


@frozen
class FaultNoted:
    """The provider reported an error."""

    fault: Fault


@frozen
class TranscriptionFailureNoted:
    """An utterance could not be transcribed."""

    facts: InputFacts


@frozen
class RateLimitsNoted:
    """The account's limits."""

    limits: tuple[RateLimit, ...]


@frozen
class HandoffNoted:
    """One agent gave the floor to another."""

    from_agent: str | None
    to_agent: str


@frozen
class IdleTimeoutNoted:
    """The user said nothing for long."""

    item_id: str


@frozen
class DtmfNoted:
    """The caller pressed a key."""

    digit: str


@frozen
class McpToolsNoted:
    """A hosted server was asked for its tools."""

    outcome: str


@frozen
class GuardrailNoted:
    """A guardrail of the application tripped."""

    kind: str
    name: str | None
    agent: str | None


@frozen
class ApprovalNoted:
    """A tool call was told to wait for approval, or got an answer."""

    facts: ToolFacts


@frozen
class ReconnectionNoted:
    """The socket was lost and another one carries the same conversation on."""

    facts: SessionFacts


@frozen
class FalseBargeInNoted:
    """What cut the agent off was no speech, as far as that can be told."""

    facts: ResponseFacts
    given: InputFacts


@frozen
class MissedBargeInNoted:
    """The user spoke over the agent for `overlap_ns`, and nothing cut the agent off."""

    facts: ResponseFacts
    given: InputFacts
    overlap_ns: int


@frozen
class AgentInterruptionNoted:
    """The agent became audible while the user was speaking."""

    facts: ResponseFacts
    given: InputFacts


@frozen
class DeadAirNoted:
    """Nobody was heard for `ns`; `awaited` is who should have spoken: `agent` or `user`."""

    ns: int
    awaited: str


@frozen
class TurnNoted:
    """A turn is over: `ns` from the beginning of the user's speech to the last heard audio."""

    index: int
    ns: int
    agent: str | None
    model: str | None


@frozen
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


@frozen
class Noted:
    """Something was learnt about a subject at `at`."""

    key: Key
    at: int
    note: Note


Record: TypeAlias = Opened | Noted | Closed
