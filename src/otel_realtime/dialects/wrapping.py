"""A dialect for a tracer provider that somebody else set up, as `opentelemetry-instrument` does.

The SDK has no public way to replace a span processor: where it is not as it was in the versions we
know, this says so and leaves it alone.
"""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from opentelemetry.sdk.trace import SpanProcessor

from otel_realtime.aloud import warn
from otel_realtime.dialects.hiding import Hiding
from otel_realtime.dialects.processor import DialectSpanProcessor
from otel_realtime.settings import DialectSettings
from otel_realtime.splitting import exporter_of, layers_of

_logger = logging.getLogger("otel_realtime")


def exports(processor: SpanProcessor) -> bool:
    """Whether it hands spans to an exporter, itself or by what it is wrapped around."""
    return exporter_of(processor) is not None


def wrap(
    provider: object,
    settings: DialectSettings,
    which: Callable[[SpanProcessor], bool] = exports,
) -> Callable[[], None]:
    """Put a dialect around the processors of a tracer provider that export, or around `which`.

    The others look at spans or add to them: they are left to see them as they are. So is one that
    has a `DialectSpanProcessor` within it. Where nothing can be done, that is logged.

    Returns:
        What takes it away again.
    """
    many: Any = getattr(provider, "_active_span_processor", None)
    found = getattr(many, "_span_processors", None)
    found = tuple(filter(which, found)) if isinstance(found, tuple) else ()
    if not found:
        warn(
            _logger,
            "The dialect %s has no effect: there is no span processor yet that has an exporter. "
            "Set the exporter up before this is instrumented, or put DialectSpanProcessor around "
            "its processor yourself",
            settings.dialect,
        )
        return _nothing
    _tell_what_is_shown(many, settings)
    ours = {
        id(each): DialectSpanProcessor(each, **settings.as_keywords())
        for each in found
        if not any(isinstance(part, DialectSpanProcessor) for part in layers_of(each))
    }
    _replace(many, lambda each: ours.get(id(each), each))
    back = {id(each): each.wrapped for each in ours.values()}

    def take_away() -> None:
        _replace(many, lambda each: back.get(id(each), each))
        for each in ours.values():
            each.put_together()

    return take_away


def _tell_what_is_shown(many: Any, settings: DialectSettings) -> None:  # noqa: ANN401 - as below
    """Where something is to be hidden: name the processors to which nothing is."""
    if not Hiding(settings).is_needed:
        return
    seeing = [each for each in many._span_processors if not exports(each)]  # noqa: SLF001 - as below
    names = {type(each).__name__ for each in seeing if not _is_ours(each)}
    if names:
        warn(
            _logger,
            "What OPENINFERENCE_HIDE_* hide is not hidden from %s: no exporter was found there. "
            "If one exports, put DialectSpanProcessor around it yourself",
            ", ".join(sorted(names)),
        )


def _is_ours(processor: object) -> bool:
    return type(processor).__module__.startswith("otel_realtime.")


def _replace(many: Any, by: Callable[[SpanProcessor], SpanProcessor]) -> None:  # noqa: ANN401 - the SDK's own
    with getattr(many, "_lock", None) or nullcontext():
        many._span_processors = tuple(map(by, many._span_processors))  # noqa: SLF001 - as above


def _nothing() -> None:
    """There is nothing to take away."""
