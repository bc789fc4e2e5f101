"""Models of third parties under the instrumentor: however they are made, and as they were after."""

# ruff: noqa: ARG001, ARG002 - fixtures asked for their checks; methods of a fixed signature

import asyncio
import gc
from weakref import ref

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime import model_events as events
from agents.realtime.model_inputs import (
    RealtimeModelSendAudio,
    RealtimeModelSendToolOutput,
    RealtimeModelSendUserInput,
)
from sources.conftest import in_sdk, is_as_before
from sources.models import MODELS, Alike, Own, Sealed, Slotted, Unhashable
from sources.phone import PATIENCE, Trace, read_until, reason
from sources.switchboard import ASSISTANT, Prompted, current, instrumented, turn

from otel_realtime import semconv
from otel_realtime.observing import observe
from otel_realtime.sources.agents import RealtimeTelemetryListener


class Talk:
    """One question to a model: a tool's run, and an answer."""

    def __init__(self, recorder) -> None:
        tracer = recorder.tracer_provider.get_tracer("app")

        @function_tool
        async def look_up(city: str) -> str:
            with tracer.start_as_current_span("query"):
                return f"rain in {city}"

        self.runner_of = lambda model: RealtimeRunner(
            RealtimeAgent(name="Assistant", tools=[look_up]), model=model
        )

    async def hold(self, session) -> None:
        """Ask and read the answer."""
        async with asyncio.timeout(PATIENCE), session:
            await session.send_audio(bytes(4800))
            await session.send_message("Does it rain in London?")
            async for event in session:
                if event.type == "agent_end" and len(session.model.sent) == 3:
                    return


def is_whole(traced: Trace, *, has_text: bool = True) -> bool:
    """Whether everything is where it belongs, in one trace."""
    session, tool = traced.one("invoke_agent Assistant"), traced.one("execute_tool look_up")
    first, second = traced.named("chat")
    assert len({each.trace_id for each in traced.all.spans}) == 1
    assert traced.parent(traced.one("query")) == tool
    assert traced.parent(tool) == first
    assert [traced.parent(each) for each in (first, second)] == [session, session]
    assert '"It rains."' in second.attributes[semconv.OUTPUT_MESSAGES]
    texts = [each.attributes[semconv.INPUT_MESSAGES] for each in traced.named("user_input")]
    assert ["London" in each for each in texts] == [True] * has_text
    return reason(traced) == ("closed", None)


def reasons(recorder) -> list[str]:
    sessions = Trace(recorder).named("invoke_agent")
    return [each.attributes[semconv.END_REASON] for each in sessions]


@pytest.mark.parametrize("make", MODELS)
async def test_it_works_and_is_as_before(recorder, counter, make):
    model, talk = make(), Talk(recorder)
    before, has = dict(getattr(model, "__dict__", {})), dir(model)
    with instrumented(recorder):
        await talk.hold(await talk.runner_of(model).run())
        assert model.kept == []
    assert getattr(model, "__dict__", {}).keys() == before.keys()
    assert dir(model) == has
    # The one that takes no attribute cannot be watched; what it emits is recorded all the same.
    assert is_whole(Trace(recorder), has_text=make is not Sealed)


@pytest.mark.parametrize("make", MODELS)
async def test_the_apps_own_listener_counts(recorder, counter, make):
    """It is found on the model wherever that keeps it; the instrumentor adds none."""
    model, talk = make(), Talk(recorder)
    mine = RealtimeTelemetryListener(capture_content=True, **recorder.providers)
    with instrumented(recorder):
        model.add_listener(mine)
        session = await talk.runner_of(model).run()
        await talk.hold(session)
        assert model.kept == [mine]
        mine.cleanup()
    assert is_whole(Trace(recorder), has_text=make is not Sealed)


@pytest.mark.parametrize("make", MODELS)
async def test_observed_by_hand(recorder, counter, make):
    model, talk = make(), Talk(recorder)
    session = await talk.runner_of(model).run()
    await talk.hold(observe(session, capture_content=True, **recorder.providers))
    assert model.kept == []
    assert is_whole(Trace(recorder), has_text=make is not Sealed)


async def test_one_that_keeps_whom_it_has_and_tells_no_name(recorder, counter, caplog):
    """What fails there is told once, and neither the call nor the caller's span suffers."""

    class Stubborn(Own):
        def remove_listener(self, listener) -> None:
            raise RuntimeError("not while I am connected")

        @property
        def model(self):
            raise RuntimeError("not before I am connected")

    with instrumented(recorder):
        session = await RealtimeRunner(ASSISTANT, model=Stubborn()).run()
        await session.enter()
        assert current().is_recording()
        with pytest.raises(RuntimeError, match="not while"):
            await session.close()
        assert not current().get_span_context().is_valid
    assert is_as_before(in_sdk())
    assert reasons(recorder) == ["closed"]
    told = [each.getMessage() for each in caplog.records if each.name == "otel_realtime"]
    assert [each.partition(";")[0] for each in told] == [
        "Something could not be recorded (end: RuntimeError)"
    ]


async def test_two_that_are_alike_are_two(recorder, counter):
    with instrumented(recorder):
        sessions = [await RealtimeRunner(ASSISTANT, model=Alike()).run() for _ in (1, 2)]
        for session in sessions:
            await session.enter()
        for session in sessions:
            await session.send_audio(bytes(4800))
        for session in sessions:
            await session.close()
    assert reasons(recorder) == ["closed", "closed"]


