"""Metric points to lines of text."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from otel_realtime import semconv as names
from otel_realtime.otlp_json import MetricPoint
from otel_realtime.tree._text import number, one_line, shown

PERCENTILES: Final = (50, 95)

_UNITS: Final = {
    "": "",
    "1": "",
    "{USD}": " USD",
    "{USD}/min": " USD/min",
    "{word}/min": " words/min",
}
"""How units are shown, where not as they are; what is counted in braces has none."""


class MetricLine(NamedTuple):
    """The fields of one line."""

    name: str
    attributes: str
    values: str


TELLING: Final[dict[str, tuple[str, ...] | None]] = {
    names.METRIC_VOICE_TO_VOICE: (names.HAD_TOOL, names.VOICE_TO_VOICE_ORIGIN),
    names.METRIC_TIME_TO_FIRST_AUDIO: (names.TIME_TO_FIRST_AUDIO_ORIGIN,),
    names.METRIC_ENDPOINTING_DELAY: (),
    names.METRIC_START_DELAY: None,
    names.METRIC_MODEL_TIME_TO_FIRST_AUDIO: (),
    names.METRIC_OPERATION_DURATION: (),
    names.METRIC_INFERENCE_DURATION: (),
    names.METRIC_GREETING_LATENCY: (),
    names.METRIC_SETUP_DURATION: (names.SETUP_PHASE,),
    names.METRIC_TRANSCRIPTION_DELAY: None,
    names.METRIC_TOOL_DURATION: (names.TOOL_NAME,),
    names.METRIC_TOOL_TURN_OVERHEAD: (),
    names.METRIC_TURN_DURATION: None,
    names.METRIC_INTERRUPTIONS: (names.INTERRUPTION_REASON,),
    names.METRIC_RESPONSE_CUTS: (names.INTERRUPTION_REASON,),
    names.METRIC_STOP_TIME: (),
    names.METRIC_FALSE_BARGE_INS: (),
    names.METRIC_MISSED_BARGE_INS: (),
    names.METRIC_AGENT_INTERRUPTIONS: (),
    names.METRIC_OVERLAP_DURATION: (),
    names.METRIC_SILENCE_DURATION: (),
    names.METRIC_DEAD_AIR_DURATION: (names.DEAD_AIR_AWAITED,),
    names.METRIC_TALK_DURATION: (names.SPEAKER,),
    names.METRIC_TALK_RATIO: None,
    names.METRIC_SPEECH_RATE: (names.SPEAKER,),
    names.METRIC_AUDIO_GENERATED: None,
    names.METRIC_AUDIO_HEARD: None,
    names.METRIC_AUDIO_DISCARDED: (),
    names.METRIC_TOKEN_USAGE: None,
    names.METRIC_TOKENS: (names.TOKEN_TYPE, names.TOKEN_MODALITY, names.CACHED),
    names.METRIC_INPUT_TOKENS: None,
    names.METRIC_OUTPUT_TOKENS: None,
    names.METRIC_CACHED_TOKENS: None,
    names.METRIC_OPERATION_INPUT_TOKENS: None,
    names.METRIC_OPERATION_OUTPUT_TOKENS: None,
    names.METRIC_CACHE_HIT_RATIO: None,
    names.METRIC_COST: (names.COST_KIND, names.TOKEN_MODALITY),
    names.METRIC_COST_UNHEARD: (),
    names.METRIC_SESSION_COST: None,
    names.METRIC_SESSION_COST_PER_MINUTE: (),
    names.METRIC_RATE_LIMIT_REMAINING: None,
    names.METRIC_SESSION_DURATION: (),
    names.METRIC_SESSIONS_ACTIVE: None,
    names.METRIC_ERRORS: (names.ERROR_TYPE,),
    names.METRIC_TRANSCRIPTION_FAILURES: (names.ERROR_TYPE,),
    names.METRIC_TOOL_CALLS: (names.TOOL_NAME, names.TOOL_OUTCOME),
    names.METRIC_GUARDRAIL_TRIPS: (names.GUARDRAIL_KIND, names.GUARDRAIL_NAME),
    names.METRIC_HANDOFFS: (names.HANDOFF_FROM, names.HANDOFF_TO),
    names.METRIC_PROBLEMS: (names.PROBLEM,),
    names.METRIC_HANDLER_TIME: None,
    names.METRIC_AUDIO_UPLOAD_DURATION: (names.ERROR_TYPE,),
    names.METRIC_AUDIO_UPLOADED: None,
    names.METRIC_AUDIO_DROPPED: (names.AUDIO_DROPPED,),
}
"""The attributes by which a brief list tells our metrics apart; it adds up over the others.

