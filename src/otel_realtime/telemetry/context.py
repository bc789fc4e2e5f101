"""The telemetry context: anchor spans, found by key from any event, task or thread."""

from collections.abc import Hashable, Mapping

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]

_REMEMBERED = 128


class TelemetryContext:
    """Open spans that later events attach to, by key.

    A span opened in one event can be noted on, parented to and closed from any other. Nothing is
    ever attached to the running task here: `context` gives the context of a span, and whoever
    attaches it detaches it in the same call.

    Args:
        tracer: Makes the spans.
        parent: The context that spans without a parent key belong to. By default the one that is
            current when the first span is opened.
    """

    def __init__(self, tracer: Tracer, parent: Context | None = None) -> None:
        """Begin with no span open."""
        self._tracer = tracer
        self._base = parent
        self._open: dict[Hashable, Span] = {}
        self._closed: dict[Hashable, SpanContext] = {}

    def open(  # noqa: PLR0913 - what a span consists of
        self,
        key: Hashable,
        name: str,
        *,
        start: int | None = None,
        parent: Hashable | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes | None = None,
    ) -> None:
        """Start a span under `key`, at `start` nanoseconds since the epoch.

        `parent` is the key of an open or recently closed span; one that is not known leaves the
        span under the context this was made with. A key that is open already is left as it is.
        """
        if key in self._open:
            return
        if self._base is None:
            self._base = otel_context.get_current()
        self._open[key] = self._tracer.start_span(
            name,
            context=self.context(parent) if parent is not None else self._base,
            kind=kind,
            attributes=attributes,
            start_time=start,
        )

    def note(self, key: Hashable, attributes: Attributes) -> None:
        """Set attributes on an open span; a span that is not open is left alone."""
        span = self._open.get(key)
        if span is not None:
            span.set_attributes(attributes)

    def event(self, key: Hashable, name: str, attributes: Attributes, at: int) -> None:
        """Add an event to an open span."""
        span = self._open.get(key)
        if span is not None:
            span.add_event(name, attributes, timestamp=at)

    def close(
        self,
        key: Hashable,
        *,
        end: int | None = None,
        attributes: Attributes | None = None,
        error: str | None = None,
    ) -> None:
        """End the span of `key`, at `end`; with `error`, a short description, its status is ERROR.

        A span does not end before it began, whatever a clock that jumps may say. A key that is not
        open is left alone, so that a span ends once.
        """
        span = self._open.pop(key, None)
        if span is None:
            return
        self._closed[key] = span.get_span_context()
        if len(self._closed) > _REMEMBERED:
            del self._closed[next(iter(self._closed))]
        if attributes:
            span.set_attributes(attributes)
        if error is not None:
            span.set_status(Status(StatusCode.ERROR, error))
        begun = getattr(span, "start_time", None)  # the API has none, the SDK has
        span.end(end if end is None or begun is None else max(end, begun))

    def span_context(self, key: Hashable) -> SpanContext | None:
        """The ids of an open span; None if it is not open."""
        span = self._open.get(key)
        return span.get_span_context() if span is not None else None

    def is_recording(self, key: Hashable) -> bool:
        """Whether a span of `key` is open and what is set on it is kept: not if it is unsampled."""
        span = self._open.get(key)
        return span is not None and span.is_recording()

    def __contains__(self, key: Hashable) -> bool:
        """Whether a span of `key` is open or was closed not long ago."""
        return key in self._open or key in self._closed

    def context(self, key: Hashable) -> Context:
        """The context in which a span of `key` is current; this one's own parent if unknown."""
        span = self._open.get(key)
        if span is None:
            closed = self._closed.get(key)
            if closed is None:
                return otel_context.get_current() if self._base is None else self._base
            span = trace.NonRecordingSpan(closed)
        return trace.set_span_in_context(span, self._base)

    def cleanup(self, end: int | None = None) -> None:
        """End every span that is still open, the last opened first.

        Raises:
            Exception: What a span processor raised as a span ended; the others are ended first.
        """
        raised: Exception | None = None
        for key in reversed(list(self._open)):
            try:
                self.close(key, end=end)
            except Exception as error:  # noqa: BLE001 - one processor must not keep spans open
                raised = raised or error
        if raised is not None:
            raise raised
