"""What the client sends: the audio clock runs by it, and it tells what no server event does."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

import wrapt

from otel_realtime.sources import openai_wire
from otel_realtime.sources._agents_session import Args, Host, Kwargs, follower_of_model
from otel_realtime.sources._openai_values import base64_size

if TYPE_CHECKING:
    from otel_realtime.sources.agents import RealtimeTelemetryListener

_AUDIO: Final = "input_audio_buffer.append"
_CUT: Final = "conversation.item.truncate"
_TELLING: Final = frozenset({_CUT, "session.update"})
"""How much was heard; which format follows. All else is told of by what comes back."""


async def send_raw(wrapped: Host, model: Any, args: Args, kwargs: Kwargs) -> Any:
    """Take in what the SDK's own model sends, as it goes out on the wire."""
    listener = follower_of_model(model)
    if listener is not None:
        _take(listener, args[0] if args else kwargs.get("event"))
    return await wrapped(*args, **kwargs)


async def send_raw_if(wrapped: Host, model: Any, args: Args, kwargs: Kwargs) -> Any:
    """The same for what is sent only if it still makes sense by then."""
    is_sent = await wrapped(*args, **kwargs)
    listener = follower_of_model(model)
    if listener is not None and is_sent:
        _take(listener, args[0] if args else kwargs.get("event"))
    return is_sent


def watch(model: Any) -> Callable[[], None] | None:
    """Take in what is sent by a model of a third party; returns what stops that.

    Only this one object is touched, and only if it takes attributes. It is not kept alive.
    """
    if hasattr(type(model), "_send_raw_message"):
        return None  # the SDK's own: its wire is hooked
    name = "send_event"
    try:
        reference = ref(model)
        setattr(model, name, wrapt.FunctionWrapper(getattr(model, name), _send_event))
    except Exception:  # noqa: BLE001 - how it says no is its own affair
        return None

    def stop() -> None:
        watched = reference()
        held = getattr(watched, "__dict__", {}).get(name)
        if getattr(held, "_self_wrapper", None) is _send_event:
            delattr(watched, name)

    return stop


async def _send_event(wrapped: Host, model: Any, args: Args, kwargs: Kwargs) -> Any:
    listener = follower_of_model(model)
    if listener is not None:
        _take_parsed(listener, args[0] if args else kwargs.get("event"))
    return await wrapped(*args, **kwargs)


def _take(listener: "RealtimeTelemetryListener", event: Any) -> None:
    session = listener.session
    try:
        kind = event.type
        if kind == _AUDIO:
            session.take_sent_audio(base64_size(event.audio), event.audio)
        elif kind in _TELLING:
            if kind == _CUT:
                listener.playback.report()
            data = event.model_dump(exclude_unset=True)
            for each in openai_wire.client_event(data, session.clock()):
                session.feed(each)
    except Exception as error:  # noqa: BLE001 - the guard
        session.guard.caught("sent", error)


def _take_parsed(listener: "RealtimeTelemetryListener", event: Any) -> None:
    try:
        listener.parsed.take_sent(event)
    except Exception as error:  # noqa: BLE001 - the guard
        listener.session.guard.caught("sent", error)
