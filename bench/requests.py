"""How large the requests are in which the spans of a call of an hour are exported.

    python -m bench.requests

The call has 1,000 turns, every second one with a tool; what is said, what the tool gives, ten tools
and instructions of 3 kB have the lengths of a real one's. It is exported by the SDK's own batch
processor with its defaults and encoded by the OTLP exporter's own code, uncompressed: in the pace
of the call, every five seconds of it, and 512 spans at once, as where many calls go on or the
endpoint was away.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    LogRecordExportResult,
)
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from bench.events import WORDS
from bench.hour import TURNS
from bench.turns import session_events, turn
from bench.variants import PlayedClock
from otel_realtime import DialectSpanProcessor, bounded
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Dialect, Settings
from otel_realtime.sources._openai_deltas import take_server_event
from otel_realtime.telemetry.outlets import Telemetry

MOST_KB: Final = 1000.0
"""The target."""
_DELTAS: Final = 4
_EVERY_NS: Final = 5_000_000_000
_TURN_NS: Final = 3_600_000_000
_BATCH: Final = 512

_INSTRUCTIONS: Final = "Be calm and brief; say one thing at a time, and never guess a name. " * 45
_FIELDS: Final = ("patient", "doctor", "day", "reason")
_FIELD: Final = {"type": "string", "description": "As the caller said it, or the empty text"}
_TOOLS: Final = [
    {
        "type": "function",
        "name": f"tool_{number}",
        "description": "Looks up what is booked. Call it before anything is promised. " * 2,
        "parameters": {"type": "object", "properties": dict.fromkeys(_FIELDS, _FIELD)},
    }
    for number in range(10)
]
_BOOKED: Final = {"day": "2026-03-17", "time": "10:00", "doctor": "Smith", "at": "12 High Street"}
_LONGER: Final = {
    " ".join(WORDS): " ".join(WORDS * 3),
    "When is my appointment?": "When is my next appointment, and may my daughter come with me?",
    "It is foggy and 12 degrees.": json.dumps(json.dumps([_BOOKED] * 8))[1:-1],
}


class Sizes(NamedTuple):
    """The largest requests in kB, thousands of bytes.

    Attributes:
        in_pace: Of those sent every five seconds of the call.
        at_once: Of those that 512 spans or log records are sent in.
        whole: Of the latter, if they are not divided.
    """

    in_pace: float
    at_once: float
    whole: float


class _Sized(OTLPSpanExporter):
    """Encodes what it is given, and keeps how large the largest request was."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    def export(self, batch: Sequence[Any]) -> Any:  # noqa: ANN401 - of both
        if isinstance(batch[0], ReadableSpan):
            self.most = max(self.most, encode_spans(batch).ByteSize())
            return SpanExportResult.SUCCESS
        self.most = max(self.most, encode_logs(batch).ByteSize())
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:  # noqa: ARG002 - the interface's
        return True


class _Kept(SpanProcessor):
    """Keeps spans as they are exported."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def measure(dialect: Dialect, *, server_events: bool = False) -> Sizes:
    """Of the spans of a call in a dialect, with turns where it has any."""
    sized, kept = _Sized(), _Kept()
    provider = TracerProvider(shutdown_on_exit=False)
    paced = BatchSpanProcessor(sized)
    for each in (paced, kept):
        provider.add_span_processor(
            DialectSpanProcessor(each, dialect=dialect, dialect_turns=True)
            if dialect is not Dialect.GENAI
            else each
        )
    settings: dict[str, Any] = {"capture_content": True, "server_events": server_events}
    for _ in _held(Telemetry.of(tracer_provider=provider), settings):
        provider.force_flush()
    provider.shutdown()
    parts = _most_at_once(kept.spans, lambda each: bounded(BatchSpanProcessor(each)))
    whole = _most_at_once(kept.spans, BatchSpanProcessor)
    return Sizes(*(most / 1000 for most in (sized.most, parts, whole)))


def _most_at_once(
    spans: Sequence[ReadableSpan], make: Callable[[SpanExporter], BatchSpanProcessor]
) -> int:
    sized = _Sized()
    processor = make(sized)
    for first in range(0, len(spans), _BATCH):
        for span in spans[first : first + _BATCH]:
            processor.on_end(span)
        processor.force_flush()
    processor.shutdown()
    return sized.most


def measure_logs() -> Sizes:
    """Of its log events; at once are 512 like the largest, for a call has few."""
    sized, kept = _Sized(), InMemoryLogRecordExporter()
    provider = LoggerProvider(shutdown_on_exit=False)
    for exporter in (sized, kept):
        provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    for _ in _held(Telemetry.of(logger_provider=provider), {"capture_content": True}):
        provider.force_flush()
    provider.shutdown()
    most = max(encode_logs([each] * _BATCH).ByteSize() for each in kept.get_finished_logs())
    return Sizes(sized.most / 1000, most / 1000, most / 1000)


def _held(telemetry: Telemetry, settings: dict[str, Any]) -> Iterator[None]:
    """Hold the call, and pause every five seconds of it."""
    clock = PlayedClock()
    session = SessionTelemetry(telemetry, Settings.read(settings, environ={}), clock=clock)
    for text in session_events():
        event = json.loads(text)
        event["session"] |= {"instructions": _INSTRUCTIONS, "tools": _TOOLS}
        take_server_event(session, event)
    exported = clock()
    for number in range(1, TURNS + 1):
        for run in turn(number, tool=number % 2 == 0, deltas=_DELTAS).runs:
            for text in run.texts:
                take_server_event(session, json.loads(_longer(text)))
        clock.jump(_TURN_NS)
        session.wake()
        if clock() - exported >= _EVERY_NS:
            exported = clock()
            yield
    assert session.conversation.session.tally.turns == TURNS, "not every turn was heard"
    session.end("closed")
    yield


def _longer(text: str) -> str:
    for short, long in _LONGER.items():
        text = text.replace(short, long)
    return text


def cases() -> Iterator[tuple[str, Sizes]]:
    """Measure all of it, each with its title."""
    for dialect in Dialect:
        yield str(dialect), measure(dialect)
    yield "langsmith, server events too", measure(Dialect.LANGSMITH, server_events=True)
    yield "log events", measure_logs()


def main() -> int:
    """Print the sizes; 1 if a request is too large."""
    is_met = True
    for title, found in cases():
        is_met &= max(found.in_pace, found.at_once) <= MOST_KB
        print(
            f"{title:<30}in the pace of the call {found.in_pace:6.1f} kB, "
            f"512 at once {found.at_once:6.1f} kB (target {MOST_KB:g}), "
            f"undivided {found.whole:6.1f} kB"
        )
    return 0 if is_met else 1


if __name__ == "__main__":
    raise SystemExit(main())
