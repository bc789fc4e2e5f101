"""The processor: what it hands on, when it translates, and what it says of what is wrong."""

import json
import logging
import threading

import pytest
from dialects.calls_in_dialects import (
    HandMade,
    Kept,
    a_call_with_audio,
    answered,
    given,
    scenario,
    through,
)
from opentelemetry import context
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_realtime import DialectSpanProcessor, SettingError, semconv, told
from otel_realtime.dialects import processor
from otel_realtime.facts import Output, ToolFacts
from otel_realtime.records import SESSION, Closed, Key, Kind, Opened
from otel_realtime.settings import Dialect

ALL = tuple(Dialect)
KIND = "openinference.span.kind"


def kinds(kept):
    return [span.attributes.get(KIND) for span in kept.spans]


def test_several_side_by_side_each_in_its_own() -> None:
    both = [through(each) for each in ("openinference", "langsmith", "genai")]
    plain = scenario("tool", *(each for each, _ in both))
    inferred, smith, same = (kept for _, kept in both)
    assert [span.name for span in inferred.spans] == [span.name for span in plain]
    assert kinds(inferred) == ["USER", "LLM", "TOOL", "LLM", "AGENT"]
    assert [span.attributes["langsmith.span.kind"] for span in smith.spans] == [
        *("chain", "llm", "tool", "llm", "chain")
    ]
    assert kinds(smith) == [None] * 5
    assert [dict(span.attributes) for span in same.spans] == [
        dict(span.attributes) for span in plain
    ]


@pytest.mark.parametrize("dialect", ALL)
def test_a_span_of_another_library_is_the_same_object(dialect) -> None:
    kept, plain = Kept(), Kept()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(plain)
    provider.add_span_processor(DialectSpanProcessor(kept, dialect=dialect))
    # Named as ours, with our attributes, and still not ours.
    told_like_ours = {semconv.SESSION_ID: "session-1", semconv.INPUT_MESSAGES: "[]"}
    provider.get_tracer("another").start_span("chat gpt", attributes=told_like_ours).end()
    processor_, _ = through(dialect)
    processor_.wrapped.spans.clear()
    processor_.on_end(plain.spans[0])
    assert processor_.wrapped.spans[0] is plain.spans[0]
    assert dict(kept.spans[0].attributes) == told_like_ours


def test_by_default_our_spans_are_the_same_objects() -> None:
    span = scenario("tool")[0]
    kept = Kept()
    DialectSpanProcessor(kept).on_end(span)
    assert kept.spans[0] is span


@pytest.mark.parametrize("dialect", ["openinference", "langsmith", "langfuse", "mlflow"])
def test_all_but_attributes_and_parents_of_turns_stays(dialect) -> None:
    translating, kept = through(dialect)
    plain = scenario("tool_raises", translating)
    for ours, theirs in zip(kept.spans, plain, strict=True):
        for name in (
            *("name", "context", "parent", "start_time", "end_time", "status", "kind", "links"),
            *("resource", "instrumentation_scope", "events", "dropped_attributes"),
            *("dropped_events", "dropped_links"),
        ):
            assert getattr(ours, name) == getattr(theirs, name), name
        shown = json.loads(ours.to_json())
        assert set(shown["attributes"]) == set(ours.attributes) != set(theirs.attributes)


def provider_with(*processors):
    provider = TracerProvider(shutdown_on_exit=False)
    for each in processors:
        provider.add_span_processor(each)
    return provider


class Watched(list):
    """A value beside a text on a span, that knows who looked at it."""

    def __init__(self, *given) -> None:
        super().__init__(given)
        self.looked: list[threading.Thread] = []

    def __iter__(self):
        self.looked.append(threading.current_thread())
        return super().__iter__()


