"""Instrumented twice, taken out, instrumented again: no double spans, and the SDK as it was."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import gc
import logging
import sys
from weakref import ref

import pytest
from agents.realtime import RealtimeRunner
from opentelemetry import trace
from sources.conftest import in_sdk, is_as_before
from sources.phone import PATIENCE, Trace, reason
from sources.switchboard import (
    ASSISTANT,
    Desk,
    Prompted,
    current,
    instrumented,
    line,
    turn,
)

from otel_realtime import semconv
from otel_realtime.dialects import openinference_names as names
from otel_realtime.dialects.azure import EVENT_NAME
from otel_realtime.instrumentor import RealtimeInstrumentor
from otel_realtime.observing import observe
from otel_realtime.sources.agents import RealtimeTelemetryListener


def everything() -> dict[str, object]:
    """Each attribute of every module of the SDK, and of every class in it."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name == "agents" or name.startswith("agents."):
            for key, value in list(vars(module).items()):
                found[f"{name}.{key}"] = value
                if isinstance(value, type) and value.__module__.startswith("agents"):
                    found |= {f"{name}.{key}.{each}": held for each, held in vars(value).items()}
    return found


def changes(before: dict[str, object]) -> list[str]:
    """What is another object now; caches of the SDK's own abstract classes are left out."""
    now = everything()
    return sorted(
        name
        for name in before.keys() | now.keys()
        if now.get(name) is not before.get(name) and not name.rpartition(".")[2].startswith("_abc")
    )


async def talk(model) -> None:
    async with await RealtimeRunner(ASSISTANT, model=model).run() as session:
        await session.send_message("Does it rain?")


async def test_afterwards_everything_is_the_original_object(recorder, counter):
    async with line("typed") as phone, phone.session:
        await phone.ask("What can you do?")  # what the SDK makes on its first call is made
    before = everything()
    for _ in (1, 2):
        with instrumented(recorder):
            during = changes(before)
            async with line("typed") as phone, phone.session:
                await phone.ask("What can you do?")
        assert "agents.realtime.session.RealtimeSession.close" in during
        assert "agents.realtime.session.invoke_function_tool" in during
        assert changes(before) == []
    assert len(Trace(recorder).named("invoke_agent")) == 2


async def test_twice_is_once(recorder, counter, caplog):
    with instrumented(recorder) as instrumentor:
        wrapped = in_sdk()
        caplog.clear()
        instrumentor.instrument(**recorder.providers)
        RealtimeInstrumentor().instrument(**recorder.providers)
        assert all(now is then for now, then in zip(in_sdk(), wrapped, strict=True))
        await talk(Prompted(turn()))
    told = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert set(told) == {"Attempting to instrument while already instrumented"}
    assert reason(Trace(recorder)) == ("closed", None)
    assert is_as_before(in_sdk())


async def test_taken_out_twice_is_harmless(recorder, caplog):
    with instrumented(recorder) as instrumentor:
        instrumentor.uninstrument()
        instrumentor.uninstrument()
        assert is_as_before(in_sdk())
    await talk(Prompted(turn()))
    assert recorder.traced().spans == ()


async def test_again_with_other_settings(recorder, counter):
    with instrumented(recorder, capture_content=True):
        await talk(Prompted(turn()))
    with instrumented(recorder, capture_content=False):
        await talk(Prompted(turn()))
    first, second = Trace(recorder).named("chat")
    assert semconv.OUTPUT_MESSAGES in first.attributes
    assert semconv.OUTPUT_MESSAGES not in second.attributes


@pytest.mark.parametrize("closed_by", ["the block", "another task"])
async def test_nothing_is_kept_of_a_session_that_is_over(recorder, counter, closed_by):
    """Neither the session nor its listener nor what it recorded with."""

    async def hold() -> list[ref]:
        model = Prompted(turn())
        session = await RealtimeRunner(ASSISTANT, model=model).run()
        await session.enter()
        (ours,) = (each for each in model.listeners if isinstance(each, RealtimeTelemetryListener))
        await session.send_message("Does it rain?")
        if closed_by == "the block":
            await session.close()
        else:
            await asyncio.create_task(session.close())
        return [ref(each) for each in (session, model, ours, ours.session)]

    with instrumented(recorder):
        gone = [await hold() for _ in range(3)]
        assert current() is trace.INVALID_SPAN
        await asyncio.sleep(0)
        gc.collect()
        assert [[each() for each in held] for held in gone] == [[None] * 4] * 3


