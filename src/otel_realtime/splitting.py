"""Requests of a bounded size: a batch that is too large for one is exported in parts.

The SDK's batch processors count spans, or log events, and not bytes. Where many calls go on, or an
endpoint was away for a while, 512 with what was said, tools and instructions are some megabytes:
gRPC takes 4 MB at most, and many a proxy 1 MB.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from opentelemetry.trace import SpanContext

if TYPE_CHECKING:
    from opentelemetry._logs import LogRecord
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk._logs.export import LogRecordExportResult
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExportResult
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

MOST_BYTES: Final = 1_000_000
"""What a request may have, before it is compressed."""

_SPAN: Final = 128
"""What a span, a link to one or a log event takes at most in OTLP beside texts: ids, times, flags,
counts."""
_EVENT: Final = 32
_FIELD: Final = 10
"""What a text, or a list or map, takes at most beside what is in it: two tags, two lengths."""
_NUMBER: Final = 13
_NOTHING: Final = 2
_MOST_LAYERS: Final = 64
_INNER: Final = ("wrapped", "processor", "_processor")
"""Where processors with slots have what they are wrapped around."""
_ON_END: Final = ("on_end", "on_emit")
_OTLP: Final = "opentelemetry.exporter.otlp."
_FAILURE: Final = "FAILURE"
"""Of `SpanExportResult` and `LogRecordExportResult`; the SDK itself is not imported for it."""

_Some: TypeAlias = "Sequence[ReadableSpan | ReadableLogRecord]"
_Result: TypeAlias = "SpanExportResult | LogRecordExportResult"
_Export: TypeAlias = "Callable[[_Some], _Result]"


def split(processor: object, most: int = MOST_BYTES) -> Callable[[], None]:
    """Have a processor's exporter given no more at once than fits into `most` bytes.

    What is larger alone goes alone. Where a part fails the rest is given up, as the SDK gives up a
    batch that fails: a dead endpoint takes no longer than before. Nothing is done where there is
    no exporter of spans or log events over OTLP, or it was split before: others have limits of
    their own, and Azure's keeps on disk what it was given and could not send.

    Args:
        processor: One of the SDK's batch processors, or one that is wrapped around one.
        most: Bytes of OTLP, estimated from above.

    Returns:
        What takes it back.
    """
    exporter: Any = exporter_of(processor)
    export = getattr(exporter, "export", None)
    if not callable(export) or isinstance(export, _InParts) or not _speaks_otlp(exporter):
        return _nothing
    own = vars(exporter).get("export") if hasattr(exporter, "__dict__") else None
    with suppress(AttributeError):  # one with slots is left as it is
        exporter.export = _InParts(export, most)

    def take_back() -> None:
        if not isinstance(getattr(exporter, "export", None), _InParts):
            return
        if own is None:
            del exporter.export
        else:
            exporter.export = own

    return take_back


def layers_of(processor: object) -> Iterator[object]:
    """A processor and, from the outside in, those that it is wrapped around or made of.

    Whatever an object has that is told of ended spans or log events counts: each library has a name
    of its own for it.
    """
    seen: set[int] = set()
    left = [processor]
    while left and len(seen) < _MOST_LAYERS:
        layer = left.pop(0)
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            left += _inside(layer)


def _inside(processor: object) -> Iterator[object]:
    values: list[object] = []
    with suppress(Exception):  # a property of somebody else's
        if hasattr(processor, "__dict__"):
            values = list(vars(processor).values())
        else:
            values = [getattr(processor, name, None) for name in _INNER]
    for value in values:
        parts = value if isinstance(value, tuple | list) else (value,)
        yield from (each for each in parts if _is_processor(each))


def _is_processor(it: object) -> bool:
    return any(callable(getattr(type(it), name, None)) for name in _ON_END)


def exporter_of(processor: object) -> object:
    """The exporter of a processor or of one within it; None if there is none."""
    found = (_own_exporter(each) for each in layers_of(processor))
    return next((each for each in found if each is not None), None)


def _own_exporter(processor: object) -> object:
    with suppress(Exception):  # a property of somebody else's
        own = getattr(processor, "span_exporter", None)
        if own is not None:
            return own  # that of log events has no public name
        return getattr(getattr(processor, "_batch_processor", None), "_exporter", None)
    return None


def _speaks_otlp(exporter: object) -> bool:
    return any(each.__module__.startswith(_OTLP) for each in type(exporter).__mro__)


class _InParts:
    """Stands in the place of an exporter's `export`."""

    def __init__(self, export: _Export, most: int) -> None:
        self._export, self._most = export, most

    def __call__(self, some: _Some) -> _Result:
        """Export spans or log events, in parts if they are too large together."""
        *parts, last = self._parts(some)
        for part in parts:
            result = self._export(part)
            if getattr(result, "name", None) == _FAILURE:
                return result
        return self._export(last)

    def _parts(self, some: _Some) -> Iterable[_Some]:
        try:
            return list(_parts(some, self._most)) if len(some) > 1 else [some]
        except Exception:  # noqa: BLE001 - the guard: what cannot be measured goes as it would have
            return [some]


