"""What is remembered of the calls that go on: what was said first and last, and their turns.

Spans of a call end one by one, its own span last. A few references are kept of each, for what is
said of the whole call and of whole turns; the texts themselves are looked at when that is exported.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import count
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext

from otel_realtime import semconv
from otel_realtime.dialects.ended import Ended, Kind
from otel_realtime.told import Setup

TYPED: Final = "text"
"""The type of an input, and the trigger of a response, that was typed."""

_MOST_CALLS: Final = 4096
_MOST_TEXTS: Final = 64
_TELLS_INPUT: Final = {
    Kind.INPUT: semconv.INPUT_MESSAGES,
    Kind.TRANSCRIPTION: semconv.OUTPUT_MESSAGES,
}
_ANNOUNCES: Final = "response.function_call_arguments.done"
_HAVE_SPANS_BELOW: Final = frozenset({Kind.INPUT, Kind.RESPONSE})
_MOST_ABOVE: Final = 128
"""Of the spans that others may be below, as many as a call's spans themselves remember."""
_OPEN_TURNS: Final = 2
"""How many turns are awaited: what belongs to an older one when it ends is told without it."""


@dataclass(slots=True)
class Turn:
    """A turn so far: when its spans began and ended, in nanoseconds, and what was said in it."""

    index: int
    context: SpanContext
    start: int
    end: int
    given: list[tuple[int, object]] = field(default_factory=list)
    """When something was said to the agent, and the text that tells it."""
    said: list[tuple[int, object]] = field(default_factory=list)
    model: object = None
    setup: Setup | None = None
    is_interrupted: bool = False
    was_cut_off: bool = False
    """Whether the session ended in it."""

    def add(self, ended: Ended) -> None:
        """Take in one of its spans."""
        told, span = ended.attributes, ended.span
        start, kind = span.start_time or 0, ended.kind
        if kind is Kind.TRANSCRIPTION:  # it came late, when the turn may long be over
            _remember(self.given, start, told.get(semconv.OUTPUT_MESSAGES))
            return
        self.start, self.end = min(self.start, start), max(self.end, span.end_time or 0)
        self.was_cut_off |= semconv.END_REASON in told
        if kind is Kind.RESPONSE:
            _remember(self.said, start, told.get(semconv.OUTPUT_MESSAGES))
            self.is_interrupted |= bool(told.get(semconv.INTERRUPTED))
            self.model = told.get(semconv.RESPONSE_MODEL)
            self.setup = ended.setup or self.setup
        elif kind is Kind.INPUT:
            _remember(self.given, start, told.get(semconv.INPUT_MESSAGES))


