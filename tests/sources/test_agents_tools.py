"""Tools: one span for each call, with the times of its run, current inside and nowhere else."""

import asyncio
import time

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent
from opentelemetry import trace
from sources.bench import RUNS, SLACK, Bench, Witness, asynchronous, in_a_thread, with_timeout
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


async def test_a_tool_that_is_approved(recorder, app_log):
    bench, witness = Bench(recorder, app_log), Witness()

    @function_tool(needs_approval=True)
    def look_up(city: str) -> str:
        return bench.work(city)

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder) as call:
        call.session.model.add_listener(witness)
        await call.speak()
        await call.seen("tool_approval_required")
        asked = time.time_ns()
        needed = next(each for each in call.told if each.type == "tool_approval_required")
        await call.session.approve_tool_call(needed.call_id)
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool = traced.one("execute_tool")
    assert bench.fits(tool, "London")
    assert tool.start >= asked - SLACK / 10
    assert traced.parent(traced.one("query London")) == tool
    assert traced.parent(tool) == traced.named("chat")[0]
    assert witness.current == {trace.INVALID_SPAN}


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


async def test_a_handoff_gives_the_floor_to_the_next_agent(recorder):
    bench = Bench(recorder)
    billing = RealtimeAgent(name="Billing", tools=[asynchronous(bench)])
    desk = RealtimeAgent(name="Desk", handoffs=[billing])
    async with calling("handoff", desk, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done", 2)
        await call.speak()
        await call.heard("response.done", 4)
        await call.heard("conversation.item.input_audio_transcription.completed", 2)
    traced = Trace(recorder)
    handoff, tool = traced.named("execute_tool")
    assert handoff.name == "execute_tool transfer_to_billing"
    assert handoff.attributes[semconv.TOOL_KIND] == "handoff"
    assert handoff.attributes[semconv.HANDOFF_TO] == "Billing"
    assert tool.attributes[semconv.TOOL_KIND] == "function"
    for kind, expected in (
        ("chat", "Desk Billing Billing Billing"),
        ("user_input", "Desk Billing"),
    ):
        talk = sorted(traced.named(kind), key=lambda span: span.end)
        assert [span.attributes[semconv.AGENT_NAME] for span in talk] == expected.split()
    assert (handoff.attributes[semconv.AGENT_NAME], tool.attributes[semconv.AGENT_NAME]) == (
        "Desk",
        "Billing",
    )
    (log,) = traced.logs(semconv.LOG_HANDOFF)
    told = (log.attributes[semconv.HANDOFF_FROM], log.attributes[semconv.HANDOFF_TO])
    assert told == ("Desk", "Billing")
    assert traced.parent(log) == traced.one("invoke_agent Desk")


async def test_a_tool_that_outlives_a_handoff_is_no_handoff(recorder):
    go_on = asyncio.Event()

    @function_tool
    async def look_up(city: str) -> str:
        await go_on.wait()
        return city

    billing = RealtimeAgent(name="Billing")
    desk = RealtimeAgent(name="Desk", tools=[look_up], handoffs=[billing])
    async with calling("slow_tool_and_handoff", desk, recorder=recorder) as call:
        await call.speak()
        await call.seen("handoff")
        go_on.set()
        await call.heard("response.done", 3)
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert tool.attributes[semconv.TOOL_KIND] == "function"
    assert tool.attributes[semconv.AGENT_NAME] == "Desk"
    assert traced.one("execute_tool transfer_to_billing").attributes[semconv.TOOL_KIND] == "handoff"
    assert len(traced.logs(semconv.LOG_HANDOFF)) == 1
