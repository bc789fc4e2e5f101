"""Events of the session and of what concerns all of it."""

from otel_realtime.events._base import Event
from otel_realtime.frozen import frozen
from otel_realtime.values import Endpoint, Fault, RateLimit, SessionConfig


@frozen
class SessionOpened(Event):
    """The client begins to connect: told only by sources that see it, before anything else."""

    endpoint: Endpoint | None = None
    agent: str | None = None
    """The agent that has the floor at the start."""
    model: str | None = None
    """The model that is asked for."""
    call_id: str | None = None
    """The provider's id of the telephone call that the session is attached to."""


@frozen
class SessionStarted(Event):
    """The socket is open and the provider has described the session (mark: session ready)."""

    config: SessionConfig


@frozen
class SessionChanged(Event):
    """The session's settings were changed; the new ones are in force from here."""

    config: SessionConfig


@frozen
class ConnectionLost(Event):
    """The socket was lost, and the client may connect again: what is said now nobody hears."""


@frozen
class SessionEnded(Event):
    """The socket is closed or was lost; `fault_type` is set only where that is an error."""

    reason: str
    fault_type: str | None = None
    close_code: int | None = None
    error: Exception | None = None
    """What the application or the connection raised, where that ended it."""


@frozen
class ConversationNamed(Event):
    """The provider's id of the conversation became known."""

    conversation_id: str


@frozen
class FaultReported(Event):
    """The provider reports an error that ends neither response nor session by itself."""

    fault: Fault


@frozen
class RateLimitsUpdated(Event):
    """The account's limits after a response."""

    limits: tuple[RateLimit, ...] = ()


@frozen
class GuardrailTripped(Event):
    """A guardrail of the application stopped a response or a tool call."""

    kind: str
    """What it guards: `output`, `tool_input`, `tool_output`."""
    name: str | None = None
    response_id: str | None = None
    call_id: str | None = None
