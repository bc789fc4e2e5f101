"""What goes wrong in here stays in here; and what is content stays out."""

# ruff: noqa: ARG001, ARG002 - a tool and a processor are called with more than these need

import logging

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent
from agents.realtime import model_events as events
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from sources.phone import Trace, calling

from otel_realtime import semconv
from otel_realtime.scenario import Recorder
from otel_realtime.sources.agents import RealtimeTelemetryListener


class BrokenError(Exception):
    """What everything here raises."""


class BrokenSpans(SpanProcessor):
    """Raises where a span of ours begins, or where it ends."""

    def __init__(self, where: str) -> None:
        self.where = where

    def on_start(self, span, parent_context=None) -> None:
        self._raise("start")

    def on_end(self, span) -> None:
        self._raise("end")

    def _raise(self, where: str) -> None:
        if where == self.where:
            raise BrokenError


class BrokenExporter(SpanExporter):
    def export(self, spans):
        raise BrokenError


class BrokenLogs(LogRecordProcessor):
    def on_emit(self, log_record) -> None:
        raise BrokenError

    emit = on_emit  # its name before 1.39

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return True


def broken_redact(kind: str, value: str) -> str:
    raise BrokenError(value)


def break_spans(where):
    return lambda recorder: recorder.tracer_provider.add_span_processor(BrokenSpans(where))


def break_exporter(recorder):
    recorder.tracer_provider.add_span_processor(SimpleSpanProcessor(BrokenExporter()))


def break_logs(recorder):
    recorder.logger_provider.add_log_record_processor(BrokenLogs())


@function_tool
async def look_up(city: str) -> str:
    return f"rain in {city}"


