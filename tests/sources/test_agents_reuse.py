"""A listener that is used for one call after another."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import gc
from weakref import ref

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from sources.phone import CALLS, Trace, calling, read_until

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator, load_scenario
from otel_realtime.sources.agents import RealtimeTelemetryListener

ASSISTANT = RealtimeAgent(name="Assistant")


@pytest.mark.parametrize("cleaned", [True, False], ids=["cleaned", "not cleaned"])
@pytest.mark.parametrize("inside", [True, False], ids=["inside", "before"])
async def test_runner_and_listener_are_used_again(recorder, counter, cleaned, inside):
    @function_tool
    async def look_up(city: str) -> str:
        with recorder.tracer_provider.get_tracer("app").start_as_current_span("query"):
            return city

    runner = RealtimeRunner(RealtimeAgent(name="Assistant", tools=[look_up]))
    listener = RealtimeTelemetryListener(**recorder.providers)
    async with RealtimeSimulator(load_scenario(CALLS / "tool.yaml")) as simulator:
        config = {"url": simulator.url, "api_key": "simulator"}
        for _ in (1, 2):
            session = await runner.run(model_config=config)
            if not inside:
                session.model.add_listener(listener)
            async with session:
                if inside:
                    await read_until(session, "raw_model_event")  # session.created has gone by
                    session.model.add_listener(listener)
                await session.send_message("Does it rain in London?")
                await read_until(session, "agent_end", 2)
            if inside:
                session.model.remove_listener(listener)
            if cleaned:
                listener.cleanup()
    listener.cleanup()
    traced = Trace(recorder)
    sessions = traced.named("invoke_agent")
    assert len({each.trace_id for each in sessions}) == len(sessions) == 2
    for session in sessions:
        mine = [each for each in traced.all.spans if each.trace_id == session.trace_id]
        assert sorted(each.name.split(" ")[0] for each in mine) == [
            *("chat", "chat", "execute_tool", "invoke_agent", "query", "user_input")
        ]
    ids = {each.attributes[semconv.SESSION_ID] for each in sessions}
    assert len(ids) == 2
    reasons = [each.attributes[semconv.END_REASON] for each in sessions]
    assert reasons == ["closed", "closed"]
    assert traced.value(semconv.METRIC_SESSIONS_ACTIVE) == 0


async def test_a_connection_that_fails_leaves_the_listener_ready(recorder, counter):
    listener = RealtimeTelemetryListener(**recorder.providers)
    runner = RealtimeRunner(ASSISTANT)
    session = await runner.run(model_config={"url": "ws://127.0.0.1:1/", "api_key": "none"})
    session.model.add_listener(listener)
    with pytest.raises(OSError, match=r"refused|Connect"):
        await session.enter()
    listener.cleanup()
    failed = Trace(recorder).one("invoke_agent")
    assert failed.attributes[semconv.END_REASON] == "connect_failed"
    assert failed.attributes[semconv.ERROR_TYPE] in {"ConnectionRefusedError", "OSError"}

    @function_tool
    async def look_up(city: str) -> str:
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, listener=listener) as call:
        await call.speak()
        await call.heard("response.done", 2)
    tool = Trace(recorder).one("execute_tool look_up")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "completed"


async def test_many_sessions_of_one_listener_are_not_kept(recorder, counter):
    """What a listener has followed is let go of: it may be reused for as long as a process runs."""
    listener = RealtimeTelemetryListener(**recorder.providers)
    runner, followed = RealtimeRunner(ASSISTANT), []
    async with RealtimeSimulator(load_scenario(CALLS / "typed.yaml")) as simulator:
        for number in (1, 2, 3):
            config = {"url": simulator.url, "api_key": "simulator"}
            session = await runner.run(model_config=config)
            session.model.add_listener(listener)
            async with session:
                await (await simulator.wait_for_session(number)).wait_for("session.updated", 2)
            followed.append(ref(listener.session))
            listener.cleanup()
    del session
    gc.collect()
    assert [each() is None for each in followed[:-1]] == [True, True]
