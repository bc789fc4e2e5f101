"""An unchanged application under the instrumentor: it knows of no listener and no provider."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeModel, RealtimeRunner, RealtimeSession
from agents.realtime import model_events as events
from agents.realtime.model_inputs import RealtimeModelSendUserInput
from goldens import compare
from opentelemetry import trace
from sources.phone import CALLS, PATIENCE, Trace

from otel_realtime import semconv
from otel_realtime.instrumentor import RealtimeInstrumentor
from otel_realtime.otlp_json import Telemetry
from otel_realtime.scenario import Recorder, Traced
from otel_realtime.simulator import RealtimeSimulator, SimulatorSession, load_scenario
from otel_realtime.tree import render

ASSISTANT = RealtimeAgent(name="Assistant")


@contextmanager
def instrumented(recorder: Recorder, **settings: Any) -> Iterator[RealtimeInstrumentor]:
    """Have everything recorded for the block."""
    instrumentor = RealtimeInstrumentor()
    instrumentor.instrument(**{"capture_content": True, **recorder.providers, **settings})
    try:
        yield instrumentor
    finally:
        if instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.uninstrument()


class Desk:
    """An agent whose tool works until it is let go: a call that can be left in its midst."""

    def __init__(self) -> None:
        self.in_tool = asyncio.Event()
        self.may_end = asyncio.Event()

        @function_tool
        async def look_up(city: str) -> str:
            self.in_tool.set()
            await self.may_end.wait()
            return f"rain in {city}"

        self.agent = RealtimeAgent(name="Assistant", tools=[look_up])

    async def midst(self) -> None:
        """Wait until the tool runs."""
        async with asyncio.timeout(PATIENCE):
            await self.in_tool.wait()


class Line:
    """A session that was not entered yet, and the simulator at the other end."""

    def __init__(self, session: RealtimeSession, simulator: RealtimeSimulator) -> None:
        self.session = session
        self.simulator = simulator

    async def answered(self) -> SimulatorSession:
        """The other end's record, once both have settled the session."""
        record = await self.simulator.wait_for_session()
        await record.wait_for("session.updated", 2)
        return record

    async def ask(self, question: str = "Does it rain in London?") -> None:
        """Type a question once the session is settled, and read until the first answer is whole."""
        await self.answered()
        await self.session.send_message(question)
        await self.heard("response.done")

    async def heard(self, kind: str) -> None:
        """Read as the user does, until a server event of this type has gone by."""
        async with asyncio.timeout(PATIENCE), contextlib.aclosing(aiter(self.session)) as told:
            async for event in told:
                if event.type == "raw_model_event" and event.data.type == "raw_server_event":
                    data = event.data.data
                    if isinstance(data, dict) and data.get("type") == kind:
                        return


@asynccontextmanager
async def line(
    scenario: str, agent: RealtimeAgent = ASSISTANT, *, model_config: dict[str, Any] | None = None
) -> AsyncIterator[Line]:
    """A line to the simulator that plays a scenario of `calls/`."""
    async with RealtimeSimulator(load_scenario(CALLS / f"{scenario}.yaml")) as simulator:
        config = {"url": simulator.url, "api_key": "simulator", **(model_config or {})}
        session = await RealtimeRunner(agent).run(model_config=config)
        yield Line(session, simulator)


def turn(call_id: str | None = None, said: str = "It rains.", number: int = 1) -> tuple:
    """What a model emits for one answer, or for one call of the tool `look_up`."""
    name = f"r{number}"
    if call_id is not None:
        said_or_called = events.RealtimeModelToolCallEvent(
            name="look_up", call_id=call_id, arguments='{"city": "London"}', id=f"i{number}"
        )
    else:
        said_or_called = events.RealtimeModelTranscriptDeltaEvent(
            item_id=f"i{number}", delta=said, response_id=name
        )
    begun = events.RealtimeModelTurnStartedEvent()
    return begun, said_or_called, events.RealtimeModelTurnEndedEvent()


class Prompted(RealtimeModel):
    """A model of a third party: it answers each text that it is sent with the next of `answers`.

    Like `agents.realtime.testing.ScriptedRealtimeModel`, for all versions of the SDK.
    """

    def __init__(self, *answers: tuple, connect_error: Exception | None = None) -> None:
        self.answers = list(answers)
        self.connect_error = connect_error
        self.heard_by: list[Any] = []

    @property
    def listeners(self) -> tuple:
        return tuple(self.heard_by)

    async def connect(self, options) -> None:  # noqa: ARG002 - the interface's
        if self.connect_error is not None:
            raise self.connect_error

    def add_listener(self, listener) -> None:
        self.heard_by.append(listener)

    def remove_listener(self, listener) -> None:
        if listener in self.heard_by:
            self.heard_by.remove(listener)

    async def send_event(self, event) -> None:
        if isinstance(event, RealtimeModelSendUserInput) and self.answers:
            await self.emit(*self.answers.pop(0))

    async def emit(self, *told: Any) -> None:
        """Tell these events to everybody who listens."""
        for event in told:
            for listener in self.listeners:
                await listener.on_event(event)

    async def close(self) -> None:
        """Nothing to close."""


def golden(told: Traced | Telemetry, scenario: str) -> None:
    """Compare what was told, all but its times, with the file beside the scenario."""
    text = render(told.spans, told.logs, events=True, times=False)
    compare(text, CALLS / f"{scenario}.txt")


def end_of(recorder: Recorder) -> tuple[object, ...]:
    """Why the only session ended, its error's type, and its status."""
    session = Trace(recorder).one("invoke_agent")
    names = (semconv.END_REASON, semconv.ERROR_TYPE)
    return (*(session.attributes.get(name) for name in names), session.status)


def current() -> trace.Span:
    """The span that is current where this is called."""
    return trace.get_current_span()
