"""Requests of a bounded size: whatever is on spans, and however many are exported at once."""

from collections.abc import Sequence
from unittest.mock import Mock

import pytest
from dialects.calls_in_dialects import a_call_with_audio
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    LogRecordExportResult,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from otel_realtime import DialectSpanProcessor, RealtimeInstrumentor
from otel_realtime.bounding import bounded
from otel_realtime.splitting import MOST_BYTES, size_of, split

LARGE = "x" * 10_000
TEXTS = st.text(max_size=300)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
VALUES = st.one_of(
    *(TEXTS, NUMBERS, st.booleans(), st.floats(), st.binary(max_size=300)),
    *(st.lists(each, max_size=20) for each in (TEXTS, NUMBERS, st.booleans(), st.floats())),
)
BODIES = st.recursive(
    st.one_of(st.none(), TEXTS, NUMBERS, st.booleans(), st.floats(), st.binary(max_size=300)),
    lambda inner: st.one_of(st.lists(inner, max_size=9), st.dictionaries(TEXTS, inner, max_size=9)),
    max_leaves=30,
)
"""What a log event may say: whatever JSON can."""
ATTRIBUTES = st.dictionaries(st.text(min_size=1, max_size=200), VALUES, max_size=30)


class Sized(OTLPSpanExporter):
    """Keeps what it is given and how large that would be as a request; fails where it is told."""

    def __init__(self, fails_at: int | None = None) -> None:
        super().__init__()
        self.batches: list[Sequence[ReadableSpan]] = []
        self.sizes: list[int] = []
        self.fails_at = fails_at

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.batches.append(spans)
        self.sizes.append(encode_spans(spans).ByteSize())
        has_failed = len(self.batches) - 1 == self.fails_at
        return SpanExportResult.FAILURE if has_failed else SpanExportResult.SUCCESS

    @property
    def names(self) -> list[str]:
        return [span.name for batch in self.batches for span in batch]


class SizedLogs(OTLPLogExporter):
    """The same of log events."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Sequence[ReadableLogRecord]] = []
        self.sizes: list[int] = []

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        self.batches.append(batch)
        self.sizes.append(encode_logs(batch).ByteSize())
        return LogRecordExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the interface's
        return True

    def shutdown(self) -> None: ...

    @property
    def names(self) -> list[str]:
        return [each.log_record.event_name for batch in self.batches for each in batch]


def provider_with(*processors) -> TracerProvider:
    provider = TracerProvider(shutdown_on_exit=False)
    for each in processors:
        provider.add_span_processor(each)
    return provider


def end_spans(provider: TracerProvider, count: int, text: str = LARGE) -> list[str]:
    tracer, names = provider.get_tracer("app"), [f"span {place}" for place in range(count)]
    for name in names:
        tracer.start_span(name, attributes={"text": text}).end()
    return names


def around_both(processor):
    return bounded(DialectSpanProcessor(processor))


def around_one_that_uploads(processor):
    pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")
    from otel_realtime import AudioUploadSpanProcessor

    return bounded(AudioUploadSpanProcessor(processor, audio_store="memory://"))


@pytest.mark.parametrize(
    "put", [bounded, DialectSpanProcessor, around_both, around_one_that_uploads]
)
def test_a_batch_that_is_too_large_goes_in_parts(put) -> None:
    exporter = Sized()
    provider = provider_with(put(BatchSpanProcessor(exporter, schedule_delay_millis=1e9)))
    names = end_spans(provider, 400)
    assert provider.force_flush()
    provider.shutdown()
    assert exporter.names == names
    assert max(exporter.sizes) <= MOST_BYTES
    assert len(exporter.sizes) == 5  # of 4 MB


def test_what_is_not_too_large_is_exported_as_it_was() -> None:
    exporter = Sized()
    provider = provider_with(bounded(BatchSpanProcessor(exporter, schedule_delay_millis=1e9)))
    end_spans(provider, 90)
    provider.force_flush()
    provider.shutdown()
    assert [len(batch) for batch in exporter.batches] == [90]


def test_a_span_that_is_too_large_alone_goes_alone() -> None:
    exporter = Sized()
    processor = BatchSpanProcessor(exporter, schedule_delay_millis=1e9)
    split(processor, 15_000)
    provider = provider_with(processor)
    for text in ("a", LARGE * 2, "b", "c"):
        end_spans(provider, 1, text)
    provider.force_flush()
    provider.shutdown()
    assert [len(batch) for batch in exporter.batches] == [1, 1, 2]


def test_where_a_part_fails_the_rest_is_given_up_as_the_batch_was() -> None:
    exporter = Sized(fails_at=1)
    processor = BatchSpanProcessor(exporter)
    split(processor)
    results = exporter.export(spans_of(400))
    processor.shutdown()
    assert results is SpanExportResult.FAILURE
    assert len(exporter.batches) == 2


def spans_of(count: int) -> list[ReadableSpan]:
    exporter = Sized()
    provider = provider_with(SimpleSpanProcessor(exporter))
    end_spans(provider, count)
    return [span for batch in exporter.batches for span in batch]


def test_it_is_taken_back_by_whoever_did_it() -> None:
    exporter = Sized()
    processor = BatchSpanProcessor(exporter)
    take_back = split(processor)
    split(processor)()  # it was split before: there is nothing to take back
    assert "export" in vars(exporter)
    take_back()
    take_back()
    processor.shutdown()
    assert "export" not in vars(exporter)


@pytest.mark.parametrize("settings", [{"dialect": "openinference"}, {"export_timeout": 5}])
def test_it_is_on_while_it_is_instrumented(settings) -> None:
    exporter = Sized()
    provider = provider_with(BatchSpanProcessor(exporter))
    instrumentor = RealtimeInstrumentor()
    instrumentor.instrument(tracer_provider=provider, **settings)
    is_split = "export" in vars(exporter)
    instrumentor.uninstrument()
    provider.shutdown()
    assert is_split
    assert "export" not in vars(exporter)


@pytest.mark.parametrize("processor", [object(), SimpleSpanProcessor(None), Mock()])
def test_where_there_is_no_exporter_nothing_is_done(processor) -> None:
    split(processor)()


def test_what_does_not_speak_otlp_has_limits_of_its_own() -> None:
    """Azure's keeps on disk what it was given and could not send: so it is to be given all."""
    exporter = InMemorySpanExporter()
    split(BatchSpanProcessor(exporter))
    assert "export" not in vars(exporter)


