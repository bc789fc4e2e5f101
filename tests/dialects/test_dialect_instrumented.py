"""A dialect by the instrumentor: put around what a provider has, and taken away again."""

import pytest
from dialects.calls_in_dialects import Kept, answered
from opentelemetry.sdk.trace import (
    ConcurrentMultiSpanProcessor,
    SpanProcessor,
    SynchronousMultiSpanProcessor,
    TracerProvider,
)
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider

from otel_realtime import (
    AudioUploadSpanProcessor,
    DialectSpanProcessor,
    RealtimeInstrumentor,
    SettingError,
)
from otel_realtime.records import Kind

KIND = "openinference.span.kind"


class Exporting(SimpleSpanProcessor):
    """A processor with an exporter, and what that was given."""

    def __init__(self) -> None:
        super().__init__(InMemorySpanExporter())

    @property
    def spans(self):
        return self.span_exporter.get_finished_spans()


@pytest.fixture
def instrumentor():
    made = RealtimeInstrumentor()
    yield made
    if made.is_instrumented_by_opentelemetry:
        made.uninstrument()


def provider_with(*processors, **settings):
    provider = TracerProvider(shutdown_on_exit=False, **settings)
    for each in processors:
        provider.add_span_processor(each)
    return provider


def hold(provider):
    from dialects.calls_in_dialects import HandMade

    call = HandMade(provider=provider)
    call.span(Kind.RESPONSE, "resp_1", answered())
    call.end()


def dialects_of(kept):
    return [span.attributes.get(KIND) for span in kept.spans]


@pytest.mark.parametrize("many", [None, ConcurrentMultiSpanProcessor])
def test_all_that_a_provider_has_speaks_it_until_it_is_uninstrumented(instrumentor, many) -> None:
    one, two, own = Exporting(), Exporting(), Kept()
    theirs = DialectSpanProcessor(own, dialect="langsmith")
    settings = {"active_span_processor": many()} if many else {}
    provider = provider_with(one, two, theirs, **settings)
    instrumentor.instrument(tracer_provider=provider, dialect="openinference")
    hold(provider)
    assert dialects_of(one) == dialects_of(two) == ["LLM", "AGENT"]
    assert [each.attributes["langsmith.span.kind"] for each in own.spans] == ["llm", "chain"]
    late = Exporting()
    provider.add_span_processor(late)
    instrumentor.uninstrument()
    hold(provider)
    assert dialects_of(one) == ["LLM", "AGENT", None, None]
    assert dialects_of(late) == [None, None]  # what was added meanwhile is still there
    assert len(own.spans) == 4


def test_a_processor_need_only_behave_like_one(instrumentor) -> None:
    class Behaving:
        """Not derived from the SDK's class, and around one of it, as that of LangSmith is."""

        def __init__(self, processor) -> None:
            self.processor = processor

        def on_start(self, span, parent_context=None) -> None: ...

        def _on_ending(self, span) -> None: ...

        def on_end(self, span) -> None:
            self.processor.on_end(span)

    kept = Exporting()
    provider = provider_with(Behaving(kept))
    instrumentor.instrument(tracer_provider=provider, dialect="openinference")
    hold(provider)
    assert dialects_of(kept) == ["LLM", "AGENT"]


def test_one_that_exports_nothing_sees_spans_as_they_are_and_may_add_to_them(instrumentor) -> None:
    class Adding(SpanProcessor):
        """Adds to a span that has ended, as that of Azure Monitor does."""

        def __init__(self) -> None:
            self.saw = []

        def on_end(self, span) -> None:
            self.saw.append(dict(span.attributes))
            told = span._attributes  # noqa: SLF001 - as it does
            told._immutable = False  # noqa: SLF001 - the same
            told["added"] = 1

    adding, looking, kept = Adding(), Kept(), Exporting()
    provider = provider_with(adding, kept, looking)
    instrumentor.instrument(tracer_provider=provider, dialect="openinference")
    hold(provider)
    assert [KIND in told for told in adding.saw] == [False, False]
    assert dialects_of(looking) == [None, None]
    assert dialects_of(kept) == ["LLM", "AGENT"]
    assert [span.attributes["added"] for span in kept.spans] == [1, 1]


