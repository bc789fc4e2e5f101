"""The life of a session of the Agents SDK: who follows it, how it begins, how it ends.

One listener follows a session, however many were made for it: the one that `observe` made, else
the last that the application added to the model, else one that the instrumentor makes. The others
stand back.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from otel_realtime.events import AgentChanged
from otel_realtime.guard import Guard
from otel_realtime.sources._agents_model import (
    listeners_on,
    listening_to,
    opening,
    provider_of,
)
from otel_realtime.sources._by_identity import ByIdentity
from otel_realtime.sources._ends import reason_of, written
from otel_realtime.telemetry.content import type_of

if TYPE_CHECKING:
    from otel_realtime.session import SessionTelemetry
    from otel_realtime.sources.agents import RealtimeTelemetryListener

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Host = Callable[..., Awaitable[Any]]
"""The host's own function, as wrapt hands it on."""

guard = Guard(lambda _: None)
"""For what goes wrong before there is a session that would count it."""


@dataclass(slots=True, eq=False)
class Following:
    """A session and the listener that follows it."""

    listener: "RealtimeTelemetryListener"
    is_own: bool
    """Whether the listener was made for this session alone, and goes with it."""
    is_automatic: bool = False
    """Whether the instrumentor made it."""
    lender: "SessionTelemetry | None" = None
    """Whose span is current for the application: the first of them if the model reconnects."""
    has_ended: bool = False


_sessions: ByIdentity[Following] = ByIdentity()
_models: ByIdentity[Following] = ByIdentity()
_observed: "ByIdentity[RealtimeTelemetryListener]" = ByIdentity()
_automatic: "list[Callable[[Any], RealtimeTelemetryListener | None]]" = []
"""How the instrumentor makes a listener, while it is on."""


def observe(session: Any, listener: "RealtimeTelemetryListener") -> None:
    """Have `listener` follow a session that is about to begin, or has begun unfollowed."""
    if not _has_begun(session):
        _observed[session] = listener
    elif follower_of(session) is None:
        # What the client sent so far is not known: no `_models` entry.
        session.model.add_listener(listener)
        _sessions[session] = Following(listener, is_own=True)


def make_by(make: "Callable[[Any], RealtimeTelemetryListener | None]") -> None:
    """Make a listener with `make` for every session that begins without one."""
    _automatic[:] = [make]


def make_no_more() -> None:
    """Make no more listeners, and end the telemetry of the sessions that have one."""
    _automatic.clear()
    for session, following in _sessions.items():
        if following.is_automatic:
            _end(session, following, "uninstrumented")
            following.listener.session.end("uninstrumented")  # at once: providers may go next


def follower_of(session: Any) -> "RealtimeTelemetryListener | None":
    """The listener that follows a session; one that was added late is found on its model."""
    try:
        following = _sessions.get(session)
        if following is None:
            late = [each for each in listeners_on(session.model) if not each.stands_back]
            if not late:
                return None
            # What the client sent before it came is not known to it: no `_models` entry.
            following = _sessions[session] = Following(late[-1], is_own=False)
    except Exception as error:  # noqa: BLE001 - the guard: models are of many makes
        guard.caught("follow", error)
        return None
    return None if following.has_ended else following.listener


def follower_of_model(model: Any) -> "RealtimeTelemetryListener | None":
    """The listener that has followed a model's session from its beginning."""
    following = _models.get(model)
    return None if following is None or following.has_ended else following.listener


def follower_beside(listener: "RealtimeTelemetryListener") -> "RealtimeTelemetryListener | None":
    """The other listener that follows a session whose model `listener` was added to as well."""
    for session, following in _sessions.items():
        other = following.listener
        if other is listener or following.has_ended:
            continue
        if any(each is listener for each in listeners_on(session.model)):
            return other
    return None


async def enter(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Begin the session's telemetry as it begins to connect, in the caller's context."""
    following = _begin(session)
    try:
        return await wrapped(*args, **kwargs)
    except BaseException as error:
        if following is not None:
            reason = "connect_failed" if isinstance(error, Exception) else "cancelled"
            _end(session, following, reason, error)
        raise


async def leave(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """End it as the block is left: the exception that leaves it tells why."""
    following = _sessions.get(session)
    if following is not None:
        error = args[1] if len(args) > 1 else None
        _end(session, following, reason_of(error), error)
    return await wrapped(*args, **kwargs)


async def close(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """End it before the socket is closed: the other side may take long to answer, or never do."""
    following = _sessions.get(session)
    if following is None:
        return await wrapped(*args, **kwargs)
    telemetry = following.listener.session
    _end(session, following, "closed")
    result = await wrapped(*args, **kwargs)
    await written(telemetry)
    return result


async def update_agent(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell that the application gave the floor to another agent."""
    before = name_of(getattr(session, "_current_agent", None))
    try:
        return await wrapped(*args, **kwargs)
    finally:  # it has the floor even if the model could not be told so
        after = name_of(getattr(session, "_current_agent", None))
        listener = follower_of(session)
        if listener is not None and after is not None and after != before:
            listener.session.feed(AgentChanged(listener.session.clock(), after, before))


def name_of(agent: object) -> str | None:
    """An agent's name, if it has one."""
    name = getattr(agent, "name", None)
    return name if isinstance(name, str) and name else None


def _has_begun(session: Any) -> bool:
    """Whether a session has been entered: it then listens to its model, until it is closed."""
    return any(each is session for each in listening_to(session.model))


def _begin(session: Any) -> Following | None:
    """Settle who follows, and open the session's span; None if nobody does, or did already."""
    following = None
    try:
        before = _sessions.get(session)
        if before is not None and not before.has_ended:
            return None
        following = _elect(session)
        if following is not None:
            _open(session, following)
    except Exception as error:  # noqa: BLE001 - the guard: the host's own call comes after this
        guard.caught("begin", error)
        if following is not None:
            _end(session, following, "error", error)
        return None
    return following


def _open(session: Any, following: Following) -> None:
    listener = following.listener
    if following.is_own:
        session.model.add_listener(listener)
    _sessions[session] = following
    with suppress(TypeError):  # what is sent by a model that takes no weak reference is not seen
        _models[session.model] = following
    agent = name_of(getattr(session, "_current_agent", None))
    opened = opening(session, agent, listener.session.clock())
    listener.open(opened, provider_of(session), session.model)
    for each in listeners_on(session.model):
        if each is not listener:
            each.stand_back(listener)
    if following.is_own:
        following.lender = listener.session
        listener.session.lend()


def _elect(session: Any) -> Following | None:
    on_model = listeners_on(session.model)
    listener = _observed.pop(session)
    following = Following(listener, is_own=True) if listener is not None else None
    if following is None and on_model:
        fresh = [each for each in on_model if not each.session.is_over]
        following = Following((fresh or on_model)[-1], is_own=False)
    if following is None and _automatic:
        made = _automatic[0](session)
        if made is not None:
            following = Following(made, is_own=True, is_automatic=True)
    return following


def _end(
    session: Any, following: Following, reason: str, error: BaseException | None = None
) -> None:
    try:
        listener = following.listener
        if not following.has_ended:
            following.has_ended = True
            fault = error if isinstance(error, Exception) else None
            fault_type = type_of(fault) if fault is not None else None
            listener.session.end_soon(reason, fault_type=fault_type, error=fault)
            listener.stop_following()
            listener.stop_watching()
            if following.is_own:
                listener.retire()
                session.model.remove_listener(listener)
    except Exception as problem:  # noqa: BLE001 - the guard
        guard.caught("end", problem)
    finally:
        if following.lender is not None:
            following.lender.take_back()
