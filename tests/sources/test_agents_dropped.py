"""A listener that nobody cleaned up: its trace is complete all the same."""

import asyncio
import gc
from threading import Lock

from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime.model_events import RealtimeModelTurnStartedEvent
from opentelemetry.sdk.trace import SpanProcessor
from sources.phone import CALLS, Trace, read_until, reason

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator, load_scenario
from otel_realtime.sources.agents import RealtimeTelemetryListener

ASSISTANT = RealtimeAgent(name="Assistant")


async def test_a_listener_that_is_dropped_without_cleanup(recorder, counter):
    """The session's end is seen without it."""

    async def talk() -> None:
        listener = RealtimeTelemetryListener(**recorder.providers)
        async with RealtimeSimulator(load_scenario(CALLS / "typed.yaml")) as simulator:
            config = {"url": simulator.url, "api_key": "simulator"}
            session = await RealtimeRunner(ASSISTANT).run(model_config=config)
            session.model.add_listener(listener)
            async with session:
                await session.send_message("What can you do?")
                await read_until(session, "agent_end")

    await asyncio.create_task(talk())
    gc.collect()
    async with asyncio.timeout(10):
        await counter.none_is_open.wait()
    traced = Trace(recorder)
    assert reason(traced) == ("closed", None)
    assert len(traced.named("chat")) == 1


async def test_a_listener_is_collected_while_an_exporter_holds_its_lock(recorder, counter):
    """A finalizer runs in the middle of anything: it must not wait for what is under way."""

    class Exclusive(SpanProcessor):
        lock, waited = Lock(), []

        def on_end(self, span) -> None:
            if not self.lock.acquire(timeout=0.5):
                self.waited.append(span.name)
                return
            gc.collect()
            self.lock.release()

    recorder.tracer_provider.add_span_processor(exclusive := Exclusive())
    dropped = RealtimeTelemetryListener(**recorder.providers)
    await dropped.on_event(RealtimeModelTurnStartedEvent())
    dropped.itself = dropped  # only the collector can find it
    del dropped
    counter.none_is_open.clear()
    recorder.tracer_provider.get_tracer("app").start_span("app").end()
    async with asyncio.timeout(10):
        await counter.none_is_open.wait()
    assert exclusive.waited == []
    assert reason(Trace(recorder)) == ("garbage_collected", None)


def test_a_listener_that_outlives_its_loop_is_ended_by_the_next_call(recorder, counter):
    async def begin() -> None:
        dropped = RealtimeTelemetryListener(**recorder.providers)
        await dropped.on_event(RealtimeModelTurnStartedEvent())
        kept.append(dropped)

    kept = []
    asyncio.run(begin())
    kept.clear()
    assert counter.open == 2
    asyncio.run(begin())
    assert counter.open == 2
    kept.pop().cleanup()
    ends = [each.attributes[semconv.END_REASON] for each in Trace(recorder).named("invoke_agent")]
    assert ends == ["garbage_collected", "closed"]
