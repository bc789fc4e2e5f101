"""Events as JSON objects, ids, and the error object of the Realtime API."""

import secrets
from collections import Counter
from typing import Any

Event = dict[str, Any]
Item = dict[str, Any]


class Ids:
    """Readable ids, unique per connection: `item_3f9a1c20_2` is its second item."""

    def __init__(self) -> None:
        """Choose the connection's own part of every id."""
        self.tag = secrets.token_hex(4)
        self._counts: Counter[str] = Counter()

    def next(self, kind: str) -> str:
        """Return the next id of one kind (`event`, `item`, `resp`, `call`)."""
        self._counts[kind] += 1
        return f"{kind}_{self.tag}_{self._counts[kind]}"

    def only(self, kind: str) -> str:
        """Return the id of what a connection has one of (`sess`, `conv`)."""
        return f"{kind}_{self.tag}"


class ClientMistake(Exception):  # noqa: N818 - it is the client's, and becomes an `error` event
    """The client sent something that the real server answers with an error event."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        """Hold the three fields of the error object that differ."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


def error_object(
    mistake: ClientMistake, event_id: str | None, kind: str = "invalid_request_error"
) -> Event:
    """Build the `error` field of an error event."""
    return {
        "type": kind,
        "code": mistake.code,
        "message": mistake.message,
        "param": mistake.param,
        "event_id": event_id,
    }


def require(event: Event, field: str, kind: type) -> Any:  # noqa: ANN401 - checked by `kind`
    """Return a field of a client event.

    Raises:
        ClientMistake: the field is absent or of another type.
    """
    if field not in event:
        code, message = "missing_required_parameter", f"Missing required parameter: '{field}'."
        raise ClientMistake(code, message, field)
    return check(event[field], field, kind)


def optional(event: Event, field: str, kind: type) -> Any:  # noqa: ANN401 - checked by `kind`
    """Return a field of a client event, or None where it is absent or null.

    Raises:
        ClientMistake: the field is of another type.
    """
    value = event.get(field)
    return None if value is None else check(value, field, kind)


def check(value: Any, field: str, kind: type) -> Any:  # noqa: ANN401 - checked by `kind`
    """Return a value of the right type.

    Raises:
        ClientMistake: it is of another type.
    """
    allowed = (int, float) if kind is float else (kind,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
        code = "invalid_type"
        message = f"Invalid type for '{field}': expected {kind.__name__}."
        raise ClientMistake(code, message, field)
    return value
