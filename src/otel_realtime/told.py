"""What dialects need beside a finished span, and no backend would want on it.

Messages stand on spans as JSON. `Told` is such a text that still knows what it was made of, so that
a dialect need not take it apart again; it has gone through the content gate like the text itself.
What holds for a whole session, `Setup`, is offered once by the session's telemetry and asked for
when one of its spans ends. Nothing of either is kept unless a dialect is in use.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self, SupportsIndex
from weakref import WeakSet

_MOST: Final = 4096


class Told(str):
    """A JSON text, and the value that it says. A part of it, such as its beginning, knows all."""

    __slots__ = ("value",)
    value: object

    def __new__(cls, text: str, value: object = None) -> Self:
        """Join the two."""
        new = super().__new__(cls, text)
        new.value = value
        return new

    def __getitem__(self, key: SupportsIndex | slice) -> "Told":
        """Cut it, as OpenTelemetry does where it limits the length of values."""
        return Told(super().__getitem__(key), self.value)


@dataclass(frozen=True, slots=True)
class Setup:
    """How a session is set up, as far as that may be recorded."""

    parameters: Mapping[str, object] | None = None
    """The provider's settings under its own names, without content and secrets."""
    tools: Sequence[Mapping[str, object]] | None = None
    made: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What a dialect made of it, which need not be made again for the next span."""


in_use: "Final[WeakSet[object]]" = WeakSet()
"""The dialects in use; while there are none, nothing is kept for them."""

_setups: dict[int, Callable[[], Setup]] = {}


def remembered(text: str, value: object) -> str:
    """A text for a span that knows its value, if a dialect may ask for it."""
    return Told(text, value) if in_use else text


def value_of(text: object) -> object:
    """The value that a text on a span was made of; None if it does not know."""
    return text.value if isinstance(text, Told) else None


def offer_setup(span_id: int, setup: Callable[[], Setup]) -> None:
    """Offer what `setup_of` gives for a session, by the id of its span, until it is over."""
    _setups[span_id] = setup
    if len(_setups) > _MOST:  # sessions that nobody ever ended
        with suppress(RuntimeError, StopIteration):  # another thread was there first
            _setups.pop(next(iter(_setups)), None)


def take_back_setup(span_id: int) -> None:
    """Offer it no more."""
    _setups.pop(span_id, None)


def setup_of(span_id: int) -> Setup | None:
    """How a session is set up now, by the id of its span; None if nobody offers that."""
    ask = _setups.get(span_id)
    return ask() if ask is not None else None
