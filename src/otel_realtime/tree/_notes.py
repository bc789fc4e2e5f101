"""What stands below a span's line: what the user waited for, and the summary of a call."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Final, NamedTuple

from otel_realtime import semconv as names
from otel_realtime.otlp_json import TraceSpan
from otel_realtime.tree._details import Detail, number_of
from otel_realtime.tree._text import counted, milliseconds, money, shown

SUMMARY: Final = "summary"
WAIT: Final = "wait"
BETWEEN_STEPS: Final = " · "
_STEP: Final = re.compile(r"(\w+) (\d{1,15}) ms")
_COUNTS: Final = (
    (names.SESSION_MISSED_BARGE_INS, "missed barge-in"),
    (names.SESSION_AGENT_INTERRUPTIONS, "interruption by the agent"),
    (names.SESSION_TOOL_ERRORS, "tool error"),
    (names.SESSION_ERRORS, "error"),
)


class Step(NamedTuple):
    """A stretch of a wait."""

    part: str
    ms: int


class Note(NamedTuple):
    """One line below that of a span."""

    label: str
    """`summary` or `wait`."""
    details: tuple[Detail, ...]
    steps: tuple[Step, ...] = ()
    """Of a wait, in order; they stand before the details."""

    @property
    def text(self) -> str:
        """All of it on one line."""
        steps = [BETWEEN_STEPS.join(self.step_texts)] if self.steps else []
        return ", ".join((*steps, *(detail.text for detail in self.details)))

    @property
    def step_texts(self) -> tuple[str, ...]:
        """Each step with its milliseconds; the last tells the unit."""
        texts = [f"{step.part} {step.ms}" for step in self.steps]
        return (*texts[:-1], *(f"{text} ms" for text in texts[-1:]))


def span_notes(span: TraceSpan) -> tuple[Note, ...]:
    """What stands below the line of a span of ours."""
    note = _NOTES.get(span.name.split(" ", 1)[0]) if span.scope == names.SCOPE_NAME else None
    found = note(span) if note is not None else None
    return () if found is None else (found,)


def wait(span: TraceSpan) -> Note | None:
    """What the user waited for before a response was heard, and what of it cannot be known."""
    unknown = span.attributes.get(names.WAIT_UNKNOWN)
    details = tuple(
        Detail(f"{shown(part)} unknown", "time")
        for part in (unknown if isinstance(unknown, tuple) else ())
    )
    steps = tuple(_steps(span.attributes.get(names.WAIT_STEPS)))
    return Note(WAIT, details, steps) if steps or details else None


def _steps(told: object) -> Iterator[Step]:
    """The steps that last a millisecond or more; none where one of them cannot be read."""
    texts = told if isinstance(told, tuple) else ()
    read = [_STEP.fullmatch(text) if isinstance(text, str) else None for text in texts]
    known = [(match[1], int(match[2])) for match in read if match is not None]
    if len(known) < len(read):
        return
    lasting = [each for each in known if each[1] > 0]
    for part, group in groupby(lasting, key=lambda each: each[0]):
        yield Step(part, sum(ms for _, ms in group))


def summary(span: TraceSpan) -> Note | None:
    """What a reviewer wants to know first; what did not happen is not told."""
    turns = number_of(span, names.SESSION_TURNS)
    details = (*_waits(span), *_interruptions(span), *_dead_air(span), *_talk(span), *_cost(span))
    if turns and (details or turns > 1):  # that there was one turn is no summary
        details = (Detail(counted(turns, "turn"), "measure"), *details)
    return Note(SUMMARY, details) if details else None


def _waits(span: TraceSpan) -> Iterator[Detail]:
    median = number_of(span, names.SESSION_LATENCY_MEDIAN)
    longest = number_of(span, names.SESSION_LATENCY_MAX)
    if median is None or longest is None:
        return
    waits = number_of(span, names.SESSION_LATENCY_COUNT)
    if waits == 1:
        yield Detail(f"waited {milliseconds(longest)}", "time")
        return
    yield Detail(f"median wait {milliseconds(median)}", "time")
    slowest = span.attributes.get(names.SESSION_SLOWEST_TURN)
    where = "" if slowest is None else f" (turn {shown(slowest)})"
    yield Detail(f"longest {milliseconds(longest)}{where}", "time")


def _interruptions(span: TraceSpan) -> Iterator[Detail]:
    interruptions = number_of(span, names.SESSION_INTERRUPTIONS)
    if interruptions:
        false = number_of(span, names.SESSION_FALSE_BARGE_INS)
        more = f" ({shown(false)} false)" if false else ""
        yield Detail(f"{counted(interruptions, 'interruption')}{more}")
    for key, one in _COUNTS:
        count = number_of(span, key)
        if count:
            yield Detail(counted(count, one))


def _dead_air(span: TraceSpan) -> Iterator[Detail]:
    for key, whom in (
        (names.SESSION_DEAD_AIR_AGENT, "agent"),
        (names.SESSION_DEAD_AIR_USER, "user"),
    ):
        seconds = number_of(span, key)
        if seconds:
            yield Detail(f"dead air {milliseconds(seconds)} awaiting the {whom}", "time")


def _talk(span: TraceSpan) -> Iterator[Detail]:
    ratio = number_of(span, names.SESSION_TALK_RATIO)
    if ratio is not None and number_of(span, names.SESSION_TALK_USER):
        yield Detail(f"talk {1 - ratio:.0%} user, {ratio:.0%} agent", "time")


def _cost(span: TraceSpan) -> Iterator[Detail]:
    usd = number_of(span, names.SESSION_COST)
    unpriced = number_of(span, names.SESSION_COST_UNPRICED)
    if usd is not None:
        yield Detail(f"cost {money(usd)}", "measure")
    if unpriced:
        yield Detail(f"{shown(unpriced)} without a price", "measure")


_NOTES: Final[Mapping[str, Callable[[TraceSpan], Note | None]]] = {
    names.SPAN_SESSION: summary,
    names.SPAN_RESPONSE: wait,
}
"""By the first word of a span's name."""
