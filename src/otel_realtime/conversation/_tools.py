"""Tool calls, by `call_id`: asked for by a response, run by the application, answered.

A call opens when its run begins. Where the run is not seen, the span reaches from the call to its
output, and opens only then: its start is known, and nothing could have been nested in it.
"""

from otel_realtime.conversation._order import check_tool
from otel_realtime.conversation._state import MOST_OPEN, State, Tool, ToolPhase
from otel_realtime.conversation._turns import close_tool
from otel_realtime.events import (
    AgentChanged,
    McpCallEnded,
    McpCallStarted,
    McpToolsListed,
    ToolAnswered,
    ToolEnded,
    ToolFailed,
    ToolRequested,
    ToolStarted,
)
from otel_realtime.facts import Output, ToolFacts
from otel_realtime.records import (
    SESSION,
    Closed,
    HandoffNoted,
    Key,
    Kind,
    McpToolsNoted,
    Noted,
    Opened,
)
from otel_realtime.values import Fault, Item, ItemType


def on_tool_requested(state: State, event: ToolRequested) -> None:
    """Remember who asked for what."""
    if event.call_id in state.closed_tools:
        return
    tool = tool_of(state, event.call_id)
    facts = tool.facts
    facts.name = facts.name or event.name
    facts.response_id = facts.response_id or event.response_id
    facts.requested_at = facts.requested_at or event.at
    if facts.arguments is None and state.keep_text:
        facts.arguments = event.arguments
    response = state.responses.get(event.response_id or "")
    if response is not None:
        # Of a response met without its beginning, a call may have been heard of before.
        facts.requested_at = max(facts.requested_at, response.opened_at)
        facts.agent = response.facts.agent or facts.agent
        if event.item_id is not None:
            response.calls[event.item_id] = Output(
                call_id=event.call_id, name=facts.name, arguments=facts.arguments
            )


def on_tool_started(state: State, event: ToolStarted) -> None:
    """Open the call: its run begins."""
    if event.call_id in state.closed_tools:
        return
    tool = tool_of(state, event.call_id)
    if tool.phase is not ToolPhase.REQUESTED:
        return
    tool.phase, tool.refused = ToolPhase.RUNNING, None
    facts = tool.facts
    facts.name = event.name or facts.name
    facts.description = event.description
    facts.kind = event.kind or facts.kind
    facts.server_label = event.server_label or facts.server_label
    facts.agent = event.agent or facts.agent
    session = state.session
    session.floor = session.floor or event.agent
    session.agent = session.agent or event.agent
    facts.started_at = event.at
    if facts.arguments is None and state.keep_text:
        facts.arguments = event.arguments
    _open(state, facts, event.at)


def on_tool_ended(state: State, event: ToolEnded) -> None:
    """Close the call: its run is over. One whose output is judged yet closes with its answer."""
    tool = state.tools.get(event.call_id)
    if tool is None or tool.phase is not ToolPhase.RUNNING:
        return
    tool.facts.error = event.error
    tool.facts.output = event.output if state.keep_text else None
    tool.facts.fault = Fault(type=event.fault_type) if event.fault_type else None
    tool.facts.outcome, tool.facts.ended_at = _outcome(event), event.at
    if event.guarded:
        tool.phase = ToolPhase.JUDGED
    else:
        close(state, tool, event.at)


def on_tool_failed(state: State, event: ToolFailed) -> None:
    """Close a call that will not run; it is no failure where somebody kept it from that."""
    tool = state.tools.get(event.call_id)
    if tool is not None and tool.phase is ToolPhase.REQUESTED:
        tool.facts.error = None if tool.refused else event.error
        _close(state, tool, event.at, tool.refused or "error")


def on_tool_answered(state: State, event: ToolAnswered) -> None:
    """Close a call whose run was not seen, or was judged; a running one closes with its run."""
    tool = state.tools.get(event.call_id)
    if tool is None or tool.phase is ToolPhase.RUNNING:
        return
    if state.keep_text and event.output is not None:
        tool.facts.output = event.output
    if tool.phase is ToolPhase.JUDGED:
        close(state, tool, event.at)
    else:
        _close(state, tool, event.at, tool.refused or "answered")


def on_agent_changed(state: State, event: AgentChanged) -> None:
    """Give the floor to another agent; what follows belongs to it."""
    before = event.from_agent or state.session.floor
    state.session.floor = event.to_agent
    state.session.agent = state.session.agent or before
    tool = state.tools.get(event.call_id or "")
    if tool is not None:
        tool.facts.kind, tool.facts.handoff_to = "handoff", event.to_agent
        tool.facts.agent = before or tool.facts.agent
    state.session.tally.handoffs += 1
    state.records.append(Noted(SESSION, event.at, HandoffNoted(before, event.to_agent)))


def on_mcp_call_started(state: State, event: McpCallStarted) -> None:
    """Open a hosted tool's call: the provider runs it."""
    tool = _hosted(state, event.item_id)
    if tool is not None and tool.phase is ToolPhase.REQUESTED and tool.facts.ended_at is None:
        tool.phase = ToolPhase.RUNNING
        tool.facts.started_at = event.at
        _open(state, tool.facts, event.at)