A brief list leaves out what is None: what others tell in sum, or tell better.
"""


def metric_lines(points: Iterable[MetricPoint]) -> list[MetricLine]:
    """One line for each name and set of attributes, sorted."""
    return [
        MetricLine(one_line(point.name), _attributes(point), _values(point))
        for point in _each_series(points)
    ]


def short_lines(points: Iterable[MetricPoint]) -> list[MetricLine]:
    """One line for each name and set of telling attributes, sorted, for who has little room."""
    told: defaultdict[tuple[str, ...], list[MetricPoint]] = defaultdict(list)
    for point in _each_series(points):
        telling = TELLING.get(point.name, ())
        if telling is None:
            continue
        short = replace(point, attributes=_told(point, telling)) if point.name in TELLING else point
        told[point.name, _attributes(short), point.kind, point.unit].append(short)
    return [
        MetricLine(one_line(key[0]), key[1], _values(reduce(_added, series)))
        for key, series in sorted(told.items())
    ]


def _each_series(points: Iterable[MetricPoint]) -> Iterator[MetricPoint]:
    series: defaultdict[tuple[str, ...], list[MetricPoint]] = defaultdict(list)
    for point in points:
        series[point.name, _attributes(point), point.kind, point.unit].append(point)
    for _, held in sorted(series.items()):
        yield _together(held)


def _told(point: MetricPoint, telling: Iterable[str]) -> dict[str, object]:
    """The telling attributes by the last word of their names."""
    return {
        key.rsplit(".", 1)[-1]: point.attributes[key] for key in telling if key in point.attributes
    }


def _attributes(point: MetricPoint) -> str:
    named = sorted(point.attributes.items())
    return ", ".join(f"{one_line(key)}={shown(value)}" for key, value in named)


def _together(points: Sequence[MetricPoint]) -> MetricPoint:
    """One point for a series that was exported several times, perhaps by several programs."""
    ordered = sorted(points, key=lambda point: point.time)
    if ordered[-1].kind == "gauge":
        return ordered[-1]
    last: dict[object, MetricPoint] = {}
    for place, point in enumerate(ordered):
        # A counter that accumulates is told apart by its program and by when it began to count.
        source = (repr(sorted(point.resource.items())), point.start) if point.cumulative else place
        last[source] = point
    first, *others = last.values()
    for other in others:
        first = _added(first, other)
    return first


def _added(one: MetricPoint, other: MetricPoint) -> MetricPoint:
    same = one.bounds == other.bounds and len(one.buckets) == len(other.buckets)
    both = zip(one.buckets, other.buckets, strict=True) if same else ()
    return replace(
        other,
        value=_plus(one.value, other.value),
        count=one.count + other.count,
        sum=_plus(one.sum, other.sum),
        buckets=tuple(first + second for first, second in both),
        min=min((low for low in (one.min, other.min) if low is not None), default=None),
        max=max((high for high in (one.max, other.max) if high is not None), default=None),
    )


def _plus(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return sum(known) if known else None


def _values(point: MetricPoint) -> str:
    unit = _UNITS.get(point.unit, "" if point.unit.startswith("{") else f" {point.unit}")
    if point.kind in ("sum", "gauge"):
        return "no value" if point.value is None else f"{number(point.value)}{unit}"
    stated: list[tuple[str, float]] = []
    if point.sum is not None and point.count:
        stated = [("sum", point.sum), ("mean", point.sum / point.count)]
    for percent in PERCENTILES:
        estimate = percentile(point, percent)
        if estimate is not None:
            stated.append((f"p{percent}", estimate))
    told = (f"{label} {number(value)}{unit}" for label, value in stated)
    return ", ".join((f"count {point.count}", *told))


def percentile(point: MetricPoint, percent: float) -> float | None:
    """Estimate a percentile of a histogram by a straight line within the bucket it falls in.

    The outermost buckets end at the smallest and largest value seen, where the point tells them.
    None where the buckets do not tell: there are none, they are empty, or one is open-ended.
    """
    edges = _edges(point)
    rank = percent / 100 * sum(point.buckets)
    sums = [0, *accumulate(point.buckets)]
    for (before, after), (low, high) in zip(pairwise(sums), pairwise(edges), strict=False):
        if after > before and rank <= after:
            estimate = low + (high - low) * (rank - before) / (after - before)
            return estimate if math.isfinite(estimate) else None
    return None


def _edges(point: MetricPoint) -> list[float]:
    """Where each bucket begins and ends, drawn in to the values that were seen."""
    low = -math.inf if point.min is None else point.min
    high = math.inf if point.max is None else point.max
    if point.min is None and point.bounds and point.bounds[0] >= 0:
        low = 0.0  # durations and counts, which all our histograms hold, have no less
    return [low, *(min(max(bound, low), high) for bound in point.bounds), high]
