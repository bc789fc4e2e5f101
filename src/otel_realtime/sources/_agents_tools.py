"""The runs of tools in the Agents SDK: exactly when, and with their span current inside.

Listeners are not told when a tool runs, and a context attached in one would be seen by the tool in
some modes only. So the functions that run a tool are wrapped: `RealtimeSession._handle_tool_call`
tells which session a call belongs to; `invoke_function_tool`, as the session calls it, is the run
itself; and what makes a text for the model of an exception or of a timeout tells of it. The tool's
span is attached around the run, in its own task, and detached there; threads and tasks begun inside
inherit it. Its wait for somebody's approval is told apart.
"""

import json
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
    ToolStarted,
)
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources._agents_session import (
    Args,
    Host,
    Kwargs,
    follower_of,
    listeners,
    name_of,
)

if TYPE_CHECKING:
    from otel_realtime.sources.agents import RealtimeTelemetryListener

SDK: Final = "agents.realtime.session"
_MCP: Final = "mcp"


@dataclass(slots=True, eq=False)
class Call:
    """A tool call or handoff that the SDK is handling in this task."""

    session: Any
    event: Any
    floor: str | None
    """The agent that had the floor before it."""
    agent: str | None
    """The agent that asked for it."""
    has_run: bool = False
    handoff_told: bool = False
    failure: Exception | None = None
    """What the tool raised, where the SDK told the model and not the caller."""

    @property
    def call_id(self) -> str | None:
        """The call's id."""
        return _text(getattr(self.event, "call_id", None))

    def handoff(self, at: int) -> AgentChanged | None:
        """The change of agents that this call has brought about, told once, if it has."""
        after = name_of(getattr(self.session, "_current_agent", None))
        if self.has_run or self.handoff_told or after is None or after == self.floor:
            return None
        self.handoff_told = True
        return AgentChanged(at, after, self.floor, self.call_id)


_current: ContextVar[Call | None] = ContextVar("otel_realtime_tool_call", default=None)


def current_call() -> Call | None:
    """The call that the running task handles."""
    return _current.get()


async def handle(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Remember, in the call's own task, which session it belongs to."""
    event = args[0] if args else kwargs.get("event")
    floor = name_of(getattr(session, "_current_agent", None))
    agent = name_of(kwargs.get("agent_snapshot")) or floor
    call = Call(session, event, floor, agent)
    token = _current.set(call)
    try:
        result = await wrapped(*args, **kwargs)
    except Exception as error:
        if not call.has_run:  # no such tool, or a handoff that failed
            telemetry = _telemetry_of(call)
            _start(telemetry, call, None)
            _end(telemetry, call, error=error)
        raise
    finally:
        with suppress(ValueError):  # a task that is collected while it waits ends elsewhere
            _current.reset(token)
    _tell_what_came_of(call)
    return result


async def invoke(wrapped: Host, _: Any, args: Args, kwargs: Kwargs) -> Any:
    """Run a tool inside its span. What the host raises passes through unchanged."""
    call = _current.get()
    if call is None or call.has_run:
        return await wrapped(*args, **kwargs)
    call.has_run = True
    telemetry = _telemetry_of(call)
    if telemetry is None:
        return await wrapped(*args, **kwargs)
    _start(telemetry, call, kwargs.get("function_tool"))
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
    if call is not None and getattr(call.event, "name", None) == getattr(error, "tool_name", None):
        call.failure = error


async def approve(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell that a waiting call was approved; it runs now, or in a task of its own."""
    call_id = args[0] if args else kwargs.get("call_id")
    if isinstance(call_id, str) and call_id in getattr(session, "_pending_tool_calls", ()):
        _feed(follower_of(session), lambda at: ApprovalGiven(at, call_id, approved=True))
    return await wrapped(*args, **kwargs)


async def reject(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell that a call was rejected: by somebody just now, or for good some time ago."""
    call_id = getattr(args[0] if args else kwargs.get("event"), "call_id", None)
    if isinstance(call_id, str):
        _feed(follower_of(session), lambda at: ApprovalGiven(at, call_id, approved=False))
    return await wrapped(*args, **kwargs)


def _tell_what_came_of(call: Call) -> None:
    """Tell of a call that was handled without a run: it handed over, or waits for approval."""
    if call.has_run or call.call_id is None:
        return
    call_id, name = call.call_id, _text(getattr(call.event, "name", None))
    if call_id in getattr(call.session, "_pending_tool_calls", ()):
        _feed(_follower(call), lambda at: ApprovalAsked(at, call_id, name))
    else:
        _feed(_follower(call), call.handoff)


def _feed(
    listener: "RealtimeTelemetryListener | None", make: Callable[[int], Event | None]
) -> None:
    if listener is not None:
        event = make(listener.session.clock())
        if event is not None:
            listener.session.feed(event)


def _follower(call: Call) -> "RealtimeTelemetryListener | None":
    """Who follows this call: by its session, else by the very event that asked for it."""
    follower = follower_of(call.session)
    if follower is None:
        known = (each for each in list(listeners) if each.knows_call(call.event))
        follower = next(known, None)
    return follower


def _telemetry_of(call: Call) -> SessionTelemetry | None:
    follower = _follower(call) if call.call_id is not None else None
    return follower.session if follower is not None else None


def _start(session: SessionTelemetry | None, call: Call, tool: Any) -> None:
    if session is None:
        return
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
    session: SessionTelemetry | None,
    call: Call,
    *,
    outputs: tuple[object, ...] = (),
    error: BaseException | None = None,
) -> None:
    """Tell of the end of a run; `outputs` is empty where it gave none."""
    if session is None:
        return
    at = session.clock()
    shown = next(_texts(outputs, session), None) if session.keeps_content else None
    session.feed(ToolEnded(at, call.call_id or "", shown, error))


def _origin(tool: object) -> tuple[str | None, str | None]:
    """What a tool is, and whose: one of a local MCP server looks like any other function."""
    origin = getattr(tool, "_tool_origin", None)
    kind = getattr(getattr(origin, "type", None), "value", None)
    if kind != _MCP:
        return None, None
    return "local_mcp", _text(getattr(origin, "mcp_server_name", None))


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
