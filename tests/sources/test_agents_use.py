"""`use()`: the app's own code under the session's span, and nothing attached afterwards."""

import asyncio
import threading

import pytest
from agents.realtime import RealtimeAgent, RealtimeRunner
from opentelemetry import baggage, context, trace
from sources.phone import CALLS, Trace, calling

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator, load_scenario
from otel_realtime.sources.agents import RealtimeTelemetryListener

ASSISTANT = RealtimeAgent(name="Assistant")


async def test_spans_logs_and_tasks_within(recorder, app_log):
    tracer = recorder.tracer_provider.get_tracer("app")
    may_end = asyncio.Event()

    async def in_background() -> None:
        await may_end.wait()
        with tracer.start_as_current_span("later"):
            pass

    async with calling("typed", ASSISTANT, recorder=recorder) as call:
        with call.listener.use():
            app_log.info("calling")
            with tracer.start_as_current_span("prepare"):
                await call.session.send_message("What can you do?")
            background = asyncio.create_task(in_background())
            await asyncio.to_thread(lambda: tracer.start_span("in a thread").end())
        assert trace.get_current_span() is trace.INVALID_SPAN
        with tracer.start_as_current_span("outside"):
            pass
        await call.heard("response.done")
        may_end.set()
        await background
    traced = Trace(recorder)
    session = traced.one("invoke_agent")
    for name in ("prepare", "later", "in a thread"):
        assert traced.parent(traced.one(name)) == session
    assert traced.one("outside").parent_span_id is None
    (log,) = traced.logs(None)
    assert traced.parent(log) == session
    assert traced.parent(traced.one("chat")) == session


async def test_around_the_whole_session(recorder):
    """The session opens with the block, under the caller's span."""
    tracer = recorder.tracer_provider.get_tracer("app")
    listener = RealtimeTelemetryListener(**recorder.providers)
    with tracer.start_as_current_span("handle request") as mine:
        with listener.use():
            async with calling("typed", ASSISTANT, recorder=recorder, listener=listener) as call:
                await call.session.send_message("What can you do?")
                await call.heard("response.done")
        assert trace.get_current_span() is mine
    traced = Trace(recorder)
    session = traced.one("invoke_agent")
    assert traced.parent(session).name == "handle request"
    assert traced.parent(traced.one("chat")) == session
    assert session.attributes[semconv.REQUEST_MODEL].startswith("gpt-realtime")


async def test_again_for_the_next_session(recorder):
    tracer = recorder.tracer_provider.get_tracer("app")
    listener = RealtimeTelemetryListener(**recorder.providers)
    for number in (1, 2):
        with listener.use():
            with tracer.start_as_current_span(f"prepare {number}"):
                pass
            async with calling("typed", ASSISTANT, recorder=recorder, listener=listener) as call:
                await call.session.send_message("What can you do?")
                await call.heard("response.done")
        assert trace.get_current_span() is trace.INVALID_SPAN
    traced = Trace(recorder)
    sessions = traced.named("invoke_agent")
    assert [each.parent_span_id for each in sessions] == [None, None]
    parents = [traced.parent(traced.one(f"prepare {number}")) for number in (1, 2)]
    assert parents == sessions
    assert {traced.parent(each).span_id for each in traced.named("chat")} == {
        each.span_id for each in sessions
    }


async def test_after_the_end_it_is_still_the_same_session(recorder):
    tracer = recorder.tracer_provider.get_tracer("app")
    async with calling("lost_1011", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.ended()
        with call.listener.use(), tracer.start_as_current_span("write summary"):
            pass
    traced = Trace(recorder)
    assert traced.parent(traced.one("write summary")) == traced.one("invoke_agent")


async def test_the_rest_of_the_context_stays(recorder):
    listener = RealtimeTelemetryListener(**recorder.providers)
    token = context.attach(baggage.set_baggage("tenant", "blue"))
    with listener.use():
        assert baggage.get_baggage("tenant") == "blue"
    context.detach(token)
    listener.cleanup()


async def test_what_the_block_raises_passes_through(recorder):
    listener = RealtimeTelemetryListener(**recorder.providers)
    raised = KeyError("mine")
    with pytest.raises(KeyError) as caught, listener.use():
        raise raised
    assert caught.value is raised
    assert trace.get_current_span() is trace.INVALID_SPAN
    listener.cleanup()


async def test_a_generator_that_is_closed_from_another_task(recorder, caplog):
    listener = RealtimeTelemetryListener(**recorder.providers)

    async def talk():
        with listener.use():
            yield trace.get_current_span()
            yield None

    generator = talk()

    async def begin() -> None:
        assert (await anext(generator)).is_recording()

    await asyncio.create_task(begin())
    before = trace.get_current_span()
    await asyncio.create_task(generator.aclose())
    assert trace.get_current_span() is before
    listener.cleanup()
    assert caplog.records == []


def test_a_generator_that_is_closed_from_another_thread(recorder, caplog):
    listener = RealtimeTelemetryListener(**recorder.providers)

    def talk():
        with listener.use():
            yield trace.get_current_span()

    generator = talk()
    begun = []
    thread = threading.Thread(target=lambda: begun.append(next(generator)))
    thread.start()
    thread.join()
    generator.close()
    assert begun[0].is_recording()
    listener.cleanup()
    assert caplog.records == []


async def test_closing_the_session_from_another_task(recorder, caplog):
    listener = RealtimeTelemetryListener(**recorder.providers)
    async with RealtimeSimulator(load_scenario(CALLS / "typed.yaml")) as simulator:
        config = {"url": simulator.url, "api_key": "simulator"}
        session = await RealtimeRunner(ASSISTANT).run(model_config=config)
        session.model.add_listener(listener)
        with listener.use():
            await asyncio.create_task(session.enter())
            await (await simulator.wait_for_session()).wait_for("session.updated", 2)
            await asyncio.create_task(session.close())
        await asyncio.create_task(_clean(listener))
    assert [each for each in caplog.records if each.name.startswith("opentelemetry")] == []
    assert Trace(recorder).one("invoke_agent").attributes[semconv.END_REASON] == "closed"


async def _clean(listener) -> None:
    listener.cleanup()
