"""`observe`: by hand, for one session, what the instrumentor does by itself for all of them."""

import logging
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, TypeVar

T = TypeVar("T")

_logger = logging.getLogger(__name__)

_SOURCES: Final[Mapping[str, str]] = {
    "agents.realtime.session": "otel_realtime.sources.agents_auto",
    "openai.resources.realtime.realtime": "otel_realtime.sources.openai",
}
"""Where each kind of session is defined, and the source that follows it."""


def observe(session: T, **settings: Any) -> T:  # noqa: ANN401 - listed below
    """Record a session to its end: its spans, logs and metrics.

        async with observe(await runner.run()) as session: ...
        async with observe(client.realtime.connect(model="gpt-realtime")) as connection: ...

    Args:
        session: A `RealtimeSession` of the Agents SDK, or what `client.realtime.connect(...)`
            of the `openai` client gives. Best before it is entered: of one that was, what went
            before is not known, and it does not become the current span.
        **settings: `session_id`, `tracer_provider`, `meter_provider`, `logger_provider`,
            and any field of `Settings`.

    Returns:
        The same session.

    Raises:
        SettingError: A setting has a value that it cannot have.
        TypeError: There is no setting of that name, or this is no session.
    """
    is_certain = True
    for module, source in _SOURCES.items():
        if module not in sys.modules:
            continue
        try:
            if import_module(source).observe(session, settings):
                return session
        except (AttributeError, ImportError):  # an SDK that has changed must not cost the call
            _logger.warning("%s could not be observed", module, exc_info=True)
            is_certain = False
    if is_certain:
        message = (
            "observe takes a RealtimeSession of the Agents SDK, or what client.realtime.connect() "
            f"gives; this is {type(session).__name__}"
        )
        raise TypeError(message)
    return session
