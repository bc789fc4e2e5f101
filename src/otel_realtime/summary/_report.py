"""Calls to a report: percentiles, means, shares, sums, and which calls were worst."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from otel_realtime import semconv as names
from otel_realtime.summary._calls import Call
from otel_realtime.summary._numbers import Spread, Total
from otel_realtime.summary._parts import MEASURES, WAIT_PARTS, Turn

DEFAULT_WORST: Final = 5

GROUPS: Final[Mapping[str, Callable[[Turn], bool]]] = {
    "all": lambda _: True,
    "without_tool": lambda turn: turn.had_tool is False,
    "with_tool": lambda turn: turn.had_tool is True,
}
"""Turns with a tool call wait for other things than those without."""


class PartMean(NamedTuple):
    """One part of the wait, over the turns in which it is known."""

    turns: int
    mean: float
    """Seconds."""
    share: float | None
    """Of the whole latency of these turns, from 0 to 1; None if that is nothing."""


class Stack(NamedTuple):
    """The mean wait of like turns, part upon part: they add up, as all tell the same parts."""

    turns: int
    of: int
    """How many turns the group has; the others tell fewer parts, or other ones."""
    parts: Mapping[str, float]
    """Mean seconds by part, in the order of the wait; a part that is not known is not in here."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a reviewer of many calls wants first. Durations are seconds, money US dollars.

    Attributes:
        calls: All of them, the earliest first.
        worst: Those with the longest single waits, the longest first.
        seconds: How long the finished calls lasted.
        turn_latency: Voice-to-voice latency over turns, by the names in `GROUPS`; None for a group
            that has none.
        call_medians: The same over the calls' medians.
        call_slowest: The same over the calls' longest waits.
        waits: What users waited for, by group and part; None for a part that no turn tells.
        stacks: Mean waits that add up, by group; None for a group that tells no parts.
        totals: The sums of the calls' measures, by attribute.
        talk_ratio: The agent's share of all talk, from 0 to 1, over the calls that tell both sides.
        cost_per_minute: Over the finished calls whose cost is known.
        end_reasons: How many finished calls ended how; `None` counts those that do not tell.
    """

    calls: tuple[Call, ...]
    worst: tuple[Call, ...]
    seconds: Total
    turn_latency: Mapping[str, Spread | None]
    call_medians: Spread | None
    call_slowest: Spread | None
    waits: Mapping[str, Mapping[str, PartMean | None]]
    stacks: Mapping[str, Stack | None]
    totals: Mapping[str, Total]
    talk_ratio: float | None
    cost_per_minute: float | None
    end_reasons: Mapping[str | None, int]

    @property
    def finished(self) -> int:
        """How many calls are known to have ended."""
        return sum(call.is_finished for call in self.calls)

    @property
    def without_summary(self) -> int:
        """How many finished calls have no summary of their own."""
        return sum(call.is_finished and not call.has_summary for call in self.calls)

    @property
    def turns(self) -> list[Turn]:
        """All turns whose latency is known."""
        return [turn for call in self.calls for turn in call.turns]


def report(calls: Iterable[Call], *, worst: int = DEFAULT_WORST) -> Report:
    """Put the figures of many calls together.

    Args:
        calls: As `calls_of` gives them.
        worst: How many of the worst calls are wanted.
    """
    listed = tuple(calls)
    turns = [turn for call in listed for turn in call.turns]
    groups = {name: [turn for turn in turns if holds(turn)] for name, holds in GROUPS.items()}
    finished = [call for call in listed if call.is_finished]
    slowest = [call.slowest for call in listed]
    return Report(
        calls=listed,
        worst=tuple(_worst(listed)[: max(worst, 0)]),
        seconds=Total.of(call.seconds for call in finished),
        turn_latency={
            name: Spread.of(turn.latency for turn in group) for name, group in groups.items()
        },
        call_medians=Spread.of(call.median for call in listed if call.median is not None),
        call_slowest=Spread.of(each.latency for each in slowest if each is not None),
        waits={
            name: {part: _part_mean(group, part) for part in WAIT_PARTS}
            for name, group in groups.items()
        },
        stacks={name: _stack(group) for name, group in groups.items()},
        totals={key: Total.of(call.measures.get(key) for call in listed) for key in MEASURES},
        talk_ratio=_talk_ratio(listed),
        cost_per_minute=_cost_per_minute(finished),
        end_reasons=Counter(call.end_reason for call in finished),
    )


def _worst(calls: Iterable[Call]) -> list[Call]:
    """By the longest wait; of equals the earlier one first."""
    waits = [(call, call.slowest) for call in calls]
    known = [(call, slowest.latency) for call, slowest in waits if slowest is not None]
    return [call for call, _ in sorted(known, key=lambda each: -each[1])]


def _part_mean(turns: Iterable[Turn], part: str) -> PartMean | None:
    known = [(turn.parts[part], turn.latency) for turn in turns if part in turn.parts]
    if not known:
        return None
    waited, whole = sum(each[0] for each in known), sum(each[1] for each in known)
    return PartMean(len(known), waited / len(known), waited / whole if whole else None)


def _stack(turns: Sequence[Turn]) -> Stack | None:
    """The mean over turns that tell the same parts: the largest such set, the fullest of equals."""
    told = Counter(tuple(part for part in WAIT_PARTS if part in turn.parts) for turn in turns)
    told.pop((), None)
    if not told:
        return None
    parts = max(told, key=lambda parts: (told[parts], len(parts), parts))
    alike = [turn for turn in turns if turn.parts.keys() == set(parts)]
    means = {part: sum(turn.parts[part] for turn in alike) / len(alike) for part in parts}
    return Stack(len(alike), len(turns), means)


def _talk_ratio(calls: Iterable[Call]) -> float | None:
    both = (names.SESSION_TALK_USER, names.SESSION_TALK_AGENT)
    told = [call.measures for call in calls if all(key in call.measures for key in both)]
    user, agent = (sum(each[key] for each in told) for key in both)
    return agent / (user + agent) if user + agent else None


def _cost_per_minute(calls: Iterable[Call]) -> float | None:
    known = [
        (call.measures[names.SESSION_COST], call.seconds)
        for call in calls
        if call.seconds is not None and names.SESSION_COST in call.measures
    ]
    seconds = sum(each[1] for each in known)
    return sum(each[0] for each in known) * 60 / seconds if seconds else None
