"""`observe`: by hand, for one session, what the instrumentor does by itself for all of them."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeVar

T = TypeVar("T")

_SOURCES: Final[Mapping[str, str]] = {
    "agents.realtime.session": "otel_realtime.sources.agents_auto",
    "openai.resources.realtime.realtime": "otel_realtime.sources.openai",
}
"""Where each kind of session is defined, and the source that follows it."""


def observe(session: T, **settings: Any) -> T:  # noqa: ANN401 - listed below
    """Record a session that is about to begin: its spans, logs and metrics, to its end.

        async with observe(await runner.run()) as session: ...
        async with observe(client.realtime.connect(model="gpt-realtime")) as connection: ...

    Args:
        session: A `RealtimeSession` of the Agents SDK that was not entered yet, or what
            `client.realtime.connect(...)` of the `openai` client gives.
        **settings: `session_id`, `tracer_provider`, `meter_provider`, `logger_provider`,
            and any field of `Settings`.

    Returns:
        The same session.

    Raises:
        SettingError: A setting has a value that it cannot have.
        TypeError: There is no setting of that name, or this is no session.
    """
    for module, source in _SOURCES.items():
        if module in sys.modules:
            follow: Callable[..., bool] = import_module(source).observe
            if follow(session, settings):
                return session
    message = (
        "observe takes a RealtimeSession of the Agents SDK or what client.realtime.connect() "
        f"gives, before it is entered; this is {type(session).__name__}"
    )
    raise TypeError(message)
