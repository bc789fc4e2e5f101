"""What a dialect is given: a finished span of ours, and what is known beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from opentelemetry.sdk.trace import ReadableSpan, SpanLimits
from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.told import Setup

if TYPE_CHECKING:
    from otel_realtime.dialects.calls import Call

Attributes: TypeAlias = dict[str, AttributeValue]
Said: TypeAlias = dict[str, AttributeValue | None]
"""Attributes, some of which may not be known."""


class Kind(StrEnum):
    """What a span of ours is about."""

    SESSION = "session"
    INPUT = "input"
    RESPONSE = "response"
    TOOL = "tool"
    TRANSCRIPTION = "transcription"
    EVENT = "event"
    """A server event."""


_MOST: Final = 128
_KINDS: Final[Mapping[str, Kind]] = {
    semconv.SPAN_SESSION: Kind.SESSION,
    semconv.SPAN_INPUT: Kind.INPUT,
    semconv.SPAN_RESPONSE: Kind.RESPONSE,
    semconv.SPAN_TOOL: Kind.TOOL,
    semconv.SPAN_TRANSCRIPTION: Kind.TRANSCRIPTION,
}
CONTENT: Final = (
    *(semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES, semconv.TOOL_ARGUMENTS),
    *(semconv.TOOL_RESULT, semconv.SYSTEM_INSTRUCTIONS, semconv.TOOL_DEFINITIONS),
    semconv.SERVER_EVENT_PAYLOAD,
)
"""The attributes that hold content and that dialects say otherwise."""


class Ended(NamedTuple):
    """A finished span of ours.

    Attributes:
        kind: What it is about.
        attributes: A copy of its attributes.
        span: The span.
        setup: How its session is set up, for a response, where that is known.
        call: What was said in the call so far, where that is known.
    """

    kind: Kind
    attributes: Attributes
    span: ReadableSpan
    setup: Setup | None = None
    call: "Call | None" = None

    def apart(self) -> "Ended":
        """The same with attributes that may be taken apart."""
        return self._replace(attributes=dict(self.attributes))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a span may hold: `count` attributes, texts of `length` characters or any (None)."""

    count: int = _MOST
    length: int | None = None

    @classmethod
    def of(cls, span: ReadableSpan) -> "Limits":
        """Those that a span has itself, however they were set; never more than 128 attributes."""
        own = getattr(span, "_attributes", None)  # the SDK tells them nowhere else
        if not hasattr(own, "maxlen"):  # somebody handed on a copy
            return _of_environment()
        count, length = getattr(own, "maxlen", None), getattr(own, "max_value_len", None)
        return cls(_MOST if count is None else min(count, _MOST), length)


def _of_environment() -> Limits:
    told = SpanLimits()
    count, length = told.max_span_attributes, told.max_span_attribute_length
    return Limits(_MOST if count is None else min(count, _MOST), length)


Translate: TypeAlias = Callable[[Ended, Limits], Attributes]
"""Says the attributes of a span in a dialect."""


def kind_of(span: ReadableSpan) -> Kind | None:
    """What a span of ours is about; None for a span of another library."""
    scope = span.instrumentation_scope
    if scope is None or scope.name != semconv.SCOPE_NAME:
        return None
    kind = _KINDS.get(span.name.partition(" ")[0])
    if kind is None and semconv.SERVER_EVENT_TYPE in (span.attributes or ()):
        return Kind.EVENT
    return kind


def copied(span: ReadableSpan) -> Attributes:
    """A copy of a span's attributes."""
    copy = getattr(span.attributes, "copy", None)  # ten times faster than through the view
    return dict(copy() if copy is not None else span.attributes or {})


def known(said: Said, rest: Attributes) -> Attributes:
    """What a dialect says, as far as it is known, and then the rest."""
    attributes: Attributes = {name: value for name, value in said.items() if value is not None}
    attributes.update(rest)
    return attributes


def within(attributes: Attributes, limits: Limits) -> Attributes:
    """Keep the limits: the last attributes are left out, and long texts cut."""
    while len(attributes) > limits.count:
        attributes.popitem()
    if limits.length is not None:
        for name, value in attributes.items():
            if isinstance(value, str) and len(value) > limits.length:
                attributes[name] = value[: limits.length]
    return attributes
