"""The life of a connection of the raw `openai` client: who follows it, how it begins and ends.

A connection is followed from the moment at which its manager is entered; one that `observe` is
given open, from then on. It is never kept alive: what is known of it goes with it.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakSet, finalize

from otel_realtime.events import ConnectionLost, SessionOpened
from otel_realtime.guard import Guard
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources import _ends
from otel_realtime.sources._by_identity import ByIdentity
from otel_realtime.sources._endpoints import AZURE, OPENAI, endpoint_of, is_azure
from otel_realtime.sources._ends import Ending
from otel_realtime.sources._openai_sent import Sent
from otel_realtime.telemetry.content import type_of
from otel_realtime.values import Endpoint

_ITERATORS: Final = frozenset({"__aiter__", "__iter__", "_iter_events"})
"""The client's own functions that receive and, where the connection is lost, connect again."""

guard = Guard(lambda _: None)
"""For what goes wrong before there is a session that would count it."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Following:
    """A connection's telemetry, and where in its life it is."""

    telemetry: SessionTelemetry
    let_go: "Callable[[Following], None] | None" = None
    """Tells that the hooks are not needed for this one any more."""
    sent: Sent = field(init=False)
    is_connecting: bool = False
    lost: Ending | None = None
    """How the connection was lost, while the client may still connect again."""
    finalizer: "finalize[..., object] | None" = None

    def __post_init__(self) -> None:
        """Nothing was sent yet."""
        self.sent = Sent(self.telemetry)

    def end(self, ending: Ending, error: Exception | None = None) -> None:
        """End the session's telemetry, once; its span stays the current one of the block."""
        reason, fault_type, close_code = self.lost or ending
        self.telemetry.end_soon(
            reason,
            fault_type=fault_type,
            close_code=close_code,
            error=error if self.lost is None else None,
        )

    def leave(self, reason: str, error: BaseException | None = None) -> None:
        """End it, and hand back the current span: the application is done with the connection."""
        try:
            fault = error if isinstance(error, Exception) else None
            self.end(Ending(reason, type_of(fault) if fault is not None else None), fault)
            self.telemetry.take_back()
            _open.discard(self)
            if self.finalizer is not None:
                self.finalizer.detach()
            if self.let_go is not None:
                self.let_go(self)
        except Exception as problem:  # noqa: BLE001 - the guard
            guard.caught("end", problem)


_followed: Final = ByIdentity[Following]()
"""By connection."""
_entered: Final = ByIdentity[Following]()
"""By the manager that makes the connection."""
_observed: Final = ByIdentity[Following]()
"""By manager that was not entered yet."""
_queued: Final = ByIdentity[list[Any]]()
"""By such a manager: the events it is to send as soon as it is connected."""
_open: "WeakSet[Following]" = WeakSet()
_automatic: "list[Callable[[], Following | None]]" = []
"""How the instrumentor follows a connection, while it is on."""


def observe(manager: Any, following: Following) -> None:
    """Follow the connection that `manager` is about to make."""
    _observed[manager] = following


def observe_open(connection: Any, following: Following) -> None:
    """Follow a connection from now on."""
    uri = getattr(getattr(connection._connection, "protocol", None), "uri", None)  # noqa: SLF001
    telemetry = following.telemetry
    server = Endpoint(getattr(uri, "host", None))
    telemetry.know_provider(AZURE if is_azure(server) else OPENAI)
    telemetry.begin()
    telemetry.lend()
    _open.add(following)
    connected(following, connection)


def follow_by(make: Callable[[], Following | None]) -> None:
    """Follow every connection that is begun from now on."""
    _automatic[:] = [make]


def follow_no_more() -> None:
    """Follow no more, and end the telemetry of the connections that the instrumentor followed."""
    _automatic.clear()
    for following in list(_open):
        if following.let_go is None:
            following.leave("uninstrumented")


def followed(connection: Any) -> Following | None:
    """Who follows a connection."""
    return _followed.get(connection)


def queued(manager: Any, event: Any) -> None:
    """Take in what a manager is given to send before there is a connection."""
    try:
        following = _entered.get(manager)
        if following is None:
            waiting = _queued.get(manager)
            if waiting is None:
                waiting = _queued[manager] = []
            waiting.append(event)
        elif following.is_connecting:
            following.sent.take(event)
    except Exception as error:  # noqa: BLE001 - the guard
        guard.caught("queued", error)


