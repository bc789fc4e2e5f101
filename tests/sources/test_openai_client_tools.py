"""Tools that the application runs: exact with `tool_run`, from call to output without."""

import asyncio
import time

import pytest
from opentelemetry import trace
from sources.bench import SLACK
from sources.phone import Trace
from sources.raw_client import (
    answer,
    ask,
    ask_in_thread,
    asynchronous,
    call_in,
    simulated,
    synchronous,
    until,
    until_in_thread,
)
from sources.switchboard import instrumented

from otel_realtime import semconv
from otel_realtime.sources.openai import tool_run


async def called(connection) -> str:
    """Ask for something that needs a tool; the call's id."""
    await ask(connection)
    return (await until(connection, "response.output_item.done")).item.call_id


async def test_the_apps_spans_nest_in_the_run_and_the_times_are_the_runs(recorder):
    tracer = recorder.tracer_provider.get_tracer("app")
    with instrumented(recorder):
        async with simulated("tool") as simulator, asynchronous(simulator) as connection:
            call_id = await called(connection)
            await until(connection, "response.done")
            session = trace.get_current_span()
            began = time.time_ns()
            with tool_run(connection, call_id) as run:
                with tracer.start_as_current_span("query"):
                    run.output = "rain"
                await asyncio.create_task(_in_task(tracer))
                ended = time.time_ns()
            assert trace.get_current_span() is session
            for event in answer(call_id):
                await connection.send(event)
            await until(connection, "response.done")
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert traced.parent(traced.one("query")) == tool
    assert traced.parent(traced.one("in a task")) == tool
    assert traced.parent(tool) == traced.named("chat")[0]
    assert abs(tool.start - began) < SLACK
    assert abs(tool.end - ended) < SLACK
    assert tool.attributes[semconv.TOOL_ARGUMENTS] == '{"city": "London"}'
    assert tool.attributes[semconv.TOOL_RESULT] == "rain"
    assert tool.attributes[semconv.TOOL_CALL_ID] == call_id
    assert tool.attributes[semconv.TOOL_OUTCOME] == "completed"
    assert len(traced.named("execute_tool")) == 1


async def _in_task(tracer) -> None:
    with tracer.start_as_current_span("in a task"):
        pass


async def test_without_it_the_span_reaches_from_the_call_to_its_output(recorder):
    with instrumented(recorder):
        async with simulated("tool") as simulator, asynchronous(simulator) as connection:
            call_id = await called(connection)
            await until(connection, "response.done")
            before = time.time_ns()
            for event in answer(call_id, "fog"):
                await connection.send(event)
            await until(connection, "response.done")
    tool = Trace(recorder).one("execute_tool look_up")
    assert tool.start < before < tool.end
    assert tool.attributes[semconv.TOOL_RESULT] == "fog"
    assert tool.attributes[semconv.TOOL_OUTCOME] == "answered"


async def test_an_exception_is_recorded_and_passes_through(recorder):
    raised = LookupError("no such city")
    with instrumented(recorder):
        async with simulated("tool") as simulator, asynchronous(simulator) as connection:
            call_id = await called(connection)
            with pytest.raises(LookupError) as caught, tool_run(connection, call_id):
                raise raised
            for event in answer(call_id, "sorry"):
                await connection.send(event)
            await until(connection, "response.done", 2)
    assert caught.value is raised
    tool = Trace(recorder).one("execute_tool look_up")
    assert (tool.status, tool.attributes[semconv.ERROR_TYPE]) == ("error", "LookupError")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "error"
    (exception,) = tool.events
    assert exception.attributes["exception.message"] == "no such city"


async def test_two_at_once_in_threads_of_the_synchronous_client(recorder):
    tracer = recorder.tracer_provider.get_tracer("app")

    def work(connection, call) -> None:
        with tool_run(connection, call.call_id) as run, tracer.start_as_current_span(call.name):
            run.output = {"for": call.name, "ö": [1, None]}

    with instrumented(recorder):
        async with simulated("two_tools") as simulator:
            manager = synchronous(simulator)
            connection = await asyncio.to_thread(manager.enter)
            await asyncio.to_thread(ask_in_thread, connection)
            calls = []
            while len(calls) < 2:
                event = await asyncio.to_thread(
                    until_in_thread, connection, "response.output_item.done"
                )
                calls += [event.item] if call_in(event) is not None else []
            await asyncio.gather(
                *(asyncio.to_thread(work, connection, call) for call in reversed(calls))
            )
            await asyncio.to_thread(connection.close)
    traced = Trace(recorder)
    for call in calls:
        tool = traced.one(f"execute_tool {call.name}")
        assert traced.parent(traced.one(call.name)) == tool
        assert tool.attributes[semconv.TOOL_RESULT] == f'{{"for": "{call.name}", "ö": [1, null]}}'
        assert traced.parent(tool) == traced.named("chat")[0]


async def test_no_content_where_none_is_captured(recorder):
    class Untold:
        def __str__(self) -> str:
            raise AssertionError

    with instrumented(recorder, capture_content=False):
        async with simulated("tool") as simulator, asynchronous(simulator) as connection:
            with tool_run(connection, await called(connection)) as run:
                run.output = Untold()
    tool = Trace(recorder).one("execute_tool look_up")
    assert {semconv.TOOL_RESULT, semconv.TOOL_ARGUMENTS}.isdisjoint(tool.attributes)


async def test_an_output_that_is_no_text_and_cannot_become_one(recorder, caplog):
    class Odd:
        def __str__(self) -> str:
            raise LookupError

    with instrumented(recorder):
        async with simulated("tool") as simulator, asynchronous(simulator) as connection:
            with tool_run(connection, await called(connection)) as run:
                run.output = Odd()
            assert trace.get_current_span().name.startswith("invoke_agent")
    tool = Trace(recorder).one("execute_tool look_up")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "completed"
    assert semconv.TOOL_RESULT not in tool.attributes
    assert "tool_run: LookupError" in caplog.text


async def test_a_connection_that_nobody_follows(recorder):
    tracer = recorder.tracer_provider.get_tracer("app")
    async with simulated("tool") as simulator, asynchronous(simulator) as connection:
        with tracer.start_as_current_span("mine") as mine:
            with tool_run(connection, await called(connection)) as run:
                assert trace.get_current_span() is mine
                run.output = "rain"
            with pytest.raises(LookupError), tool_run(object(), "call_1"):
                raise LookupError
    assert [span.name for span in Trace(recorder).all.spans] == ["mine"]
