"""Follows the realtime connections of the raw `openai` client, asynchronous and synchronous.

The client tells nobody of what passes through it: its functions are wrapped while a connection is
followed. `_openai_hooks` is the table of them, `_openai_session` the life of a connection. The
table imports the client. It is imported itself when there is something to follow: the instrumentor
waits for the client's import, which must not be in the middle of that of this module.
"""

from collections.abc import Callable
from typing import Any, Final
from weakref import finalize

from opentelemetry.instrumentation.utils import is_instrumentation_enabled

from otel_realtime.cost.book import check_prices
from otel_realtime.session import SessionTelemetry
from otel_realtime.session_audio import check_store
from otel_realtime.settings import Settings
from otel_realtime.sources import _openai_session
from otel_realtime.sources._openai_session import Following
from otel_realtime.sources._openai_tools import tool_run
from otel_realtime.sources._tool_run import ToolRun
from otel_realtime.telemetry.outlets import Telemetry

__all__ = ["ToolRun", "instrument", "observe", "tool_run", "uninstrument"]

_PROVIDERS: Final = ("tracer_provider", "meter_provider", "logger_provider")


class _Instrumentation:
    """Stands for the instrumentor among those who have use of the hooks."""


_on = _Instrumentation()


def observe(session: object, settings: dict[str, Any]) -> bool:
    """Follow a connection, by its manager or once it is open; False if it is none of this client.

    Raises:
        SettingError: A setting has a value that it cannot have.
        TypeError: There is no setting of that name.
    """
    from otel_realtime.sources._openai_hooks import CONNECTIONS, HOOKS, MANAGERS

    is_open = isinstance(session, CONNECTIONS)
    if not is_open and not isinstance(session, MANAGERS):
        return False
    following = _following(settings, HOOKS.let_go)
    if is_open and _openai_session.followed(session) is not None:
        return True
    finalize(following, HOOKS.tidy).atexit = False
    HOOKS.use(following, following.telemetry.guard)
    follow = _openai_session.observe_open if is_open else _openai_session.observe
    follow(session, following)
    return True


def instrument(settings: dict[str, Any]) -> None:
    """Follow every connection that is begun from now on; the settings have been checked."""
    from otel_realtime.sources._openai_hooks import HOOKS

    def make() -> Following | None:
        return _following(settings) if is_instrumentation_enabled() else None

    _openai_session.follow_by(make)
    HOOKS.use(_on, _openai_session.guard)


def uninstrument() -> None:
    """Follow no more connections, end the telemetry of those followed, put the client back.

    What `observe` was given stays.
    """
    from otel_realtime.sources._openai_hooks import HOOKS

    _openai_session.follow_no_more()
    HOOKS.let_go(_on)


def _following(
    settings: dict[str, Any], let_go: Callable[[Following], None] | None = None
) -> Following:
    given = dict(settings)
    providers = [given.pop(name, None) for name in _PROVIDERS]
    session_id = given.pop("session_id", None)
    read = Settings.read(given)
    check_store(read)
    check_prices(read)
    telemetry = SessionTelemetry(Telemetry.of(*providers), read, session_id=session_id)
    return Following(telemetry, let_go)
