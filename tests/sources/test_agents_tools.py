"""Tools: one span for each call, with the times of its run, current inside and nowhere else."""

import asyncio

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent
from opentelemetry import trace
from sources.bench import RUNS, Bench, Witness, asynchronous, in_a_thread, with_timeout
from sources.phone import Trace, calling, noted

from otel_realtime import semconv


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("make", [asynchronous, in_a_thread, with_timeout])
async def test_the_apps_spans_and_logs_nest_in_the_tool_that_made_them(
    recorder, app_log, make, run
):
    bench, witness = Bench(recorder, app_log), Witness()
    agent = RealtimeAgent(name="Assistant", tools=[make(bench)])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        call.session.model.add_listener(witness)
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool, query = traced.one("execute_tool look_up"), traced.one("query London")
    first, second = traced.named("chat")
    assert traced.parent(query) == tool
    assert traced.parent(tool) == first
    (record,) = traced.logs(None)
    assert (record.body, traced.parent(record)) == ("asked about London", query)
    assert bench.fits(tool, "London")
    assert tool.attributes[semconv.TOOL_ARGUMENTS] == '{"city": "London"}'
    assert tool.attributes[semconv.TOOL_RESULT] == "rain in London"
    assert tool.attributes[semconv.TOOL_DESCRIPTION] == "Look up the weather."
    assert tool.attributes[semconv.TOOL_OUTCOME] == "completed"
    assert first.attributes[semconv.FINISH_REASONS] == ("tool_call",)
    assert second.attributes[semconv.RESPONSE_TRIGGER] == "tool"
    assert witness.current == {trace.INVALID_SPAN}


async def test_two_tools_at_once_that_finish_in_reverse_order(recorder, app_log):
    bench, hotel_is_booked = Bench(recorder, app_log), asyncio.Event()

    @function_tool
    async def book_train(to: str) -> str:  # noqa: ARG001 - the model gives it
        with noted(bench.times, "train"):
            await hotel_is_booked.wait()
            return bench.work("train tickets")

    @function_tool
    async def book_hotel() -> str:
        with noted(bench.times, "hotel"):
            return bench.work("hotel rooms")

    agent = RealtimeAgent(name="Assistant", tools=[book_train, book_hotel])
    async with calling("two_tools", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
        hotel_is_booked.set()
        await call.heard("response.done", 3)
    traced = Trace(recorder)
    train, hotel = traced.one("execute_tool book_train"), traced.one("execute_tool book_hotel")
    assert bench.fits(train, "train")
    assert bench.fits(hotel, "hotel")
    assert train.start < hotel.end < train.end
    assert traced.parent(traced.one("query train tickets")) == train
    assert traced.parent(traced.one("query hotel rooms")) == hotel
    first = traced.named("chat")[0]
    assert traced.parent(train) == traced.parent(hotel) == first


async def test_two_calls_of_one_tool_at_once(recorder):
    bench, rome_is_done = Bench(recorder), asyncio.Event()

    @function_tool
    async def look_up(city: str) -> str:
        if city == "Paris":
            await rome_is_done.wait()
        return bench.work(city)

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("same_tool_twice", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
        rome_is_done.set()
        await call.heard("response.done", 3)
    traced = Trace(recorder)
    for city in ("Paris", "Rome"):
        tool = traced.parent(traced.one(f"query {city}"))
        assert tool.attributes[semconv.TOOL_ARGUMENTS] == f'{{"city": "{city}"}}'
        assert tool.attributes[semconv.TOOL_RESULT] == f"rain in {city}"
    paris, rome = traced.named("execute_tool look_up")
    assert paris.attributes[semconv.TOOL_CALL_ID] != rome.attributes[semconv.TOOL_CALL_ID]
    assert rome.end < paris.end


async def test_an_output_is_recorded_as_the_model_is_given_it(recorder):
    @function_tool
    async def look_up(city: str) -> dict:
        return {"city": city, "rain": True, "how": ["much", None]}

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
    (sent,) = (each["item"]["output"] for each in call.record.received if "item" in each)
    assert Trace(recorder).one("execute_tool").attributes[semconv.TOOL_RESULT] == sent


async def test_what_a_tool_starts_belongs_to_it(recorder, app_log):
    """Tasks and threads begun inside nest in it, also one that goes on when it is over."""
    bench, go_on, tasks = Bench(recorder, app_log), asyncio.Event(), []

    async def later():
        await go_on.wait()
        bench.work("later")

    @function_tool
    async def look_up(city: str) -> str:
        tasks.append(asyncio.create_task(later()))
        await asyncio.gather(
            asyncio.to_thread(bench.work, "thread"), asyncio.create_task(_working(bench))
        )
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
        go_on.set()
        async with asyncio.timeout(10):
            await tasks[0]
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    inside = [traced.one(f"query {name}") for name in ("thread", "task", "later")]
    assert all(traced.parent(each) == tool for each in inside)
    assert inside[-1].start > tool.end
    logs = {log.body: traced.parent(log) for log in traced.logs(None)}
    assert logs == {f"asked about {each.name.split()[1]}": each for each in inside}


async def _working(bench) -> None:
    bench.work("task")
