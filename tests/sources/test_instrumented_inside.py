"""The app's own code inside `async with session` belongs to the session, as it would to a span."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent
from opentelemetry import baggage, context, trace
from sources.bench import RUNS, Bench, Witness, asynchronous, in_a_thread, with_timeout
from sources.phone import Trace, calling
from sources.switchboard import ASSISTANT, current, instrumented, line

from otel_realtime import semconv
from otel_realtime.observing import observe


@pytest.fixture
def tracer(recorder, counter):
    """The application's, with everything instrumented."""
    with instrumented(recorder):
        yield recorder.tracer_provider.get_tracer("app")


async def test_its_spans_logs_tasks_and_threads(recorder, tracer, app_log):
    may_end = asyncio.Event()

    async def in_background() -> None:
        await may_end.wait()
        app_log.info("in the background")
        with tracer.start_as_current_span("later"):
            pass

    def in_thread() -> None:
        app_log.info("in a thread")
        tracer.start_span("in a thread").end()

    def scheduled() -> None:
        tracer.start_span("scheduled").end()
        may_end.set()

    token = context.attach(baggage.set_baggage("tenant", "blue"))
    with tracer.start_as_current_span("handle request") as mine:
        async with line("typed") as phone:
            with tracer.start_as_current_span("dial"):
                pass
            async with phone.session as session:
                inside = current()
                app_log.info("calling")
                with tracer.start_as_current_span("prepare"):
                    await phone.ask("What can you do?")
                    app_log.info("prepared")
                assert current() is inside
                background = asyncio.create_task(in_background())
                await asyncio.to_thread(in_thread)
                asyncio.get_running_loop().call_soon(scheduled)
                async with asyncio.TaskGroup() as group:
                    group.create_task(in_background())
                assert (baggage.get_baggage("tenant"), current()) == ("blue", inside)
                assert session is phone.session
            assert current() is mine
            app_log.info("over")
        await background
    assert current() is trace.INVALID_SPAN
    assert baggage.get_baggage("tenant") == "blue"
    context.detach(token)
    _check(Trace(recorder))


def _check(traced: Trace) -> None:
    session, request = traced.one("invoke_agent"), traced.one("handle request")
    assert traced.parent(session) == request
    assert traced.parent(traced.one("dial")) == request
    for name in ("prepare", "in a thread", "scheduled", "chat", "user_input"):
        assert traced.parent(traced.one(name)) == session, name
    assert [traced.parent(each) for each in traced.named("later")] == [session] * 2
    assert {log.body: traced.parent(log).name for log in traced.logs(None)} == {
        "calling": session.name,
        "prepared": "prepare",
        "in a thread": session.name,
        "in the background": session.name,
        "over": "handle request",
    }


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("make", [asynchronous, in_a_thread, with_timeout])
async def test_what_tools_do_belongs_to_the_tool(recorder, tracer, app_log, make, run):
    """In every mode; and to other listeners, the session is current."""
    bench, witness = Bench(recorder, app_log), Witness()
    agent = RealtimeAgent(name="Assistant", tools=[make(bench)])
    async with line("tool", agent) as phone:
        phone.session._async_tool_calls = not RUNS[run]  # noqa: SLF001 - as the run_config does
        async with phone.session as session:
            session.model.add_listener(witness)
            inside = current()
            await phone.ask()
            await phone.heard("response.done")
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert traced.parent(traced.one("query London")) == tool
    assert traced.parent(tool) == traced.named("chat")[0]
    assert bench.fits(tool, "London")
    (record,) = traced.logs(None)
    assert traced.parent(record) == traced.one("query London")
    assert witness.current == {inside}


async def test_a_tool_that_waits_for_the_apps_own_task(recorder, tracer):
    """The task was begun by the app, in the session; the tool only waits for it."""
    wanted, found = asyncio.Event(), asyncio.Event()

    async def fetch() -> None:
        await wanted.wait()
        with tracer.start_as_current_span("fetch"):
            found.set()

    @function_tool
    async def look_up(city: str) -> str:
        wanted.set()
        await found.wait()
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with line("tool", agent) as phone, phone.session:
        fetching = asyncio.create_task(fetch())
        await phone.ask()
        await phone.heard("response.done")
        await fetching
    traced = Trace(recorder)
    assert traced.parent(traced.one("fetch")) == traced.one("invoke_agent")


async def test_observed_by_hand(recorder, counter):
    tracer = recorder.tracer_provider.get_tracer("app")
    async with line("typed") as phone:
        with tracer.start_as_current_span("handle request") as mine:
            async with observe(phone.session, **recorder.providers):
                with tracer.start_as_current_span("prepare"):
                    await phone.ask("What can you do?")
            assert current() is mine
    traced = Trace(recorder)
    session = traced.one("invoke_agent")
    assert traced.parent(traced.one("prepare")) == traced.parent(traced.one("chat")) == session
    assert traced.parent(session).name == "handle request"


async def test_the_bare_listener_makes_nothing_current(recorder, counter):
    tracer = recorder.tracer_provider.get_tracer("app")
    async with calling("typed", ASSISTANT, recorder=recorder) as call:
        assert current() is trace.INVALID_SPAN
        with tracer.start_as_current_span("prepare"):
            await call.session.send_message("What can you do?")
            await call.heard("response.done")
    traced = Trace(recorder)
    assert traced.one("prepare").parent_span_id is None
    assert traced.one("invoke_agent").attributes[semconv.END_REASON] == "closed"
