"""What a dialect costs: microseconds for each span of a call, beside passing the span on.

    python -m bench.dialects

A call with content is held once; its spans are then handed to the processor, and read as an
exporter reads them. The two are told apart: the first is spent where a span begins and ends, which
may be the event loop; the second in the thread that exports.
"""

import json
from collections.abc import Callable, Sequence
from statistics import median
from time import thread_time_ns
from typing import Final, NamedTuple

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

from bench.turns import session_events, turn
from bench.variants import PlayedClock
from otel_realtime import DialectSpanProcessor
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Dialect, Settings
from otel_realtime.sources._openai_deltas import take_server_event
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.told import Setup, offer_setup

MOST_US: Final = 60.0
"""The target for each span and dialect."""
_TURNS: Final = 40
_SCHEMA: Final = {"type": "object", "properties": {"city": {"type": "string"}}}
_SETUP: Final = Setup(
    {"model": "gpt-realtime", "output_modalities": ["audio"], "temperature": 0.8},
    [{"type": "function", "name": f"tool_{each}", "parameters": _SCHEMA} for each in range(10)],
)
_ROUNDS: Final = 15
_TURN_NS: Final = 3_600_000_000


class Cost(NamedTuple):
    """Microseconds of processor time a span, medians of rounds.

    Attributes:
        at_end: Where it begins and ends.
        when_read: Where it is read for the first time.
        passed: Where it begins, ends and is read, without a dialect.
    """

    at_end: float
    when_read: float
    passed: float

    @property
    def beyond(self) -> float:
        """What the dialect takes for itself."""
        return self.at_end + self.when_read - self.passed


class _Kept(SpanProcessor):
    """Keeps the spans that begin, the session's first, and those that end."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self.begun: list[Span] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the interface's
        self.begun.append(span)

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class _Call:
    """The spans of a call, and a processor that may have them once more."""

    def __init__(self, dialect: Dialect) -> None:
        """Hold a call whose spans go through a processor, and keep what went in and came out."""
        self._out, self._in = _Kept(), _Kept()
        self._processor = DialectSpanProcessor(self._out, dialect=dialect, dialect_turns=True)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        provider.add_span_processor(self._in)
        _hold(provider)
        self.spans: Sequence[ReadableSpan] = self._in.spans
        assert len(self.spans) > 2 * _TURNS, "the call has too few spans"

    def round(self) -> tuple[float, float]:
        """Hand all spans on and read them: microseconds for each of both."""
        self._out.begun.clear()
        self._out.spans.clear()
        offer_setup(self._in.begun[0].get_span_context().span_id, lambda: _SETUP)
        begun = _timed(lambda: [self._processor.on_start(span) for span in self._in.begun])
        ended = _timed(lambda: [self._processor.on_end(span) for span in self.spans])
        read = _timed(lambda: [len(span.attributes or {}) for span in self._out.spans])
        return (begun + ended) / len(self.spans), read / len(self.spans)


def measure(dialect: Dialect) -> Cost:
    """Measure one dialect."""
    call, plain = _Call(dialect), _Call(Dialect.GENAI)
    found = [(call.round(), plain.round()) for _ in range(_ROUNDS)]
    return Cost(
        at_end=median(ours[0] for ours, _ in found),
        when_read=median(ours[1] for ours, _ in found),
        passed=median(sum(theirs) for _, theirs in found),
    )


def _timed(work: Callable[[], object]) -> float:
    start = thread_time_ns()
    work()
    return (thread_time_ns() - start) / 1000


def _hold(provider: TracerProvider) -> None:
    """Hold a call with tools and content."""
    session = SessionTelemetry(
        Telemetry.of(tracer_provider=provider),
        Settings.read({"capture_content": True}, environ={}),
        clock=PlayedClock(),
    )
    for text in session_events():
        take_server_event(session, json.loads(text))
    for number in range(1, _TURNS + 1):
        for run in turn(number, tool=number % 2 == 0).runs:
            for text in run.texts:
                take_server_event(session, json.loads(text))
        clock = session.clock
        assert isinstance(clock, PlayedClock)
        clock.jump(_TURN_NS)
        session.wake()
    session.end("closed")


def main() -> int:
    """Print what each dialect costs; 1 if one costs too much."""
    is_met = True
    for dialect in Dialect:
        cost = measure(dialect)
        ratio = (cost.at_end + cost.when_read) / cost.passed
        is_met &= cost.beyond <= MOST_US
        print(
            f"{dialect:<14}{cost.beyond:6.1f} us a span beyond passing it on "
            f"(target {MOST_US:g}); {cost.at_end:.1f} at its end, {cost.when_read:.1f} when read, "
            f"x{ratio:.0f} of {cost.passed:.2f}"
        )
    return 0 if is_met else 1


if __name__ == "__main__":
    raise SystemExit(main())
