"""The guardrails of the Agents SDK: which one tripped, and on what.

The session runs those of its output in tasks of their own, and tells only its user of a trip. Those
of a tool decide before and after its run. So what runs each of them is wrapped, which shows its
verdict, and gives the application's own spans in it their place in the session.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

from otel_realtime.events import GuardrailTripped
from otel_realtime.sources._agents_session import Args, Host, Kwargs, follower_of
from otel_realtime.sources._agents_tools import current_call, follower

_STOPS: Final = frozenset({"reject_content", "raise_exception"})
"""The verdicts of a tool's guardrail that are a trip."""

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
        with suppress(ValueError):  # a task that is collected while it waits ends elsewhere
            _running.reset(token)


async def judge_output(wrapped: Host, _: Any, args: Args, kwargs: Kwargs) -> Any:
    """Run one of the output guardrails; the session decides later what its verdict is worth."""
    running = _running.get()
    if running is None:
        return await wrapped(*args, **kwargs)
    with _inside(follower_of(running[0])):
        return await wrapped(*args, **kwargs)


def trip(wrapped: Callable[..., Any], told: Any, args: Args, kwargs: Kwargs) -> None:
    """Tell of the output guardrails that tripped, as the SDK makes its own event of it."""
    wrapped(*args, **kwargs)
    running = _running.get()
    if running is not None:
        session, response_id = running
        for result in getattr(told, "guardrail_results", None) or ():
            guardrail = getattr(result, "guardrail", None)
            _tell(follower_of(session), "output", guardrail, response_id=response_id)


async def judge_tool_input(wrapped: Host, guardrail: Any, args: Args, kwargs: Kwargs) -> Any:
    """Run a guardrail that may keep a tool from running."""
    return await _judge("tool_input", wrapped, guardrail, args, kwargs)


async def judge_tool_output(wrapped: Host, guardrail: Any, args: Args, kwargs: Kwargs) -> Any:
    """Run a guardrail that may keep a tool's output from the model."""
    return await _judge("tool_output", wrapped, guardrail, args, kwargs)


async def _judge(kind: str, wrapped: Host, guardrail: Any, args: Args, kwargs: Kwargs) -> Any:
    data = args[0] if args else kwargs.get("data")
    call_id = getattr(getattr(data, "context", None), "tool_call_id", None)
    call = current_call()
    if call is None or call_id is None or call_id != call.call_id:  # of an agent that a tool runs
        return await wrapped(*args, **kwargs)
    listener = follower(call)
    with _inside(listener):
        verdict = await wrapped(*args, **kwargs)
    behavior = getattr(verdict, "behavior", None)
    if isinstance(behavior, dict) and behavior.get("type") in _STOPS:
        _tell(listener, kind, guardrail, call_id=call_id)
    return verdict


@contextmanager
def _inside(listener: Any) -> Iterator[None]:
    """Have the session's span current for a block."""
    if listener is None:
        yield
    else:
        with listener.session.use():
            yield


def _tell(
    listener: Any,
    kind: str,
    guardrail: Any,
    *,
    response_id: str | None = None,
    call_id: str | None = None,
) -> None:
    if listener is not None:
        at, name = listener.session.clock(), _name_of(guardrail)
        judged = listener.parsed.id_of(response_id)
        listener.session.feed(GuardrailTripped(at, kind, name, judged, call_id))


def _name_of(guardrail: Any) -> str | None:
    """A guardrail's name; getting it may run the application's own code."""
    try:
        name = guardrail.get_name()
    except Exception:  # noqa: BLE001 - the guard: it is only a name
        return None
    return name if isinstance(name, str) else None
