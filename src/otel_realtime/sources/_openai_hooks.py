"""Every function of the raw `openai` client that is wrapped, in one table, and what is around it.

Each is there twice, for the asynchronous and the synchronous client. In newer versions a base
class, which connections to other endpoints share, has some of them: those that nobody follows only
pass through.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

from otel_realtime.extras import needed
from otel_realtime.sources import _ends
from otel_realtime.sources import _openai_session as life
from otel_realtime.sources._hooks import Hook, Hooks, Wrapper
from otel_realtime.sources._openai_received import take

with needed("openai", extra="openai"):
    from openai.resources.realtime import realtime as sdk

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Host = Callable[..., Any]
AsyncHost = Callable[..., Awaitable[Any]]

MANAGERS: Final = (sdk.AsyncRealtimeConnectionManager, sdk.RealtimeConnectionManager)
CONNECTIONS: Final = (sdk.AsyncRealtimeConnection, sdk.RealtimeConnection)

_sending: ContextVar[bool] = ContextVar("otel_realtime_openai_sending", default=False)
"""Whether `send` is under way, which may go by `send_raw`."""


async def _enter_async(wrapped: AsyncHost, manager: Any, args: Args, kwargs: Kwargs) -> Any:
    """Begin the session's telemetry as it begins to connect, in the caller's context."""
    following = life.begin(manager)
    try:
        connection = await wrapped(*args, **kwargs)
    except BaseException as error:
        life.failed(following, error)
        raise
    life.connected(following, connection)
    return connection


def _enter(wrapped: Host, manager: Any, args: Args, kwargs: Kwargs) -> Any:
    following = life.begin(manager)
    try:
        connection = wrapped(*args, **kwargs)
    except BaseException as error:
        life.failed(following, error)
        raise
    life.connected(following, connection)
    return connection


def _queue(wrapped: Host, manager: Any, args: Args, kwargs: Kwargs) -> Any:
    """Take in what is to be sent as soon as the client is connected."""
    result = wrapped(*args, **kwargs)
    life.queued(manager, args[0] if args else kwargs.get("event"))
    return result


def _leave(wrapped: Host, manager: Any, args: Args, kwargs: Kwargs) -> Any:
    """End it as the block is left; of the asynchronous client, what is returned is awaited."""
    life.left(manager, args[1] if len(args) > 1 else kwargs.get("exc"))
    return wrapped(*args, **kwargs)


async def _close_async(wrapped: AsyncHost, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    """End it before the socket is closed: the other side may take long to answer, or never do."""
    following = life.followed(connection)
    if following is None:
        return await wrapped(*args, **kwargs)
    following.leave("closed")
    result = await wrapped(*args, **kwargs)
    await _ends.written(following.telemetry)
    return result


def _close(wrapped: Host, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    following = life.followed(connection)
    if following is not None:
        following.leave("closed")
    return wrapped(*args, **kwargs)


async def _receive_async(wrapped: AsyncHost, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    """See how the connection ends: whoever receives is the first to be told."""
    try:
        return await wrapped(*args, **kwargs)
    except Exception as error:
        life.interrupted(connection, error)
        raise


def _receive(wrapped: Host, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    try:
        return wrapped(*args, **kwargs)
    except Exception as error:
        life.interrupted(connection, error)
        raise


def _parse(wrapped: Host, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    """Take in every server event, however it was received."""
    event = wrapped(*args, **kwargs)
    following = life.followed(connection)
    if following is not None:
        take(following, event, args[0] if args else kwargs.get("data"))
    return event


async def _reconnect_async(wrapped: AsyncHost, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    """See whether the client could connect again."""
    is_back = False
    try:
        is_back = await wrapped(*args, **kwargs)
    finally:
        life.reconnected(connection, is_back=bool(is_back))
    return is_back


def _reconnect(wrapped: Host, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    is_back = False
    try:
        is_back = wrapped(*args, **kwargs)
    finally:
        life.reconnected(connection, is_back=bool(is_back))
    return is_back


async def _send_async(wrapped: AsyncHost, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    """Take in what the client sends, before any answer to it can come back."""
    with _sent(connection, args[0] if args else kwargs.get("event"), is_text=False):
        return await wrapped(*args, **kwargs)


def _send(wrapped: Host, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    with _sent(connection, args[0] if args else kwargs.get("event"), is_text=False):
        return wrapped(*args, **kwargs)


async def _send_raw_async(wrapped: AsyncHost, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    with _sent(connection, args[0] if args else kwargs.get("data"), is_text=True):
        return await wrapped(*args, **kwargs)


def _send_raw(wrapped: Host, connection: Any, args: Args, kwargs: Kwargs) -> Any:
    with _sent(connection, args[0] if args else kwargs.get("data"), is_text=True):
        return wrapped(*args, **kwargs)


@contextmanager
def _sent(connection: Any, event: Any, *, is_text: bool) -> Iterator[None]:
    following = life.followed(connection)
    if following is None or _sending.get():
        yield
        return
    sent = following.sent
    note, is_queued = sent.take_text if is_text else sent.take, sent.is_queued
    if not is_queued:
        note(event)
    token = _sending.set(True)
    try:
        yield
    finally:
        with suppress(ValueError):  # a task that is collected while it sends ends elsewhere
            _sending.reset(token)
    if is_queued:  # the queue took it: it might have been full
        note(event)


def _both(name: str, asynchronous: Wrapper, synchronous: Wrapper) -> Iterator[Hook]:
    """The hooks of a connection's method, in the classes that have it."""
    yield _hook(sdk.AsyncRealtimeConnection, name, asynchronous)
    yield _hook(sdk.RealtimeConnection, name, synchronous)


def _hook(connection: type, name: str, wrapper: Wrapper) -> Hook:
    owner = next((each for each in connection.__mro__ if name in vars(each)), connection)
    return Hook(owner.__module__, f"{owner.__qualname__}.{name}", wrapper)


_SDK: Final = sdk.__name__

HOOKS: Final = Hooks(
    # `enter` is the same function under a second name.
    Hook(_SDK, "AsyncRealtimeConnectionManager.__aenter__", _enter_async),
    Hook(_SDK, "AsyncRealtimeConnectionManager.enter", _enter_async),
    Hook(_SDK, "AsyncRealtimeConnectionManager.send", _queue),
    Hook(_SDK, "AsyncRealtimeConnectionManager.__aexit__", _leave),
    Hook(_SDK, "RealtimeConnectionManager.__enter__", _enter),
    Hook(_SDK, "RealtimeConnectionManager.enter", _enter),
    Hook(_SDK, "RealtimeConnectionManager.send", _queue),
    Hook(_SDK, "RealtimeConnectionManager.__exit__", _leave),
    *_both("recv_bytes", _receive_async, _receive),
    *_both("parse_event", _parse, _parse),
    *_both("send", _send_async, _send),
    *_both("send_raw", _send_raw_async, _send_raw),
    *_both("close", _close_async, _close),
    *_both("_reconnect", _reconnect_async, _reconnect),
)
