"""Handoffs: what follows belongs to the agent that has the floor, what began before does not."""

import asyncio

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, realtime_handoff
from agents.realtime import model_events as events
from agents.realtime.model_inputs import (
    RealtimeModelSendSessionUpdate,
    RealtimeModelSendToolOutput,
    RealtimeModelSendUserInput,
)
from simulator.voice import loud, quiet
from sources.bench import Bench, asynchronous
from sources.phone import Trace, calling, read_until

from otel_realtime import semconv
from otel_realtime.sources.agents import RealtimeTelemetryListener


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


async def test_the_application_gives_the_floor(recorder):
    async with calling("late_transcript", RealtimeAgent(name="Desk"), recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done")
        await call.session.update_agent(RealtimeAgent(name="Billing"))
        await call.speak()
        await call.heard("response.done", 2)
        await call.session.update_agent(RealtimeAgent(name="Billing"))
        await call.heard("conversation.item.input_audio_transcription.completed")
    traced = Trace(recorder)
    for kind in ("chat", "user_input"):
        talk = sorted(traced.named(kind), key=lambda span: span.end)
        assert [span.attributes[semconv.AGENT_NAME] for span in talk] == ["Desk", "Billing"]
    late = min(traced.named("user_input"), key=lambda span: span.end)
    assert '"Did you get that?"' in late.attributes[semconv.INPUT_MESSAGES]
    (log,) = traced.logs(semconv.LOG_HANDOFF)
    told = (log.attributes[semconv.HANDOFF_FROM], log.attributes[semconv.HANDOFF_TO])
    assert told == ("Desk", "Billing")


async def test_speech_that_began_before_the_floor_passed_on(recorder):
    async with calling("answer", RealtimeAgent(name="Desk"), recorder=recorder) as call:
        await call.session.send_audio(loud(400))
        await call.heard("input_audio_buffer.speech_started")
        await call.session.update_agent(RealtimeAgent(name="Billing"))
        await call.session.send_audio(quiet(700))
        await call.heard("response.done")
        await call.heard("conversation.item.input_audio_transcription.completed")
    traced = Trace(recorder)
    given, said = traced.one("user_input"), traced.one("chat")
    assert given.attributes[semconv.AGENT_NAME] == "Desk"
    assert '"Is the moon full tonight?"' in given.attributes[semconv.INPUT_MESSAGES]
    assert said.attributes[semconv.AGENT_NAME] == "Billing"


async def test_a_handoff_that_fails(recorder):
    async def refuse(_context) -> None:
        raise LookupError("nobody is there")

    billing = realtime_handoff(RealtimeAgent(name="Billing"), on_handoff=refuse)
    desk = RealtimeAgent(name="Desk", handoffs=[billing])
    async with calling("handoff", desk, recorder=recorder) as call:
        await call.speak()
        await call.ended()
    assert isinstance(call.error, LookupError)
    traced = Trace(recorder)
    tool = traced.one("execute_tool transfer_to_billing")
    assert tool.status == "error"
    assert tool.attributes[semconv.ERROR_TYPE] == "LookupError"
    assert traced.logs(semconv.LOG_HANDOFF) == []
    assert traced.parent(tool) == traced.one("chat")


async def test_a_handoff_on_a_model_of_a_third_party(recorder):
    scripted = pytest.importorskip("agents.realtime.testing", reason="needs openai-agents>=0.21.0")
    started, ended = events.RealtimeModelTurnStartedEvent(), events.RealtimeModelTurnEndedEvent()
    transfer = events.RealtimeModelToolCallEvent(
        name="transfer_to_billing", call_id="call_1", arguments="{}", id="i1"
    )
    steps = (
        scripted.RealtimeStep(expect=RealtimeModelSendUserInput, emit=(started, transfer, ended)),
        scripted.RealtimeStep(expect=RealtimeModelSendToolOutput, emit=(started, ended)),
    )
    listener = RealtimeTelemetryListener(agent_name="Desk", **recorder.providers)
    desk = RealtimeAgent(name="Desk", handoffs=[RealtimeAgent(name="Billing")])
    model = scripted.ScriptedRealtimeModel(steps, strict=False)
    session = await RealtimeRunner(desk, model=model).run()
    session.model.add_listener(listener)
    async with session:
        await session.send_message("What do I owe?")
        async with asyncio.timeout(10):
            await read_until(session, "agent_end", 2)
    listener.cleanup()
    traced = Trace(recorder)
    said = [span.attributes[semconv.AGENT_NAME] for span in traced.named("chat")]
    assert said == ["Desk", "Billing"]
    tool = traced.one("execute_tool transfer_to_billing")
    assert tool.attributes[semconv.TOOL_KIND] == "handoff"
    assert tool.attributes[semconv.HANDOFF_TO] == "Billing"
    assert tool.attributes[semconv.AGENT_NAME] == "Desk"
    assert len(traced.logs(semconv.LOG_HANDOFF)) == 1


async def test_the_floor_passes_on_even_if_the_model_cannot_be_told(recorder):
    scripted = pytest.importorskip("agents.realtime.testing", reason="needs openai-agents>=0.21.0")
    refusal = LookupError("not now")

    class Deaf(scripted.ScriptedRealtimeModel):
        async def send_event(self, event):
            if isinstance(event, RealtimeModelSendSessionUpdate):
                raise refusal
            await super().send_event(event)

    listener = RealtimeTelemetryListener(agent_name="Desk", **recorder.providers)
    session = await RealtimeRunner(RealtimeAgent(name="Desk"), model=Deaf((), strict=False)).run()
    session.model.add_listener(listener)
    async with session:
        with pytest.raises(LookupError) as raised:
            await session.update_agent(RealtimeAgent(name="Billing"))
    listener.cleanup()
    assert raised.value is refusal
    (log,) = Trace(recorder).logs(semconv.LOG_HANDOFF)
    assert log.attributes[semconv.HANDOFF_TO] == "Billing"