def _parts(some: _Some, most: int) -> Iterator[_Some]:
    """All in their order, in as few parts as they fit into; all at once if that is one."""
    room = _room(some[0], most)
    first, taken = 0, 0
    for place, each in enumerate(some):
        size = size_of(each)
        if taken + size > room and place > first:
            yield some[first:place]
            first, taken = place, 0
        taken += size
    yield some[first:] if first else some


def _room(it: "ReadableSpan | ReadableLogRecord", most: int) -> int:
    """What is left beside the resource, which is the same for all of a provider."""
    resource = it.resource
    return most - _SPAN - _size(resource.attributes) if resource is not None else most


def size_of(it: "ReadableSpan | ReadableLogRecord") -> int:
    """The bytes that a span or a log event takes in OTLP, estimated from above."""
    own = _of_log(it.log_record) if hasattr(it, "log_record") else _of_span(it)
    return own + _of_scope(it.instrumentation_scope)


def _of_span(span: "ReadableSpan") -> int:
    links = sum(_of_context(each.context) + _size(each.attributes) for each in span.links)
    events = sum(_EVENT + _size(each.name) + _size(each.attributes) for each in span.events)
    texts = _size(span.name) + _size(span.status.description) + _size(span.attributes)
    return _of_context(span.get_span_context()) + texts + events + links


def _of_log(log: "LogRecord") -> int:
    texts = (log.event_name, log.severity_text, log.body)
    return _SPAN + sum(map(_size, texts)) + _size(log.attributes)


def _of_context(context: SpanContext | None) -> int:
    return _SPAN + (_size(context.trace_state.to_header()) if context is not None else 0)


def _of_scope(scope: "InstrumentationScope | None") -> int:
    if scope is None:
        return 0
    texts = (scope.name, scope.version, scope.schema_url)
    return _FIELD + sum(map(_size, texts)) + _size(scope.attributes)


def _size(value: object) -> int:
    """Of a value of any type that attributes have, or of one that is not there."""
    if isinstance(value, str):
        return _FIELD + (len(value) if value.isascii() else len(value.encode("utf-8", "replace")))
    if value is None:
        return _NOTHING
    if isinstance(value, bool | int | float):
        return _NUMBER
    if isinstance(value, Mapping):
        copy = getattr(value, "copy", None)  # faster than through the SDK's own type
        pairs = (copy() if copy is not None else value).items()
        return _FIELD + sum(_size(str(key)) + _size(each) for key, each in pairs)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return _FIELD + sum(map(_size, value))
    return _FIELD + len(value if isinstance(value, bytes) else str(value))


def _nothing() -> None:
    """There is nothing to take back."""
