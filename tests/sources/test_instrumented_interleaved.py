"""Sessions whose steps come in any order, from any task: each keeps to itself."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession
from agents.realtime import model_events as events
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor
from sources.phone import PATIENCE, Trace
from sources.switchboard import Prompted, current, instrumented

from otel_realtime import semconv
from otel_realtime.scenario import Recorder

SESSIONS = 3
Step = tuple[str, asyncio.Event] | None
"""What a caller is to do, and what it sets when it has; None to go home."""


class Ended(SpanProcessor):
    """Counts how often each span began and ended."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []

    def on_start(self, span, *_: object, **__: object) -> None:
        self.begun.append(span.context.span_id)

    def on_end(self, span) -> None:
        self.ended.append(span.context.span_id)


@dataclass(eq=False)
class Caller:
    """One session and the task that holds it: it does what it is told, one step at a time."""

    number: int
    tracer: trace.Tracer
    session: RealtimeSession | None = None
    model: Any = None
    turns: int = 0
    works: dict[str, asyncio.Event] = field(default_factory=dict)
    begun: dict[str, asyncio.Event] = field(default_factory=dict)
    fails: set[str] = field(default_factory=set)
    background: list[asyncio.Task] = field(default_factory=list)
    is_entered: bool = False
    is_closed: bool = False

    async def hold(self, steps: "asyncio.Queue[Step]") -> None:
        """Be the task of the application that holds this session."""
        attributes = {"number": self.number}
        with self.tracer.start_as_current_span("request", attributes=attributes) as request:
            agent = RealtimeAgent(name=f"Agent {self.number}", tools=[self._tool()])
            self.model = Prompted()
            self.session = await RealtimeRunner(agent, model=self.model).run()
            while (step := await steps.get()) is not None:
                name, done = step
                if self.is_open or name not in WHEN_OPEN:
                    await ACTIONS[name](self)
                assert (current() is request) != self.is_open
                done.set()
            await self.session.close()
            assert current() is request
            for event in self.works.values():
                event.set()
            await asyncio.gather(*self.background)
        assert current() is trace.INVALID_SPAN

    def _tool(self):
        @function_tool(name_override="work", failure_error_function=None)
        async def work(call_id: str) -> str:
            with self.tracer.start_as_current_span("work", attributes={"number": self.number}):
                self.begun[call_id].set()
                await self.works[call_id].wait()
                if call_id in self.fails:
                    raise LookupError(call_id)
                return call_id

        return work

    async def enter(self) -> None:
        """Begin; once."""
        if not self.is_entered:
            await self.session.enter()
            self.is_entered = True

    @property
    def is_open(self) -> bool:
        return self.is_entered and not self.is_closed

    async def speak(self) -> None:
        """Be answered by the model."""
        self.turns += 1
        said = events.RealtimeModelTranscriptDeltaEvent(
            item_id=f"i{self.turns}", delta=str(self.number), response_id=f"r{self.turns}"
        )
        await self._emit(said)

    async def call(self) -> None:
        """Have the model call the tool, which runs from then on."""
        self.turns += 1
        call_id = f"call_{self.turns}"
        self.works[call_id], self.begun[call_id] = asyncio.Event(), asyncio.Event()
        asked = events.RealtimeModelToolCallEvent(
            name="work", call_id=call_id, arguments=f'{{"call_id": "{call_id}"}}', id=call_id
        )
        await self._emit(asked)
        async with asyncio.timeout(PATIENCE):
            await self.begun[call_id].wait()

    async def answer(self) -> None:
        """Have the tool that has run longest come to its end."""
        await self._go_on(fails=False)

    async def raise_in_tool(self) -> None:
        """The same, and it fails."""
        await self._go_on(fails=True)

    async def _go_on(self, *, fails: bool) -> None:
        waiting = [each for each, event in self.works.items() if not event.is_set()]
        if waiting:
            self.fails |= {waiting[0]} if fails else set()
            self.works[waiting[0]].set()
            await asyncio.sleep(0)

    async def span(self) -> None:
        """Do something of its own inside."""
        with self.tracer.start_as_current_span("inside", attributes={"number": self.number}):
            await asyncio.sleep(0)

    async def in_background(self) -> None:
        """Begin a task inside, which ends long after."""
        ending = asyncio.Event()
        self.works[f"background {len(self.background)}"] = ending

        async def run() -> None:
            await ending.wait()
            with self.tracer.start_as_current_span("later", attributes={"number": self.number}):
                pass

        self.background.append(asyncio.create_task(run()))

    async def fault(self) -> None:
        """An error that ends nothing."""
        await self.model.emit(events.RealtimeModelErrorEvent(error={"code": "benign"}))

    async def lose(self) -> None:
        """The connection is lost; the application may close the session later."""
        await self.model.emit(events.RealtimeModelConnectionStatusEvent(status="disconnected"))

    async def close_here(self) -> None:
        """End it in the task that holds it."""
        self.is_closed = True
        await self.session.close()

    async def close_elsewhere(self) -> None:
        """End it in another task."""
        self.is_closed = True
        await asyncio.create_task(self.session.close())

    async def _emit(self, said) -> None:
        begun = events.RealtimeModelTurnStartedEvent()
        ended = events.RealtimeModelTurnEndedEvent()
        await self.model.emit(begun, said, ended)


