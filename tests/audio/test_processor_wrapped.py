"""The span processor around another one: inline audio of other libraries becomes URLs."""

import json
import logging
import threading
from contextvars import ContextVar

import pytest

pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")

from audio.by_hand import HandCall, Heard, archive_with, files, path_of, tone
from audio.turns import INPUT, OUTPUT, Behind, Host, base64_wav, blob, message, uri
from opentelemetry import baggage, context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.utils import is_instrumentation_enabled, suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from otlp_sink import OtlpSink

from otel_realtime import semconv
from otel_realtime.scenario import Recorder

IN_MESSAGE = "llm.input_messages.0.message.contents.1.message_content.audio.audio.url"
GEN_AI = "gen_ai.output.messages"
ATTACHMENTS = "langsmith.attachments"
IMAGE = {"name": "receipt", "content": "aGk=", "mime_type": "image/png"}
SAID, HEARD = 440, 880
TURN = {
    INPUT: uri(SAID),
    OUTPUT: uri(HEARD),
    IN_MESSAGE: uri(SAID),
    GEN_AI: message({"type": "text", "content": "Hello."}, blob(base64_wav(HEARD))),
    ATTACHMENTS: json.dumps(
        [{"name": "user.wav", "content": base64_wav(SAID), "mime_type": "audio/wav"}, IMAGE]
    ),
    "llm.model_name": "gpt-realtime",
}
PITCHES = {
    INPUT: SAID,
    OUTPUT: HEARD,
    IN_MESSAGE: SAID,
    GEN_AI: HEARD,
    "langsmith.metadata.audio_url": SAID,
}
SIGN_OF_BASE64 = base64_wav()[:24]


@pytest.fixture
def settings(kept, spool):
    """Of a store in a folder; its threads end with the test."""
    told = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**told):
        yield told


def urls_in(attributes):
    """What stands in place of the audio, by the attribute it stands in."""
    (_, part) = json.loads(attributes[GEN_AI])[0]["parts"]
    assert set(part) == {"type", "modality", "mime_type", "uri"}
    assert (part["type"], part["modality"], part["mime_type"]) == ("uri", "audio", "audio/wav")
    return {name: part["uri"] if name == GEN_AI else attributes[name] for name in PITCHES}


def assert_is_turn(attributes, kept):
    """All of a turn's audio is in the store, each piece where its URL says."""
    urls = urls_in(attributes)
    assert len(set(urls.values())) == len(PITCHES)
    for name, url in urls.items():
        heard = Heard.of(path_of(url))
        assert (heard.ms, heard.rate, heard.channels) == (200, 24_000, 1)
        assert abs(heard.pitch(0, 200) - PITCHES[name]) < 6
    assert {path_of(url) for url in urls.values()} == set(files(kept))
    assert json.loads(attributes[ATTACHMENTS]) == [IMAGE]
    assert attributes["input.audio.mime_type"] == "audio/wav"
    assert attributes["llm.model_name"] == "gpt-realtime"


@pytest.mark.parametrize("kind", [SimpleSpanProcessor, BatchSpanProcessor])
def test_each_convention_is_uploaded_and_becomes_a_url(settings, kept, kind):
    exporter = InMemorySpanExporter()
    host = Host(kind(exporter), **settings)
    host.tracer.start_span("turn", attributes=TURN).end()
    assert host.provider.force_flush()
    (span,) = exporter.get_finished_spans()
    assert_is_turn(span.attributes, kept)
    assert SIGN_OF_BASE64 not in span.to_json()
    assert host.counted(semconv.METRIC_AUDIO_UPLOADED) == {"": 5 * (44 + 9600)}
    assert not host.counted()
    host.provider.shutdown()


def test_over_otlp_there_is_no_base64(settings, kept):
    with OtlpSink() as sink:
        exporter = OTLPSpanExporter(endpoint=f"{sink.http_endpoint}/v1/traces")
        host = Host(BatchSpanProcessor(exporter), **settings)
        with host.tracer.start_as_current_span("call") as call:
            call.add_event("details", {GEN_AI: TURN[GEN_AI]})
            host.tracer.start_span("turn", attributes=TURN).end()
        assert host.provider.force_flush()
        turn, call = sorted(sink.wait_for_spans(2), key=lambda span: span.name, reverse=True)
        host.provider.shutdown()
    assert SIGN_OF_BASE64 not in str(sink.telemetry)
    assert turn.parent_span_id == call.span_id
    (event,) = call.events
    (url,) = (part["uri"] for part in json.loads(event.attributes[GEN_AI])[0]["parts"][1:])
    assert Heard.of(path_of(url)).ms == 200
    path_of(url).unlink()
    assert_is_turn(turn.attributes, kept)