def test_what_cannot_be_measured_is_exported_as_it_was() -> None:
    class Keeping:
        def export(self, spans) -> None:
            self.spans = spans

    class Processor:
        span_exporter = Keeping()

    split(Processor())
    odd = [object(), object()]
    Processor.span_exporter.export(odd)
    assert Processor.span_exporter.spans is odd


def test_an_exporter_that_takes_no_attributes_is_left_as_it_is() -> None:
    class Slotted:
        __slots__ = ()

        def export(self, spans) -> None: ...

    class Processor:
        span_exporter = Slotted()

    split(Processor())()


def logger_provider_with(*processors) -> LoggerProvider:
    provider = LoggerProvider(shutdown_on_exit=False)
    for each in processors:
        provider.add_log_record_processor(each)
    return provider


def test_a_batch_of_log_events_that_is_too_large_goes_in_parts() -> None:
    exporter = SizedLogs()
    provider = logger_provider_with(bounded(BatchLogRecordProcessor(exporter, 1e9)))
    for place in range(400):
        provider.get_logger("app").emit(
            LogRecord(event_name=f"{place}", attributes={"text": LARGE})
        )
    provider.force_flush()
    provider.shutdown()
    assert exporter.names == [str(place) for place in range(400)]
    assert max(exporter.sizes) <= MOST_BYTES
    assert len(exporter.sizes) == 5  # of 4 MB


def test_log_events_are_divided_while_it_is_instrumented() -> None:
    exporter = SizedLogs()
    provider = logger_provider_with(BatchLogRecordProcessor(exporter))
    instrumentor = RealtimeInstrumentor()
    instrumentor.instrument(logger_provider=provider, export_timeout=5)
    is_split = "export" in vars(exporter)
    instrumentor.uninstrument()
    provider.shutdown()
    assert is_split
    assert "export" not in vars(exporter)


@given(ATTRIBUTES, st.one_of(st.none(), TEXTS, BODIES), TEXTS)
def test_a_log_event_is_never_larger_than_estimated(attributes, body, text) -> None:
    exporter = SizedLogs()
    provider = LoggerProvider(resource=Resource.get_empty(), shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    span = SpanContext(2**127, 2**63, is_remote=False)
    record = LogRecord(
        timestamp=2**63,
        observed_timestamp=2**63,
        context=set_span_in_context(NonRecordingSpan(span)),
        severity_text=text,
        severity_number=SeverityNumber.FATAL4,
        body=body,
        attributes=attributes,
        event_name=text,
    )
    provider.get_logger("app", "1.0", "https://schema", {"of": "scope"}).emit(record)
    ((ended,),) = exporter.batches
    assert exporter.sizes[0] <= size_of(ended)


@given(ATTRIBUTES, ATTRIBUTES, TEXTS)
def test_a_span_is_never_larger_than_estimated(attributes, others, text) -> None:
    exporter = Sized()
    provider = TracerProvider(resource=Resource.get_empty(), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    state = TraceState([("vendor", "told")])
    context = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1), trace_state=state)
    tracer = provider.get_tracer("app", "1.0", "https://schema", attributes={"of": "scope"})
    span = tracer.start_span(text, attributes=attributes, links=[Link(context, others)])
    span.add_event(text, others)
    span.set_status(Status(StatusCode.ERROR, text))
    span.end()
    ((ended,),) = exporter.batches
    assert exporter.sizes[0] <= size_of(ended)


@pytest.mark.parametrize("dialect", ["genai", "openinference", "langsmith"])
def test_the_estimate_is_not_far_off(dialect) -> None:
    exporter = Sized()
    a_call_with_audio(DialectSpanProcessor(SimpleSpanProcessor(exporter), dialect=dialect))
    spans = [span for batch in exporter.batches for span in batch]
    assert sum(map(size_of, spans)) < 1.7 * encode_spans(spans).ByteSize()
