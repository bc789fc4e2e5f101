"""A span whose attributes are put together when somebody first reads them.

A span ends on the event loop, and is read by whoever exports it: with a batch processor in a thread
of its own. So the loop pays for a reference, and the translation is that thread's.
"""

from collections.abc import Callable
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext
from opentelemetry.util.types import Attributes

from otel_realtime.dialects import openinference_names as names
from otel_realtime.dialects.calls import Turn


class LateSpan(ReadableSpan):
    """A copy of a finished span with other attributes; it counts what the first one dropped.

    Args:
        span: The finished span.
        attributes: Gives its attributes; may be called by two threads at once, and never raises.
        parent: Its parent, if it is another one.
    """

    def __init__(
        self,
        span: ReadableSpan,
        attributes: Callable[[], Attributes],
        parent: SpanContext | None = None,
    ) -> None:
        vars(self).update(vars(span))  # the property below stands before what comes in by this
        self._span = span
        self._put_together = attributes
        self._known: Attributes = None
        if parent is not None:
            self._parent = parent

    # What the SDK's own class has here, and its `to_json` and some exporters read.
    @property
    def _attributes(self) -> Any:  # type: ignore[override]  # noqa: ANN401
        if self._known is None:
            self._known = self._put_together()
        return self._known

    @property
    def dropped_attributes(self) -> int:
        """How many attributes the span lost to its limits."""
        return self._span.dropped_attributes

    @property
    def dropped_events(self) -> int:
        """How many events it lost."""
        return self._span.dropped_events

    @property
    def dropped_links(self) -> int:
        """How many links it lost."""
        return self._span.dropped_links


def around(
    span: ReadableSpan, turn: Turn, parent: SpanContext, attributes: Callable[[], Attributes]
) -> ReadableSpan:
    """The span around a turn, in the trace and of the library that `span` is of."""
    base = ReadableSpan(
        names.TURN_SPAN,
        turn.context,
        parent,
        span.resource,
        start_time=turn.start,
        end_time=turn.end,
        instrumentation_scope=span.instrumentation_scope,
    )
    return LateSpan(base, attributes)