def test_a_public_url_stands_in_the_span(kept, spool):
    told = {"audio_store": kept.as_uri(), "audio_spool": spool}
    told |= {"audio_public_url": "https://cdn.example/calls/"}
    with archive_with(**told):
        host = Host(**told)
        host.turn(input_audio_url=uri(), session_id="a b/c")
        assert host.provider.force_flush()
    (span,), (file,) = host.spans, files(kept)
    key = file.relative_to(kept).as_posix()
    assert span.attributes[INPUT] == f"https://cdn.example/calls/{key}"
    assert file.parent.name == "a_b_c"
    ids = f"{span.context.trace_id:032x}_{span.context.span_id:016x}"
    assert file.name.endswith(f"_{ids}_input.wav")


def test_raw_audio_becomes_a_file_and_the_span_says_of_what_type(settings):
    host = Host(**settings)
    content = base64_wav().encode()
    host.turn(input_audio_url=f"data:audio/pcmu;base64,{content.decode()}")
    assert host.provider.force_flush()
    (span,) = host.spans
    assert span.attributes["input.audio.mime_type"] == "audio/wav"
    assert Heard.of(path_of(span.attributes[INPUT])).rate == 8000


def test_what_its_source_cut_off_is_a_valid_file_and_the_span_says_so(settings):
    host = Host(**settings)
    host.turn(output_audio_url=uri(HEARD, 1000)[:32_000])
    assert host.provider.force_flush()
    (span,) = host.spans
    assert span.attributes[semconv.AUDIO_DROPPED] == "truncated"
    heard = Heard.of(path_of(span.attributes[OUTPUT]))
    assert 498 < heard.ms < 500
    assert abs(heard.pitch(0, heard.ms) - HEARD) < 3
    assert not host.counted()


# What is handed on


def test_a_span_without_audio_is_handed_on_at_once_as_it_is(settings, spool):
    behind = Behind()
    host = Host(behind, **settings)
    started = context.set_value("a", "b")
    span = host.tracer.start_span("turn", context=started, attributes={"input.audio.url": "s3://x"})
    assert behind.began == [(span, started)]
    span.end()
    assert behind.ending == [span]
    (ended,) = behind.ended
    assert dict(ended.attributes) == {"input.audio.url": "s3://x"}
    assert not spool.exists()
    processor = host.processor
    made = ReadableSpan("made by hand")
    processor.on_end(made)
    assert behind.ended[-1] is made


def test_spans_go_on_in_the_order_in_which_they_ended_with_their_parents(settings):
    behind = Behind()
    host = Host(behind, **settings)
    for number in range(20):
        with host.tracer.start_as_current_span(f"call {number}"):
            host.turn(f"audio {number}", output_audio_url=uri(ms=20 * number))
            host.turn(f"text {number}")
    assert host.provider.force_flush()
    assert behind.names == [
        f"{kind} {number}" for number in range(20) for kind in ("audio", "text", "call")
    ]
    spans = {span.name: span for span in behind.ended}
    for number in range(20):
        parent = spans[f"call {number}"].context.span_id
        assert spans[f"audio {number}"].parent.span_id == parent
        assert spans[f"text {number}"].parent.span_id == parent


