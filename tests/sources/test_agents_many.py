"""Many calls on one loop, and what else wraps the same functions of the SDK."""

import asyncio
from collections import Counter

import agents.realtime.session as sdk
import pytest
import wrapt
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from opentelemetry import trace
from sources.conftest import ORIGINAL_RUN, in_sdk, is_as_before
from sources.phone import CALLS, PATIENCE, Trace, calling

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator, load_scenario
from otel_realtime.sources.agents import RealtimeTelemetryListener

MANY, AT_ONCE = 200, 50


async def test_two_hundred_sessions_on_one_loop_never_cross(recorder):
    tracer = recorder.tracer_provider.get_tracer("app")
    everyone_works = asyncio.Barrier(AT_ONCE)

    def employee(number: int) -> RealtimeAgent:
        @function_tool
        async def work() -> str:
            with tracer.start_as_current_span("work", attributes={"number": number}):
                await everyone_works.wait()  # all tools of a batch run at the same time
                with tracer.start_as_current_span("more work", attributes={"number": number}):
                    return str(number)

        return RealtimeAgent(name=f"Agent {number}", tools=[work])

    wrapped = []

    async def talk(number: int, url: str) -> None:
        listener = RealtimeTelemetryListener(
            f"session {number}", capture_content=True, **recorder.providers
        )
        wrapped.append(in_sdk())
        runner = RealtimeRunner(employee(number))
        session = await runner.run(model_config={"url": url, "api_key": "simulator"})
        session.model.add_listener(listener)
        async with session:
            await session.send_message("Go.")
            ended = []
            async for event in session:
                ended += [event.type] if event.type in {"agent_end", "tool_end"} else []
                if sorted(ended) == ["agent_end"] * 3 + ["tool_end"]:
                    break
        listener.cleanup()
        assert trace.get_current_span() is trace.INVALID_SPAN

    async with RealtimeSimulator(load_scenario(CALLS / "same_call_id.yaml")) as simulator:
        for first in range(0, MANY, AT_ONCE):
            batch = range(first, first + AT_ONCE)
            async with asyncio.timeout(30):
                await asyncio.gather(*(talk(number, simulator.url) for number in batch))
            assert is_as_before(in_sdk())
    for now in wrapped:
        assert is_as_before([getattr(each, "__wrapped__", each) for each in now])
    _check_apart(Trace(recorder))


def _check_apart(traced: Trace) -> None:
    number_of = {
        span.trace_id: int(span.attributes[semconv.SESSION_ID].split()[1])
        for span in traced.named("invoke_agent")
    }
    assert sorted(number_of.values()) == list(range(MANY))
    spans = {span.span_id: span for span in traced.all.spans}
    for span in traced.named("work") + traced.named("more work"):
        assert span.attributes["number"] == number_of[span.trace_id]
        assert spans[span.parent_span_id].name in {"execute_tool work", "work"}
    for tool in traced.named("execute_tool"):
        assert tool.attributes[semconv.TOOL_RESULT] == str(number_of[tool.trace_id])
        assert tool.attributes[semconv.AGENT_NAME] == f"Agent {number_of[tool.trace_id]}"
    names = Counter(span.name.split(" ")[0] for span in traced.all.spans)
    assert [names[name] for name in ("execute_tool", "work", "more", "chat")] == [
        *(MANY, MANY, MANY, 3 * MANY)
    ]


async def test_two_sessions_with_one_listener_each_in_one_task_do_not_mix_their_tools(recorder):
    """The wrappers stay until the last listener is gone."""

    @function_tool
    async def look_up(city: str) -> str:
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as first:
        async with calling("tool", agent, recorder=recorder) as second:
            await second.speak()
            await second.heard("response.done", 2)
        assert not is_as_before(in_sdk())
        await first.speak()
        await first.heard("response.done", 2)
    tools = Trace(recorder).named("execute_tool look_up")
    assert [tool.attributes[semconv.TOOL_OUTCOME] for tool in tools] == ["completed"] * 2
    assert len({tool.trace_id for tool in tools}) == 2


async def test_a_session_that_is_followed_is_not_followed_by_a_second_listener(recorder):
    from otel_realtime.scenario import Recorder

    @function_tool
    async def look_up(city: str) -> str:
        return city

    other = Recorder()
    second = RealtimeTelemetryListener(**other.providers)
    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        call.session.model.add_listener(second)
        await call.speak()
        await call.heard("response.done", 2)
        with second.use():
            trace.get_current_span().set_attribute("theirs", "ours")
    second.cleanup()
    traced = Trace(recorder)
    assert traced.one("execute_tool look_up").attributes[semconv.TOOL_OUTCOME] == "completed"
    assert traced.one("invoke_agent").attributes["theirs"] == "ours"
    assert other.traced().spans == ()


@pytest.fixture
def another_library():
    """Wraps `invoke_function_tool` as another instrumentation would, and takes it off again."""
    seen = []

    async def theirs(wrapped, _, args, kwargs):
        seen.append(kwargs["arguments"])
        return await wrapped(*args, **kwargs)

    def install() -> list:
        wrapt.wrap_function_wrapper(sdk, "invoke_function_tool", theirs)
        return seen

    yield install
    sdk.invoke_function_tool = ORIGINAL_RUN


async def test_another_library_wraps_first(recorder, another_library):
    seen, bench = another_library(), []

    @function_tool
    async def look_up(city: str) -> str:
        bench.append(trace.get_current_span())
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    assert seen == ['{"city": "London"}']
    assert [each.name for each in bench] == ["execute_tool look_up"]
    assert sdk.invoke_function_tool.__wrapped__ is ORIGINAL_RUN


async def test_another_library_wraps_on_top_and_stays_functional(recorder, another_library):
    @function_tool
    async def look_up(city: str) -> str:
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        seen = another_library()
        await call.speak()
        await call.heard("response.done", 2)
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    without = RealtimeTelemetryListener(**recorder.providers)
    without.cleanup()
    async with calling("tool", agent, recorder=recorder, listener=without) as call:
        call.session.model.remove_listener(without)
        await call.speak()
        await call.heard("response.done", 2)
    assert len(seen) == 3
    tools = Trace(recorder).named("execute_tool look_up")
    assert [tool.attributes[semconv.TOOL_OUTCOME] for tool in tools] == ["completed"] * 2


async def test_a_session_without_a_listener_beside_one_with(recorder):
    ran = []

    @function_tool
    async def look_up(city: str) -> str:
        ran.append(trace.get_current_span())
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    idle = RealtimeTelemetryListener(**recorder.providers)
    async with RealtimeSimulator(load_scenario(CALLS / "tool.yaml")) as simulator:
        config = {"url": simulator.url, "api_key": "simulator"}
        async with await RealtimeRunner(agent).run(model_config=config) as session:
            await session.send_message("Does it rain in London?")
            record = await simulator.wait_for_session()
            await record.wait_for("response.done", 2, timeout=PATIENCE)
    idle.cleanup()
    assert ran == [trace.INVALID_SPAN]
    assert recorder.traced().spans == ()
