"""Follows sessions of the Agents SDK to which the application added no listener.

The instrumentor imports this as soon as the SDK is imported, which may be in the middle of the
import of our own listener: so that is imported when there is a session to follow.
"""

from typing import TYPE_CHECKING, Any

from agents.realtime import RealtimeSession
from opentelemetry.instrumentation.utils import is_instrumentation_enabled

from otel_realtime.sources import _agents_session
from otel_realtime.sources._agents_hooks import HOOKS

if TYPE_CHECKING:
    from otel_realtime.sources.agents import RealtimeTelemetryListener


class _Instrumentation:
    """Stands for the instrumentor among those who have use of the hooks."""


_on = _Instrumentation()


def observe(session: object, settings: dict[str, Any]) -> bool:
    """Follow `session` when it begins; False if it is none of this SDK.

    Raises:
        SettingError: A setting has a value that it cannot have.
        TypeError: There is no setting of that name.
    """
    if not isinstance(session, RealtimeSession):
        return False
    _agents_session.observe(session, _listener(session, settings))
    return True


def instrument(settings: dict[str, Any]) -> None:
    """Follow every session that begins from now on; the settings have been checked."""

    def make(session: Any) -> "RealtimeTelemetryListener | None":
        return _listener(session, settings) if is_instrumentation_enabled() else None

    _agents_session.make_by(make)
    HOOKS.use(_on, _agents_session.guard)


def uninstrument() -> None:
    """Follow no more sessions, end the telemetry of those followed, and put the SDK back."""
    _agents_session.make_no_more()
    HOOKS.let_go(_on)


def _listener(session: Any, settings: dict[str, Any]) -> "RealtimeTelemetryListener":
    from otel_realtime.sources.agents import RealtimeTelemetryListener

    tracker = session._model_config.get("playback_tracker")  # noqa: SLF001 - given nowhere else
    return RealtimeTelemetryListener(**{"playback_tracker": tracker, **settings})
