"""Reading fields of a provider's JSON: what is missing or of the wrong type is never guessed."""

from math import floor
from typing import Any

from otel_realtime.guard import SkippedEventError
from otel_realtime.telemetry.content import encodable

Json = dict[str, Any]
"""An object as `json.loads` gives it. A check for `Mapping` would cost ten times one for `dict`."""


def text(data: Json, name: str) -> str:
    """A text that must be there.

    Raises:
        SkippedEventError: It is missing, empty or not a text.
    """
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise SkippedEventError(_missing(data, name))
    return value if value.isascii() else encodable(value)


def section(data: Json, name: str) -> Json:
    """An object that must be there.

    Raises:
        SkippedEventError: It is missing or not an object.
    """
    value = data.get(name)
    if not isinstance(value, dict):
        raise SkippedEventError(_missing(data, name))
    return value


def any_text(data: Json, name: str) -> str | None:
    """A text, or None."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        return None
    return value if value.isascii() else encodable(value)


def any_section(data: Json, name: str) -> Json:
    """An object, or an empty one."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def any_list(data: Json, name: str) -> list[Any]:
    """A list, or an empty one."""
    value = data.get(name)
    return value if isinstance(value, list) else []


def any_count(data: Json, name: str) -> int | None:
    """A whole number that is not negative, or None."""
    value = data.get(name)
    if type(value) is not int:
        value = any_whole(data, name)
    return value if value is not None and value >= 0 else None


def any_whole(data: Json, name: str) -> int | None:
    """A whole number, or None. A negative one is for the conversation to judge, and to count."""
    value = data.get(name)
    if type(value) is int:
        return value
    number = any_signed(data, name)
    return floor(number) if number is not None else None


def any_number(data: Json, name: str) -> float | None:
    """A number that is not negative, or None."""
    number = any_signed(data, name)
    return number if number is not None and number >= 0 else None


def any_signed(data: Json, name: str) -> float | None:
    """A number, or None; negative ones as above."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN and infinity fail the comparison with their own difference.
    return float(value) if value - value == 0 else None


def index(data: Json, name: str = "content_index") -> int:
    """An index; 0 where it is missing."""
    return any_count(data, name) or 0


def texts(data: Json, name: str) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(encodable(each) for each in any_list(data, name) if isinstance(each, str))


def _missing(data: Json, name: str) -> str:
    kind = data.get("type")
    shown = kind[:80] if isinstance(kind, str) else "an object without a type"
    return f"{shown} has no usable {name!r}"
