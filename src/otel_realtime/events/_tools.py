"""Events of tools, hosted tools and handoffs."""

from dataclasses import dataclass

from otel_realtime.events._base import Event


@dataclass(frozen=True, slots=True)
class ToolRequested(Event):
    """The model asks for a tool."""

    call_id: str
    name: str | None
    arguments: str | None
    item_id: str | None = None
    response_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolStarted(Event):
    """The application begins to run a tool."""

    call_id: str
    name: str | None = None
    arguments: str | None = None
    description: str | None = None
    agent: str | None = None
    kind: str | None = None
    """As `ToolFacts.kind`, where the source knows better than that it is a function."""
    server_label: str | None = None


@dataclass(frozen=True, slots=True)
class ToolEnded(Event):
    """The application's run of a tool is over; `error` where it raised or was cancelled."""

    call_id: str
    output: str | None = None
    error: BaseException | None = None
    fault_type: str | None = None
    """What kind of failure it reports, where nothing was raised."""
    guarded: bool = False
    """Whether a guardrail has yet to judge the output: the call closes when it is answered."""


@dataclass(frozen=True, slots=True)
class ToolFailed(Event):
    """A tool call came to nothing before it could run."""

    call_id: str
    error: Exception


@dataclass(frozen=True, slots=True)
class ApprovalAsked(Event):
    """A tool call waits for somebody's approval."""

    call_id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalGiven(Event):
    """A tool call was approved, or was rejected and will not run."""

    call_id: str
    approved: bool


@dataclass(frozen=True, slots=True)
class ToolAnswered(Event):
    """The output of a tool was handed to the model."""

    call_id: str
    output: str | None = None


@dataclass(frozen=True, slots=True)
class McpCallStarted(Event):
    """The provider began to run a hosted tool."""

    item_id: str


@dataclass(frozen=True, slots=True)
class McpCallEnded(Event):
    """The provider's run of a hosted tool is over."""

    item_id: str
    failed: bool


@dataclass(frozen=True, slots=True)
class McpToolsListed(Event):
    """The provider asked a hosted server for its tools; `outcome` is `completed` or `failed`."""

    item_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class AgentChanged(Event):
    """Another agent has the floor from here; `call_id` is the handoff's tool call, if any."""

    to_agent: str
    from_agent: str | None = None
    call_id: str | None = None
