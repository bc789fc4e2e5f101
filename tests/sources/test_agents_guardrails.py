"""Guardrails of the application: the trip is told where it happened, and the call goes on."""

import asyncio

import pytest
from agents import (
    GuardrailFunctionOutput,
    ToolGuardrailFunctionOutput,
    ToolInputGuardrail,
    ToolOutputGuardrail,
    function_tool,
)
from agents.guardrail import OutputGuardrail
from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime import model_events as events
from agents.realtime.model_inputs import RealtimeModelSendInterrupt, RealtimeModelSendUserInput
from agents.realtime.session import RealtimeSession
from sources.bench import RUNS, Bench
from sources.phone import Trace, calling, read_until

from otel_realtime import semconv
from otel_realtime.sources.agents import RealtimeTelemetryListener

SECRET = "s3cr3t"  # noqa: S105 - stands for what must not be recorded
EARLY = {"guardrails_settings": {"debounce_text_length": 10}}
JUDGES_OUTPUT = hasattr(RealtimeSession, "_run_tool_output_guardrails")


def told_of(traced: Trace) -> list[tuple]:
    """Each trip: its kind, name and agent, and the name of the span it belongs to."""
    names = (semconv.GUARDRAIL_KIND, semconv.GUARDRAIL_NAME, semconv.AGENT_NAME)
    return [
        (*(log.attributes.get(name) for name in names), traced.parent(log).name)
        for log in sorted(traced.logs(semconv.LOG_GUARDRAIL), key=lambda log: log.time)
    ]


def no_tales(recorder):
    """A guardrail of what is said, with a span of its own."""
    tracer = recorder.tracer_provider.get_tracer("app")

    async def judge(_context, _agent, output):
        with tracer.start_as_current_span("judge"):
            await asyncio.sleep(0)
            info = {"said": SECRET}
            return GuardrailFunctionOutput(info, tripwire_triggered="time" in output)

    return OutputGuardrail(judge, name="no_tales")


@pytest.mark.parametrize("of", ["the agent", "the run"])
async def test_an_output_guardrail(recorder, of):
    guardrails = [no_tales(recorder)]
    agent = RealtimeAgent(
        name="Assistant", output_guardrails=guardrails if of == "the agent" else []
    )
    run = {**EARLY, "output_guardrails": guardrails if of == "the run" else []}
    async with calling("barge_in", agent, recorder=recorder, run_config=run) as call:
        await call.speak()
        await call.seen("guardrail_tripped")
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    cut, answer = traced.named("chat")
    assert told_of(traced) == [("output", "no_tales", "Assistant", cut.name)]
    (log,) = traced.logs(semconv.LOG_GUARDRAIL)
    assert traced.parent(log) == cut
    assert cut.attributes[semconv.RESPONSE_STATUS] == "cancelled"
    assert cut.attributes[semconv.INTERRUPTED] is True
    assert cut.attributes[semconv.INTERRUPTION_REASON] == "client_cancelled"
    assert (cut.status, answer.status) == ("unset", "unset")
    assert answer.attributes[semconv.RESPONSE_STATUS] == "completed"
    labels = {"otel_realtime__guardrail__name": "no_tales", "gen_ai__agent__name": "Assistant"}
    assert traced.value(semconv.METRIC_GUARDRAIL_TRIPS, **labels) == 1
    session = traced.one("invoke_agent")
    assert session.status == "unset"
    judged = traced.named("judge")
    assert len(judged) >= 2, "it judged more than once, and tripped once"
    assert all(traced.parent(each) == session for each in judged)


