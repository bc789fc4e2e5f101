"""Two hundred sessions on one loop under the instrumentor: none crosses another."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
from collections import Counter

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from opentelemetry import trace
from sources.conftest import in_sdk, is_as_before
from sources.phone import CALLS, Trace
from sources.switchboard import Prompted, current, instrumented, turn

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator, load_scenario

MANY, AT_ONCE = 200, 50


class Employees:
    """Agents with a number, whose tools all run at the same time."""

    def __init__(self, recorder, at_once: int) -> None:
        self.tracer = recorder.tracer_provider.get_tracer("app")
        self.everyone_works = asyncio.Barrier(at_once)
        self.all_are_at_work = asyncio.Event()
        self.at_work = 0

    def employ(self, number: int, tool_name: str) -> RealtimeAgent:
        """One agent and its tool."""
        mine = {"number": number}

        @function_tool(name_override=tool_name, strict_mode=False)
        async def work(city: str = "") -> str:
            with self.tracer.start_as_current_span("work", attributes=mine):
                self.at_work += 1
                if self.at_work == MANY:
                    self.all_are_at_work.set()
                await self.everyone_works.wait()
                await asyncio.to_thread(self._more, mine)
                return str(number)

        return RealtimeAgent(name=f"Agent {number}", tools=[work])

    def _more(self, mine) -> None:
        with self.tracer.start_as_current_span("more work", attributes=mine):
            pass

    async def talk(self, number: int, runner: RealtimeRunner, config, *, answers: int) -> None:
        """Hold one call; the caller's span is current before and after it."""
        mine = {"number": number}
        with self.tracer.start_as_current_span("request", attributes=mine) as request:
            session = await runner.run(model_config=config)
            async with session:
                inside = current()
                assert inside is not request
                await session.send_message("Go.")
                ended = []
                async for event in session:
                    ended += [event.type] if event.type in {"agent_end", "tool_end"} else []
                    if sorted(ended) == ["agent_end"] * answers + ["tool_end"]:
                        break
                with self.tracer.start_as_current_span("note", attributes=mine):
                    await asyncio.sleep(0)
                assert current() is inside
            assert current() is request


async def test_over_the_wire(recorder, counter):
    """Their calls all have the same ids."""
    employees = Employees(recorder, AT_ONCE)
    with instrumented(recorder):
        async with RealtimeSimulator(load_scenario(CALLS / "same_call_id.yaml")) as simulator:
            config = {"url": simulator.url, "api_key": "simulator"}
            for first in range(0, MANY, AT_ONCE):
                calls = [
                    employees.talk(
                        number, RealtimeRunner(employees.employ(number, "work")), config, answers=3
                    )
                    for number in range(first, first + AT_ONCE)
                ]
                async with asyncio.timeout(30):
                    await asyncio.gather(*calls)
    assert is_as_before(in_sdk())
    _check_apart(Trace(recorder), "work", chats=3)


async def test_all_at_once(recorder, counter):
    employees = Employees(recorder, MANY)
    with instrumented(recorder):
        calls = []
        for number in range(MANY):
            model = Prompted(turn("call_1"))
            runner = RealtimeRunner(employees.employ(number, "look_up"), model=model)
            calls.append(employees.talk(number, runner, None, answers=1))
        async with asyncio.timeout(60):
            await asyncio.gather(*calls)
    _check_apart(Trace(recorder), "look_up", chats=1)


async def test_closed_at_once(recorder, counter):
    """What was open in each ends with it, and is on record once its `close` has returned."""
    employees = Employees(recorder, MANY + 1)  # so that nobody's work is ever done
    sessions = []
    with instrumented(recorder):
        for number in range(MANY):
            model = Prompted(turn("call_1"))
            runner = RealtimeRunner(employees.employ(number, "look_up"), model=model)
            sessions.append(await asyncio.create_task(_begin(runner)))
        async with asyncio.timeout(60):
            await employees.all_are_at_work.wait()
            await asyncio.gather(*(_close(session, counter) for session in sessions))
    traced = Trace(recorder)
    ended = traced.named("invoke_agent")
    assert len({each.trace_id for each in ended}) == len(ended) == MANY
    outcomes = [each.attributes[semconv.TOOL_OUTCOME] for each in traced.named("execute_tool")]
    assert outcomes == ["cancelled"] * MANY
    reasons = {each.attributes[semconv.END_REASON] for each in ended}
    assert reasons == {"closed"}
    assert len(traced.logs(semconv.LOG_SESSION_ENDED)) == MANY
    assert traced.value(semconv.METRIC_SESSIONS_ACTIVE) == 0
    assert current() is trace.INVALID_SPAN


async def _begin(runner: RealtimeRunner):
    session = await (await runner.run()).enter()
    await session.send_message("Go.")
    return session, current().get_span_context().span_id


async def _close(begun, counter) -> None:
    session, span_id = begun
    await session.close()
    assert span_id in counter.ended


def _check_apart(traced: Trace, tool_name: str, *, chats: int) -> None:
    number_of = {each.trace_id: each.attributes["number"] for each in traced.named("request")}
    assert sorted(number_of.values()) == list(range(MANY))
    parents = {span.span_id: span for span in traced.all.spans}
    expected = {
        "invoke_agent": "request",
        "note": "invoke_agent",
        "chat": "invoke_agent",
        "execute_tool": "chat",
        "work": f"execute_tool {tool_name}",
        "more": "work",
    }
    for name, parent in expected.items():
        for span in traced.named(name):
            assert f"{parents[span.parent_span_id].name} ".startswith(f"{parent} ")
            number = span.attributes.get("number", number_of[span.trace_id])
            assert (
                number
                == number_of[span.trace_id]
                == number_of[parents[span.parent_span_id].trace_id]
            )
    for tool in traced.named("execute_tool"):
        assert tool.attributes[semconv.TOOL_RESULT] == str(number_of[tool.trace_id])
        assert tool.attributes[semconv.AGENT_NAME] == f"Agent {number_of[tool.trace_id]}"
    names = Counter(span.name.split(" ")[0] for span in traced.all.spans)
    assert {name: names[name] for name in expected} == {
        **dict.fromkeys(expected, MANY),
        "chat": chats * MANY,
    }
