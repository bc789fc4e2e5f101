"""One call's parts, wired: never raises, ends once, wakes itself, leaves nothing attached."""

import asyncio
import gc
import logging
import threading
from weakref import ref

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_realtime import events, semconv
from otel_realtime.clock import Clock
from otel_realtime.guard import Guard
from otel_realtime.scenario import Recorder
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.testing import FakeClock
from otel_realtime.tree import render
from otel_realtime.values import SessionConfig, Usage


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def follow(recorder: Recorder, **more) -> SessionTelemetry:
    settings = {name: more.pop(name) for name in ("redact", "transcript_timeout") if name in more}
    settings = Settings.read({"capture_content": True, "agent_name": "A", **settings}, environ={})
    return SessionTelemetry(Telemetry.of(**recorder.providers), settings, **more)


def tree(recorder: Recorder) -> str:
    traced = recorder.traced()
    return render(traced.spans, traced.logs)


def speak(session: SessionTelemetry, item_id: str = "i1") -> None:
    session.feed(events.SpeechStarted(session.clock(), item_id, 0))
    session.feed(events.SpeechStopped(session.clock(), item_id, 0))
    session.feed(events.InputCommitted(session.clock(), item_id))


def test_the_end_comes_once(recorder):
    clock = FakeClock()
    session = follow(recorder, clock=clock)
    session.begin()
    clock.advance(ms=40)
    session.end("closed")
    clock.advance(ms=40)
    session.end("interpreter_exit")
    session.feed(events.ResponseStarted(clock(), "late"))
    assert tree(recorder) == "invoke_agent A  0–40 ms  ended closed"
    assert session.is_over


def test_nothing_begun_nothing_ended(recorder):
    session = follow(recorder)
    session.end("closed")
    assert recorder.traced().spans == recorder.traced().logs == ()


def test_every_open_span_ends_with_the_session(recorder):
    clock = FakeClock()
    session = follow(recorder, clock=clock)
    session.feed(events.SessionStarted(clock(), SessionConfig(model="m")))
    session.feed(events.ResponseStarted(clock.advance(ms=10), "r1"))
    session.feed(events.ToolRequested(clock(), "c1", "look_up", "{}", "i1", "r1"))
    session.feed(events.ToolStarted(clock.advance(ms=10), "c1"))
    session.feed(events.SpeechStarted(clock.advance(ms=10), "i2", None))
    clock.advance(ms=10)
    session.end("connection_lost", fault_type="Lost", close_code=1006)
    assert tree(recorder) == (
        "invoke_agent A  0–40 ms  ended connection_lost (1006), error Lost\n"
        "  summary  1 turn, 1 error, talk 100% user, 0% agent\n"
        "  chat m  10–40 ms  error Lost\n"
        "    execute_tool look_up  20–40 ms  {}, cancelled\n"
        "  user_input  30–40 ms  turn 1"
    )


class Unknown(events.Event):
    """An event that the conversation has no handler for."""


