"""Spans and log events to calls, each with what is known of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Final, TypeAlias

from otel_realtime import semconv as names
from otel_realtime.otlp_json import TraceLog, TraceSpan, scan_files
from otel_realtime.summary._numbers import Spread, percentile
from otel_realtime.summary._parts import LATENCIES, Part, Turn, log_part, span_part

_DEEPEST: Final = 100
"""Spans of ours lie three deep; more is a circle of parents, or somebody's mistake."""


_SEEN_AS_SPANS: Final = (
    *(names.SESSION_RESPONSES, names.SESSION_INTERRUPTIONS),
    *(names.SESSION_TOOL_CALLS, names.SESSION_TOOL_ERRORS),
)
"""What a finished call had none of, if there are no such spans."""


@dataclass(frozen=True, slots=True)
class Slowest:
    """The longest wait of a call, in seconds, and in which turn; None where that is not known."""

    latency: float
    index: int | None
    turn: Turn | None = None
    """The turn itself, where its span is there."""


@dataclass(frozen=True, slots=True)
class Call:
    """One session, as far as its spans and log events tell. Durations are seconds.

    Attributes:
        start: When it began, in ns since the epoch; for one that is not finished, when the first
            that is known of it did. None if the clock was not set.
        seconds: How long it lasted; None for one that is not finished.
        is_finished: Whether anything says that it ended. A killed process leaves a call that has no
            session span.
        has_summary: Whether the session's own summary is there.
        measures: The counts, durations and costs of the call by the attributes of that summary
            (`otel_realtime.session.*`), and where it does not tell, as the other spans and log
            events add up. What neither tells is not in here.
        latencies: The summary's figures of voice-to-voice latency, by attribute.
        turns: The turns whose latency is known, in their order.
        recording: The URL of its recording.
    """

    trace_id: str
    session_id: str | None
    agent: str | None = None
    start: int | None = None
    seconds: float | None = None
    is_finished: bool = False
    has_summary: bool = False
    end_reason: str | None = None
    recording: str | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    latencies: Mapping[str, float] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()

    @property
    def spread(self) -> Spread | None:
        """The percentiles of its turns; None without turns."""
        return Spread.of(turn.latency for turn in self.turns)

    @property
    def median(self) -> float | None:
        """Its median latency; by its summary, where spans of turns are missing."""
        told = self.latencies.get(names.SESSION_LATENCY_MEDIAN)
        if told is not None and self._lacks_turns:
            return told
        return percentile(sorted(turn.latency for turn in self.turns), 50) if self.turns else told

    @property
    def slowest(self) -> Slowest | None:
        """Its longest wait; by its summary, where the span of that turn is missing."""
        turn = max(self.turns, key=lambda turn: turn.latency, default=None)
        told = self.latencies.get(names.SESSION_LATENCY_MAX)
        if told is not None and (turn is None or (self._lacks_turns and told > turn.latency)):
            index = self.latencies.get(names.SESSION_SLOWEST_TURN)
            return Slowest(told, int(index) if index else None)
        return None if turn is None else Slowest(turn.latency, turn.index, turn)

    @property
    def _lacks_turns(self) -> bool:
        return self.latencies.get(names.SESSION_LATENCY_COUNT, 0) > len(self.turns)


def calls_of(spans: Iterable[TraceSpan], logs: Iterable[TraceLog] = ()) -> list[Call]:
    """The calls that spans and log events of this package tell of, the earliest first.

    A span or event that is there twice, as a retried export leaves it, counts once. Those of other
    libraries count for nothing.
    """
    gathering = Gathering()
    for span in spans:
        gathering.add_span(span)
    for log in logs:
        gathering.add_log(log)
    return gathering.calls()


def calls_in(*paths: str | PathLike[str]) -> list[Call]:
    """The calls in files of OTLP JSON lines, read a line at a time.

    Raises:
        OtlpJsonError: A file cannot be opened, or a line is no OTLP JSON.
    """
    gathering = Gathering()
    for telemetry in scan_files(*paths):
        for span in telemetry.spans:
            gathering.add_span(span)
        for log in telemetry.logs:
            gathering.add_log(log)
    return gathering.calls()


