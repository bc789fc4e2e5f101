"""What is known of one tool call."""

from dataclasses import dataclass

from otel_realtime.facts._measures import seconds_between
from otel_realtime.values import Fault


@dataclass(slots=True)
class ToolFacts:
    """What is known of one tool call."""

    call_id: str
    kind: str = "function"
    """`function`, `handoff`, `local_mcp` (a server of the application's), `hosted_mcp` (the
    provider's)."""
    name: str | None = None
    description: str | None = None
    arguments: str | None = None
    output: str | None = None
    agent: str | None = None
    conversation_id: str | None = None
    response_id: str | None = None
    server_label: str | None = None
    handoff_to: str | None = None
    turn: int | None = None
    """The turn of the response that asked for it."""
    requested_at: int | None = None
    approval: str | None = None
    """`awaited`, `approved`, `rejected`; None where none was asked for."""
    approval_asked_at: int | None = None
    approval_given_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    outcome: str | None = None
    """`completed`, `error`, `cancelled`, `answered` (its run was not seen), `rejected` (by
    somebody), `blocked` (it or its output, by a guardrail), `unanswered`."""
    error: BaseException | None = None
    fault: Fault | None = None

    @property
    def approval_wait(self) -> float | None:
        """Seconds that somebody's approval took; None where none was asked for or given."""
        return seconds_between(self.approval_asked_at, self.approval_given_at)