def test_from_many_threads_each_span_goes_on_once(settings, kept):
    behind, each = Behind(), 25
    host = Host(behind, **settings)
    audio = uri(ms=30)

    def work(worker):
        for number in range(each):
            told = {"input_audio_url": audio} if number % 2 else {}
            host.turn(f"{worker}-{number}", **told)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert host.provider.force_flush()
    assert sorted(behind.names) == sorted(f"{w}-{n}" for w in range(8) for n in range(each))
    for worker in range(8):
        mine = [name for name in behind.names if name.startswith(f"{worker}-")]
        assert mine == [f"{worker}-{number}" for number in range(each)]
    assert len(files(kept)) == 8 * (each // 2)
    assert all(span.attributes.get(INPUT, "file://").startswith("file://") for span in behind.ended)


APP = ContextVar("app")


class Asking(Behind):
    """Looks around as a span ends."""

    def on_end(self, span):
        super().on_end(span)
        here = (baggage.get_baggage("user"), APP.get(None), is_instrumentation_enabled())
        self.seen = (*here, threading.current_thread())


def test_the_processor_behind_sees_the_context_in_which_the_span_ended(settings):
    behind = Asking()
    host = Host(behind, **settings)
    token = context.attach(baggage.set_baggage("user", "ann"))
    APP.set(7)
    with suppress_instrumentation():
        host.turn(input_audio_url=uri())
    context.detach(token)
    assert host.provider.force_flush()
    assert behind.seen[:3] == ("ann", 7, False)
    assert behind.seen[3] is not threading.current_thread()
    host.turn(input_audio_url=uri())
    assert host.provider.force_flush()
    assert behind.seen[:3] == (None, 7, True)


class RecordOnly(Sampler):
    """Samples nothing, but lets processors see it."""

    def should_sample(self, *given, **__):
        return SamplingResult(Decision.RECORD_ONLY, given[4])

    def get_description(self):
        return "record only"


def test_an_unsampled_span_keeps_its_audio_to_itself(settings, kept, spool):
    behind = Behind()
    host = Host(behind, {"sampler": RecordOnly()}, **settings)
    host.turn(input_audio_url=uri())
    assert [span.attributes[INPUT] for span in behind.ended] == [uri()]
    assert host.provider.force_flush()
    assert files(kept) == []
    assert not spool.exists()


def test_our_own_sessions_are_recorded_too(settings, kept, caplog):
    recorder, host = Recorder(), Host(**settings)
    recorder.tracer_provider, recorder.meter_provider = host.provider, host.meters
    with caplog.at_level(logging.WARNING):
        call = HandCall(recorder)
        call.answer("answer", tone(HEARD, 300), 300)
        call.end()
        host.turn(input_audio_url=uri())
        assert host.provider.force_flush()
        assert sum(host.counted(semconv.METRIC_AUDIO_UPLOADED).values()) > 0
    assert len(files(kept)) == 3
    assert [record.getMessage() for record in caplog.records] == []  # no two kinds of one metric


# What is not as it should be


@pytest.mark.parametrize(
    ("attributes", "where"),
    [
        ({INPUT: "data:audio/wav;base64,s3cr3t-s3cr3t=="}, "input.audio.url: no valid base64"),
        ({GEN_AI: '[{"s3cr3t": "blob", "modality": "audio"'}, f"{GEN_AI}: no valid JSON"),
        ({INPUT: uri()[:70]}, "input.audio.url: cut off: 36 of 9644 bytes"),
    ],
)
def test_what_is_invalid_passes_unchanged_and_is_counted(settings, kept, caplog, attributes, where):
    behind = Behind()
    host = Host(behind, **settings)
    context_of = host.tracer.start_span("made").get_span_context()
    given = ReadableSpan("turn", context_of, attributes={**attributes, OUTPUT: uri()})
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            host.processor.on_end(given)
        assert host.provider.force_flush()
    assert len(behind.ended) == 3
    assert all(span is given for span in behind.ended)
    assert host.counted() == {"invalid_inline_audio": 3}
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("otel_realtime", "WARNING")
    assert where in record.getMessage()
    assert "s3cr3t" not in caplog.text
    assert files(kept) == []  # nor is what was valid in it


def test_without_a_spool_spans_pass_unchanged_and_it_is_counted(kept, tmp_path, caplog):
    (tmp_path / "spool").write_text("no folder")
    told = {"audio_store": kept.as_uri(), "audio_spool": tmp_path / "spool"}
    with archive_with(**told), caplog.at_level(logging.WARNING):
        host = Host(**told)
        for _ in range(2):
            host.turn(input_audio_url=uri())
        assert host.provider.force_flush()
    assert [span.attributes[INPUT] for span in host.spans] == [uri(), uri()]
    assert host.counted() == {"inline_audio_not_kept": 2}
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "No audio is kept" in told[0]
    assert "stays in it (there is no spool for it)" in told[1]


def test_where_a_file_cannot_be_written_the_span_passes_unchanged(settings, kept, spool):
    host = Host(**settings)
    host.turn(input_audio_url=uri())
    assert host.provider.force_flush()
    (lock,) = spool.rglob("lock")
    ready = lock.parent / "ready"
    ready.rename(lock.parent / "away")
    ready.write_text("in the way")
    host.turn(input_audio_url=uri())
    assert host.provider.force_flush()
    assert host.spans[1].attributes[INPUT] == uri()
    assert host.counted() == {"inline_audio_not_kept": 1}
    ready.unlink()
    host.turn(input_audio_url=uri())
    assert host.provider.force_flush()
    assert len(files(kept)) == 2


def test_a_stretch_is_silenced_before_anything_is_stored(kept, spool):
    asked = []

    def redact(clip):
        asked.append(clip)
        return [(50, 100)]

    told = {"audio_store": kept.as_uri(), "audio_spool": spool, "redact_audio": redact}
    with archive_with(**told):
        host = Host(**told)
        mp3 = "data:audio/mpeg;base64,SUQz"
        host.turn(input_audio_url=uri(), output_audio_url=mp3, session_id="s")
        assert host.provider.force_flush()
    (span,), (file,) = host.spans, files(kept)
    heard = Heard.of(file)
    assert heard.is_silent(50, 100)
    assert not heard.is_silent(0, 49)
    assert not heard.is_silent(101, 200)
    assert span.attributes[OUTPUT] == mp3  # nobody can silence a part of it, so it is not kept
    assert host.counted() == {"inline_audio_not_kept": 1}
    ids = (f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}")
    told = [(clip.kind, clip.session_id, clip.trace_id, clip.span_id) for clip in asked]
    assert told == [("input", "s", *ids), ("output", "s", *ids)][: len(told)]
    assert asked[0].duration_ms == 200
    assert asked[0].start == span.start_time


@pytest.mark.parametrize("answer", [RuntimeError("s3cr3t"), [(float("nan"), 1)], [("a", "b")], [1]])
def test_where_redacting_fails_nothing_can_be_heard(kept, spool, caplog, answer):
    def redact(_clip):
        if isinstance(answer, Exception):
            raise answer
        return answer

    told = {"audio_store": kept.as_uri(), "audio_spool": spool, "redact_audio": redact}
    with archive_with(**told), caplog.at_level(logging.WARNING):
        host = Host(**told)
        host.turn(input_audio_url=uri())
        assert host.provider.force_flush()
    (file,) = files(kept)
    assert Heard.of(file).is_silent(0, 200)
    assert host.counted() == {"error": 1}
    assert "redact_audio" in caplog.text
    assert "s3cr3t" not in caplog.text


class Failing(Behind):
    """Raises as a span ends."""

    def on_end(self, span):
        super().on_end(span)
        raise LookupError(span.name)


class Exiting(Behind):
    def on_end(self, span):
        super().on_end(span)
        raise SystemExit(span.name)


def test_what_the_processor_behind_raises_is_raised_as_without_us(settings):
    host = Host(Failing(), **settings)
    with pytest.raises(LookupError, match="turn"):
        host.turn()


@pytest.mark.parametrize("kind", [Failing, Exiting])
def test_what_it_raises_where_nobody_can_take_it_is_logged(settings, kept, caplog, kind):
    behind = kind()
    host = Host(behind, **settings)
    for number in range(3):
        host.turn(f"turn {number}", input_audio_url=uri())
    assert host.provider.force_flush()
    assert behind.names == ["turn 0", "turn 1", "turn 2"]
    assert len(files(kept)) == 3
    assert [record.exc_info[0].__name__ for record in caplog.records] == [
        {"Failing": "LookupError", "Exiting": "SystemExit"}[kind.__name__]
    ] * 3


class Unsettled(Behind):
    """Says nothing, or fails, when it is flushed and shut down."""

    def force_flush(self, timeout_millis=30_000):
        self.told = timeout_millis
        if self.error is not None:
            raise self.error
        return self.answer

    def shutdown(self):
        super().shutdown()
        if self.error is not None:
            raise self.error

    answer, error = None, None


@pytest.mark.parametrize(("answer", "flushed"), [(None, True), (True, True), (False, False)])
def test_whether_all_is_flushed_the_processor_behind_decides_too(settings, answer, flushed):
    behind = Unsettled()
    behind.answer = answer
    host = Host(behind, **settings)
    host.turn(input_audio_url=uri())
    assert host.processor.force_flush(20_000) is flushed
    assert 10_000 < behind.told <= 20_000


def test_what_it_raises_when_it_is_flushed_or_shut_down_is_its_own(settings, kept):
    behind = Unsettled()
    behind.error = LookupError("exporter")
    host = Host(behind, **settings)
    host.turn(input_audio_url=uri())
    with pytest.raises(LookupError, match="exporter"):
        host.processor.force_flush()
    with pytest.raises(LookupError, match="exporter"):
        host.processor.shutdown()
    host.processor.shutdown()
    assert behind.times_shut_down == 1
    assert len(files(kept)) == 1  # it was waited for all the same


def test_after_shutdown_spans_go_to_the_processor_behind_as_they_are(settings, kept):
    behind = Behind()
    host = Host(behind, **settings)
    host.turn(input_audio_url=uri())
    host.provider.shutdown()
    assert behind.times_shut_down == 1
    assert len(files(kept)) == len(behind.ended) == 1
    host.turn(input_audio_url=uri())
    assert behind.ended[1].attributes[INPUT] == uri()