def begin(manager: Any) -> Following | None:
    """Open the session's span as the client begins to connect; None if nobody follows."""
    try:
        known = _entered.get(manager)
        if known is not None and known.is_connecting:
            return None  # `__aenter__` of a subclass calls the client's own
        following, waiting = _observed.pop(manager), _queued.pop(manager)
        if following is None and _automatic:
            following = _automatic[0]()
        if following is None:
            return None
        _entered[manager] = following
        following.is_connecting = True
        telemetry = following.telemetry
        client = _private(manager, "client")
        telemetry.know_provider(_provider(client))
        telemetry.feed(_opening(manager, client, telemetry.clock()))
        _open.add(following)
        telemetry.lend()
        for each in waiting or ():
            following.sent.take(each)
    except Exception as error:  # noqa: BLE001 - the guard: the host's own call comes after this
        guard.caught("begin", error)
        _entered.pop(manager)
        return None
    return following


def connected(following: Following | None, connection: Any) -> None:
    """Follow the connection that was made."""
    if following is None:
        return
    try:
        following.is_connecting = False
        following.sent.resume()
        _followed[connection] = following
        following.finalizer = finalize(connection, following.telemetry.drop)
        following.finalizer.atexit = False
    except Exception as error:  # noqa: BLE001 - the guard
        guard.caught("connected", error)


def failed(following: Following | None, error: BaseException) -> None:
    """End what never became a connection."""
    if following is not None:
        following.is_connecting = False
        following.leave("connect_failed" if isinstance(error, Exception) else "cancelled", error)


def left(manager: Any, error: BaseException | None) -> None:
    """End it as its block is left: the exception that leaves it tells why."""
    following = _entered.pop(manager)
    if following is not None:
        following.leave(_ends.reason_of(error), error)


def interrupted(connection: Any, error: Exception) -> None:
    """Take in what receiving raised: it may tell that the connection was closed or lost."""
    following = followed(connection)
    if following is None:
        return
    try:
        ending = _ends.closing(error)
        if ending is not None and _connects_again(connection):
            following.lost = ending
            following.sent.pause()
            following.telemetry.feed(ConnectionLost(following.telemetry.clock()))
        elif ending is not None:
            following.end(ending)
    except Exception as problem:  # noqa: BLE001 - the guard
        following.telemetry.guard.caught("receive", problem)


def reconnected(connection: Any, *, is_back: bool) -> None:
    """Take in what came of connecting again; if nothing did, the session is over."""
    following = followed(connection)
    if following is None:
        return
    try:
        if not is_back:
            following.end(Ending("connection_lost"))
        else:
            following.lost = None
            following.sent.resume()
    except Exception as problem:  # noqa: BLE001 - the guard
        following.telemetry.guard.caught("reconnect", problem)


def _connects_again(connection: Any) -> bool:
    """Whether the client will try to connect again: if it is set to, and only as it iterates."""
    if connection._on_reconnecting is None or connection._make_ws is None:  # noqa: SLF001
        return False
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name in _ITERATORS and frame.f_locals.get("self") is connection:
            return True
        frame = frame.f_back
    return False


def _opening(manager: Any, client: Any, at: int) -> SessionOpened:
    query = _private(manager, "extra_query")
    query = query if isinstance(query, Mapping) else {}
    deployment = getattr(client, "_azure_deployment", None)
    return SessionOpened(
        at,
        endpoint=endpoint_of(_url(client)),
        model=_text(deployment) or _text(query.get("model")) or _text(_private(manager, "model")),
        call_id=_text(_private(manager, "call_id")) or _text(query.get("call_id")),
    )


def _provider(client: Any) -> str:
    from openai import AsyncAzureOpenAI, AzureOpenAI

    is_azures = isinstance(client, AzureOpenAI | AsyncAzureOpenAI)
    return AZURE if is_azures or is_azure(endpoint_of(_url(client))) else OPENAI


def _url(client: Any) -> str:
    url = getattr(client, "websocket_base_url", None)
    return str(url if url is not None else client.base_url)


def _private(manager: Any, name: str) -> Any:
    """What a manager was given: there is no public way to ask it."""
    values = vars(manager)
    names = (f"_{each.__name__}__{name}" for each in type(manager).__mro__)
    return next((values[each] for each in names if each in values), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
