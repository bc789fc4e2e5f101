"""Copies of finished spans and events with other attributes, equal in everything else."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]
_SAME: Final = (
    *("name", "context", "parent", "resource", "links", "kind", "status"),
    *("start_time", "end_time", "instrumentation_scope"),
)


class SpanCopy(ReadableSpan):
    """A copy of a span with other attributes and events; it counts what the first one dropped."""

    def __init__(self, span: ReadableSpan, attributes: Attributes, events: Sequence[Event]) -> None:
        same = {name: getattr(span, name) for name in _SAME}
        super().__init__(**same, attributes=attributes, events=events)
        self._instrumentation_info = getattr(span, "_instrumentation_info", None)  # deprecated
        self._dropped = (span.dropped_attributes, span.dropped_events, span.dropped_links)

    @property
    def dropped_attributes(self) -> int:
        """How many attributes the span lost to its limits."""
        return self._dropped[0]

    @property
    def dropped_events(self) -> int:
        """How many events it lost."""
        return self._dropped[1]

    @property
    def dropped_links(self) -> int:
        """How many links it lost."""
        return self._dropped[2]


class EventCopy(Event):
    """A copy of an event with other attributes; it counts what the first one dropped."""

    def __init__(self, event: Event, attributes: Attributes) -> None:
        super().__init__(event.name, MappingProxyType(attributes), event.timestamp)
        self._dropped = event.dropped_attributes

    @property
    def dropped_attributes(self) -> int:
        """How many attributes the event lost to its limits."""
        return self._dropped