def on_mcp_call_ended(state: State, event: McpCallEnded) -> None:
    """Mark the end of a hosted tool's run; its finished item tells the output and closes it."""
    tool = _hosted(state, event.item_id)
    if tool is not None:
        tool.facts.ended_at = event.at
        tool.facts.outcome = "error" if event.failed else "completed"


def on_mcp_tools_listed(state: State, event: McpToolsListed) -> None:
    """Note that a hosted server was asked for its tools."""
    state.records.append(Noted(SESSION, event.at, McpToolsNoted(event.outcome)))


def take_call(state: State, item: Item, response_id: str | None, at: int) -> None:
    """Take in a response's finished item if it is a tool call."""
    if item.type is ItemType.TOOL_CALL and item.call_id is not None and item.status != "incomplete":
        request = ToolRequested(at, item.call_id, item.name, item.arguments, item.id, response_id)
        on_tool_requested(state, request)
    elif item.type is ItemType.MCP_CALL:
        _finish_hosted(state, item, response_id, at)


def announce(state: State, item: Item, response_id: str, at: int) -> None:
    """Learn the name of a hosted tool before its run begins: its span is named then."""
    tool = _hosted(state, item.id) if item.type is ItemType.MCP_CALL else None
    if tool is not None:
        tool.facts.name = item.name or tool.facts.name
        tool.facts.server_label = item.server_label or tool.facts.server_label
        tool.facts.response_id = response_id
        tool.facts.requested_at = tool.facts.requested_at or at


def let_go(state: State, at: int) -> None:
    """Close the oldest calls where there are too many."""
    while len(state.tools) > MOST_OPEN:
        close(state, next(iter(state.tools.values())), at)


def close(state: State, tool: Tool, at: int) -> None:
    """Close a call whose run is over, or that will not be answered any more."""
    facts = tool.facts
    if facts.ended_at is not None:
        outcome = facts.outcome or "completed"
        stopped = tool.refused if outcome == "completed" else None
        _close(state, tool, facts.ended_at, stopped or outcome)
        return
    running = tool.phase is ToolPhase.RUNNING and facts.kind != "hosted_mcp"
    _close(state, tool, at, "cancelled" if running else "unanswered")


def tool_of(state: State, call_id: str) -> Tool:
    """The open call of that id; a new one if there is none."""
    tool = state.tools.get(call_id)
    if tool is None:
        facts = ToolFacts(
            call_id,
            agent=state.session.floor,
            conversation_id=state.session.conversation_id,
        )
        tool = state.tools[call_id] = Tool(facts)
    return tool


def _hosted(state: State, item_id: str) -> Tool | None:
    if item_id in state.closed_tools:
        return None
    tool = tool_of(state, item_id)
    tool.facts.kind = "hosted_mcp"
    entry = state.entries.get(item_id)
    if entry is not None:
        tool.facts.response_id = tool.facts.response_id or entry.response_id
    return tool


def _finish_hosted(state: State, item: Item, response_id: str | None, at: int) -> None:
    tool = _hosted(state, item.id)
    if tool is None:
        return
    facts = tool.facts
    facts.name = item.name or facts.name
    facts.server_label = item.server_label or facts.server_label
    facts.response_id = response_id or facts.response_id
    facts.requested_at = facts.requested_at or facts.started_at or at
    facts.fault = item.fault
    if state.keep_text:
        facts.arguments, facts.output = item.arguments, item.output
    response = state.responses.get(response_id or "")
    if response is not None:
        response.calls[item.id] = Output(
            call_id=item.id, name=facts.name, arguments=facts.arguments
        )
    if item.output is None and item.fault is None and facts.ended_at is None:
        return  # asked for, and not run yet
    entry = state.entries.get(item.id)
    if entry is not None:
        entry.output = facts.output
    outcome = "error" if item.fault is not None else facts.outcome or "completed"
    _close(state, tool, facts.ended_at or at, outcome)


def _outcome(event: ToolEnded) -> str:
    if event.error is None:
        return "completed" if event.fault_type is None else "error"
    return "error" if isinstance(event.error, Exception) else "cancelled"


def _open(state: State, facts: ToolFacts, at: int) -> None:
    state.records.append(Opened(Key(Kind.TOOL, facts.call_id), at, facts, parent_of(facts)))


def _close(state: State, tool: Tool, at: int, outcome: str) -> None:
    facts = tool.facts
    facts.conversation_id = facts.conversation_id or state.session.conversation_id
    key = Key(Kind.TOOL, facts.call_id)
    told = facts.started_at if facts.started_at is not None else facts.requested_at
    start = told if told is not None else at
    if tool.phase is ToolPhase.REQUESTED:
        state.records.append(Opened(key, start, facts, parent_of(facts)))
    facts.outcome, facts.ended_at = outcome, at
    state.tools.pop(facts.call_id, None)
    close_tool(state, tool)
    tally = state.session.tally
    tally.tool_calls += 1
    tally.tool_errors += outcome == "error"
    check_tool(state, facts, at)
    state.records.append(Closed(key, max(at, start), facts))


def parent_of(facts: ToolFacts) -> Key:
    """What a call's span and notes belong to: the response that asked for it, if known."""
    return Key(Kind.RESPONSE, facts.response_id) if facts.response_id is not None else SESSION
