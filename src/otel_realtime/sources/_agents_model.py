"""What a model of the Agents SDK shows: who listens to it, and where it connects to."""

from collections.abc import Iterable, Iterator
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from otel_realtime.events import SessionOpened
from otel_realtime.sources._endpoints import AZURE, OPENAI, endpoint_of, is_azure
from otel_realtime.values import Endpoint

if TYPE_CHECKING:
    from otel_realtime.sources.agents import RealtimeTelemetryListener

_DEFAULT_URL: Final = "wss://api.openai.com/v1/realtime"
"""Where the SDK's own model connects to if it is told nothing else."""
_MOST_HELD: Final = 64

listeners: "WeakSet[RealtimeTelemetryListener]" = WeakSet()
"""Those that have not been cleaned up."""


def listeners_on(model: Any) -> "list[RealtimeTelemetryListener]":
    """Our listeners on a model, in the order added.

    There is no public way to ask: the SDK's own keeps them in a list, and one of a third party in
    whatever it likes. What that holds may have no hash.
    """
    from otel_realtime.sources.agents import RealtimeTelemetryListener

    for held in (_listed(model), _all_held(model)):
        found = [each for each in _members(held) if isinstance(each, RealtimeTelemetryListener)]
        if found:
            return found
    return []


def listening_to(model: Any) -> list[Any]:
    """Who listens to a model, as far as it keeps that as the SDK's own does."""
    return list(_members(_listed(model)))


def opening(session: Any, agent: str | None, at: int) -> SessionOpened:
    """What is known of a session before it connects."""
    config = getattr(session, "_model_config", None) or {}
    settings = config.get("initial_model_settings") or {}
    call_id = config.get("call_id")
    asked = settings.get("model_name") or _name_of(session.model)
    return SessionOpened(
        at,
        endpoint=_endpoint(session),
        agent=agent,
        model=asked if isinstance(asked, str) and call_id is None else None,
        call_id=call_id if isinstance(call_id, str) else None,
    )


def provider_of(session: Any) -> str | None:
    """`gen_ai.provider.name`, where the address or the SDK's own model tells."""
    if is_azure(_endpoint(session)):
        return AZURE
    return OPENAI if _is_sdks(session.model) else None


def _endpoint(session: Any) -> Endpoint | None:
    """Where it connects to; None where only the application's own model knows, or it is wrong."""
    config = getattr(session, "_model_config", None) or {}
    url = config.get("url")
    if not isinstance(url, str):
        url = _DEFAULT_URL if _is_sdks(session.model) else ""
    return endpoint_of(url)


def _name_of(model: Any) -> object:
    try:
        return getattr(model, "model", None)
    except Exception:  # noqa: BLE001 - it may run somebody's own code
        return None


def _is_sdks(model: object) -> bool:
    from agents.realtime import OpenAIRealtimeWebSocketModel

    return isinstance(model, OpenAIRealtimeWebSocketModel)


def _listed(model: Any) -> list[Any]:
    try:
        return [model._listeners]  # noqa: SLF001 - see above
    except Exception:  # noqa: BLE001 - getting it may run somebody's own code
        return []


def _all_held(model: Any) -> Iterator[Any]:
    """What its attributes hold, those in slots included."""
    yield from list(getattr(model, "__dict__", {}).values())
    for cls in type(model).__mro__:
        for slot in list(vars(cls).values()):
            if isinstance(slot, MemberDescriptorType):
                try:
                    yield slot.__get__(model)
                except AttributeError:  # it holds nothing
                    continue


def _members(held: Iterable[Any]) -> Iterator[Any]:
    for value in held:
        each = value.values() if isinstance(value, dict) else value
        is_many = isinstance(value, list | tuple | set | frozenset | dict | WeakSet)
        yield from list(each)[:_MOST_HELD] if is_many else [value]
