"""Spans and logs to rows: what stands on each line of a tree, and in which order."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from otel_realtime import semconv
from otel_realtime.otlp_json import TraceLog, TraceSpan
from otel_realtime.tree._details import Detail, span_details
from otel_realtime.tree._events import log_details
from otel_realtime.tree._notes import Note, span_notes
from otel_realtime.tree._text import one_line

ELSEWHERE = " (parent elsewhere)"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. Times are ns since the epoch; `origin` is where the trace begins."""

    depth: int
    title: str
    start: int
    end: int | None
    """None for a log, which is a moment."""
    origin: int
    details: tuple[Detail, ...]
    failed: bool = False
    notes: tuple[Note, ...] = ()
    """What stands below it, each on its own line."""

    @property
    def times(self) -> str:
        """`100–900 ms` from the trace's beginning, or `100 ms` for a log."""
        start = _milliseconds(self.start - self.origin)
        if self.end is None:
            return f"{start} ms"
        return f"{start}–{_milliseconds(self.end - self.origin)} ms"


Entry: TypeAlias = TraceSpan | TraceLog


@dataclass(slots=True)
class _Trace:
    """The parts of one trace, by the span they belong to; those of None are drawn at the top."""

    spans: dict[str, TraceSpan] = field(default_factory=dict)
    logs: list[TraceLog] = field(default_factory=list)

    @property
    def origin(self) -> int:
        """The earliest start of a span; where there is no span, the earliest log."""
        return min(
            (span.start for span in self.spans.values()),
            default=min((log.time for log in self.logs), default=0),
        )


def trace_rows(
    spans: Iterable[TraceSpan], logs: Iterable[TraceLog], *, events: bool
) -> list[list[Row]]:
    """The rows of each trace, the earliest first."""
    traces: defaultdict[str, _Trace] = defaultdict(_Trace)
    for span in spans:
        # The first of two counts: a retried export leaves a span in a file twice.
        traces[span.trace_id].spans.setdefault(span.span_id, span)
    for log in logs:
        if log.trace_id and (events or not _is_own_event(log)):
            traces[log.trace_id].logs.append(log)
    drawn = [list(_rows(trace)) for trace in traces.values()]
    return sorted(drawn, key=lambda rows: (rows[0].origin, rows[0].title, rows[0].times))


def _is_own_event(log: TraceLog) -> bool:
    return log.event_name is not None and log.scope == semconv.SCOPE_NAME


def _rows(trace: _Trace) -> Iterator[Row]:
    """Walk the tree from the top; what only a circle of parents holds comes last."""
    children = _children(trace)
    origin = trace.origin
    turn = 0
    tops = children.pop(None, [])
    unseen = dict(trace.spans)
    while tops or unseen:
        tops = tops or [min(unseen.values(), key=lambda span: (span.start, span.name))]
        stack = [(0, entry) for entry in reversed(tops)]
        while stack:
            depth, entry = stack.pop()
            row = _row(entry, depth, origin, trace.spans)
            before, turn = turn, _turn(entry, turn)
            if turn != before and not _is_session(entry):
                row = replace(row, details=(Detail(f"turn {turn}"), *row.details))
            yield row
            if isinstance(entry, TraceSpan):
                unseen.pop(entry.span_id, None)
                below = children.pop(entry.span_id, [])
                # A span of a circle may stand below itself: it was drawn already.
                fresh = (each for each in reversed(below) if _is_fresh(each, unseen))
                stack.extend((depth + 1, each) for each in fresh)
        tops = []


def _turn(entry: Entry, before: int) -> int:
    """The turn that the tree has come to; it is told where it changes."""
    if not isinstance(entry, TraceSpan) or entry.scope != semconv.SCOPE_NAME:
        return before
    turn = 0 if _is_session(entry) else entry.attributes.get(semconv.TURN_INDEX)
    return turn if isinstance(turn, int) else before


def _is_session(entry: Entry) -> bool:
    return isinstance(entry, TraceSpan) and entry.name.split(" ", 1)[0] == semconv.SPAN_SESSION


def _is_fresh(entry: Entry, unseen: dict[str, TraceSpan]) -> bool:
    return isinstance(entry, TraceLog) or entry.span_id in unseen


def _children(trace: _Trace) -> dict[str | None, list[Entry]]:
    """What stands below each span, in order; below None what stands at the top."""
    children: defaultdict[str | None, list[Entry]] = defaultdict(list)
    entries: Sequence[Entry] = [*trace.spans.values(), *trace.logs]
    for entry in entries:
        above = _above(entry)
        children[above if above in trace.spans else None].append(entry)
    for group in children.values():
        group.sort(key=_order)
    return dict(children)


def _above(entry: Entry) -> str | None:
    return entry.parent_span_id if isinstance(entry, TraceSpan) else entry.span_id


def _order(entry: Entry) -> tuple[int, str, int, tuple[str, ...]]:
    """By time, then name; the rest only so that twins come in the same order every time."""
    details = tuple(detail.text for detail in _details(entry))
    if isinstance(entry, TraceSpan):
        return entry.start, _title(entry), entry.end, details
    return entry.time, _title(entry), entry.time, details


def _title(entry: Entry) -> str:
    if isinstance(entry, TraceSpan):
        return one_line(entry.name) or "(no name)"
    if entry.event_name:
        return f"event {one_line(entry.event_name)}"
    return f"log {one_line(entry.severity)}".rstrip()


def _details(entry: Entry) -> tuple[Detail, ...]:
    return span_details(entry) if isinstance(entry, TraceSpan) else log_details(entry)


def _row(entry: Entry, depth: int, origin: int, spans: dict[str, TraceSpan]) -> Row:
    above = _above(entry)
    title = _title(entry) + (ELSEWHERE if above and above not in spans else "")
    details = _details(entry)
    if isinstance(entry, TraceLog):
        return Row(depth, title, entry.time, None, origin, details)
    failed = entry.status == "error"
    notes = span_notes(entry)
    return Row(depth, title, entry.start, entry.end, origin, details, failed, notes)


def _milliseconds(nanoseconds: int) -> int:
    """Whole milliseconds, halves up; exact, whatever the size."""
    return (nanoseconds + 500_000) // 1_000_000
