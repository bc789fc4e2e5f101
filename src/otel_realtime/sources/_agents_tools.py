"""The runs of tools in the Agents SDK: exactly when, and with their span current inside.

Listeners are not told when a tool runs, and a context attached in one would be seen by the tool in
some modes only. So the functions that run a tool are wrapped: `RealtimeSession._handle_tool_call`
tells which session a call belongs to; `invoke_function_tool`, as the session calls it, is the run
itself; and what makes a text for the model of an exception or of a timeout tells of it. The tool's
span is attached around the run, in its own task, and detached there; threads and tasks begun inside
inherit it. A wait for approval and a handoff are told of as the SDK makes its own events of them.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from otel_realtime.events import (
    AgentChanged,
    ApprovalAsked,
    ApprovalGiven,
    Event,
    ToolEnded,
    ToolFailed,
    ToolStarted,
)
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources._agents_model import listeners
from otel_realtime.sources._agents_session import Args, Host, Kwargs, follower_of, name_of

if TYPE_CHECKING:
    from otel_realtime.sources.agents import RealtimeTelemetryListener

SDK: Final = "agents.realtime.session"
_MCP: Final = "mcp"
_MCP_FAULT: Final = "tool_error"
"""`error.type` of a result that an MCP server marks as an error, as OpenTelemetry names it."""
_SECRETS: Final = re.compile(r"(?<=//)[^/?#\s]*@|[?#]\S*")
"""What an address may hold beside the address."""


@dataclass(slots=True, eq=False)
class Call:
    """A tool call or handoff that the SDK is handling in this task."""

    session: Any
    event: Any
    agent: str | None
    """The agent that asked for it."""
    tool: Any = None
    """The tool, once it runs."""
    has_run: bool = False
    failure: Exception | None = None
    """What the tool raised, where the SDK told the model and not the caller."""
    fault: str | None = None
    """What kind of failure its server told of, where nothing was raised."""

    @property
    def call_id(self) -> str | None:
        """The call's id."""
        return _text(getattr(self.event, "call_id", None))


_current: ContextVar[Call | None] = ContextVar("otel_realtime_tool_call", default=None)


def current_call() -> Call | None:
    """The call that the running task handles."""
    return _current.get()