ACTIONS = {
    "enter": Caller.enter,
    "speak": Caller.speak,
    "call": Caller.call,
    "answer": Caller.answer,
    "raise in tool": Caller.raise_in_tool,
    "span": Caller.span,
    "background": Caller.in_background,
    "fault": Caller.fault,
    "lose": Caller.lose,
    "close here": Caller.close_here,
    "close elsewhere": Caller.close_elsewhere,
}
WHEN_OPEN = ACTIONS.keys() - {"enter", "span", "background"}
steps = st.lists(
    st.tuples(st.integers(0, SESSIONS - 1), st.sampled_from(sorted(ACTIONS)), st.booleans()),
    max_size=40,
)
"""Who, what, and whether everybody waits until it is done."""


async def play(recorder: Recorder, order: list[tuple[int, str, bool]]) -> None:
    """Have the callers do these steps, each in its caller's own task."""
    tracer = recorder.tracer_provider.get_tracer("app")
    callers = [Caller(number, tracer) for number in range(SESSIONS)]
    queues = [asyncio.Queue() for _ in callers]
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for caller, queue in zip(callers, queues, strict=True):
            group.create_task(caller.hold(queue))
        for number, name, one_by_one in order:
            await queues[number].put((name, done := asyncio.Event()))
            if one_by_one:
                await done.wait()
        for queue in queues:
            await queue.put(None)


@given(steps)
def test_in_whatever_order(order):
    recorder, counted = Recorder(), Ended()
    recorder.tracer_provider.add_span_processor(counted)
    with instrumented(recorder):
        asyncio.run(play(recorder, order))
    assert sorted(counted.begun) == sorted(counted.ended)
    assert len(set(counted.ended)) == len(counted.ended)
    traced = Trace(recorder)
    number_of = {each.trace_id: each.attributes["number"] for each in traced.named("request")}
    assert sorted(number_of.values()) == list(range(SESSIONS))
    for each in traced.all.spans:
        parent = traced.parent(each)
        assert parent is None or parent.trace_id == each.trace_id
        assert each.attributes.get("number", number_of[each.trace_id]) == number_of[each.trace_id]
        _check_place(each, parent)
    entered = {number for number, name, _ in order if name == "enter"}
    begun = [number_of[each.trace_id] for each in traced.named("invoke_agent")]
    assert sorted(set(begun)) == sorted(entered)
    reasons = {each.attributes[semconv.END_REASON] for each in traced.named("invoke_agent")}
    assert reasons <= {"closed", "server_closed"}
    assert traced.value(semconv.METRIC_SESSIONS_ACTIVE) == 0


def _check_place(span, parent) -> None:
    kind = span.name.split(" ")[0]
    expected = {
        "request": (None,),
        "invoke_agent": ("request", "invoke_agent"),
        "chat": ("invoke_agent",),
        "execute_tool": ("chat", "invoke_agent"),
        "work": ("execute_tool",),
        "inside": ("request", "invoke_agent"),
        "later": ("request", "invoke_agent"),
    }[kind]
    assert (parent.name.split(" ")[0] if parent else None) in expected, span.name
