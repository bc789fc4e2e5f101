"""Every way a call can end: each span ends once, and the trace says why."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
from importlib.metadata import version

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from sources.phone import CALLS, Trace, calling, reason
from websockets.exceptions import ConnectionClosedError

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator, load_scenario
from otel_realtime.sources.agents import RealtimeTelemetryListener

ASSISTANT = RealtimeAgent(name="Assistant")
SDK = tuple(int(part) for part in version("openai-agents").split(".")[:3])


async def test_the_user_closes_and_cleans_up(recorder, counter):
    async with calling("answer", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done")
        await call.session.close()
        call.listener.cleanup()
        call.listener.cleanup()
    traced = Trace(recorder)
    assert reason(traced) == ("closed", None)
    assert len(traced.logs(semconv.LOG_SESSION_ENDED)) == 1


async def test_cleanup_without_close_ends_the_trace_and_not_the_call(recorder, counter):
    async with calling("answer", ASSISTANT, recorder=recorder) as call:
        await call.record.wait_for("session.updated", 2)
        await call.heard("session.updated")
        call.listener.cleanup()
        await call.speak()
        await call.heard("response.done")
    traced = Trace(recorder)
    assert [span.name for span in traced.all.spans] == ["invoke_agent Assistant"]
    assert reason(traced) == ("closed", None)


@pytest.mark.parametrize(
    ("how", "expected", "fault"),
    [
        ("1000", ("server_closed", None), None),
        ("1001", ("server_closed", None), None),
        ("1011", ("connection_lost", 1011), "websockets.exceptions.ConnectionClosedError"),
        ("abort", ("connection_lost", 1006), "websockets.exceptions.ConnectionClosedError"),
    ],
)
async def test_the_connection_ends_in_mid_response(recorder, request, how, expected, fault):
    if fault is None and SDK < (0, 21, 1):
        pytest.skip("a model tells of a clean close since openai-agents 0.21.1")
    request.getfixturevalue("counter")
    async with calling(f"lost_{how}", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.ended()
        assert isinstance(call.error, ConnectionClosedError) == (fault is not None)
    traced = Trace(recorder)
    session, said = traced.one("invoke_agent"), traced.one("chat")
    assert reason(traced) == expected
    assert session.attributes.get(semconv.ERROR_TYPE) == fault
    assert (session.status, said.status) == (("unset", "unset"), ("error", "error"))[bool(fault)]
    assert said.attributes.get(semconv.ERROR_TYPE) == fault
    assert said.attributes[semconv.END_REASON] == expected[0]
    assert said.attributes[semconv.GENERATED_MS] > 0
    assert '"Once upon' in said.attributes[semconv.OUTPUT_MESSAGES]
    assert said.end <= session.end
    (log,) = traced.logs(semconv.LOG_SESSION_ENDED)
    assert log.attributes[semconv.END_REASON] == expected[0]


async def test_cleanup_does_not_wait_for_a_close_frame_that_never_comes(recorder, counter):
    scenario = load_scenario(CALLS / "lost_silent.yaml")
    listener = RealtimeTelemetryListener(**recorder.providers)
    async with RealtimeSimulator(scenario) as simulator:
        config = {"url": simulator.url, "api_key": "simulator"}
        session = await RealtimeRunner(ASSISTANT).run(model_config=config)
        session.model.add_listener(listener)
        await session.enter()
        record = await simulator.wait_for_session()
        await session.send_message("Tell me a story.")
        await record.wait_for("response.output_audio.delta")
        closing = asyncio.create_task(session.close())
        await asyncio.sleep(0)
        listener.cleanup()
        traced = Trace(recorder)
        assert not closing.done()
        await simulator.close()
        await closing
    assert reason(traced) == ("closed", None)


async def test_the_task_is_cancelled_in_mid_call(recorder, counter):
    in_tool = asyncio.Event()

    @function_tool
    async def look_up(city: str) -> str:
        in_tool.set()
        return await asyncio.Event().wait()

    async def talk() -> None:
        agent = RealtimeAgent(name="Assistant", tools=[look_up])
        async with calling("tool", agent, recorder=recorder) as call:
            await call.speak()
            await asyncio.Event().wait()

    task = asyncio.create_task(talk())
    async with asyncio.timeout(10):
        await in_tool.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    traced = Trace(recorder)
    assert traced.one("execute_tool").attributes[semconv.TOOL_OUTCOME] == "cancelled"
    assert reason(traced) == ("cancelled", None)


async def test_the_user_breaks_off_the_iteration(recorder, counter):
    listener = RealtimeTelemetryListener(**recorder.providers)
    async with RealtimeSimulator(load_scenario(CALLS / "typed.yaml")) as simulator:
        config = {"url": simulator.url, "api_key": "simulator"}
        session = await RealtimeRunner(ASSISTANT).run(model_config=config)
        session.model.add_listener(listener)
        async with session:
            await session.send_message("What can you do?")
            async for event in session:
                if event.type == "audio":
                    break
    listener.cleanup()
    traced = Trace(recorder)
    assert reason(traced) == ("closed", None)
    assert len(traced.named("chat")) == 1
