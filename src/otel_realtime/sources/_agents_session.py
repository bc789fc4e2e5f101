"""The life of a session of the Agents SDK: who follows it, how it begins, how it ends.

One listener follows a session, however many were made for it: the one that `observe` made, else
the last that the application added to the model, else one that the instrumentor makes. The others
stand back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakSet

from otel_realtime.events import AgentChanged, SessionOpened
from otel_realtime.guard import Guard
from otel_realtime.telemetry.content import type_of
from otel_realtime.values import Endpoint

if TYPE_CHECKING:
    from otel_realtime.sources.agents import RealtimeTelemetryListener

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Host = Callable[..., Awaitable[Any]]
"""The host's own function, as wrapt hands it on."""

_DEFAULT_URL: Final = "wss://api.openai.com/v1/realtime"
"""Where the SDK's own model connects to if it is told nothing else."""
_AZURE: Final = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_PORTS: Final = {"ws": 80, "wss": 443}
_MOST_HELD: Final = 64

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
    has_ended: bool = False


listeners: "WeakSet[RealtimeTelemetryListener]" = WeakSet()
"""All there are."""
_sessions: "WeakKeyDictionary[Any, Following]" = WeakKeyDictionary()
_models: "WeakKeyDictionary[Any, Following]" = WeakKeyDictionary()
_observed: "WeakKeyDictionary[Any, RealtimeTelemetryListener]" = WeakKeyDictionary()
_automatic: "list[Callable[[Any], RealtimeTelemetryListener | None]]" = []
"""How the instrumentor makes a listener, while it is on."""


def observe(session: Any, listener: "RealtimeTelemetryListener") -> None:
    """Have `listener` follow a session that is about to begin."""
    _observed[session] = listener


def make_by(make: "Callable[[Any], RealtimeTelemetryListener | None]") -> None:
    """Make a listener with `make` for every session that begins without one."""
    _automatic[:] = [make]


def make_no_more() -> None:
    """Make no more listeners, and end the telemetry of the sessions that have one."""
    _automatic.clear()
    for session, following in list(_sessions.items()):
        if following.is_automatic:
            _end(session, following, "uninstrumented")


def follower_of(session: Any) -> "RealtimeTelemetryListener | None":
    """The listener that follows a session; one that was added late is found on its model."""
    try:
        following = _sessions.get(session)
        if following is None:
            late = [each for each in _on(session.model) if not each.stands_back]
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
    try:
        following = _models.get(model)
    except TypeError:  # it cannot be a key: it was never followed so
        return None
    return None if following is None or following.has_ended else following.listener


def follower_beside(listener: "RealtimeTelemetryListener") -> "RealtimeTelemetryListener | None":
    """The other listener that follows a session whose model `listener` was added to as well."""
    for session, following in list(_sessions.items()):
        other = following.listener
        if other is not listener and not following.has_ended and listener in _on(session.model):
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
        _end(session, following, _reason(error), error)
    return await wrapped(*args, **kwargs)


