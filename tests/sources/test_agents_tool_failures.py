"""Tools that fail, are refused, take too long or are not there."""

# ruff: noqa: ARG001 - a tool is called with what the model gives it

import asyncio

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent
from sources.bench import RUNS
from sources.phone import Trace, calling

from otel_realtime import semconv

SECRET = "s3cr3t"  # noqa: S105 - stands for what must not be recorded
LATE = "agents.exceptions.ToolTimeoutError"


class OutOfOrderError(Exception):
    """What a tool of these tests raises."""


def told(_context, error) -> str:
    """A text for the model, made by the application."""
    return f"told: {error}"


async def told_later(_context, error) -> str:
    """The same from a coroutine."""
    await asyncio.sleep(0)
    return f"told: {error}"


def raising(kind: str, **how):
    """A tool that raises, at once or in a thread."""
    if kind == "sync":

        @function_tool(**how)
        def look_up(city: str) -> str:
            raise OutOfOrderError(SECRET)
    else:

        @function_tool(**how)
        async def look_up(city: str) -> str:
            await asyncio.sleep(0)
            raise OutOfOrderError(SECRET)

    return look_up


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("sync", {}),
        ("sync", {"failure_error_function": told}),
        ("async", {}),
        ("async", {"failure_error_function": told}),
        ("async", {"timeout": 20}),
    ],
)
async def test_a_tool_that_raises_where_the_sdk_tells_the_model(recorder, run, kind, how):
    agent = RealtimeAgent(name="Assistant", tools=[raising(kind, **how)])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert tool.status == "error"
    assert tool.attributes[semconv.TOOL_OUTCOME] == "error"
    assert tool.attributes[semconv.ERROR_TYPE].endswith("OutOfOrderError")
    expected = f"told: {SECRET}" if "failure_error_function" in how else "error"
    assert expected in tool.attributes[semconv.TOOL_RESULT]
    (event,) = tool.events
    assert event.attributes[semconv.EXCEPTION_TYPE] == tool.attributes[semconv.ERROR_TYPE]
    assert event.attributes[semconv.EXCEPTION_MESSAGE] == SECRET
    assert "raise OutOfOrderError" in event.attributes[semconv.EXCEPTION_STACKTRACE]
    assert traced.one("invoke_agent").status == "unset"
    assert traced.value(semconv.METRIC_TOOL_CALLS, otel_realtime__tool__outcome="error") == 1


@pytest.mark.parametrize("how", [{}, {"failure_error_function": told_later}, None])
async def test_what_a_tool_raises_is_in_no_signal_where_content_is_off(recorder, how):
    tool = raising("async", **({"failure_error_function": None} if how is None else how))
    agent = RealtimeAgent(name="Assistant", tools=[tool])
    async with calling("tool", agent, recorder=recorder, capture_content=False) as call:
        await call.speak()
        await (call.ended() if how is None else call.heard("response.done", 2))
    traced = Trace(recorder)
    (event,) = traced.one("execute_tool look_up").events
    assert event.attributes[semconv.EXCEPTION_TYPE].endswith("OutOfOrderError")
    assert "raise OutOfOrderError" in event.attributes[semconv.EXCEPTION_STACKTRACE]
    assert SECRET not in repr(traced.all)
    assert "London" not in repr(traced.all)


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


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize(
    ("how", "result"),
    [
        ({}, "timed out"),
        ({"timeout_error_function": told}, "told: "),
        ({"timeout_error_function": told_later}, "told: "),
        ({"timeout_behavior": "raise_exception"}, None),
    ],
)
async def test_a_tool_that_takes_too_long(recorder, run, how, result):
    @function_tool(timeout=0.05, **how)
    async def look_up(city: str) -> str:
        await asyncio.Event().wait()
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        await (call.heard("response.done", 2) if result else call.ended())
    tool = Trace(recorder).one("execute_tool look_up")
    assert 50e6 <= tool.end - tool.start <= 1000e6
    assert (tool.status, tool.attributes[semconv.TOOL_OUTCOME]) == ("error", "error")
    assert tool.attributes[semconv.ERROR_TYPE] == LATE
    assert [event.attributes[semconv.EXCEPTION_TYPE] for event in tool.events] == [LATE]
    assert (result or "") in tool.attributes.get(semconv.TOOL_RESULT, "")
    assert (semconv.TOOL_RESULT in tool.attributes) == (result is not None)


async def test_a_tool_that_catches_its_timeout_and_answers_has_not_failed(recorder):
    @function_tool(timeout=20)
    async def look_up(city: str) -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "no answer"

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    tool = Trace(recorder).one("execute_tool look_up")
    assert (tool.status, tool.attributes[semconv.TOOL_OUTCOME]) == ("unset", "completed")


async def test_a_tool_that_cancels_itself(recorder):
    began = asyncio.Event()

    @function_tool
    async def look_up(city: str) -> str:
        began.set()
        raise asyncio.CancelledError

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        async with asyncio.timeout(10):
            await began.wait()
        await call.heard("response.done")
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert (tool.status, tool.attributes[semconv.TOOL_OUTCOME]) == ("unset", "cancelled")
    assert tool.end < traced.one("invoke_agent").end


async def test_a_tool_that_the_agent_does_not_have(recorder):
    async with calling("tool", RealtimeAgent(name="Assistant"), recorder=recorder) as call:
        await call.speak()
        await call.until(lambda: [e for e in call.told if e.type == "error"] or call.error)
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert traced.parent(tool) == traced.one("chat")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "answered"
    assert tool.end - tool.start < 1e9
