"""A caller on the line: the real SDK, a listener, the simulator, and all that each of them saw."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession
from simulator.voice import loud, quiet

from otel_realtime import semconv
from otel_realtime.otlp_json import TraceLog, TraceSpan
from otel_realtime.scenario import Recorder, Traced
from otel_realtime.simulator import RealtimeSimulator, SimulatorSession, load_scenario
from otel_realtime.sources.agents import RealtimeTelemetryListener
from otel_realtime.tree import render

CALLS = Path(__file__).parent / "calls"
PIECE_MS = 20
PATIENCE = 10  # seconds


class Call:
    """One session of the SDK: its user, its listener, and the simulator at the other end."""

    def __init__(
        self,
        session: RealtimeSession,
        record: SimulatorSession,
        listener: RealtimeTelemetryListener,
        recorder: Recorder,
    ) -> None:
        self.session = session
        self.record = record
        self.listener = listener
        self.recorder = recorder
        self.events: list[Any] = []
        self.error: BaseException | None = None
        self._arrived = asyncio.Condition()

    async def speak(self, duration_ms: int = 400) -> None:
        """Say something at once, with the silence that ends the turn."""
        await self.session.send_audio(loud(duration_ms) + quiet(700))

    async def speak_in_real_time(self, *parts: bytes) -> list[int]:
        """Send audio as a microphone does; return when each part began and the last ended."""
        start, sent, marks = time.perf_counter(), 0.0, []
        size = PIECE_MS * 48
        for part in parts:
            marks.append(time.time_ns())
            for offset in range(0, len(part), size):
                piece = part[offset : offset + size]
                await self.session.send_audio(piece)
                sent += len(piece) / 48_000
                await asyncio.sleep(max(start + sent - time.perf_counter(), 0))
        return [*marks, time.time_ns()]

    async def read(self) -> None:
        """Read to the end, as the user of the SDK does; an error is kept."""
        try:
            async for event in self.session:
                await self._saw(event)
        except Exception as error:  # noqa: BLE001 - the test judges it
            self.error = error
        await self._saw(None)

    async def _saw(self, event: Any) -> None:
        async with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()

    async def until(self, met: Callable[[], object]) -> None:
        """Wait until `met` holds of what the user of the SDK has seen."""
        async with asyncio.timeout(PATIENCE), self._arrived:
            await self._arrived.wait_for(met)

    async def heard(self, kind: str, count: int = 1) -> None:
        """Wait until the `count`-th server event of a type has passed through the SDK."""
        await self.until(lambda: self.raw.count(kind) >= count)

    async def seen(self, kind: str, count: int = 1) -> None:
        """Wait for the `count`-th session event of a type."""
        await self.until(lambda: [each.type for each in self.told].count(kind) >= count)

    async def ended(self) -> None:
        """Wait until the user's `async for` is over."""
        await self.until(lambda: self.events[-1:] == [None])

    @property
    def told(self) -> list[Any]:
        """The session events that the user saw."""
        return [event for event in self.events if event is not None]

    @property
    def raw(self) -> list[str]:
        """The types of the server events that passed through the SDK."""
        inner = [event.data for event in self.told if event.type == "raw_model_event"]
        data = [each.data for each in inner if each.type == "raw_server_event"]
        return [each.get("type") for each in data if isinstance(each, dict)]


async def read_until(session: RealtimeSession, kind: str, count: int = 1) -> None:
    """Read as the user of the SDK does, and break off at the `count`-th event of a type."""
    async for event in session:
        count -= event.type == kind
        if not count:
            return


@asynccontextmanager
async def calling(
    scenario: str,
    agent: RealtimeAgent,
    *,
    recorder: Recorder | None = None,
    listener: RealtimeTelemetryListener | None = None,
    model_config: dict[str, Any] | None = None,
    run_config: dict[str, Any] | None = None,
    inside: bool = False,
    **settings: Any,
) -> AsyncIterator[Call]:
    """Make one call of a scenario in `calls/`; afterwards it is closed and cleaned up."""
    recorder = recorder or Recorder()
    if listener is None:
        settings = {"capture_content": True, "agent_name": agent.name, **settings}
        listener = RealtimeTelemetryListener(**{**recorder.providers, **settings})
    runner = RealtimeRunner(agent, config=run_config)
    async with RealtimeSimulator(load_scenario(CALLS / f"{scenario}.yaml")) as simulator:
        config = {"url": simulator.url, "api_key": "simulator", **(model_config or {})}
        session = await runner.run(model_config=config)
        if not inside:
            session.model.add_listener(listener)
        try:
            async with session:
                if inside:
                    session.model.add_listener(listener)
                call = Call(session, await simulator.wait_for_session(), listener, recorder)
                reading = asyncio.create_task(call.read())
                await call.record.wait_for("session.updated", 2)
                yield call
            await asyncio.wait_for(reading, PATIENCE)
        finally:
            listener.cleanup()
            session.model.remove_listener(listener)


class Trace:
    """What one recorder holds, by name."""

    def __init__(self, recorder: Recorder) -> None:
        self.all: Traced = recorder.traced()

    @property
    def tree(self) -> str:
        """Drawn with all logs."""
        return render(self.all.spans, self.all.logs, events=True)

    def named(self, name: str) -> list[TraceSpan]:
        """The spans whose names begin with these words, by their start."""
        found = (each for each in self.all.spans if f"{each.name} ".startswith(f"{name} "))
        return sorted(found, key=lambda span: (span.start, span.end))

    def one(self, name: str) -> TraceSpan:
        """The only span of that name."""
        (span,) = self.named(name)
        return span

    def parent(self, span: TraceSpan | TraceLog) -> TraceSpan | None:
        """The span that another one, or a log, belongs to."""
        parent_id = span.parent_span_id if isinstance(span, TraceSpan) else span.span_id
        return next((each for each in self.all.spans if each.span_id == parent_id), None)

    def logs(self, event_name: str | None) -> list[TraceLog]:
        """The log events of that name; None for an application's logs."""
        return [log for log in self.all.logs if log.event_name == event_name]

    def value(self, metric: str, **labels: object) -> float:
        """The sum of a metric's points that have these labels (`_` stands for `.`)."""
        points = [point for point in self.all.metrics if point.name == metric]
        wanted = {name.replace("__", "."): value for name, value in labels.items()}
        fitting = [p for p in points if wanted.items() <= dict(p.attributes).items()]
        return sum(p.count if p.value is None else p.value for p in fitting)

    def outline(self) -> list[str]:
        """The names as an indented list, without times: what nests in what."""
        return [
            line.split("  ")[0] if not line.startswith(" ") else _name(line)
            for line in render(self.all.spans, self.all.logs, times=False).splitlines()
        ]


def _name(line: str) -> str:
    indent = len(line) - len(line.lstrip())
    return " " * indent + line.lstrip().split("  ")[0]


@contextlib.contextmanager
def noted(times: dict[str, int], name: str) -> Iterator[None]:
    """Note when the block began and ended."""
    times[f"{name} began"] = time.time_ns()
    try:
        yield
    finally:
        times[f"{name} ended"] = time.time_ns()


def reason(traced: Trace) -> tuple:
    """Why the only session of a trace ended, and with which close code."""
    session = traced.one("invoke_agent")
    return session.attributes[semconv.END_REASON], session.attributes.get(semconv.CLOSE_CODE)
