"""The instrumentor, `observe` and the bare listener: any of them together give one trace."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import contextlib
from itertools import product

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from sources.phone import CALLS, Trace, read_until, reason
from sources.switchboard import ASSISTANT, Prompted, current, instrumented, line, turn

from otel_realtime import semconv
from otel_realtime.observing import observe
from otel_realtime.scenario import Recorder
from otel_realtime.simulator import RealtimeSimulator, load_scenario
from otel_realtime.sources.agents import RealtimeTelemetryListener

WAYS = [
    (on, by_hand, bare)
    for on, by_hand, bare in product((True, False), (True, False), ("before", "inside", None))
    if on or by_hand or bare
]


def agent_of(recorder: Recorder) -> RealtimeAgent:
    """An agent whose tool opens a span of its own."""
    tracer = recorder.tracer_provider.get_tracer("app")

    @function_tool
    async def look_up(city: str) -> str:
        with tracer.start_as_current_span("query"):
            return city

    return RealtimeAgent(name="Assistant", tools=[look_up])


@pytest.mark.parametrize(("on", "by_hand", "bare"), WAYS)
async def test_one_trace_not_two(recorder, counter, on, by_hand, bare):
    with contextlib.ExitStack() as stack:
        if on:
            stack.enter_context(instrumented(recorder))
        listener = RealtimeTelemetryListener(capture_content=True, **recorder.providers)
        async with line("tool", agent_of(recorder)) as phone:
            session = phone.session
            before = list(session.model._listeners)  # noqa: SLF001 - there is no public way
            if bare == "before":
                session.model.add_listener(listener)
            if by_hand:
                observe(session, capture_content=True, **recorder.providers)
            async with session:
                if bare == "inside":
                    session.model.add_listener(listener)
                elif bare == "before":
                    with listener.use():  # before it has heard of anything
                        assert current().is_recording()
                await phone.ask()
                await phone.heard("response.done")
                with listener.use() if bare else contextlib.nullcontext():
                    current().set_attribute("seen", on or by_hand or bool(bare))
            if bare:
                session.model.remove_listener(listener)
                listener.cleanup()
            assert session.model._listeners == before  # noqa: SLF001
        listener.cleanup()
    traced = Trace(recorder)
    assert sorted(each.name.split(" ")[0] for each in traced.all.spans) == [
        *("chat", "chat", "execute_tool", "invoke_agent", "query", "user_input")
    ]
    assert len({each.trace_id for each in traced.all.spans}) == 1
    session, tool = traced.one("invoke_agent"), traced.one("execute_tool")
    assert traced.parent(traced.one("query")) == tool
    assert traced.parent(tool) == traced.named("chat")[0]
    assert session.attributes["seen"] is True
    assert reason(traced) == ("closed", None)
    assert len(traced.logs(semconv.LOG_SESSION_ENDED)) == 1
    assert traced.value(semconv.METRIC_SESSIONS_ACTIVE) == 0


async def test_two_bare_listeners_and_the_instrumentor(recorder, counter):
    """The one that was added last follows; the other's `use` shows the same session."""
    others = Recorder()
    with instrumented(others):
        listeners = [RealtimeTelemetryListener(**recorder.providers) for _ in (1, 2)]
        async with line("typed") as phone:
            for each in listeners:
                phone.session.model.add_listener(each)
            async with phone.session:
                await phone.ask("What can you do?")
                for each in listeners:
                    with each.use():
                        current().set_attribute(f"seen {listeners.index(each)}", value=True)
        for each in listeners:
            each.cleanup()
    assert others.traced().spans == ()
    traced = Trace(recorder)
    seen = traced.one("invoke_agent").attributes
    assert [name for name in seen if name.startswith("seen")] == ["seen 0", "seen 1"]
    assert len(traced.named("chat")) == 1