async def test_a_listener_keeps_its_hooks_when_the_instrumentor_goes(recorder):
    listener = RealtimeTelemetryListener(**recorder.providers)
    with instrumented(recorder):
        assert not is_as_before(in_sdk())
    assert not is_as_before(in_sdk())
    listener.cleanup()
    assert is_as_before(in_sdk())


class Going:
    """A call in whose midst the instrumentor is taken out."""

    def __init__(self, phone, desk, instrumentor) -> None:
        self.phone, self.desk, self.instrumentor = phone, desk, instrumentor

    async def hold(self, outside: trace.Span) -> None:
        async with self.phone.session:
            await self.phone.ask()
            await self.desk.midst()
            self.instrumentor.uninstrument()
            assert current() is outside
            self.desk.may_end.set()
            await self.phone.heard("response.done")  # the call goes on
        assert current() is outside


async def test_taken_out_in_mid_call(recorder, counter):
    desk = Desk()
    tracer = recorder.tracer_provider.get_tracer("app")
    with instrumented(recorder) as instrumentor, tracer.start_as_current_span("request") as mine:
        async with line("tool", desk.agent) as phone:
            await Going(phone, desk, instrumentor).hold(mine)
            assert phone.session.model._listeners == []  # noqa: SLF001 - no public way
    traced = Trace(recorder)
    assert reason(traced) == ("uninstrumented", None)
    assert traced.one("execute_tool").attributes[semconv.TOOL_OUTCOME] == "cancelled"
    assert len(traced.named("chat")) == 1


async def test_taken_out_in_mid_call_the_rest_is_in_the_dialect_too(recorder, counter):
    """What ends with the instrumentor is translated, and hidden, as all that ended before."""
    desk, hidden = Desk(), {"hide_inputs": True, "hide_outputs": True}
    turns = {"dialect": "openinference", "dialect_turns": True, **hidden}
    with instrumented(recorder, **turns) as instrumentor:
        async with line("tool", desk.agent) as phone:
            await Going(phone, desk, instrumentor).hold(trace.INVALID_SPAN)
    spans = recorder.traced().spans
    kinds = {span.name.split()[0]: span.attributes.get(names.KIND) for span in spans}
    assert kinds == {
        "user_input": "USER",
        "chat": "LLM",
        "execute_tool": "TOOL",
        "conversation.turn": "AUDIO",
        "invoke_agent": "AGENT",
    }
    assert "London" not in str([span.attributes for span in spans])
    known = {None, *(span.span_id for span in spans)}
    assert [span.name for span in spans if span.parent_span_id not in known] == []


async def test_taken_out_in_mid_call_its_last_log_event_is_a_custom_event(recorder, counter):
    with instrumented(recorder, dialect="azure") as instrumentor:
        async with line("typed") as phone, phone.session:
            await phone.ask()
            instrumentor.uninstrument()
    (ended,) = (
        log for log in recorder.traced().logs if log.event_name == semconv.LOG_SESSION_ENDED
    )
    assert ended.attributes[EVENT_NAME] == semconv.LOG_SESSION_ENDED


async def test_taken_out_with_many_open(recorder, counter):
    """All of them are on record as it returns: the providers may be shut down next."""
    with instrumented(recorder) as instrumentor:
        sessions = [await RealtimeRunner(ASSISTANT, model=Prompted()).run() for _ in range(20)]
        for session in sessions:
            await session.enter()
        instrumentor.uninstrument()
        assert current() is trace.INVALID_SPAN
        ended = [each.attributes[semconv.END_REASON] for each in recorder.traced().spans]
        assert ended == ["uninstrumented"] * 20
        for session in sessions:
            await session.close()


async def test_one_that_is_observed_by_hand_goes_on(recorder, counter):
    """The instrumentor takes out what is its own."""
    desk = Desk()
    with instrumented(recorder) as instrumentor:
        async with line("tool", desk.agent) as phone:
            async with observe(phone.session, **recorder.providers):
                await phone.ask()
                await desk.midst()
                instrumentor.uninstrument()
                desk.may_end.set()
                await phone.heard("response.done")
            assert current() is trace.INVALID_SPAN
    traced = Trace(recorder)
    assert reason(traced) == ("closed", None)
    assert traced.one("execute_tool").attributes[semconv.TOOL_OUTCOME] == "completed"
    assert len(traced.named("chat")) == 2


async def test_instrumented_while_a_session_is_open(recorder, counter):
    """Only those that begin from now on are followed."""
    async with line("typed") as phone, phone.session:
        with instrumented(recorder):
            await phone.ask("What can you do?")
            await talk(Prompted(turn()))
            assert current() is trace.INVALID_SPAN
            await asyncio.wait_for(phone.session.close(), PATIENCE)
    assert len(Trace(recorder).named("invoke_agent")) == 1