_Place: TypeAlias = tuple[str, str]
"""A trace and a span in it."""
_Group: TypeAlias = tuple[str, str | None, bool]
"""A trace and, as the last says, a session span in it or the session's id."""


class Gathering:
    """Takes spans and log events in any order and keeps what a summary needs of them."""

    def __init__(self) -> None:
        self._spans: dict[_Place, Part] = {}
        self._logs: dict[tuple[object, ...], Part] = {}

    def add_span(self, span: TraceSpan) -> None:
        """Take a span; the first of two counts."""
        part = span_part(span)
        if part is not None:
            self._spans.setdefault((span.trace_id, span.span_id), part)

    def add_log(self, log: TraceLog) -> None:
        """Take a log; the first of two counts. They have no id, so the same moment tells."""
        part = log_part(log)
        if part is not None:
            self._logs.setdefault((log.trace_id, log.span_id, log.time, log.event_name), part)

    def calls(self) -> list[Call]:
        """The calls, the earliest first."""
        groups: defaultdict[_Group, list[Part]] = defaultdict(list)
        sessions = {
            (part.trace_id, part.session_id): part.span_id
            for part in reversed(self._spans.values())
            if part.is_session
        }
        for part in (*self._spans.values(), *self._logs.values()):
            label = (part.trace_id, part.session_id)
            session = self._session_above(part) or sessions.get(label)
            group = (*label, False) if session is None else (part.trace_id, session, True)
            groups[group].append(part)
        calls = (_call(parts) for parts in groups.values())
        return sorted(calls, key=lambda call: (call.start or 0, call.trace_id))

    def _session_above(self, part: Part) -> str | None:
        """The session span that a part lies in: two calls in one trace may have one session id."""
        at: str | None = part.span_id
        for _ in range(_DEEPEST):
            above = None if at is None else self._spans.get((part.trace_id, at))
            if above is None:
                return None
            if above.is_session:
                return above.span_id
            at = above.parent
        return None


def _call(parts: list[Part]) -> Call:
    parts = sorted(parts, key=lambda part: not part.is_session)  # the session has the first word
    session = parts[0] if parts[0].is_session else None
    ends = [part for part in parts if part.is_end]
    timed = parts if session is None else [session]
    start = min((part.start for part in timed if part.start > 0), default=None)
    end = max((part.end for part in ([session] if session else ends)), default=None)
    told = {key: value for part in reversed(ends) for key, value in part.told.items()}
    turns = [part.turn for part in parts if part.turn is not None]
    summary = {key: value for key, value in told.items() if key not in LATENCIES}
    return Call(
        trace_id=parts[0].trace_id,
        session_id=next(_said(part.session_id for part in parts), None),
        agent=next(_said(part.agent for part in parts), None),
        start=start,
        seconds=_seconds(start, end),
        is_finished=bool(ends),
        has_summary=bool(told),
        end_reason=next(_said(part.end_reason for part in ends), None),
        recording=next(_said(part.recording for part in parts), None),
        measures={**_added(parts), **summary},
        latencies={key: told[key] for key in LATENCIES if key in told},
        turns=tuple(sorted(turns, key=lambda turn: (turn.index or 0, turn.latency))),
    )


def _said(texts: Iterable[str | None]) -> Iterator[str]:
    return (each for each in texts if each is not None)


def _seconds(start: int | None, end: int | None) -> float | None:
    if start is None or end is None or end < start:
        return None
    return (end - start) / 1e9


def _added(parts: Iterable[Part]) -> dict[str, float]:
    """What spans and log events add up to. What none of them speaks of is not known to be 0."""
    listed = list(parts)
    added: dict[str, float] = {}
    for part in listed:
        for key, value in part.adds.items():
            added[key] = added.get(key, 0) + value
    if any(part.is_session for part in listed):
        added = dict.fromkeys(_SEEN_AS_SPANS, 0) | added
    turns = {part.turn_index for part in listed if part.turn_index is not None}
    if turns:
        added[names.SESSION_TURNS] = len(turns)
    return added