async def handle(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Remember, in the call's own task, which session it belongs to."""
    event = args[0] if args else kwargs.get("event")
    floor = getattr(session, "_current_agent", None)
    call = Call(session, event, name_of(kwargs.get("agent_snapshot")) or name_of(floor))
    token = _current.set(call)
    try:
        return await wrapped(*args, **kwargs)
    except Exception as error:
        if not call.has_run:
            _fail(call, error)
        raise
    finally:
        with suppress(ValueError):  # a task that is collected while it waits ends elsewhere
            _current.reset(token)


async def invoke(wrapped: Host, _: Any, args: Args, kwargs: Kwargs) -> Any:
    """Run a tool inside its span. What the host raises passes through unchanged."""
    call = _current.get()
    if call is None or call.has_run:
        return await wrapped(*args, **kwargs)
    call.has_run = True
    telemetry = _telemetry_of(call)
    if telemetry is None:
        return await wrapped(*args, **kwargs)
    call.tool = kwargs.get("function_tool")
    _start(telemetry, call)
    with telemetry.use_tool(call.call_id or ""):
        try:
            output = await wrapped(*args, **kwargs)
        except BaseException as error:
            _end(telemetry, call, error=error)
            raise
        _end(telemetry, call, outputs=(output,), error=call.failure)
        return output


async def explain_failure(wrapped: Host, _: Any, args: Args, kwargs: Kwargs) -> Any:
    """Remember what a tool raised, before a text for the model is made of it."""
    call, error = _current.get(), kwargs.get("error")
    # A tool may run agents of its own, whose tools may fail as well: the id tells them apart.
    call_id = getattr(kwargs.get("context"), "tool_call_id", None)
    if call is not None and call_id == call.call_id and isinstance(error, Exception):
        call.failure = error
    return await wrapped(*args, **kwargs)


def time_out(wrapped: Callable[..., Any], error: Any, args: Args, kwargs: Kwargs) -> Any:
    """Remember that a tool took too long, whether that is raised or told the model as a text."""
    wrapped(*args, **kwargs)
    call = _current.get()
    tool = call.tool if call is not None else None
    # The tools of an agent that this tool runs may take too long as well.
    facts = getattr(error, "tool_name", None), getattr(error, "timeout_seconds", None)
    if call is not None and facts == (
        getattr(tool, "name", None),
        getattr(tool, "timeout_seconds", None),
    ):
        call.failure = error


async def call_mcp(wrapped: Host, _: Any, args: Args, kwargs: Kwargs) -> Any:
    """Remember that a tool of a local MCP server failed there: the SDK makes it an output."""
    result = await wrapped(*args, **kwargs)
    call = _current.get()
    is_error = getattr(result, "is_error", None) or getattr(result, "isError", None)
    if call is not None and is_error is True and _origin(call.tool)[0] is not None:
        call.fault = _MCP_FAULT
    return result


def ask(wrapped: Callable[..., Any], asking: Any, args: Args, kwargs: Kwargs) -> None:
    """Tell that a call waits for approval, as the SDK makes its own event of it."""
    wrapped(*args, **kwargs)
    call, call_id = _current.get(), getattr(asking, "call_id", None)
    if call is not None and isinstance(call_id, str) and call_id == call.call_id:
        name = _text(getattr(call.event, "name", None))
        _feed(follower(call), lambda at: ApprovalAsked(at, call_id, name))


def recall(wrapped: Callable[..., Any], _: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell of an approval or a rejection that was given before, once for all such calls."""
    status = wrapped(*args, **kwargs)
    call = _current.get()
    call_id = args[1] if len(args) > 1 else kwargs.get("call_id")
    if call is not None and isinstance(status, bool) and call_id == call.call_id:
        _feed(follower(call), lambda at: ApprovalGiven(at, str(call_id), approved=status))
    return status


def hand_over(wrapped: Callable[..., Any], handoff: Any, args: Args, kwargs: Kwargs) -> None:
    """Tell that another agent has the floor, as the SDK makes its own event of it."""
    wrapped(*args, **kwargs)
    call, after = _current.get(), name_of(getattr(handoff, "to_agent", None))
    if call is not None and after is not None:
        before = name_of(getattr(handoff, "from_agent", None))
        _feed(follower(call), lambda at: AgentChanged(at, after, before, call.call_id))


async def approve(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell that a waiting call was approved; it runs now, or in a task of its own."""
    call_id = args[0] if args else kwargs.get("call_id")
    if isinstance(call_id, str) and call_id in getattr(session, "_pending_tool_calls", ()):
        _feed(follower_of(session), lambda at: ApprovalGiven(at, call_id, approved=True))
    return await wrapped(*args, **kwargs)


async def reject(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell that a call was rejected, before the model is told so."""
    call_id = getattr(args[0] if args else kwargs.get("event"), "call_id", None)
    if isinstance(call_id, str):
        _feed(follower_of(session), lambda at: ApprovalGiven(at, call_id, approved=False))
    return await wrapped(*args, **kwargs)


def _feed(listener: "RealtimeTelemetryListener | None", make: Callable[[int], Event]) -> None:
    if listener is not None:
        listener.session.feed(make(listener.session.clock()))


def follower(call: Call) -> "RealtimeTelemetryListener | None":
    """Who follows this call: by its session, else by the very event that asked for it."""
    found = follower_of(call.session)
    if found is None:
        known = (each for each in list(listeners) if each.knows_call(call.event))
        found = next(known, None)
    return found


def _telemetry_of(call: Call) -> SessionTelemetry | None:
    found = follower(call) if call.call_id is not None else None
    return found.session if found is not None else None


def _start(session: SessionTelemetry, call: Call) -> None:
    tool = call.tool
    kind, server = _origin(tool)
    started = ToolStarted(
        session.clock(),
        call.call_id or "",
        name=_text(getattr(call.event, "name", None)),
        arguments=_text(getattr(call.event, "arguments", None)),
        description=_text(getattr(tool, "description", None)),
        agent=call.agent,
        kind=kind,
        server_label=server,
    )
    session.feed(started)


def _end(
    session: SessionTelemetry,
    call: Call,
    *,
    outputs: tuple[object, ...] = (),
    error: BaseException | None = None,
) -> None:
    """Tell of the end of a run; `outputs` is empty where it gave none."""
    at = session.clock()
    shown = next(_texts(outputs, session), None) if session.keeps_content else None
    guarded = bool(outputs and getattr(call.tool, "tool_output_guardrails", None))
    call_id, fault = call.call_id or "", call.fault
    session.feed(ToolEnded(at, call_id, shown, error, fault_type=fault, guarded=guarded))


def _fail(call: Call, error: Exception) -> None:
    """Tell of a call that never ran: there is no such tool, a handoff failed, or the like."""
    call_id = call.call_id
    # One that waits for approval is not touched by what another call of the same id meets.
    if call_id is not None and call_id not in getattr(call.session, "_pending_tool_calls", ()):
        _feed(follower(call), lambda at: ToolFailed(at, call_id, error))


def _origin(tool: object) -> tuple[str | None, str | None]:
    """What a tool is, and whose: one of a local MCP server looks like any other function."""
    origin = getattr(tool, "_tool_origin", None)
    kind = getattr(getattr(origin, "type", None), "value", None)
    if kind != _MCP:
        return None, None
    server = _text(getattr(origin, "mcp_server_name", None))
    # A server that was given no name is named by its address.
    return "local_mcp", _SECRETS.sub("", server) if server and "://" in server else server


def _texts(outputs: tuple[object, ...], session: SessionTelemetry) -> Iterator[str]:
    """Outputs as text, as the model is given them."""
    for output in outputs:
        try:
            yield output if isinstance(output, str) else _as_json(output)
        except Exception as error:  # noqa: BLE001 - the guard: the output is the host's
            session.guard.caught("tool output", error)


def _as_json(output: object) -> str:
    serialize = getattr(import_module(SDK), "_serialize_tool_output", None)
    if serialize is None:
        return json.dumps(output, ensure_ascii=False, default=str)
    return str(serialize(output))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
