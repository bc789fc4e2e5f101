"""What the raw `openai` client receives, as it parses it: nothing of a delta is parsed twice."""

import json
from typing import Any

from otel_realtime.guard import SkippedEventError
from otel_realtime.sources._openai_deltas import RECORDED_DELTAS, take_server_event
from otel_realtime.sources._openai_session import Following


def take(following: Following, event: Any, text: Any) -> None:
    """Feed a session with a server event; never raises.

    Args:
        following: Who follows the connection.
        event: What the client made of it: of whatever class, as it does not validate.
        text: What it made that of.
    """
    try:
        take_delta = RECORDED_DELTAS.get(event.type)
        if take_delta is not None:
            take_delta(following.telemetry, event.__dict__)  # the fields of the client's objects
            return
    except (AttributeError, KeyError, SkippedEventError, TypeError):
        pass  # it took the event for something that has other fields: its text tells
    _take_text(following, text)


def _take_text(following: Following, text: Any) -> None:
    session, kind = following.telemetry, None
    try:
        data = json.loads(text)
        kind = data.get("type") if isinstance(data, dict) else None
        take_server_event(session, data)
        following.sent.release()
    except Exception as error:  # noqa: BLE001 - the guard: the host is given its event all the same
        where = kind[:80] if isinstance(kind, str) else "server event"
        session.guard.caught(where, error)