async def test_a_trip_belongs_to_the_agent_that_spoke(recorder):
    """The floor passes on while the guardrail judges."""
    began, go_on = asyncio.Event(), asyncio.Event()

    async def judge(_context, _agent, _output):
        began.set()
        await go_on.wait()
        return GuardrailFunctionOutput(None, tripwire_triggered=True)

    guardrail = OutputGuardrail(judge, name="slow")
    agent = RealtimeAgent(name="Assistant", output_guardrails=[guardrail])
    async with calling("barge_in", agent, recorder=recorder, run_config=EARLY) as call:
        await call.speak()
        async with asyncio.timeout(10):
            await began.wait()
        await call.session.update_agent(RealtimeAgent(name="Billing"))
        go_on.set()
        await call.seen("guardrail_tripped")
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    cut, answer = traced.named("chat")
    assert told_of(traced) == [("output", "slow", "Assistant", cut.name)]
    (log,) = traced.logs(semconv.LOG_GUARDRAIL)
    assert traced.parent(log) == cut
    assert [each.attributes[semconv.AGENT_NAME] for each in (cut, answer)] == [
        "Assistant",
        "Billing",
    ]


async def test_a_guardrail_that_fails_or_passes_tells_nothing(recorder):
    async def fail(*_):
        raise LookupError(SECRET)

    async def let_pass(*_):
        return GuardrailFunctionOutput(None, tripwire_triggered=False)

    guardrails = [OutputGuardrail(fail), OutputGuardrail(let_pass)]
    agent = RealtimeAgent(name="Assistant", output_guardrails=guardrails)
    async with calling("answer", agent, recorder=recorder, run_config=EARLY) as call:
        await call.speak()
        await call.heard("response.done")
    traced = Trace(recorder)
    assert traced.logs(semconv.LOG_GUARDRAIL) == []
    assert traced.one("chat").attributes[semconv.RESPONSE_STATUS] == "completed"


async def stop(_data):
    return ToolGuardrailFunctionOutput.reject_content(f"not that {SECRET}")


async def end(_data):
    return ToolGuardrailFunctionOutput.raise_exception()


async def let_pass(_data):
    return ToolGuardrailFunctionOutput.allow()


@pytest.mark.parametrize("run", RUNS)
async def test_a_guardrail_that_keeps_a_tool_from_running(recorder, run):
    bench = Bench(recorder)

    async def judge(data):
        with bench.tracer.start_as_current_span("judge"):
            return await stop(data)

    guardrails = [ToolInputGuardrail(let_pass, "first"), ToolInputGuardrail(judge, "second")]

    @function_tool(tool_input_guardrails=guardrails)
    async def look_up(city: str) -> str:
        return bench.work(city)

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool, first = traced.one("execute_tool look_up"), traced.named("chat")[0]
    assert bench.times == {}
    assert (tool.status, tool.attributes[semconv.TOOL_OUTCOME]) == ("unset", "blocked")
    assert tool.attributes[semconv.TOOL_RESULT] == f"not that {SECRET}"
    assert told_of(traced) == [("tool_input", "second", "Assistant", first.name)]
    assert traced.parent(traced.one("judge")) == traced.one("invoke_agent")
    trips = traced.value(
        semconv.METRIC_GUARDRAIL_TRIPS, otel_realtime__guardrail__kind="tool_input"
    )
    assert trips == 1
    assert traced.value(semconv.METRIC_ERRORS) == 0


@pytest.mark.parametrize("run", RUNS)
async def test_a_guardrail_that_raises_blocks_as_well(recorder, run):
    @function_tool(tool_input_guardrails=[ToolInputGuardrail(end, "strict")])
    async def look_up(city: str) -> str:
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        await call.ended()
    assert type(call.error).__name__ == "ToolInputGuardrailTripwireTriggered"
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert (tool.status, tool.attributes[semconv.TOOL_OUTCOME]) == ("unset", "blocked")
    assert [each[:2] for each in told_of(traced)] == [("tool_input", "strict")]


