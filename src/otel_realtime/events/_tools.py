"""Events of tools, hosted tools and handoffs."""

from otel_realtime.events._base import Event
from otel_realtime.frozen import frozen


@frozen
class ToolRequested(Event):
    """The model asks for a tool."""

    call_id: str
    name: str | None
    arguments: str | None
    item_id: str | None = None
    response_id: str | None = None


@frozen
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


@frozen
class ToolEnded(Event):
    """The application's run of a tool is over; `error` where it raised or was cancelled."""

    call_id: str
    output: str | None = None
    error: BaseException | None = None
    fault_type: str | None = None
    """What kind of failure it reports, where nothing was raised."""
    guarded: bool = False
    """Whether a guardrail has yet to judge the output: the call closes when it is answered."""


@frozen
class ToolFailed(Event):
    """A tool call came to nothing before it could run."""

    call_id: str
    error: Exception


@frozen
class ApprovalAsked(Event):
    """A tool call waits for somebody's approval."""

    call_id: str
    name: str | None = None


@frozen
class ApprovalGiven(Event):
    """A tool call was approved, or was rejected and will not run."""

    call_id: str
    approved: bool


@frozen
class ToolAnswered(Event):
    """The output of a tool was handed to the model."""

    call_id: str
    output: str | None = None


@frozen
class McpCallStarted(Event):
    """The provider began to run a hosted tool."""

    item_id: str


@frozen
class McpCallEnded(Event):
    """The provider's run of a hosted tool is over."""

    item_id: str
    failed: bool


@frozen
class McpToolsListed(Event):
    """The provider asked a hosted server for its tools; `outcome` is `completed` or `failed`."""

    item_id: str
    outcome: str


@frozen
class AgentChanged(Event):
    """Another agent has the floor from here; `call_id` is the handoff's tool call, if any."""

    to_agent: str
    from_agent: str | None = None
    call_id: str | None = None