async def close(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """End it before the socket is closed: the other side may take long to answer, or never do."""
    following = _sessions.get(session)
    if following is None:
        return await wrapped(*args, **kwargs)
    telemetry = following.listener.session
    _end(session, following, "closed")
    result = await wrapped(*args, **kwargs)
    # In a burst of endings ours may still wait; who flushes after this is to find it.
    while telemetry.is_over and not telemetry.is_finished:  # noqa: ASYNC110 - a turn or two
        await asyncio.sleep(0)
    return result


async def update_agent(wrapped: Host, session: Any, args: Args, kwargs: Kwargs) -> Any:
    """Tell that the application gave the floor to another agent."""
    before = name_of(getattr(session, "_current_agent", None))
    result = await wrapped(*args, **kwargs)
    after = name_of(getattr(session, "_current_agent", None))
    listener = follower_of(session)
    if listener is not None and after is not None and after != before:
        listener.session.feed(AgentChanged(listener.session.clock(), after, before))
    return result


def name_of(agent: object) -> str | None:
    """An agent's name, if it has one."""
    name = getattr(agent, "name", None)
    return name if isinstance(name, str) and name else None


def _begin(session: Any) -> Following | None:
    """Settle who follows, and open the session's span; None if nobody does, or did already."""
    try:
        if session in _sessions and not _sessions[session].has_ended:
            return None
        following = _elect(session)
        if following is None:
            return None
        listener = following.listener
        if following.is_own:
            session.model.add_listener(listener)
        _sessions[session] = _models[session.model] = following
        opening = _opening(session, listener.session.clock())
        listener.open(opening, _provider(session), session.model)
        if following.is_own:
            listener.session.lend()
    except Exception as error:  # noqa: BLE001 - the guard: the host's own call comes after this
        guard.caught("begin", error)
        return None
    return following


def _elect(session: Any) -> Following | None:
    on_model = _on(session.model)
    listener = _observed.pop(session, None)
    following = Following(listener, is_own=True) if listener is not None else None
    if following is None and on_model:
        fresh = [each for each in on_model if not each.session.is_over]
        following = Following((fresh or on_model)[-1], is_own=False)
    if following is None and _automatic:
        made = _automatic[0](session)
        if made is not None:
            following = Following(made, is_own=True, is_automatic=True)
    for each in on_model:
        each.is_following = following is not None and each is following.listener
        each.stands_back = not each.is_following
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
            listener.stop_watching()
            if following.is_own:
                session.model.remove_listener(listener)
                listener.retire()
        listener.session.take_back()
    except Exception as problem:  # noqa: BLE001 - the guard
        guard.caught("end", problem)


def _reason(error: BaseException | None) -> str:
    if error is None:
        return "closed"
    if isinstance(error, GeneratorExit):
        return "broken_off"
    return "error" if isinstance(error, Exception) else "cancelled"


def _opening(session: Any, at: int) -> SessionOpened:
    config = getattr(session, "_model_config", None) or {}
    settings = config.get("initial_model_settings") or {}
    call_id = config.get("call_id")
    asked = settings.get("model_name") or getattr(session.model, "model", None)
    return SessionOpened(
        at,
        endpoint=_endpoint(session),
        agent=name_of(getattr(session, "_current_agent", None)),
        model=asked if isinstance(asked, str) and call_id is None else None,
        call_id=call_id if isinstance(call_id, str) else None,
    )


def _url(session: Any) -> str | None:
    """Where the session connects to; None where only the application's own model knows."""
    config = getattr(session, "_model_config", None) or {}
    url = config.get("url")
    if isinstance(url, str):
        return url
    return _DEFAULT_URL if _is_sdks(session.model) else None


def _endpoint(session: Any) -> Endpoint | None:
    url = _url(session)
    if url is None:
        return None
    parts = urlsplit(url)
    return Endpoint(parts.hostname, parts.port or _PORTS.get(parts.scheme))


def _provider(session: Any) -> str | None:
    """`gen_ai.provider.name`, where the address or the SDK's own model tells."""
    host = urlsplit(_url(session) or "").hostname or ""
    if host.endswith(_AZURE):
        return "azure.ai.openai"
    return "openai" if _is_sdks(session.model) else None


def _is_sdks(model: object) -> bool:
    from agents.realtime import OpenAIRealtimeWebSocketModel

    return isinstance(model, OpenAIRealtimeWebSocketModel)


def _on(model: Any) -> "list[RealtimeTelemetryListener]":
    """Our listeners on a model, in the order added; a model of a third party keeps them anyhow."""
    try:
        held = model._listeners  # noqa: SLF001 - there is no public way
    except Exception:  # noqa: BLE001 - nor has every model this one
        held = None
    candidates: list[Any] = []
    for value in [held] if held is not None else list(getattr(model, "__dict__", {}).values()):
        each = value.values() if isinstance(value, dict) else value
        is_many = isinstance(value, list | tuple | set | frozenset | dict | WeakSet)
        candidates += list(each)[:_MOST_HELD] if is_many else [value]
    return [each for each in candidates if each in listeners]
