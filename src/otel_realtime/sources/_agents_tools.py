"""The runs of tools in the Agents SDK: exactly when, and with their span current inside.

Listeners are not told when a tool runs, and a context attached in one would be seen by the tool in
some modes only. So functions of the SDK are wrapped while a listener exists, each in one table:
`RealtimeSession._handle_tool_call` tells which session a call belongs to; `invoke_function_tool`,
as the session calls it, is the run itself; and what makes a text for the model of a tool's
exception tells the exception. The tool's span is attached around the run, in its own task, and
detached there; threads and tasks begun inside inherit it.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import wrapt

from otel_realtime.events import AgentChanged, ToolEnded, ToolStarted
from otel_realtime.guard import SkippedEventError
from otel_realtime.session import SessionTelemetry

if TYPE_CHECKING:
    from otel_realtime.sources.agents import RealtimeTelemetryListener

_SDK: Final = "agents.realtime.session"

_listeners: "WeakSet[RealtimeTelemetryListener]" = WeakSet()
_lock = RLock()  # calls may run on loops of several threads; a finalizer may come in between


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
    failure: Exception | None = None
    """What the tool raised, where the SDK told the model and not the caller."""

    @property
    def call_id(self) -> str | None:
        """The call's id."""
        return _text(getattr(self.event, "call_id", None))

    def handoff(self, at: int) -> AgentChanged | None:
        """The change of agents that this call has brought about, if it has."""
        after = _agent_of(self.session)
        if self.has_run or after is None or after == self.floor:
            return None
        return AgentChanged(at, after, self.floor, self.call_id)


_current: ContextVar[Call | None] = ContextVar("otel_realtime_tool_call", default=None)


def current_call() -> Call | None:
    """The call that the running task handles."""
    return _current.get()


def follow(listener: "RealtimeTelemetryListener") -> None:
    """Tell `listener` of tool runs from now on; again is harmless."""
    with _lock:
        _listeners.add(listener)
        for owner, name, wrapper in _hooks():
            if name not in vars(owner):
                missing = SkippedEventError(f"this version of openai-agents has no {name}")
                listener.session.guard.caught("follow", missing)
            elif not _is_ours(owner, name, wrapper):
                wrapt.wrap_function_wrapper(owner, name, wrapper)


def forget(listener: "RealtimeTelemetryListener") -> None:
    """Tell `listener` no more; the last one gone, the SDK is as it was."""
    _listeners.discard(listener)
    tidy()


def is_followed(listener: "RealtimeTelemetryListener") -> bool:
    """Whether `listener` is told of tool runs."""
    return listener in _listeners


def tidy() -> None:
    """Put the SDK back as it was if no listener is left."""
    with _lock:
        if any(True for _ in _listeners):  # its length still counts what is being collected
            return
        for owner, name, wrapper in _hooks():
            # Where another library has wrapped ours since, it stays: alone it only passes through.
            if _is_ours(owner, name, wrapper):
                setattr(owner, name, vars(owner)[name].__wrapped__)


def _hooks() -> tuple[tuple[Any, str, Callable[..., Any]], ...]:
    module = import_module(_SDK)
    return (
        (module.RealtimeSession, "_handle_tool_call", _handle),
        (module, "invoke_function_tool", _invoke),
        (
            import_module("agents.tool"),
            "maybe_invoke_function_tool_failure_error_function",
            _explain_failure,
        ),
    )


def _is_ours(owner: Any, name: str, wrapper: Callable[..., Any]) -> bool:
    return getattr(vars(owner).get(name), "_self_wrapper", None) is wrapper


async def _handle(
    wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Remember, in the call's own task, which session it belongs to."""
    event = args[0] if args else kwargs.get("event")
    floor = _agent_of(instance)
    agent = _text(getattr(kwargs.get("agent_snapshot"), "name", None)) or floor
    call = Call(instance, event, floor, agent)
    token = _current.set(call)
    try:
        return await wrapped(*args, **kwargs)
    except Exception as error:
        if not call.has_run:  # no such tool, or a handoff that failed
            followers = _followers(call)
            _start(followers, call, None)
            _end(followers, call, error=error)
        raise
    finally:
        with suppress(ValueError):  # a task that is collected while it waits ends elsewhere
            _current.reset(token)


async def _invoke(
    wrapped: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Run a tool inside its span. What the host raises passes through unchanged."""
    call = _current.get()
    if call is None or call.has_run:
        return await wrapped(*args, **kwargs)
    call.has_run = True
    followers = _followers(call)
    if not followers:
        return await wrapped(*args, **kwargs)
    _start(followers, call, kwargs.get("function_tool"))
    with followers[0].use_tool(call.call_id or ""):
        try:
            output = await wrapped(*args, **kwargs)
        except BaseException as error:
            _end(followers, call, error=error)
            raise
        _end(followers, call, outputs=(output,), error=call.failure)
        return output


async def _explain_failure(
    wrapped: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Remember what a tool raised, before a text for the model is made of it."""
    call, error = _current.get(), kwargs.get("error")
    # A tool may run agents of its own, whose tools may fail as well: the id tells them apart.
    call_id = getattr(kwargs.get("context"), "tool_call_id", None)
    if call is not None and call_id == call.call_id and isinstance(error, Exception):
        call.failure = error
    return await wrapped(*args, **kwargs)


def _followers(call: Call) -> list[SessionTelemetry]:
    """The sessions' telemetry that follows this call: by its model, else by the event itself."""
    if call.call_id is None:
        return []
    on_model = _listeners_of(call.session)
    with _lock:
        known = list(_listeners)
    return [
        listener.session
        for listener in known
        if any(listener is each for each in on_model) or listener.knows_call(call.event)
    ]


def _listeners_of(session: Any) -> tuple[Any, ...]:
    """Who listens to a session's model; a third party's may keep that in any way."""
    try:
        return tuple(session.model._listeners)  # noqa: SLF001 - there is no public way
    except Exception:  # noqa: BLE001 - the event itself then tells
        return ()


def _start(followers: list[SessionTelemetry], call: Call, tool: Any) -> None:
    for session in followers:
        started = ToolStarted(
            session.clock(),
            call.call_id or "",
            name=_text(getattr(call.event, "name", None)),
            arguments=_text(getattr(call.event, "arguments", None)),
            description=_text(getattr(tool, "description", None)),
            agent=call.agent,
        )
        session.feed(started)


def _end(
    followers: list[SessionTelemetry],
    call: Call,
    *,
    outputs: tuple[object, ...] = (),
    error: BaseException | None = None,
) -> None:
    """Tell of the end of a run; `outputs` is empty where it gave none."""
    for session in followers:
        at = session.clock()
        shown = next(_texts(outputs, session), None) if session.keeps_content else None
        session.feed(ToolEnded(at, call.call_id or "", shown, error))


def _texts(outputs: tuple[object, ...], session: SessionTelemetry) -> Iterator[str]:
    """Outputs as text, as the model is given them."""
    for output in outputs:
        try:
            yield output if isinstance(output, str) else _as_json(output)
        except Exception as error:  # noqa: BLE001 - the guard: the output is the host's
            session.guard.caught("tool output", error)


def _as_json(output: object) -> str:
    serialize = getattr(import_module(_SDK), "_serialize_tool_output", None)
    if serialize is None:
        return json.dumps(output, ensure_ascii=False, default=str)
    return str(serialize(output))


def _agent_of(session: object) -> str | None:
    return _text(getattr(getattr(session, "_current_agent", None), "name", None))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
