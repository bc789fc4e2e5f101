"""The guardrails of the Agents SDK: which one tripped, and on what.

A trip is an event of the session only, which no listener of the model is told of. So the making of
that event is wrapped, and what runs the guardrails, which knows whose response or call it is.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from otel_realtime.events import GuardrailTripped
from otel_realtime.sources._agents_session import Args, Host, Kwargs, follower_of

_running: ContextVar[tuple[Any, str | None] | None] = ContextVar(
    "otel_realtime_guardrails", default=None
)
"""The session whose output guardrails run in this task, and the response they judge."""


async def run_output(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Remember, in the guardrails' own task, whose they are."""
    response_id = args[1] if len(args) > 1 else kwargs.get("response_id")
    token = _running.set((session, response_id if isinstance(response_id, str) else None))
    try:
        return await wrapped(*args, **kwargs)
    finally:
        _running.reset(token)


def trip(wrapped: Callable[..., Any], _: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell of the guardrails that tripped, as the SDK makes its own event of it."""
    running = _running.get()
    if running is not None:
        session, response_id = running
        for result in kwargs.get("guardrail_results") or ():
            name = _name_of(getattr(result, "guardrail", None))
            _tell(session, "output", name, response_id=response_id)
    return wrapped(*args, **kwargs)


async def run_tool_input(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell of a guardrail that kept a tool from running."""
    call_id = getattr(kwargs.get("tool_call"), "call_id", None)
    try:
        rejection = await wrapped(*args, **kwargs)
    except Exception as error:
        guardrail = getattr(error, "guardrail", None)
        if guardrail is not None:
            _tell(session, "tool_input", _name_of(guardrail), call_id=call_id)
        raise
    if rejection is not None:
        name = _only(getattr(kwargs.get("tool"), "tool_input_guardrails", None))
        _tell(session, "tool_input", name, call_id=call_id)
    return rejection


async def run_tool_output(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell of a guardrail that kept a tool's output from the model."""
    call_id = getattr(kwargs.get("tool_context"), "tool_call_id", None)
    try:
        result = await wrapped(*args, **kwargs)
    except Exception as error:
        guardrail = getattr(error, "guardrail", None)
        if guardrail is not None:
            _tell(session, "tool_output", _name_of(guardrail), call_id=call_id)
        raise
    if result is not kwargs.get("output"):
        name = _only(getattr(kwargs.get("tool"), "tool_output_guardrails", None))
        _tell(session, "tool_output", name, call_id=call_id)
    return result


def _tell(
    session: Any,
    kind: str,
    name: str | None,
    *,
    response_id: str | None = None,
    call_id: str | None = None,
) -> None:
    listener = follower_of(session)
    if listener is not None:
        at = listener.session.clock()
        listener.session.feed(GuardrailTripped(at, kind, name, response_id, call_id))


def _only(guardrails: Any) -> str | None:
    """The name of a tool's guardrail, if it has one only: which of several it was is not told."""
    return _name_of(guardrails[0]) if guardrails and len(guardrails) == 1 else None


def _name_of(guardrail: Any) -> str | None:
    """A guardrail's name; getting it may run the application's own code."""
    try:
        name = guardrail.get_name()
    except Exception:  # noqa: BLE001 - the guard: it is only a name
        return None
    return name if isinstance(name, str) else None
