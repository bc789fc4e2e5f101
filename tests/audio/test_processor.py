"""The span processor beside an exporter's: our sessions are recorded in its store."""

import logging

import pytest

pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")

from audio.by_hand import RATE, HandCall, Heard, archive_with, files, kind_of, path_of, tone
from bad_store import BadStore
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
)

from otel_realtime import AudioUploadSpanProcessor, SettingError, semconv
from otel_realtime.scenario import Recorder

QUESTION, ANSWER = tone(440, 600), tone(880, 500)


class Watching(SpanProcessor):
    """Remembers what the spans carried as they ended."""

    def __init__(self):
        self.ended = []

    def on_end(self, span):
        self.ended.append((span.name.split()[0], dict(span.attributes)))


@pytest.fixture
def settings(kept, spool):
    """Of a store in a folder; its threads end with the test."""
    told = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**told):
        yield told


def held(recorder, **settings):
    call = HandCall(recorder, **settings)
    call.say("question", QUESTION)
    call.answer("answer", ANSWER, 500)
    call.end()
    return call


def of_provider(**given):
    """A recorder whose tracer provider is another one, with an exporter."""
    recorder, exporter = Recorder(), InMemorySpanExporter()
    recorder.tracer_provider = TracerProvider(shutdown_on_exit=False, **given)
    recorder.tracer_provider.add_span_processor(SimpleSpanProcessor(exporter))
    return recorder, exporter


def test_a_session_is_recorded_in_the_store_of_the_processor(settings, kept):
    recorder, watching = Recorder(), Watching()
    provider = recorder.tracer_provider
    provider.add_span_processor(watching)
    provider.add_span_processor(AudioUploadSpanProcessor(**settings))
    held(recorder)
    assert provider.force_flush()
    assert sorted(kind_of(path) for path in files(kept)) == ["input", "output", "session"]
    ended = dict(watching.ended)
    for span, name, mime_type, hertz, samples in (
        ("user_input", semconv.INPUT_AUDIO_URL, semconv.INPUT_AUDIO_MIME_TYPE, 440, QUESTION),
        ("chat", semconv.OUTPUT_AUDIO_URL, semconv.OUTPUT_AUDIO_MIME_TYPE, 880, ANSWER),
    ):
        assert ended[span][name].startswith(f"{kept.as_uri()}/")
        assert ended[span][mime_type] == "audio/wav"
        heard = Heard.of(path_of(ended[span][name]))
        assert heard.samples.tobytes() == samples
        assert abs(heard.pitch(0, heard.ms) - hertz) < 3
    call = Heard.of(path_of(ended["invoke_agent"][semconv.OUTPUT_AUDIO_URL]))
    assert (call.channels, call.rate, call.ms) == (2, RATE, 1100)


def test_the_order_of_processors_does_not_matter(settings, kept):
    recorder, exporter = of_provider()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(AudioUploadSpanProcessor(**settings))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    recorder.tracer_provider = provider
    held(recorder)
    provider.shutdown()  # waits for the uploads as well
    assert len(files(kept)) == 3
    urls = [
        value
        for span in exporter.get_finished_spans()
        for name, value in span.attributes.items()
        if name.endswith("audio.url")
    ]
    assert sorted(path_of(url).name for url in urls) == [path.name for path in files(kept)]


def test_a_listener_with_a_store_of_its_own_keeps_it(settings, kept, tmp_path):
    recorder, own = Recorder(), tmp_path / "own"
    recorder.tracer_provider.add_span_processor(AudioUploadSpanProcessor(**settings))
    told = {**settings, "audio_store": own.as_uri()}
    with archive_with(**told) as archive:
        held(recorder, **told)
        held(recorder, session_id="call-2")
        assert archive.flush(10)
    assert recorder.tracer_provider.force_flush()
    assert {path.parent.name for path in files(own)} == {"call-1"}
    assert {path.parent.name for path in files(kept)} == {"call-2"}
    assert len(files(own)) == len(files(kept)) == 3


def test_the_first_of_several_processors_counts(settings, kept, tmp_path):
    recorder, other = Recorder(), tmp_path / "other"
    told = {**settings, "audio_store": other.as_uri()}
    with archive_with(**told):
        for each in (settings, told):
            recorder.tracer_provider.add_span_processor(AudioUploadSpanProcessor(**each))
        held(recorder)
        assert recorder.tracer_provider.force_flush()
    assert len(files(kept)) == 3
    assert files(other) == []


def test_a_processor_of_another_provider_has_no_effect(settings, kept):
    other = TracerProvider(shutdown_on_exit=False)
    other.add_span_processor(AudioUploadSpanProcessor(**settings))
    recorder = Recorder()
    call = held(recorder)
    assert other.force_flush()
    assert files(kept) == []
    assert call.session.audio is None
    spans = recorder.traced().spans
    assert [name for span in spans for name in span.attributes if "audio.url" in name] == []


class RecordOnly(Sampler):
    """Samples nothing, but lets processors see it."""

    def should_sample(self, *_, **__):
        return SamplingResult(Decision.RECORD_ONLY)

    def get_description(self):
        return "record only"