def response_that_tells(value, translating) -> None:
    """A response's span whose input is told by a value."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(translating)
    span = provider.get_tracer("otel_realtime").start_span("chat")
    span.set_attribute(semconv.INPUT_MESSAGES, told.Told("a s3cr3t text", value))
    span.set_attribute(semconv.RESPONSE_ID, "resp_1")
    span.end()


def test_it_is_translated_in_the_thread_that_exports() -> None:
    exported = threading.Event()

    class Reading(InMemorySpanExporter):
        def export(self, spans):
            assert all(KIND in span.attributes for span in spans)
            exported.set()
            return super().export(spans)

    value = Watched()
    batch = BatchSpanProcessor(Reading(), schedule_delay_millis=20)
    response_that_tells(value, DialectSpanProcessor(batch, dialect="openinference"))
    assert exported.wait(20)
    assert value.looked
    assert threading.current_thread() not in value.looked
    batch.shutdown()


def test_a_span_is_translated_once_however_often_it_is_read() -> None:
    translating, kept = through("langsmith")
    value = Watched()
    response_that_tells(value, translating)
    assert value.looked == []
    assert dict(kept.spans[0].attributes)
    looked = len(value.looked)
    assert dict(kept.spans[0].attributes) == dict(kept.spans[0].attributes)
    assert len(value.looked) == looked > 0


@pytest.mark.parametrize("dialect", ["openinference", "langsmith", "langfuse", "mlflow"])
def test_what_cannot_be_translated_is_exported_without_its_content(dialect, caplog) -> None:
    processor._told.clear()  # noqa: SLF001 - what one test was told must not silence the next
    translating, kept = through(dialect)
    with caplog.at_level(logging.WARNING, "otel_realtime"):
        for _ in range(2):
            response_that_tells([{"no": "message"}], translating)
            assert dict(kept.spans[-1].attributes) == {semconv.RESPONSE_ID: "resp_1"}
    assert "s3cr3t" not in caplog.text
    assert caplog.text.count("could not be translated (KeyError)") == 1


def test_what_is_wrapped_takes_part_in_everything() -> None:
    class Behind(SpanProcessor):
        def __init__(self) -> None:
            self.told = []

        def on_start(self, span, parent_context=None) -> None:
            self.told.append(("start", span.name, parent_context))

        def _on_ending(self, span) -> None:
            self.told.append(("ending", span.name))

        def on_end(self, span) -> None:
            self.told.append(("end", span.name))

        def force_flush(self, timeout_millis=None) -> bool:
            self.told.append(("flush", timeout_millis))
            return False

        def shutdown(self) -> None:
            self.told.append("shutdown")

    behind = Behind()
    ours = DialectSpanProcessor(behind, dialect="langsmith")
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(ours)
    provider.get_tracer("app").start_span("one").end()
    assert [each[:2] for each in behind.told] == [
        ("start", "one"),
        ("ending", "one"),
        ("end", "one"),
    ]
    assert ours.force_flush(70) is False
    ours.shutdown()
    assert behind.told[3:] == [("flush", 70), "shutdown"]


def test_an_unknown_dialect_is_one_clear_sentence() -> None:
    with pytest.raises(SettingError) as raised:
        DialectSpanProcessor(Kept(), dialect="klingon")
    assert str(raised.value) == (
        "dialect takes genai, openinference, phoenix, langsmith, langfuse, mlflow, azure; "
        "it cannot be 'klingon'"
    )


def test_an_exporter_is_no_processor() -> None:
    with pytest.raises(TypeError, match=r"BatchSpanProcessor\(exporter\); this is InMemorySpan"):
        DialectSpanProcessor(InMemorySpanExporter(), dialect="langsmith")
    with pytest.raises(TypeError, match="unknown setting 'dialekt'"):
        DialectSpanProcessor(Kept(), dialekt="langsmith")


def test_the_environment_names_the_dialect(monkeypatch, caplog) -> None:
    monkeypatch.setenv("OTEL_REALTIME_DIALECT", " OpenInference ")
    monkeypatch.setenv("OTEL_REALTIME_DIALECT_TURNS", "true")
    kept = Kept()
    scenario("tool", DialectSpanProcessor(kept))
    assert kinds(kept).count("AUDIO") == 1
    monkeypatch.setenv("OTEL_REALTIME_DIALECT", "klingon")
    kept = Kept()
    scenario("tool", DialectSpanProcessor(kept))
    assert kinds(kept) == [None] * 5
    assert "OTEL_REALTIME_DIALECT takes genai, openinference" in caplog.text


def test_every_dialect_has_a_translator() -> None:
    assert set(processor._DIALECTS) == set(Dialect) - {Dialect.GENAI}  # noqa: SLF001


# Turns


def test_a_turn_is_exported_as_soon_as_nothing_more_is_awaited_of_it() -> None:
    translating, kept = through("openinference", dialect_turns=True)
    call = HandMade(translating)
    for turn in range(1, 5):
        call.span(Kind.INPUT, f"item_{turn}", given(f"question {turn}", turn=turn))
        call.span(Kind.RESPONSE, f"resp_{turn}", answered(given(turn=turn), turn=turn))
    turns = [span for span in kept.spans if span.name == "conversation.turn"]
    assert [span.attributes["input.value"] for span in turns] == ["question 1", "question 2"]
    call.end()
    turns = [span for span in kept.spans if span.name == "conversation.turn"]
    assert [span.attributes[semconv.TURN_INDEX] for span in turns] == [1, 2, 3, 4]
    assert len({span.context.span_id for span in turns}) == 4
    for span in turns:
        index = span.attributes[semconv.TURN_INDEX]
        below = [each for each in kept.spans if each.parent and each.parent == span.context]
        assert [each.attributes[semconv.TURN_INDEX] for each in below] == [index, index]
        assert span.start_time == min(each.start_time for each in below)
        assert span.end_time == max(each.end_time for each in below)
        assert span.resource is below[0].resource


def test_what_comes_late_still_belongs_to_its_turn() -> None:
    translating, kept = through("openinference", dialect_turns=True)
    call = HandMade(translating)
    for turn in range(1, 5):
        call.span(Kind.INPUT, f"item_{turn}", given(turn=turn))
    call.span(Kind.RESPONSE, "late", answered(turn=1))
    call.end()
    turns = [span for span in kept.spans if span.name == "conversation.turn"]
    late = next(span for span in kept.spans if span.name.startswith("chat"))
    assert len(turns) == 4
    assert late.parent == next(
        span.context for span in turns if span.attributes[semconv.TURN_INDEX] == 1
    )


def test_two_exporters_name_a_turn_alike() -> None:
    one, two = (through("openinference", dialect_turns=True) for _ in range(2))
    scenario("tool", one[0], two[0])
    ids = [
        {span.context.span_id for span in kept.spans if span.name == "conversation.turn"}
        for _, kept in (one, two)
    ]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 1


def test_a_call_whose_beginning_was_not_seen_has_no_turns() -> None:
    plain = scenario("tool")
    translating, kept = through("openinference", dialect_turns=True)
    for span in plain:
        translating.on_end(span)
    assert kinds(kept) == ["USER", "LLM", "TOOL", "LLM", "AGENT"]
    assert [span.parent for span in kept.spans] == [span.parent for span in plain]


def test_two_calls_at_once_do_not_mix() -> None:
    translating, kept = through("openinference", dialect_turns=True)
    calls = [HandMade(translating, provider=TracerProvider(shutdown_on_exit=False)) for _ in "ab"]
    for word, call in zip(("first", "second"), calls, strict=True):
        call.span(Kind.INPUT, "item_1", given(word))
    for call in calls:
        call.end()
    turns = [span for span in kept.spans if span.name == "conversation.turn"]
    assert [span.attributes["input.value"] for span in turns] == ["first", "second"]
    assert translating._calls._calls == {}  # noqa: SLF001 - nothing of an ended call is kept


def test_two_calls_of_one_session_in_one_trace_do_not_mix() -> None:
    """As where an application gives its own id to a call and to another one beside it."""
    (smith, runs), (turning, spans) = (
        through("langsmith"),
        through("openinference", dialect_turns=True),
    )
    provider = provider_with(smith, turning)
    with provider.get_tracer("app").start_as_current_span("request"):
        calls = {name: HandMade(provider=provider) for name in "AB"}
    for name, call in calls.items():
        call.span(Kind.INPUT, f"item_{name}", given(f"to {name}"))
    for name, call in calls.items():
        ask, tool = Key(Kind.RESPONSE, f"resp_{name}"), Key(Kind.TOOL, f"call_{name}")
        facts = answered(given(f"to {name}"), outputs=(Output(text=f"{name} says"),))
        call.consumer.opened(Opened(ask, call.now, facts, SESSION))
        call.span(Kind.TOOL, tool.id, ToolFacts(tool.id, output=f"of {name}", turn=1), ask)
        call.consumer.closed(Closed(ask, call.now, facts))
    for call in reversed(calls.values()):
        call.end()
    roots = [dict(span.attributes) for span in runs.spans if span.name == "invoke_agent Assistant"]
    for name, root in zip("BA", roots, strict=True):
        assert f"to {name}" in root["gen_ai.prompt"]
        assert f"{name} says" in root["gen_ai.completion"]
    turns = [span for span in spans.spans if span.name == "conversation.turn"]
    told = [(span.attributes["input.value"], span.attributes["output.value"]) for span in turns]
    assert told == [("to B", "B says"), ("to A", "A says")]
    for turn in turns:
        below = [span for span in spans.spans if span.parent == turn.context]
        said = {span.attributes["input.value"] for span in below}
        assert said == {turn.attributes["input.value"]}


def test_a_call_within_a_tool_of_another_is_a_call_of_its_own() -> None:
    translating, kept = through("openinference", dialect_turns=True)
    outer = HandMade(translating)
    ask, run = Key(Kind.RESPONSE, "resp_1"), Key(Kind.TOOL, "call_1")
    outer.consumer.opened(Opened(ask, outer.now, answered(), SESSION))
    outer.consumer.opened(Opened(run, outer.now, ToolFacts("call_1", turn=1), ask))
    token = context.attach(outer.context.context(run))
    inner = HandMade(provider=outer.provider)
    context.detach(token)
    inner.span(Kind.INPUT, "item_1", given("within"))
    inner.end()
    (within,) = (span for span in kept.spans if span.name == "conversation.turn")
    outer.consumer.closed(Closed(run, outer.now, ToolFacts("call_1", turn=1)))
    outer.consumer.closed(Closed(ask, outer.now, answered()))
    outer.end()
    turns = [span for span in kept.spans if span.name == "conversation.turn"]
    assert [span.attributes.get("input.value") for span in turns] == ["within", None]
    assert within is turns[0]
    assert within.parent != turns[1].parent


def test_a_call_that_is_over_leaves_nothing_behind_however_long_it_was() -> None:
    translating, _ = through("openinference")
    call = HandMade(translating)
    for place in range(600):
        call.span(Kind.RESPONSE, f"resp_{place}", answered())
    assert len(translating._calls._above) < 300  # noqa: SLF001 - what is kept of a call
    call.end()
    assert translating._calls._above == translating._calls._calls == {}  # noqa: SLF001


# What is kept beside the spans


def test_nothing_is_kept_for_dialects_where_there_is_none() -> None:
    told.in_use.clear()
    spans = scenario("tool")
    texts = [span.attributes.get(semconv.INPUT_MESSAGES) for span in spans]
    assert {type(each) for each in texts} == {str, type(None)}
    assert told._setups == {}  # noqa: SLF001
    translating, _ = through("langsmith")
    spans = scenario("tool", translating)
    assert isinstance(spans[0].attributes[semconv.INPUT_MESSAGES], told.Told)
    assert told._setups == {}  # noqa: SLF001 - the session is over
    translating.shutdown()
    assert type(scenario("tool")[0].attributes[semconv.INPUT_MESSAGES]) is str


def test_each_content_is_redacted_once_and_dialects_see_what_is_left() -> None:
    def counted(*processors):
        seen = []

        def redact(kind, value):
            seen.append((kind, value))
            return value.replace("London", "***")

        scenario("tool", *processors, redact=redact)
        return seen

    told.in_use.clear()
    alone = counted()
    translating, kept = through("openinference", dialect_turns=True)
    assert counted(translating) == alone
    shown = str([dict(span.attributes) for span in kept.spans])
    assert "London" not in shown
    assert "weather in ***" in shown


@pytest.mark.parametrize(
    ("redacted", "expected"),
    [
        ('[{"name": "look"}]', ['{"name": "look"}']),
        ("no JSON", []),
        (None, []),
    ],
)
def test_tools_that_were_redacted(redacted, expected) -> None:
    from otel_realtime.telemetry.content import ContentGate

    gate = ContentGate(
        is_open=True,
        redact=lambda kind, value: redacted if kind == "tool_definitions" else value,
        on_error=print,
    )
    translating, kept = through("openinference")
    a_call_with_audio(translating, gate=gate)
    for span in kept.spans:
        if span.attributes[KIND] in {"LLM", "AGENT"}:
            shown = [value for name, value in span.attributes.items() if "llm.tools" in name]
            assert shown == expected


def test_a_response_is_set_up_as_the_session_is_by_then() -> None:
    from dataclasses import replace

    translating, kept = through("openinference")
    call = HandMade(translating)
    call.span(Kind.RESPONSE, "resp_1", answered())
    call.config = replace(call.config, parameters={"voice": "cedar"}, tools=None)
    call.span(Kind.RESPONSE, "resp_2", answered())
    call.end()
    first, second, _ = (dict(span.attributes) for span in kept.spans)
    assert json.loads(first["llm.invocation_parameters"])["temperature"] == 0.8
    assert json.loads(second["llm.invocation_parameters"]) == {"voice": "cedar"}
    assert "llm.tools.0.tool.json_schema" in first
    assert "llm.tools.0.tool.json_schema" not in second


def test_a_response_that_is_read_after_the_call_knows_its_setup() -> None:
    exporter = InMemorySpanExporter()
    batch = BatchSpanProcessor(exporter, schedule_delay_millis=3_600_000)
    ours = DialectSpanProcessor(batch, dialect="openinference")
    call = HandMade(ours)
    key, facts = Key(Kind.RESPONSE, "resp_1"), answered()
    call.consumer.opened(Opened(key, call.now, facts, SESSION))
    call.consumer.closed(Closed(key, call.now, facts))
    call.end()
    ours.force_flush()
    response = exporter.get_finished_spans()[0]
    assert "temperature" in response.attributes["llm.invocation_parameters"]
    ours.shutdown()


def test_texts_that_know_more_are_plain_texts_to_every_other_exporter() -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from otlp_sink import OtlpSink

    translating, _ = through("openinference")
    with OtlpSink() as sink:
        exporter = OTLPSpanExporter(f"{sink.http_endpoint}/v1/traces")
        plain = scenario("tool", translating, SimpleSpanProcessor(exporter))
        came = sink.wait_for(lambda came: len(came.spans) == 5)
        exporter.shutdown()
    assert isinstance(plain[0].attributes[semconv.INPUT_MESSAGES], told.Told)
    assert [span.attributes.get(semconv.INPUT_MESSAGES) for span in came.spans] == [
        span.attributes.get(semconv.INPUT_MESSAGES) for span in plain
    ]
    assert json.loads(plain[0].to_json())["attributes"][semconv.INPUT_MESSAGES]


def test_a_processor_that_exports_at_once() -> None:
    exporter = InMemorySpanExporter()
    scenario("tool", DialectSpanProcessor(SimpleSpanProcessor(exporter), dialect="openinference"))
    assert len(exporter.get_finished_spans()) == 5


def test_beside_the_processor_that_uploads_audio_in_either_order(tmp_path) -> None:
    pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")
    from audio.by_hand import archive_with

    from otel_realtime import AudioUploadSpanProcessor

    settings = {"audio_store": (tmp_path / "kept").as_uri(), "audio_spool": tmp_path / "spool"}
    with archive_with(**settings):
        kept = [Kept(), Kept()]
        inside = AudioUploadSpanProcessor(
            DialectSpanProcessor(kept[0], dialect="openinference"), **settings
        )
        outside = DialectSpanProcessor(
            AudioUploadSpanProcessor(kept[1], **settings), dialect="openinference"
        )
        scenario("tool", inside, outside)
        assert kinds(kept[0]) == kinds(kept[1]) == ["USER", "LLM", "TOOL", "LLM", "AGENT"]
        assert kept[0].spans[-1].attributes["input.value"]
        inside.shutdown()
        outside.shutdown()