@pytest.mark.skipif(not JUDGES_OUTPUT, reason="this SDK does not judge the output of tools")
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("verdict", [stop, end, let_pass])
async def test_a_guardrail_of_a_tools_output(recorder, run, verdict):
    bench = Bench(recorder)

    async def judge(data):
        with bench.tracer.start_as_current_span("judge"):
            return await verdict(data)

    @function_tool(tool_output_guardrails=[ToolOutputGuardrail(judge, "no_rain")])
    async def look_up(city: str) -> str:
        return bench.work(city)

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("tool", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        await (call.ended() if verdict is end else call.heard("response.done", 2))
    traced = Trace(recorder)
    tool, judged = traced.one("execute_tool look_up"), traced.one("judge")
    assert bench.fits(tool, "London")
    assert tool.end <= judged.start
    assert traced.parent(judged) == traced.one("invoke_agent")
    assert tool.status == "unset"
    blocked = verdict is not let_pass
    assert tool.attributes[semconv.TOOL_OUTCOME] == ("blocked" if blocked else "completed")
    result = f"not that {SECRET}" if verdict is stop else "rain in London"
    assert tool.attributes[semconv.TOOL_RESULT] == result
    trip = ("tool_output", "no_rain", "Assistant", tool.name)
    assert told_of(traced) == ([trip] if blocked else [])
    (log,) = traced.logs(semconv.LOG_GUARDRAIL) or [None]
    assert log is None or traced.parent(log) == tool


async def test_a_guardrail_that_stops_a_call_before_anybody_is_asked(recorder):
    @function_tool(needs_approval=True, tool_input_guardrails=[ToolInputGuardrail(stop, "strict")])
    async def look_up(city: str) -> str:
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    run = {"tool_execution": {"pre_approval_tool_input_guardrails": True}}
    async with calling("tool", agent, recorder=recorder, run_config=run) as call:
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "blocked"
    assert semconv.TOOL_APPROVAL not in tool.attributes
    assert len(told_of(traced)) == 1


async def test_content_that_is_off_is_in_no_signal(recorder):
    @function_tool(tool_input_guardrails=[ToolInputGuardrail(stop, "strict")])
    async def look_up(city: str) -> str:
        return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up], output_guardrails=[no_tales(recorder)])
    off = {"recorder": recorder, "capture_content": False, "run_config": EARLY}
    async with calling("tool", agent, **off) as call:
        await call.speak()
        await call.heard("response.done", 2)
    async with calling("barge_in", agent, **off) as call:
        await call.speak()
        await call.seen("guardrail_tripped")
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    assert len(told_of(traced)) == 2
    for content in (SECRET, "clockmaker", "London"):
        assert content not in repr(traced.all)


async def test_an_output_guardrail_on_a_model_of_a_third_party(recorder):
    """Its turns need not be named, and still the trip is told of the right one."""
    scripted = pytest.importorskip("agents.realtime.testing", reason="needs openai-agents>=0.21.0")
    started, ended = events.RealtimeModelTurnStartedEvent(), events.RealtimeModelTurnEndedEvent()
    said = events.RealtimeModelTranscriptDeltaEvent(
        item_id="i1", delta="Once upon a time", response_id="r1"
    )
    steps = (
        scripted.RealtimeStep(expect=RealtimeModelSendUserInput, emit=(started, said)),
        scripted.RealtimeStep(expect=RealtimeModelSendInterrupt, emit=(ended,)),
    )
    listener = RealtimeTelemetryListener(agent_name="Assistant", **recorder.providers)
    agent = RealtimeAgent(name="Assistant", output_guardrails=[no_tales(recorder)])
    model = scripted.ScriptedRealtimeModel(steps, strict=False)
    session = await RealtimeRunner(agent, model=model, config=EARLY).run()
    model.add_listener(listener)
    async with session:
        await session.send_message("Tell me a story.")
        async with asyncio.timeout(10):
            await read_until(session, "agent_end")
    listener.cleanup()
    traced = Trace(recorder)
    assert told_of(traced) == [("output", "no_tales", "Assistant", "chat")]
