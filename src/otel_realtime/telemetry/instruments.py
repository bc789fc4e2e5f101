"""The instruments of one meter provider, and what waits to be recorded by them."""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from math import inf
from typing import Any, Final, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Meter, MeterProvider, NoOpMeter, Observation
from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.audio_instruments import AUDIO_METRICS, AudioInstruments
from otel_realtime.metric import Instrument, make
from otel_realtime.telemetry.catalogue import CATALOGUE, LATEST
from otel_realtime.telemetry.content import type_of
from otel_realtime.telemetry.pending import Pending, drain_all
from otel_realtime.version import __version__

Labels: TypeAlias = dict[str, AttributeValue]
LabelPairs: TypeAlias = tuple[tuple[str, AttributeValue | None], ...]
Measure: TypeAlias = tuple["str | Expand", Any, LabelPairs]
"""A metric's name, a value (None where there is none), labels of its own. Or, instead of a name, a
function that makes measures of the value: it is called as they are recorded."""
Expand: TypeAlias = Callable[[Any], Iterable["Measure"]]

_logger = logging.getLogger("otel_realtime")
_NOWHERE: Final = trace.set_span_in_context(trace.INVALID_SPAN, Context())
"""Whoever collects has a current span too, which is none of ours."""
_METHODS: Final = {
    Instrument.COUNTER: "add",
    Instrument.UP_DOWN_COUNTER: "add",
    Instrument.HISTOGRAM: "record",
    Instrument.GAUGE: "set",
}
_LEFT_OUT: Final = "left_out"
"""What the metric of problems says of a value that no measure has: negative, infinite, none."""
_ERROR: Final = "error"


class _Take(NamedTuple):
    """How an instrument takes a value."""

    method: Callable[..., None]
    least: float


class _Batch(NamedTuple):
    labels: Labels
    measures: Sequence[Measure]
    context: Context | None


class Instruments(AudioInstruments):
    """The instruments of one meter provider, made once.

    What is measured waits until metrics are collected, and is in that collection.
    """

    _made: Final[WeakKeyDictionary[MeterProvider, "Instruments"]] = WeakKeyDictionary()

    def __init__(self, meter: Meter) -> None:
        """Make the instruments."""
        super().__init__(meter)
        self.made = {
            each.name: make(meter, each)
            for each in (*CATALOGUE, *LATEST)
            if each not in AUDIO_METRICS
        }
        self._takes = {
            each.name: _Take(
                getattr(self.made[each.name], _METHODS[each.kind]),
                -inf if each.kind is Instrument.UP_DOWN_COUNTER else 0,
            )
            for each in (*CATALOGUE, *LATEST)
            if each.name in self.made
        }
        self._handled_s = self._told_s = 0.0
        self._has_failed = False
        self._is_heard: Final = not isinstance(meter, NoOpMeter)
        self._pending: Final = Pending(self._record, self._tell_handled)
        # Collecting asks observable instruments first. This one has no values, and is never seen.
        meter.create_observable_counter(
            semconv.COLLECTION, [_collected], "1", "Has what waits recorded."
        )

    @classmethod
    def of(cls, provider: MeterProvider) -> "Instruments":
        """The instruments of `provider`; made when it is first asked for them."""
        instruments = cls._made.get(provider)
        if instruments is None:
            meter = provider.get_meter(semconv.SCOPE_NAME, __version__, semconv.SCHEMA_URL)
            instruments = cls._made.setdefault(provider, cls(meter))
        return instruments

    def measure(
        self, labels: Labels, measures: Sequence[Measure], context: Context | None = None
    ) -> None:
        """Keep measures until metrics are collected.

        Args:
            labels: What they share; not to be changed any more.
            measures: The measures; their values must not change either.
            context: Holds the span that they belong to, for exemplars.
        """
        if self._is_heard:
            self._pending.append(_Batch(labels, measures, context))

    def handled(self, seconds: float) -> None:
        """Add to the time that our handlers took. Two threads at once may lose one addition."""
        self._handled_s += seconds

    def _tell_handled(self) -> None:
        handled_s, told_s = self._handled_s, self._told_s
        if handled_s > told_s:
            self._told_s = handled_s
            self._record(_Batch({}, ((semconv.METRIC_HANDLER_TIME, handled_s - told_s, ()),), None))

    def _record(self, batch: _Batch) -> None:
        labels, measures, context = batch
        for what, value, own in measures:
            if value is None:
                continue
            try:
                known = {**labels, **{key: told for key, told in own if told is not None}}
                if isinstance(what, str):
                    self._take(what, value, known, context)
                else:
                    self._record(_Batch(known, tuple(what(value)), context))
            except Exception as error:  # noqa: BLE001 - the guard: the others are recorded
                self._failed(error)

    def _take(self, name: str, value: float, labels: Labels, context: Context | None) -> None:
        method, least = self._takes[name]
        if least <= value < inf:
            method(value, labels, context or _NOWHERE)
        else:
            self.problems.add(1, {semconv.PROBLEM: _LEFT_OUT})

    def _failed(self, error: Exception) -> None:
        with suppress(Exception):  # it is an instrument that failed, and so may this one
            self.problems.add(1, {semconv.PROBLEM: _ERROR})
        if not self._has_failed:
            self._has_failed = True
            with suppress(Exception):  # a logging handler of the host may fail
                _logger.warning(
                    "A measurement could not be recorded (%s). This is logged once, and counted.",
                    type_of(error),
                )


def _collected(_: CallbackOptions) -> Iterable[Observation]:
    """Have what waits recorded; called by a metric reader, in a thread of its own.

    That of all providers: one that was asked for before it was set and after it is two to us, and
    to OpenTelemetry it is one, which calls the first callback alone.
    """
    drain_all()
    return ()