async def test_raw_events_of_a_third_partys_model(recorder, counter):
    """They tell more than the parsed ones, which are then passed over."""

    class Raw(Own):
        async def send_event(self, event) -> None:
            self.sent.append(event)
            if isinstance(event, RealtimeModelSendUserInput):
                await self.emit(*[events.RealtimeModelRawServerEvent(data=d) for d in DATA])
                await self.emit(*turn())

    model = Raw()
    with instrumented(recorder):
        async with await RealtimeRunner(ASSISTANT, model=model).run() as session:
            await session.send_message("Does it rain?")
    traced = Trace(recorder)
    assert traced.one("chat m").attributes["gen_ai.usage.output_tokens"] == 7
    assert "send_event" not in vars(model)


DATA = (
    {"type": "session.created", "session": {"id": "s", "type": "realtime", "model": "m"}},
    {"type": "response.created", "response": {"id": "r1", "status": "in_progress"}},
    {
        "type": "response.done",
        "response": {
            "id": "r1",
            "status": "completed",
            "output": [],
            "usage": {"total_tokens": 10, "input_tokens": 3, "output_tokens": 7},
        },
    },
)


async def test_one_that_connects_anew_in_the_same_session(recorder, counter):
    """The other connection is a session of its own; afterwards the caller's span is what it was."""
    model = Own()
    with instrumented(recorder):
        async with await RealtimeRunner(ASSISTANT, model=model).run():
            for name in ("s1", "s2"):
                created = {"type": "session.created", "session": {"id": name, "type": "realtime"}}
                await model.emit(events.RealtimeModelRawServerEvent(data=created))
            assert current().get_span_context().is_valid
        assert not current().get_span_context().is_valid
    assert reasons(recorder) == ["reconnected", "closed"]


async def test_one_that_is_lost_and_begins_again_in_the_same_session(recorder, counter):
    model = Own()
    with instrumented(recorder):
        async with await RealtimeRunner(ASSISTANT, model=model).run():
            lost = events.RealtimeModelConnectionStatusEvent(status="disconnected")
            await model.emit(lost, *turn())
        assert not current().get_span_context().is_valid
    assert reasons(recorder) == ["server_closed", "closed"]


@pytest.fixture
def scripted():
    """The SDK's own model for tests, where it has one."""
    return pytest.importorskip(
        "agents.realtime.testing", reason="ScriptedRealtimeModel needs openai-agents>=0.21.0"
    )


async def test_the_sdks_own_model_for_tests(scripted, recorder, counter):
    sent = scripted.RealtimeStep
    steps = (
        sent(expect=RealtimeModelSendAudio),
        sent(expect=RealtimeModelSendUserInput, emit=turn("call_1")),
        sent(expect=RealtimeModelSendToolOutput, emit=turn(number=2)),
    )
    model = scripted.ScriptedRealtimeModel(steps)
    before = set(vars(model))
    with instrumented(recorder):
        async with await Talk(recorder).runner_of(model).run() as session:
            await session.send_audio(bytes(4800))
            await session.send_message("Does it rain in London?")
            await read_until(session, "agent_end", 2)
    model.assert_complete()
    assert model.listeners == ()
    assert set(vars(model)) == before
    assert is_whole(Trace(recorder))


async def test_a_handoff(recorder, counter):
    billing = RealtimeAgent(name="Billing")
    desk = RealtimeAgent(name="Desk", handoffs=[billing])
    call = events.RealtimeModelToolCallEvent(
        name="transfer_to_billing", call_id="call_1", arguments="{}", id="i1"
    )
    begun, _, ended = turn()
    handed_over = asyncio.Event()
    model = Prompted((begun, call, ended), turn(number=2))
    with instrumented(recorder):
        async with await RealtimeRunner(desk, model=model).run() as session:
            await session.send_message("My bill, please.")
            async with asyncio.timeout(PATIENCE):
                async for event in session:
                    if event.type == "handoff":
                        handed_over.set()
                        break
            await session.send_message("Well?")
    assert handed_over.is_set()
    traced = Trace(recorder)
    assert traced.one("execute_tool").attributes[semconv.HANDOFF_TO] == "Billing"
    floor = [each.attributes[semconv.AGENT_NAME] for each in traced.named("chat")]
    assert floor == ["Desk", "Billing"]


@pytest.mark.parametrize("make", [Own, Slotted, Unhashable])
async def test_everything_is_dropped(recorder, counter, make):
    """Nothing of ours keeps a session alive that the application has dropped."""

    async def begin():
        session = await RealtimeRunner(ASSISTANT, model=make()).run()
        await session.enter()
        return ref(session), ref(session.model)

    with instrumented(recorder):
        gone = await asyncio.create_task(begin())
        gc.collect()
        assert [each() for each in gone] == [None, None]
        async with asyncio.timeout(PATIENCE):
            await counter.none_is_open.wait()
    assert reason(Trace(recorder)) == ("garbage_collected", None)


async def test_dropped_in_the_task_that_goes_on(recorder, counter):
    with instrumented(recorder):
        session = await RealtimeRunner(ASSISTANT, model=Own()).run()
        await session.enter()
        assert current().is_recording()
        del session
        gc.collect()
        assert not current().get_span_context().is_valid
        async with asyncio.timeout(PATIENCE):
            await counter.none_is_open.wait()
    assert reason(Trace(recorder)) == ("garbage_collected", None)
