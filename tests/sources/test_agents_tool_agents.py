"""Tools that run agents of their own: what happens in there is theirs, and not the tool's."""

import asyncio
from typing import Any

import pytest
from agents import (
    Agent,
    Model,
    ModelResponse,
    RunConfig,
    Runner,
    ToolGuardrailFunctionOutput,
    ToolInputGuardrail,
    Usage,
    function_tool,
)
from agents.realtime import RealtimeAgent
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)
from sources.bench import RUNS, Bench
from sources.phone import Trace, calling

from otel_realtime import semconv

QUIETLY = RunConfig(tracing_disabled=True)


class Expert(Model):
    """Calls one tool, then answers."""

    def __init__(self, tool: str) -> None:
        text = ResponseOutputText(text="It rains.", type="output_text", annotations=[])
        call = ResponseFunctionToolCall(
            call_id="inner", name=tool, arguments="{}", type="function_call"
        )
        answer = ResponseOutputMessage(
            id="m", content=[text], role="assistant", status="completed", type="message"
        )
        self._outputs = iter([call, answer])

    async def get_response(self, *_: Any, **__: Any) -> ModelResponse:
        output = [next(self._outputs)]
        return ModelResponse(output=output, usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def failing(bench: Bench, name: str) -> Any:
    """A tool of the inner agent: works, and fails."""

    @function_tool(name_override=name)
    async def tool() -> str:
        bench.work("sky")
        raise LookupError("the inner one")

    return tool


def late(_bench: Bench, name: str) -> Any:
    """A tool of the inner agent that takes too long."""

    @function_tool(name_override=name, timeout=0.01)
    async def tool() -> str:
        return await asyncio.Event().wait()

    return tool


def blocked(_bench: Bench, name: str) -> Any:
    """A tool of the inner agent that a guardrail keeps from running."""

    async def refuse(_data: Any) -> ToolGuardrailFunctionOutput:
        return ToolGuardrailFunctionOutput.reject_content("no")

    @function_tool(name_override=name, tool_input_guardrails=[ToolInputGuardrail(refuse, "no")])
    async def tool() -> str:
        return "never"

    return tool


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("make", [failing, late, blocked])
@pytest.mark.parametrize("name", ["look", "ask_expert"])
async def test_a_tool_that_runs_an_agent(recorder, run, make, name):
    bench = Bench(recorder)
    expert = Agent(name="Expert", model=Expert(name), tools=[make(bench, name)])

    @function_tool
    async def ask_expert(input: str) -> str:  # noqa: A002 - as the scenario calls it
        result = await Runner.run(expert, input, run_config=QUIETLY)
        return str(result.final_output)

    agent = RealtimeAgent(name="Assistant", tools=[ask_expert])
    async with calling("expert", agent, recorder=recorder, run_config=RUNS[run]) as call:
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool = traced.one("execute_tool")
    assert (tool.name, tool.status) == ("execute_tool ask_expert", "unset")
    assert tool.attributes[semconv.TOOL_RESULT] == "It rains."
    assert tool.attributes[semconv.TOOL_OUTCOME] == "completed"
    assert tool.events == ()
    assert traced.logs(semconv.LOG_GUARDRAIL) == []
    assert all(traced.parent(each) == tool for each in traced.named("query sky"))
    assert len(traced.named("query sky")) == (make is failing)


async def test_an_agent_as_a_tool(recorder):
    bench = Bench(recorder)
    expert = Agent(name="Expert", model=Expert("look"), tools=[failing(bench, "look")])
    tool = expert.as_tool("ask_expert", "Knows the weather.", run_config=QUIETLY)
    async with calling(
        "expert", RealtimeAgent(name="Assistant", tools=[tool]), recorder=recorder
    ) as call:
        await call.speak()
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    asked = traced.one("execute_tool")
    assert (asked.name, asked.status) == ("execute_tool ask_expert", "unset")
    assert asked.attributes[semconv.TOOL_RESULT] == "It rains."
    assert traced.parent(traced.one("query sky")) == asked
