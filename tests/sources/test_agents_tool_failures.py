"""Tools that fail, are refused, take too long or are not there."""

# ruff: noqa: ARG001 - a tool is called with what the model gives it

import asyncio

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent
from sources.bench import RUNS, Bench
from sources.phone import Trace, calling

from otel_realtime import semconv


async def test_a_tool_that_is_rejected_never_runs(recorder):
    bench = Bench(recorder)

    @function_tool(needs_approval=True)
    def look_up(city: str) -> str:
        return bench.work(city)

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.seen("tool_approval_required")
        needed = next(each for each in call.told if each.type == "tool_approval_required")
        await call.session.reject_tool_call(needed.call_id)
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "rejected"
    assert tool.attributes[semconv.TOOL_APPROVAL] == "rejected"
    assert tool.attributes[semconv.TOOL_APPROVAL_WAIT] > 0
    assert "not approved" in tool.attributes[semconv.TOOL_RESULT]
    assert bench.times == {}


class OutOfOrderError(Exception):
    """What a tool of these tests raises."""


async def test_a_tool_that_raises_where_the_sdk_tells_the_model(recorder):
    @function_tool
    async def look_up(city: str) -> str:
        raise OutOfOrderError(city)

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert tool.status == "error"
    assert tool.attributes[semconv.TOOL_OUTCOME] == "error"
    assert tool.attributes[semconv.ERROR_TYPE].endswith("OutOfOrderError")
    assert "error" in tool.attributes[semconv.TOOL_RESULT]
    (event,) = tool.events
    assert event.attributes[semconv.EXCEPTION_TYPE] == tool.attributes[semconv.ERROR_TYPE]
    assert "raise OutOfOrderError" in event.attributes[semconv.EXCEPTION_STACKTRACE]
    assert traced.one("invoke_agent").status == "unset"
    assert traced.value(semconv.METRIC_TOOL_CALLS, otel_realtime__tool__outcome="error") == 1


async def test_a_failure_inside_of_an_agent_that_a_tool_runs_is_not_the_tools(recorder):
    """The tool of a tool has the same code around it, but another call id."""
    import agents.tool as sdk
    from agents.tool_context import ToolContext

    @function_tool
    async def inner() -> str:
        raise OutOfOrderError

    @function_tool
    async def look_up(city: str) -> str:
        context = ToolContext(
            context=None, tool_name="inner", tool_call_id="call_of_another", tool_arguments="{}"
        )
        told = await sdk.invoke_function_tool(function_tool=inner, context=context, arguments="{}")
        return f"in spite of: {told}"

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    tool = Trace(recorder).one("execute_tool")
    assert (tool.name, tool.status) == ("execute_tool look_up", "unset")
    assert tool.attributes[semconv.TOOL_RESULT].startswith("in spite of: ")


@pytest.mark.parametrize("run", RUNS)
async def test_what_a_tool_raises_reaches_the_host_unchanged(recorder, run):
    raised = OutOfOrderError("as it was")

    @function_tool(failure_error_function=None)
    async def look_up(city: str) -> str:
        raise raised

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        await call.ended()
    assert call.error is raised
    tool = Trace(recorder).one("execute_tool look_up")
    assert tool.attributes[semconv.ERROR_TYPE].endswith("OutOfOrderError")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "error"
    assert tool.status == "error"


async def test_a_tool_that_is_cancelled_by_the_end_of_the_session(recorder):
    began, ended = asyncio.Event(), asyncio.Event()

    @function_tool
    async def look_up(city: str) -> str:
        began.set()
        try:
            return await asyncio.Event().wait()
        finally:
            ended.set()

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        async with asyncio.timeout(10):
            await began.wait()
    async with asyncio.timeout(10):
        await ended.wait()
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "cancelled"
    assert tool.end <= traced.one("invoke_agent").end


async def test_a_tool_that_takes_too_long(recorder):
    @function_tool(timeout=0.05)
    async def look_up(city: str) -> str:
        await asyncio.Event().wait()
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    tool = Trace(recorder).one("execute_tool look_up")
    assert 50e6 <= tool.end - tool.start <= 1000e6
    assert "timed out" in tool.attributes[semconv.TOOL_RESULT]


async def test_a_tool_that_the_agent_does_not_have(recorder):
    async with calling("tool", RealtimeAgent(name="Assistant"), recorder=recorder) as call:
        await call.speak()
        await call.until(lambda: [e for e in call.told if e.type == "error"] or call.error)
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert traced.parent(tool) == traced.one("chat")
    assert tool.attributes[semconv.TOOL_OUTCOME] in {"answered", "error"}
    assert tool.end - tool.start < 1e9