def test_one_that_has_a_dialect_within_is_left(instrumentor, monkeypatch, tmp_path) -> None:
    pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")
    from audio.by_hand import archive_with

    from otel_realtime import AudioUploadSpanProcessor

    monkeypatch.setenv("OTEL_REALTIME_DIALECT", "phoenix")
    monkeypatch.setenv("OTEL_REALTIME_DIALECT_TURNS", "true")
    kept = Kept()
    settings = {"audio_store": (tmp_path / "kept").as_uri(), "audio_spool": tmp_path / "spool"}
    with archive_with(**settings):
        uploading = AudioUploadSpanProcessor(DialectSpanProcessor(kept), **settings)
        provider = provider_with(uploading)
        instrumentor.instrument(tracer_provider=provider)
        assert provider._active_span_processor._span_processors == (uploading,)  # noqa: SLF001
        hold(provider)
        provider.shutdown()
    assert dialects_of(kept) == ["LLM", "CHAIN", "AGENT"]


class Filtering(SpanProcessor):
    """As a vendor's: it keeps what it is wrapped around by a name of its own."""

    def __init__(self, inner) -> None:
        self._mine = inner

    @property
    def processor(self):
        raise RuntimeError("there is none before it is started")

    def on_end(self, span) -> None:
        self._mine.on_end(span)


@pytest.mark.parametrize("is_many", [False, True])
def test_one_that_is_wrapped_by_any_name_speaks_it_and_hides(instrumentor, is_many, caplog) -> None:
    inner = Exporting()
    outer = SynchronousMultiSpanProcessor() if is_many else Filtering(inner)
    if is_many:
        outer.add_span_processor(inner)
    provider = provider_with(Exporting(), outer)
    instrumentor.instrument(tracer_provider=provider, dialect="openinference", hide_inputs=True)
    hold(provider)
    assert dialects_of(inner) == ["LLM", "AGENT"]
    names = {name for span in inner.spans for name in span.attributes}
    assert not [name for name in names if "input" in name and "messages" in name]
    assert caplog.messages == []


def test_from_whom_nothing_is_hidden_is_named(instrumentor, caplog, tmp_path) -> None:
    uploads = AudioUploadSpanProcessor(audio_store=tmp_path.as_uri())
    provider = provider_with(Exporting(), Kept(), uploads)
    instrumentor.instrument(tracer_provider=provider, dialect="openinference", hide_inputs=True)
    (told,) = [each for each in caplog.messages if "OPENINFERENCE_HIDE" in each]
    assert "not hidden from Kept:" in told


def test_by_the_environment(instrumentor, monkeypatch) -> None:
    monkeypatch.setenv("OTEL_REALTIME_DIALECT", "openinference")
    monkeypatch.setenv("OPENINFERENCE_HIDE_OUTPUTS", "true")
    kept = Exporting()
    provider = provider_with(kept)
    instrumentor.instrument(tracer_provider=provider)
    hold(provider)
    assert dialects_of(kept) == ["LLM", "AGENT"]
    assert "From seven." not in str(dict(kept.spans[0].attributes))


def test_by_default_nothing_is_touched(instrumentor) -> None:
    kept = Kept()
    provider = provider_with(kept)
    before = provider._active_span_processor._span_processors  # noqa: SLF001
    instrumentor.instrument(tracer_provider=provider)
    assert provider._active_span_processor._span_processors is before  # noqa: SLF001


@pytest.mark.parametrize("provider", [provider_with(), provider_with(Kept()), NoOpTracerProvider()])
def test_where_there_is_nothing_to_put_it_around_that_is_said(
    instrumentor, provider, caplog
) -> None:
    instrumentor.instrument(tracer_provider=provider, dialect="langsmith")
    assert "The dialect langsmith has no effect: there is no span processor yet" in caplog.text
    instrumentor.uninstrument()


def test_an_unknown_dialect_is_one_clear_sentence(instrumentor) -> None:
    with pytest.raises(SettingError, match=r"dialect takes genai, .*; it cannot be 'klingon'"):
        instrumentor.instrument(dialect="klingon")


def test_an_unknown_dialect_in_the_environment_is_logged(instrumentor, monkeypatch, caplog) -> None:
    monkeypatch.setenv("OTEL_REALTIME_DIALECT", "klingon")
    kept = Kept()
    provider = provider_with(kept)
    instrumentor.instrument(tracer_provider=provider)
    hold(provider)
    assert dialects_of(kept) == [None, None]
    assert "OTEL_REALTIME_DIALECT takes genai, openinference, phoenix, langsmith" in caplog.text
