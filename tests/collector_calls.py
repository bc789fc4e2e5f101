"""Calls for the tests of Collectors: scenarios, and what an exporter was told had arrived."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator

from otel_realtime.otlp_json import TraceSpan, from_readable_spans
from otel_realtime.scenario import EPOCH, Scenario
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.sources.recording import RecordedClock, WireEvent, feed_wire_event, replay
from otel_realtime.telemetry.outlets import Telemetry as Destination

SCENARIOS = Path(__file__).parent / "scenarios"
SENT_WITHIN_MS = 60_000
EVENTS_A_REQUEST = 8


class SameIds(IdGenerator):
    """Trace and span ids that are the same in every run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - ids of tests are no secret

    def generate_span_id(self) -> int:
        return self._random.getrandbits(63) + 1

    def generate_trace_id(self) -> int:
        return self._random.getrandbits(127) + 1


class Acknowledging(SpanExporter):
    """Exports by another one and keeps what that one said had arrived."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self.spans.extend(spans)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class Application:
    """Holds calls, and sends their spans and logs to a Collector as an application does."""

    def __init__(self, endpoint: str, seed: int = 1) -> None:
        self._exporter = Acknowledging(OTLPSpanExporter(endpoint=endpoint, insecure=True))
        resource = Resource({"service.name": f"voice-{seed}"})
        self.tracers = TracerProvider(
            resource=resource, shutdown_on_exit=False, id_generator=SameIds(seed)
        )
        self.tracers.add_span_processor(BatchSpanProcessor(self._exporter))
        self._loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
        logs = OTLPLogExporter(endpoint=endpoint, insecure=True)
        self._loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
        self._meters = MeterProvider(shutdown_on_exit=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for provider in (self.tracers, self._loggers, self._meters):
            provider.shutdown()

    @property
    def acknowledged(self) -> tuple[TraceSpan, ...]:
        """The spans that a Collector has said it has."""
        return from_readable_spans(tuple(self._exporter.spans))

    def hold(self, scenario: Scenario) -> frozenset[str]:
        """Hold a call and wait until it is sent, in several requests; returns its trace's id."""
        before = len(self._exporter.spans)
        clock = RecordedClock(EPOCH)
        session = SessionTelemetry(
            Destination.of(self.tracers, self._meters, self._loggers),
            Settings.read(scenario.settings, environ={}),
            provider="openai",
            clock=clock,
        )
        for number, (at_ms, entry) in enumerate(scenario.entries):
            if number % EVENTS_A_REQUEST == 0:
                self.send()
            clock.move_to(at_ms)
            if isinstance(entry, WireEvent):
                feed_wire_event(session, entry)
            else:
                session.feed(entry)
        replay((), session, clock)
        self.send()
        sent = from_readable_spans(tuple(self._exporter.spans[before:]))
        return frozenset(span.trace_id for span in sent)

    def send(self) -> None:
        """Wait until all that has ended is sent, or given up."""
        self.tracers.force_flush(SENT_WITHIN_MS)
        self._loggers.force_flush(SENT_WITHIN_MS)


def scenario(name: str) -> Scenario:
    """The scenario in the file of that name."""
    return Scenario.load(SCENARIOS / f"{name}.yaml")


def answered_later(call: Scenario, seconds: float) -> Scenario:
    """The same call, in which the agent says its first word that much later."""
    return replace(
        call,
        entries=tuple(
            (at_ms + 1000 * seconds if at_ms > 1_200 else at_ms, entry)
            for at_ms, entry in call.entries
        ),
    )