@pytest.mark.parametrize("sampler", [ALWAYS_OFF, ParentBased(ALWAYS_OFF), RecordOnly()])
def test_an_unsampled_trace_keeps_no_audio(settings, kept, spool, sampler):
    recorder, _ = of_provider(sampler=sampler)
    recorder.tracer_provider.add_span_processor(AudioUploadSpanProcessor(**settings))
    call = held(recorder)
    assert call.session.audio is None
    assert recorder.tracer_provider.force_flush()
    assert files(kept) == []
    assert not spool.exists()


def test_spans_of_others_are_no_concern_of_it(settings, kept):
    recorder, exporter = of_provider()
    recorder.tracer_provider.add_span_processor(AudioUploadSpanProcessor(**settings))
    uri = "data:audio/wav;base64,UklGRg=="
    with recorder.tracer_provider.get_tracer("other").start_as_current_span("invoke_agent") as span:
        span.set_attribute("input.audio.url", uri)
    assert recorder.tracer_provider.force_flush()
    (span,) = exporter.get_finished_spans()
    assert dict(span.attributes) == {"input.audio.url": uri}
    assert files(kept) == []


@pytest.mark.parametrize("mode", ["hang", "deny", "500"])
def test_a_store_that_misbehaves_holds_up_nobody(mode, spool):
    with BadStore(mode) as server:
        settings = {
            "audio_store": server.store(),
            "audio_spool": spool,
            "audio_flush_timeout": 0.3,
        }
        with archive_with(**settings):
            recorder, exporter = of_provider()
            provider = recorder.tracer_provider
            provider.add_span_processor(AudioUploadSpanProcessor(**settings))
            held(recorder)
            assert len(exporter.get_finished_spans()) == 3
            server.wait_for_requests(1)
            assert not provider.force_flush(500)
            provider.shutdown()
            assert len(files(spool)) == 3
            server.release()


def test_what_went_wrong_before_is_uploaded_in_the_end(spool):
    with BadStore("hang") as server:
        settings = {"audio_store": server.store(), "audio_spool": spool}
        with archive_with(**settings):
            recorder, _ = of_provider()
            recorder.tracer_provider.add_span_processor(AudioUploadSpanProcessor(**settings))
            held(recorder)
            server.wait_for_requests(1)
            assert not recorder.tracer_provider.force_flush(1)
            server.release()
            assert recorder.tracer_provider.force_flush()
        assert sorted(kind_of(key) for key in server.objects) == ["input", "output", "session"]
    assert files(spool) == []


def test_flush_and_shutdown_may_be_called_at_any_time_and_again(settings):
    processor = AudioUploadSpanProcessor(**settings)
    assert processor.force_flush()
    assert processor.force_flush(0)
    assert processor.force_flush(None)
    assert processor.force_flush(10**18)
    for _ in range(2):
        processor.shutdown()
    assert processor.force_flush()


def test_a_processor_without_a_store_is_a_mistake(monkeypatch):
    monkeypatch.delenv("OTEL_REALTIME_AUDIO_STORE", raising=False)
    with pytest.raises(SettingError, match="OTEL_REALTIME_AUDIO_STORE"):
        AudioUploadSpanProcessor()


@pytest.mark.parametrize("store", ["nonsense", "ftp://a/b", 7])
def test_a_store_that_there_is_not_is_a_mistake(store):
    with pytest.raises(SettingError, match="audio_store"):
        AudioUploadSpanProcessor(audio_store=store)


@pytest.mark.parametrize("name", ["capture_audio", "audio_sampling", "record_audio", "shop"])
def test_what_it_does_not_decide_is_not_taken(settings, name):
    with pytest.raises(TypeError, match=f"no '{name}'; it has: audio_store"):
        AudioUploadSpanProcessor(**settings, **{name: None})


def test_the_environment_names_the_store(kept, spool, monkeypatch):
    monkeypatch.setenv("OTEL_REALTIME_AUDIO_STORE", kept.as_uri())
    monkeypatch.setenv("OTEL_REALTIME_AUDIO_SPOOL", str(spool))
    with archive_with(audio_store=kept.as_uri(), audio_spool=spool):
        recorder = Recorder()
        recorder.tracer_provider.add_span_processor(AudioUploadSpanProcessor())
        held(recorder)
        assert recorder.tracer_provider.force_flush()
    assert len(files(kept)) == 3


@pytest.mark.parametrize("store", ["ftp://nowhere/calls", "nonsense"])
def test_a_wrong_store_in_the_environment_is_told_and_spans_go_on(monkeypatch, caplog, store):
    monkeypatch.setenv("OTEL_REALTIME_AUDIO_STORE", store)
    exporter = InMemorySpanExporter()
    with caplog.at_level(logging.WARNING):
        processor = AudioUploadSpanProcessor(SimpleSpanProcessor(exporter))
    assert "OTEL_REALTIME_AUDIO_STORE" in caplog.text
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    recorder = Recorder()
    recorder.tracer_provider = provider
    held(recorder)
    with provider.get_tracer("other").start_as_current_span("turn") as span:
        span.set_attribute("input.audio.url", "data:audio/wav;base64,UklGRg==")
    assert provider.force_flush()
    provider.shutdown()
    assert len(exporter.get_finished_spans()) == 4