def test_an_event_without_a_handler_is_counted_and_told_once(recorder, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")
    Guard._told.clear()  # noqa: SLF001 - what another test was warned of must not count here
    session = follow(recorder)
    for _ in range(3):
        session.feed(Unknown(session.clock()))
    session.end("closed")
    (record,) = caplog.records
    assert "Unknown: KeyError" in record.getMessage()
    problems = [p for p in recorder.traced().metrics if p.name == semconv.METRIC_PROBLEMS]
    assert [point.value for point in problems] == [3]


def test_what_is_left_out_is_counted_each_time_and_told_once(recorder, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")
    Guard._told.clear()  # noqa: SLF001 - what another test was warned of must not count here
    session = follow(recorder)
    for name in ("r1", "r2", "r3"):
        session.feed(events.ResponseStarted(session.clock(), name))
        used = Usage(input=100, cached=500, output=10)
        session.feed(events.ResponseDone(session.clock(), name, "completed", usage=used))
    session.end("closed")
    (record,) = caplog.records
    assert "usage was left out: more cached than input" in record.getMessage()
    problems = [p for p in recorder.traced().metrics if p.name == semconv.METRIC_PROBLEMS]
    assert [(p.attributes[semconv.PROBLEM], p.value) for p in problems] == [("left_out", 3)]


class Arrival(SpanProcessor):
    """Tells when a span has ended."""

    def __init__(self) -> None:
        self.seen = asyncio.Event()

    def on_end(self, span) -> None:  # noqa: ARG002 - it is called with it
        self.seen.set()


async def test_it_wakes_itself_to_give_up_a_transcript(recorder):
    recorder.tracer_provider.add_span_processor(arrival := Arrival())
    session = follow(recorder, transcript_timeout=0.01)
    session.feed(events.SessionStarted(session.clock(), SessionConfig(transcription=True)))
    speak(session)
    async with asyncio.timeout(10):
        await arrival.seen.wait()
    (span,) = recorder.traced().spans
    assert span.attributes[semconv.TRANSCRIPTION_STATUS] == "missing"
    session.end("closed")


async def test_a_waiting_session_is_not_kept_alive_by_its_alarm(recorder):
    session = follow(recorder, transcript_timeout=100)
    session.feed(events.SessionStarted(session.clock(), SessionConfig(transcription=True)))
    speak(session)
    gone = ref(session)
    del session
    gc.collect()
    assert gone() is None


async def test_the_end_stops_the_alarm(recorder):
    session = follow(recorder, transcript_timeout=100)
    session.feed(events.SessionStarted(session.clock(), SessionConfig(transcription=True)))
    speak(session)
    loop = asyncio.get_running_loop()
    waiting = [handle for handle in loop._scheduled if not handle.cancelled()]  # noqa: SLF001
    session.end("closed")
    assert sum(not handle.cancelled() for handle in waiting) == len(waiting) - 1


def test_without_a_loop_the_next_event_gives_up_what_is_due(recorder):
    clock = FakeClock()
    session = follow(recorder, clock=clock, transcript_timeout=1)
    session.feed(events.SessionStarted(clock(), SessionConfig(transcription=True)))
    speak(session)
    session.feed(events.TimePassed(clock.advance(ms=1001)))
    assert tree(recorder).startswith("user_input (parent elsewhere)  0–0 ms")
    session.end("closed")


def test_the_block_is_under_the_session_in_every_thread(recorder):
    session = follow(recorder)
    tracer = recorder.tracer_provider.get_tracer("app")

    def work() -> None:
        with session.use():
            tracer.start_span("work").end()
        assert trace.get_current_span() is trace.INVALID_SPAN

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.end("closed")
    parents = {each.parent_span_id for each in recorder.traced().spans if each.name == "work"}
    (root,) = (each for each in recorder.traced().spans if each.name.startswith("invoke_agent"))
    assert parents == {root.span_id}


def test_a_tool_that_was_never_begun_attaches_nothing(recorder):
    session = follow(recorder)
    with session.use_tool("no such call"):
        assert trace.get_current_span() is trace.INVALID_SPAN


def test_suppressed_it_stays_silent_to_the_end(recorder):
    session = follow(recorder)
    with suppress_instrumentation(), session.use():
        assert trace.get_current_span() is trace.INVALID_SPAN
    session.feed(events.ResponseStarted(session.clock(), "r1"))
    session.end("closed")
    traced = recorder.traced()
    assert (traced.spans, traced.logs, traced.metrics) == ((), (), ())


def test_sessions_are_told_apart_by_a_random_id_unless_one_is_given(recorder):
    for session_id in (None, None, "mine"):
        session = follow(recorder, session_id=session_id)
        session.begin()
        session.end("closed")
    ids = [span.attributes[semconv.SESSION_ID] for span in recorder.traced().spans]
    assert len(set(ids)) == 3
    assert ids[2] == "mine"


def test_a_trace_that_is_not_sampled_is_counted_and_keeps_no_content(recorder):
    tracers = TracerProvider(sampler=ALWAYS_OFF)
    exported = InMemorySpanExporter()
    tracers.add_span_processor(SimpleSpanProcessor(exported))
    outlets = Telemetry.of(**{**recorder.providers, "tracer_provider": tracers})
    settings = Settings.read({"capture_content": True}, environ={})
    session = SessionTelemetry(outlets, settings)
    session.begin()
    assert not session.keeps_content
    session.feed(events.ResponseStarted(session.clock(), "r1"))
    with session.use():
        context = trace.get_current_span().get_span_context()
        assert context.is_valid
        assert not context.trace_flags.sampled
    session.feed(events.ResponseDone(session.clock(), "r1", status="completed"))
    session.end("closed")
    assert exported.get_finished_spans() == ()
    names = {metric.name for metric in recorder.traced().metrics}
    assert {semconv.METRIC_OPERATION_DURATION, semconv.METRIC_SESSION_DURATION} <= names


def test_content_on_events_is_kept_where_the_trace_is_not_sampled(recorder):
    tracers = TracerProvider(sampler=ALWAYS_OFF)
    outlets = Telemetry.of(**{**recorder.providers, "tracer_provider": tracers})
    session = SessionTelemetry(outlets, Settings.read({"capture_content": "EVENT_ONLY"}, {}))
    session.begin()
    assert session.keeps_content
    session.end("closed")


def test_sessions_end_in_the_order_they_were_told_and_with_their_own_time(recorder):
    """A burst of endings is spread over turns of the loop, and each keeps its moment."""

    async def close_all() -> None:
        clock = Clock()
        sessions = [follow(recorder, clock=clock) for _ in range(50)]
        for session in sessions:
            session.begin()
        before = clock()
        for session in sessions:
            session.end_soon("closed")
        after = clock()
        assert sessions[0].is_finished
        assert not sessions[-1].is_finished
        assert sessions[-1].is_over
        async with asyncio.timeout(5):
            while not sessions[-1].is_finished:  # noqa: ASYNC110 - the loop is to go on
                await asyncio.sleep(0)
        ended = [span.end for span in recorder.traced().spans]
        assert ended == sorted(ended)
        assert all(before <= each <= after for each in ended)

    asyncio.run(close_all())
    assert len(recorder.traced().spans) == 50