AGENT = RealtimeAgent(name="Assistant", tools=[look_up])
BROKEN = {
    "on_start": (break_spans("start"), {}),
    "on_end": (break_spans("end"), {}),
    "exporter": (break_exporter, {}),
    "logs": (break_logs, {}),
    "redact": (lambda _: None, {"redact": broken_redact}),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_the_call_goes_on_whatever_of_ours_breaks(what, caplog):
    caplog.set_level(logging.WARNING)
    seen = {}
    for broken in (False, True):
        recorder, (breaks, settings) = Recorder(), BROKEN[what]
        if broken:
            breaks(recorder)
        settings = settings if broken else {}
        async with calling("tool", AGENT, recorder=recorder, **settings) as call:
            await call.speak()
            await call.heard("response.done", 2)
            await call.heard("conversation.item.input_audio_transcription.completed")
            await call.seen("agent_end", 2)
        seen[broken] = sorted(each.type for each in call.told if each.type != "raw_model_event")
        assert call.error is None
    assert seen[True] == seen[False]
    warned = [each.getMessage() for each in caplog.records if each.name == "otel_realtime"]
    assert len(warned) == len(set(warned))
    problems = Trace(recorder).value(semconv.METRIC_PROBLEMS)
    if what == "exporter":
        assert (warned, problems) == ([], 0), "its processor keeps that to itself"
        return
    assert problems >= len(warned) > 0
    assert all("BrokenError" in each and "Traceback" in each for each in warned)
    assert all("rain in" not in each for each in warned), "the message of a stranger is content"


async def test_metrics_and_logs_are_there_where_spans_are_not():
    recorder = Recorder()
    break_spans("start")(recorder)
    async with calling("tool", AGENT, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    assert traced.all.spans == ()
    assert traced.value(semconv.METRIC_TOOL_CALLS) == 1
    assert len(traced.logs(semconv.LOG_SESSION_ENDED)) == 1


class Hostile:
    """Whatever is asked of it, it raises."""

    def __getattribute__(self, name):
        if name.startswith("__"):
            return super().__getattribute__(name)
        raise BrokenError(name)


class HostileDict(dict):
    def get(self, *_):
        raise BrokenError

    __getitem__ = get


class TypedHostile(Hostile):
    def __init__(self, kind: str) -> None:
        super().__setattr__("__kind__", kind)

    def __getattribute__(self, name):
        return super().__getattribute__("__kind__" if name == "type" else name)


RAW = (
    *(None, 1, "text", [1, 2], [], {}, {"type": None}, {"type": []}, {"type": {}}, HostileDict()),
    *({"type": "response.done"}, {"type": "response.done", "response": []}),
    {"type": "response.done", "response": {"id": 7, "usage": "all"}},
    {"type": "response.done", "response": {"id": "r", "usage": {"input_tokens": float("nan")}}},
    *({"type": "response.output_audio.delta"}, {"type": "response.output_audio.delta", "delta": 1}),
    {"type": "response.output_audio.delta", "delta": "AAAA", "item_id": [], "content_index": 0},
    {"type": "response.output_audio_transcript.delta", "delta": None, "item_id": "i"},
    *(
        {"type": "session.created", "session": 3},
        {"type": "session.created", "session": {"id": {}}},
    ),
    {"type": "session.updated", "session": {"audio": {"input": {"format": "?"}, "output": 4}}},
    {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": "soon"},
    {"type": "input_audio_buffer.speech_stopped", "item_id": "other", "audio_end_ms": -5},
    {"type": "conversation.item.truncated", "item_id": "never seen", "audio_end_ms": 4},
    {"type": "x" * 100_000},
)
PARSED = (
    *("audio", "audio_interrupted", "connection_status", "end_of_stream", "error", "exception"),
    *("function_call", "input_audio_timeout_triggered", "input_audio_transcription_completed"),
    *("item_deleted", "item_updated", "other", "output_text_delta", "raw_server_event"),
    *("transcript_delta", "turn_ended", "turn_started", "usage", "no such type"),
)
STRANGE = (None, 3, "text", object(), Hostile(), *(TypedHostile(kind) for kind in PARSED))


async def test_no_event_makes_the_listener_raise(recorder, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")
    given = [*STRANGE, *(events.RealtimeModelRawServerEvent(data=data) for data in RAW)]
    listener = RealtimeTelemetryListener(capture_content=True, **recorder.providers)
    for event in [*given, *reversed(given)]:
        await listener.on_event(event)
    listener.cleanup()
    for event in given:
        await listener.on_event(event)
    listener.cleanup()
    warned = [each.getMessage() for each in caplog.records if each.name == "otel_realtime"]
    assert len(warned) == len(set(warned)) > 10
    assert max(map(len, warned)) < 5000
    traced = Trace(recorder)
    assert traced.value(semconv.METRIC_PROBLEMS) > len(warned)
    assert traced.value(semconv.METRIC_SESSIONS_ACTIVE) == 0


async def test_an_event_is_neither_kept_nor_changed(recorder):
    import copy
    import gc
    from weakref import ref

    class Kept(dict):
        """A dict that can be referred to weakly."""

    shown = {"type": "response.created", "response": {"id": "r1", "output": [], "metadata": {}}}
    data = Kept(copy.deepcopy(shown))
    listener = RealtimeTelemetryListener(capture_content=True, **recorder.providers)
    await listener.on_event(events.RealtimeModelRawServerEvent(data=data))
    assert data == shown
    gone = ref(data)
    del data
    gc.collect()
    assert gone() is None
    listener.cleanup()


async def test_nothing_is_recorded_where_instrumentation_is_suppressed(recorder):
    tracer = recorder.tracer_provider.get_tracer("app")
    current = []

    @function_tool
    async def look_up(city: str) -> str:
        with tracer.start_as_current_span("query") as span:
            current.append(span)
        return city

    with suppress_instrumentation():
        agent = RealtimeAgent(name="Assistant", tools=[look_up])
        async with calling("tool", agent, recorder=recorder) as call:
            with call.listener.use():
                await call.speak()
                await call.heard("response.done", 2)
    traced = Trace(recorder)
    assert {span.scope for span in traced.all.spans} <= {"app"}
    assert traced.all.logs == ()
    assert [p for p in traced.all.metrics if p.scope == semconv.SCOPE_NAME] == []
    assert len(current) == 1


@pytest.mark.parametrize("capture", [None, False, "NO_CONTENT"])
async def test_no_content_in_any_signal_by_default(recorder, caplog, capture):
    caplog.set_level(logging.DEBUG, "otel_realtime")
    await _marked_call(recorder, capture)
    traced = Trace(recorder)
    assert "MARK" not in repr(traced.all)
    ours = [each for each in caplog.records if each.name.startswith("otel_realtime")]
    assert len(ours) >= 2
    assert "MARK" not in "".join(f"{each.getMessage()}{each.exc_text}" for each in ours)
    assert len(traced.named("chat")) == 4
    assert traced.one("execute_tool look_up").status == "error"


async def test_content_that_is_asked_for_is_on_spans_and_not_on_events(recorder):
    await _marked_call(recorder, "SPAN_ONLY")
    traced = Trace(recorder)
    shown = repr(traced.all.spans)
    for part in ("heard", "said", "argument", "answer", "title", "shelf", "raised", "instructions"):
        assert f"MARK {part}" in shown, part
    assert "MARK" not in repr(traced.all.logs)
    assert "MARK" not in repr(traced.all.metrics)


async def _marked_call(recorder, capture) -> None:
    raised = "MARK raised"

    @function_tool
    async def look_up(city: str) -> str:
        raise BrokenError(raised)  # a stack shows the source, so the text stands elsewhere

    agent = RealtimeAgent(name="Assistant", instructions="MARK instructions", tools=[look_up])
    settings = {"capture_content": capture, "user_id": "someone"}
    async with calling("marked", agent, recorder=recorder, **settings) as call:
        await call.speak()
        await call.heard("response.done", 3)
        await call.session.send_message("MARK typed")
        await call.heard("response.done", 4)
        await call.speak()
        await call.heard("response.done", 5)
        await call.heard("conversation.item.input_audio_transcription.completed")
