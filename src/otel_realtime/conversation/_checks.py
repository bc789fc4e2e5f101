"""What may hold a tool call or a response back: somebody's approval, and guardrails."""

from otel_realtime.conversation._state import State
from otel_realtime.conversation._tools import parent_of, tool_of
from otel_realtime.events import ApprovalAsked, ApprovalGiven, GuardrailTripped
from otel_realtime.facts import ToolFacts
from otel_realtime.records import SESSION, ApprovalNoted, GuardrailNoted, Key, Kind, Noted


def on_approval_asked(state: State, event: ApprovalAsked) -> None:
    """Note that a call waits for somebody's approval."""
    if event.call_id in state.closed_tools:
        return
    facts = tool_of(state, event.call_id).facts
    if facts.approval is None:
        facts.name = facts.name or event.name
        facts.approval, facts.approval_asked_at = "awaited", event.at
        _note_approval(state, facts, event.at)


def on_approval_given(state: State, event: ApprovalGiven) -> None:
    """Note the answer; a call that was rejected closes when the model is told so."""
    tool = state.tools.get(event.call_id)
    if tool is None or tool.facts.approval not in {None, "awaited"}:
        return
    tool.facts.approval = "approved" if event.approved else "rejected"
    tool.facts.approval_given_at = event.at
    if not event.approved:
        tool.refused = "rejected"
    _note_approval(state, tool.facts, event.at)


def on_guardrail_tripped(state: State, event: GuardrailTripped) -> None:
    """Note a guardrail on the response or the tool call that it stopped."""
    response_id = event.response_id or ""
    response = state.responses.get(response_id) or state.closed_responses.get(response_id)
    tool = state.tools.get(event.call_id or "")
    key, agent = SESSION, state.session.floor
    if response is not None:
        key, agent = response.key, response.facts.agent
    if tool is not None:
        tool.refused = "blocked"
        # A call that never ran has no span yet.
        ran = tool.facts.started_at is not None
        key = Key(Kind.TOOL, tool.facts.call_id) if ran else parent_of(tool.facts)
        agent = tool.facts.agent
    state.session.tally.guardrail_trips += 1
    state.records.append(Noted(key, event.at, GuardrailNoted(event.kind, event.name, agent)))


def _note_approval(state: State, facts: ToolFacts, at: int) -> None:
    state.records.append(Noted(parent_of(facts), at, ApprovalNoted(facts)))