@pytest.mark.parametrize("cleaned", [True, False], ids=["cleaned", "not cleaned"])
@pytest.mark.parametrize("when", ["before before", "before inside", "inside before"])
async def test_a_bare_listener_is_used_again(recorder, counter, when, cleaned):
    """Whether it was the one that followed the last time, or the instrumentor's was."""
    listener = RealtimeTelemetryListener(**recorder.providers)
    with instrumented(recorder):
        for where in when.split():
            async with line("typed") as phone:
                if where == "before":
                    phone.session.model.add_listener(listener)
                async with phone.session:
                    if where == "inside":
                        phone.session.model.add_listener(listener)
                    await phone.ask("What can you do?")
            if cleaned:
                listener.cleanup()
    listener.cleanup()
    traced = Trace(recorder)
    assert [each.parent_span_id for each in traced.named("invoke_agent")] == [None, None]
    assert len(traced.named("chat")) == 2


async def test_a_bare_listener_outlives_the_instrumentor(recorder, counter):
    listener = RealtimeTelemetryListener(**recorder.providers)
    with instrumented(recorder):
        async with line("typed") as phone, phone.session:
            phone.session.model.add_listener(listener)
            await phone.ask("What can you do?")
    listener.cleanup()
    async with line("typed") as phone:
        phone.session.model.add_listener(listener)
        async with phone.session:
            await phone.ask("What can you do?")
    listener.cleanup()
    assert len(Trace(recorder).named("chat")) == 2
    assert len(Trace(recorder).named("invoke_agent")) == 2


async def test_a_cleaned_listener_stays_on_a_model_that_is_used_again(recorder, counter):
    model = Prompted(turn(), turn())
    listener = RealtimeTelemetryListener(**recorder.providers)
    model.add_listener(listener)
    with instrumented(recorder):
        for _ in (1, 2):
            async with await RealtimeRunner(ASSISTANT, model=model).run() as session:
                await session.send_message("Does it rain?")
            listener.cleanup()
    assert model.listeners == (listener,)
    assert len(Trace(recorder).named("chat")) == len(Trace(recorder).named("invoke_agent")) == 2


async def test_observed_twice_is_observed_once(recorder, counter):
    async with line("typed") as phone:
        session = observe(observe(phone.session, **recorder.providers), **recorder.providers)
        async with session:
            await phone.ask("What can you do?")
    assert reason(Trace(recorder)) == ("closed", None)


async def test_runner_and_model_are_used_again(recorder, counter):
    """No second listener: the model's are the same after each session, and each has its trace."""
    kept = []
    with instrumented(recorder):
        runner = RealtimeRunner(agent_of(recorder))
        async with RealtimeSimulator(load_scenario(CALLS / "tool.yaml")) as simulator:
            config = {"url": simulator.url, "api_key": "simulator"}
            for number in (1, 2, 3):
                session = await runner.run(model_config=config)
                before = list(session.model._listeners)  # noqa: SLF001
                async with session:
                    kept.append(len(session.model._listeners))  # noqa: SLF001
                    await (await simulator.wait_for_session(number)).wait_for("session.updated", 2)
                    await session.send_message("Does it rain in London?")
                    await read_until(session, "agent_end", 2)
                assert session.model._listeners == before  # noqa: SLF001
    assert kept == [2, 2, 2]
    _check_apart(Trace(recorder), 3)


async def test_a_third_partys_model_is_used_again(recorder, counter):
    model = Prompted(turn("c1"), turn("c1"), turn("c1"))
    runner = RealtimeRunner(agent_of(recorder), model=model)
    with instrumented(recorder):
        for _ in (1, 2, 3):
            session = await runner.run()
            async with session:
                await session.send_message("Does it rain in London?")
                await read_until(session, "tool_end")
                await model.emit(*turn(number=2))
            assert model.listeners == ()
            assert "send_event" not in vars(model)
    _check_apart(Trace(recorder), 3)


def _check_apart(traced: Trace, count: int) -> None:
    sessions = traced.named("invoke_agent")
    assert len({each.trace_id for each in sessions}) == len(sessions) == count
    for session in sessions:
        mine = [each for each in traced.all.spans if each.trace_id == session.trace_id]
        assert sorted(each.name.split(" ")[0] for each in mine) == [
            *("chat", "chat", "execute_tool", "invoke_agent", "query", "user_input")
        ]


async def test_a_session_that_was_never_entered(recorder):
    with instrumented(recorder):
        session = observe(await RealtimeRunner(ASSISTANT).run(), **recorder.providers)
        await session.close()
        del session
    assert recorder.traced().spans == recorder.traced().logs == ()