@dataclass(slots=True)
class Call:
    """A call that goes on.

    Attributes:
        context: Its span.
        first: The text on a span that tells what the user said first.
        last: The one that tells what the agent said last.
        turns: Those that are awaited, by index; none unless they are asked for.
        above: The ids of its newest spans that others may be below.
        typed: The ids of the newest items that the user typed.
    """

    context: SpanContext
    first: object = None
    last: object = None
    turns: dict[int, Turn] = field(default_factory=dict)
    above: deque[int] = field(default_factory=deque)
    typed: dict[object, None] = field(default_factory=dict)
    _newest: int = -1
    _announced: dict[object, SpanContext] = field(default_factory=dict)
    """The server events that announced tool calls, by the id of the call."""

    def add(self, ended: Ended) -> None:
        """Take in a span that ended in it."""
        if self.first is None and ended.kind in _TELLS_INPUT:
            self.first = ended.attributes.get(_TELLS_INPUT[ended.kind])
        elif ended.kind is Kind.RESPONSE:
            self.last = ended.attributes.get(semconv.OUTPUT_MESSAGES) or self.last
        if ended.attributes.get(semconv.INPUT_TYPE) == TYPED:
            self.typed[ended.attributes.get(semconv.ITEM_ID)] = None
            if len(self.typed) > _MOST_TEXTS:
                del self.typed[next(iter(self.typed))]

    def announcing(self, ended: Ended) -> SpanContext | None:
        """The span of the server event that announced a tool call; None if that is not shown."""
        call_id, context = ended.attributes.get(semconv.TOOL_CALL_ID), ended.span.get_span_context()
        if ended.kind is Kind.TOOL:
            return self._announced.pop(call_id, None)
        is_news = ended.attributes.get(semconv.SERVER_EVENT_TYPE) == _ANNOUNCES
        if is_news and call_id is not None and context is not None:
            self._announced[call_id] = context
            if len(self._announced) > _MOST_TEXTS:  # calls that were never run
                del self._announced[next(iter(self._announced))]
        return None

    def add_to_turn(self, ended: Ended) -> SpanContext | None:
        """Take in a span that ended in one of its turns.

        Gives the turn's span, if it has one and that is to be the parent of this one: what is right
        below the call's own span goes below the turn's.
        """
        index, span = ended.attributes.get(semconv.TURN_INDEX), ended.span
        if not isinstance(index, int):
            return None
        turn = self.turns.get(index)
        if turn is None and index > self._newest - _OPEN_TURNS:
            start = span.start_time or 0
            turn = Turn(index, self._turn_span(index), start, span.end_time or start)
            self.turns[index], self._newest = turn, max(self._newest, index)
        if turn is not None:
            turn.add(ended)
        parent = span.parent
        if parent is None or parent.span_id != self.context.span_id:
            return None
        return turn.context if turn is not None else self._turn_span(index)

    def ended_turns(self, *, all_of_them: bool = False) -> Iterator[Turn]:
        """The turns that nothing more is awaited of, once each."""
        for index in sorted(self.turns):
            if all_of_them or index <= self._newest - _OPEN_TURNS:
                yield self.turns.pop(index)

    def _turn_span(self, index: int) -> SpanContext:
        """The ids of a turn's span: the same whichever exporter asks, and however late."""
        own = self.context
        seed = f"{own.trace_id:032x}{own.span_id:016x}{index}".encode()
        ids = (blake2b(seed + bytes(salt), digest_size=8).digest() for salt in count())
        span_id = next(each for each in map(int.from_bytes, ids) if each)
        return SpanContext(own.trace_id, span_id, False, own.trace_flags, own.trace_state)  # noqa: FBT003 - positional there


class Calls:
    """The calls that go on, by the spans that others are below: a call's own, and some in it.

    Not by the session's id: an application may give one to several calls.
    """

    def __init__(self) -> None:
        """Know of none."""
        self._calls: dict[int, Call] = {}
        self._above: dict[int, Call] = {}

    def begin(self, span: ReadableSpan, kind: Kind) -> None:
        """Take in that a call begins, or a span in one that others may be below."""
        context = span.get_span_context()
        if context is None:
            return
        if kind is Kind.SESSION:
            self._calls[context.span_id] = Call(context)
            if len(self._calls) > _MOST_CALLS:  # calls that never ended
                self._forget(next(iter(list(self._calls))))
        elif kind in _HAVE_SPANS_BELOW and (call := self.of(span)) is not None:
            self._above[context.span_id] = call
            call.above.append(context.span_id)
            if len(call.above) > _MOST_ABOVE:
                self._above.pop(call.above.popleft(), None)

    def of(self, span: ReadableSpan) -> Call | None:
        """The call that a span is of or in; None if its beginning was not seen."""
        own, parent = span.get_span_context(), span.parent
        call = self._calls.get(own.span_id) if own is not None else None
        if call is not None or parent is None:
            return call
        return self._calls.get(parent.span_id) or self._above.get(parent.span_id)

    def end(self, span: ReadableSpan) -> None:
        """Take in that a call ended."""
        context = span.get_span_context()
        if context is not None:
            self._forget(context.span_id)

    def _forget(self, span_id: int) -> None:
        call = self._calls.pop(span_id, None)
        while call is not None and call.above:
            self._above.pop(call.above.popleft(), None)


def _remember(texts: list[tuple[int, object]], start: int, text: object) -> None:
    if text is not None and len(texts) < _MOST_TEXTS:
        texts.append((start, text))
