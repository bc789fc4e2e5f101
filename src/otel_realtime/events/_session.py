"""Events of the session and of what concerns all of it."""

from dataclasses import dataclass

from otel_realtime.events._base import Event
from otel_realtime.values import Fault, RateLimit, SessionConfig


@dataclass(frozen=True, slots=True)
class SessionStarted(Event):
    """The socket is open and the provider has described the session (mark: session ready)."""

    config: SessionConfig


@dataclass(frozen=True, slots=True)
class SessionChanged(Event):
    """The session's settings were changed; the new ones are in force from here."""

    config: SessionConfig


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """The socket is closed or was lost; `fault_type` is set only where that is an error."""

    reason: str
    fault_type: str | None = None
    close_code: int | None = None


@dataclass(frozen=True, slots=True)
class ConversationNamed(Event):
    """The provider's id of the conversation became known."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class FaultReported(Event):
    """The provider reports an error that ends neither response nor session by itself."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class RateLimitsUpdated(Event):
    """The account's limits after a response."""

    limits: tuple[RateLimit, ...] = ()
