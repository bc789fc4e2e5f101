"""Tools that wait for somebody's approval: the wait is told apart from the run."""

import asyncio
import time

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent
from sources.bench import RUNS, SLACK, Bench
from sources.phone import Call, Trace, calling

from otel_realtime import semconv

WAIT = 0.05  # seconds
SECRET = "s3cr3t"  # noqa: S105 - stands for what must not be recorded


async def asked(call: Call, count: int = 1) -> str:
    """Wait until the user is asked for the `count`-th approval; the id of the call."""
    await call.seen("tool_approval_required", count)
    needed = [each for each in call.told if each.type == "tool_approval_required"]
    return needed[count - 1].call_id


def told_of(traced: Trace) -> list[tuple]:
    """The approvals that were told, and the name of the span that each log event belongs to."""
    return [
        (log.attributes[semconv.TOOL_APPROVAL], traced.parent(log).name.split(" ")[0])
        for log in sorted(traced.logs(semconv.LOG_APPROVAL), key=lambda log: log.time)
    ]


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("needs", [True, "by a function"])
async def test_a_tool_that_is_approved(recorder, app_log, run, needs):
    bench = Bench(recorder, app_log)

    async def decide(_context, arguments, _call_id):
        return arguments == {"city": "London"}

    @function_tool(needs_approval=needs if needs is True else decide)
    def look_up(city: str) -> str:
        return bench.work(city)

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        call_id = await asked(call)
        since = time.time_ns()
        await asyncio.sleep(WAIT)  # somebody thinks
        until = time.time_ns()
        await call.session.approve_tool_call(call_id)
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool, first = traced.one("execute_tool look_up"), traced.named("chat")[0]
    assert bench.fits(tool, "London")
    assert tool.start >= until - SLACK / 10
    assert traced.parent(traced.one("query London")) == tool
    assert traced.parent(tool) == first
    assert tool.attributes[semconv.TOOL_APPROVAL] == "approved"
    wait = tool.attributes[semconv.TOOL_APPROVAL_WAIT] * 1e9
    assert until - since <= wait <= tool.start - first.start
    assert tool.attributes[semconv.TOOL_OUTCOME] == "completed"
    assert told_of(traced) == [("awaited", "chat"), ("approved", "chat")]
    assert all(traced.parent(log) == first for log in traced.logs(semconv.LOG_APPROVAL))
    assert traced.value(semconv.METRIC_TOOL_DURATION, gen_ai__tool__name="look_up") == 1


@pytest.mark.parametrize("run", RUNS)
async def test_a_tool_that_is_rejected_never_runs(recorder, run):
    bench = Bench(recorder)

    @function_tool(needs_approval=True)
    def look_up(city: str) -> str:
        return bench.work(city)

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        await call.session.reject_tool_call(await asked(call))
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert (tool.status, tool.attributes[semconv.TOOL_OUTCOME]) == ("unset", "rejected")
    assert tool.attributes[semconv.TOOL_APPROVAL] == "rejected"
    assert tool.attributes[semconv.TOOL_APPROVAL_WAIT] > 0
    assert "not approved" in tool.attributes[semconv.TOOL_RESULT]
    assert told_of(traced) == [("awaited", "chat"), ("rejected", "chat")]
    assert bench.times == {}
    assert traced.value(semconv.METRIC_TOOL_CALLS, otel_realtime__tool__outcome="rejected") == 1
    assert traced.value(semconv.METRIC_TOOL_DURATION) == 0


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("approved", [True, False])
async def test_what_is_settled_for_good_is_told_without_a_wait(recorder, run, approved):
    @function_tool(needs_approval=True)
    def look_up(city: str) -> str:
        return f"rain in {city}"

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("two_tool_turns", agent, recorder=recorder, run_config=RUNS[run]) as call:
        answer = call.session.approve_tool_call if approved else call.session.reject_tool_call
        await call.speak()
        await answer(await asked(call), always=True)
        await call.heard("response.done", 2)
        await call.speak()
        await call.heard("response.done", 4)
    traced = Trace(recorder)
    first, second = traced.named("execute_tool look_up")
    answer = "approved" if approved else "rejected"
    for tool in (first, second):
        assert tool.attributes[semconv.TOOL_APPROVAL] == answer
        outcome = "completed" if approved else "rejected"
        assert tool.attributes[semconv.TOOL_OUTCOME] == outcome
    assert semconv.TOOL_APPROVAL_WAIT in first.attributes
    assert semconv.TOOL_APPROVAL_WAIT not in second.attributes
    assert told_of(traced) == [("awaited", "chat"), (answer, "chat"), (answer, "chat")]


async def test_an_approval_that_is_never_given(recorder):
    @function_tool(needs_approval=True)
    def look_up(city: str) -> str:
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await asked(call)
        await call.heard("response.done")
    tool = Trace(recorder).one("execute_tool look_up")
    assert tool.attributes[semconv.TOOL_APPROVAL] == "awaited"
    assert tool.attributes[semconv.TOOL_OUTCOME] == "unanswered"
    assert semconv.TOOL_APPROVAL_WAIT not in tool.attributes


async def test_a_tool_that_needs_no_approval_tells_of_none(recorder):
    @function_tool(needs_approval=lambda *_: False)
    def look_up(city: str) -> str:
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    assert semconv.TOOL_APPROVAL not in traced.one("execute_tool look_up").attributes
    assert traced.logs(semconv.LOG_APPROVAL) == []


@pytest.mark.parametrize("approved", [True, False])
async def test_content_that_is_off_is_in_no_signal(recorder, approved):
    @function_tool(needs_approval=True)
    def look_up(city: str) -> str:
        return f"{SECRET} {city}"

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, capture_content=False) as call:
        await call.speak()
        call_id = await asked(call)
        if approved:
            await call.session.approve_tool_call(call_id)
        else:
            await call.session.reject_tool_call(call_id, rejection_message=SECRET)
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    assert len(told_of(traced)) == 2
    assert SECRET not in repr(traced.all)
    assert "London" not in repr(traced.all)
