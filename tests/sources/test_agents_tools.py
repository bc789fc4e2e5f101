"""Tools: one span for each call, with the times of its run, current inside and nowhere else."""

import asyncio
import time

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeModelListener
from opentelemetry import trace
from sources.phone import Trace, calling, noted

from otel_realtime import semconv

SLACK = 30_000_000  # ns: from the wrapped call to the tool's own first and last line
RUNS = {"run_in_task": {}, "run_in_line": {"async_tool_calls": False}}


class Witness(RealtimeModelListener):
    """Another listener: notes what is current wherever the SDK calls listeners."""

    def __init__(self) -> None:
        self.current = set()

    async def on_event(self, event) -> None:
        self.current.add(trace.get_current_span())


class Bench:
    """What tools do here: work inside a span of the app, log, and note the times."""

    def __init__(self, recorder, log=None) -> None:
        self.tracer = recorder.tracer_provider.get_tracer("app")
        self.log = log
        self.times = {}

    def work(self, name: str) -> str:
        with noted(self.times, name), self.tracer.start_as_current_span(f"query {name}"):
            if self.log is not None:
                self.log.info("asked about %s", name)
        return f"rain in {name}"

    def fits(self, span, name: str) -> bool:
        began, ended = self.times[f"{name} began"], self.times[f"{name} ended"]
        return (
            span.start - SLACK / 10 <= began <= span.start + SLACK
            and ended - SLACK / 10 <= span.end <= ended + SLACK
        )


def asynchronous(bench):
    @function_tool(name_override="look_up")
    async def tool(city: str) -> str:
        """Look up the weather."""
        await asyncio.sleep(0)
        return bench.work(city)

    return tool


def in_a_thread(bench):
    @function_tool(name_override="look_up")
    def tool(city: str) -> str:
        """Look up the weather."""
        return bench.work(city)

    return tool


def with_timeout(bench):
    @function_tool(name_override="look_up", timeout=20)
    async def tool(city: str) -> str:
        """Look up the weather."""
        return await asyncio.create_task(asyncio.to_thread(bench.work, city))

    return tool


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
    async def book_train(to: str) -> str:
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
    assert tool.attributes[semconv.TOOL_OUTCOME] == "answered"
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
async def test_what_a_tool_raises_reaches_the_host_unchanged(recorder, run, caplog):
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
    talk = sorted([*traced.named("chat"), *traced.named("user_input")], key=lambda s: s.start)
    agents = [span.attributes[semconv.AGENT_NAME] for span in talk]
    assert agents == ["Desk", "Desk", "Billing", "Billing", "Billing", "Billing"]
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
