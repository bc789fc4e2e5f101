"""One call of the unmodified Agents SDK, fed with a server's events and timed by their kind."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from time import thread_time_ns
from typing import TYPE_CHECKING, TypeVar

from agents import function_tool
from agents.realtime import (
    OpenAIRealtimeWebSocketModel,
    RealtimeAgent,
    RealtimeModelListener,
    RealtimePlaybackTracker,
    RealtimeRunner,
    RealtimeSession,
)

from bench.events import BYTES_PER_MS, TURN_MS
from bench.turns import Kind, Run, Turn, microphone, session_events
from bench.variants import PlayedClock
from otel_realtime.sources._agents_session import follower_of
from otel_realtime.sources.agents import RealtimeTelemetryListener

if TYPE_CHECKING:
    from otel_realtime.session import SessionTelemetry

_T = TypeVar("_T")
_WAIT_S = 30
_PAUSE_S = 0.0005
_NS_PER_MS = 1_000_000

Spent = dict[Kind, int]
"""Nanoseconds of processor time by kind: what else the machine does meanwhile does not count."""


@function_tool
async def get_weather(city: str, day: str) -> str:
    """Tell the weather."""
    return f"It is foggy and 12 degrees in {city} {day}."


class Call:
    """A session that is connected to a websocket server and read to its end, as an app does.

    Its events are handed to `_handle_ws_event`, which is what the SDK's own receiving loop calls
    with each parsed message.
    """

    def __init__(
        self,
        session: RealtimeSession,
        model: OpenAIRealtimeWebSocketModel,
        tracker: RealtimePlaybackTracker,
        listener: RealtimeModelListener | None,
    ) -> None:
        """Read a session; `listener` has been added to its model."""
        self._session = session
        self._listener = listener
        self._handle = model._handle_ws_event  # noqa: SLF001 - the loop's own next call
        self._tracker = tracker
        self._ours: SessionTelemetry | None = None
        self._began = 0
        self._passed_ms = 0
        self._awaited: str | None = None
        self._reached = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    def watch(self) -> None:
        """Let the clock of the telemetry that follows the session, if it is ours, be moved."""
        self._ours = _telemetry(self._session, self._listener)
        if self._ours is not None:
            self._ours.clock = PlayedClock()
            self._began = self._ours.clock()

    @property
    def is_followed(self) -> bool:
        """Whether telemetry of ours follows the session."""
        return self._ours is not None

    async def speak(self) -> int:
        """Send what the microphone gives in a turn; the time that its short pieces took.

        There is a pause before each of them: the receiver sleeps by then, as it does in a call, and
        has to be woken, which is a part of what sending costs.
        """
        send, spent = self._session.send_audio, 0
        silence, pieces = microphone()
        for piece in silence:
            await send(piece)
            self._let_pass(len(piece) // BYTES_PER_MS)
        for piece in pieces:
            await asyncio.sleep(_PAUSE_S)
            start = thread_time_ns()
            await send(piece)
            spent += thread_time_ns() - start
            self._let_pass(len(piece) // BYTES_PER_MS)
        return spent

    def wait(self) -> int:
        """Let a turn pass in which nobody sees what the microphone gives: that takes no time."""
        self._let_pass(TURN_MS)
        return 0

    async def send(self, pieces: Iterable[bytes]) -> None:
        """Send what the microphone gives."""
        for piece in pieces:
            await self._session.send_audio(piece)

    async def play(self, turn: Turn) -> Spent:
        """Handle a whole turn; the time that the app's own reading takes is not counted."""
        spent = dict.fromkeys(Kind, 0)
        if turn.before:
            self._await("tool_end")
            await self._time(turn.before, spent)
            start = thread_time_ns()
            await self._reach()
            spent[Kind.TOOL] += thread_time_ns() - start
        self._await(turn.last)
        await self._time(turn.after, spent)
        await self._reach()
        start = thread_time_ns()
        self.hear(turn)
        spent[Kind.PLAYED] += thread_time_ns() - start
        return spent

    async def handle(self, texts: Iterable[str]) -> None:
        """Handle texts as the SDK's receiving loop does."""
        handle, loads = self._handle, json.loads
        for text in texts:
            await handle(loads(text))

    async def play_long(
        self, turn: Turn, more: Iterable[str], chunk: int, every_s: float = 0.0
    ) -> None:
        """Handle a turn with `more` deltas in its midst; the app reads after each `chunk`.

        With `every_s`, a chunk begins only so many seconds after the one before it.
        """
        *begun, last = turn.after
        for run in begun:
            await self.handle(run.texts)
        loop = asyncio.get_running_loop()
        due = loop.time()
        for texts in batched(more, chunk):
            await self.handle(texts)
            await self.rest()
            if every_s:
                due = max(due + every_s, loop.time())
                await asyncio.sleep(due - loop.time())
        self._await(turn.last)
        await self.handle(last.texts)
        await self._reach()

    async def receive(self, turn: Turn, *, is_heard: bool = True) -> None:
        """Wait until a turn that a server sends has been received, read and heard to its end."""
        self._await(turn.last)
        await self._reach()
        if is_heard:
            self.hear(turn)

    async def rest(self) -> None:
        """Let the app read what is there."""
        while not self._session._event_queue.empty():  # noqa: ASYNC110, SLF001 - no other sign
            await asyncio.sleep(0)

    async def close(self) -> None:
        """End the call."""
        await self._session.close()
        if isinstance(self._listener, RealtimeTelemetryListener):
            self._listener.cleanup()
        await self._reader

    async def _time(self, runs: Iterable[Run], spent: Spent) -> None:
        handle, loads = self._handle, json.loads
        for run in runs:
            start = thread_time_ns()
            for text in run.texts:
                await handle(loads(text))
            spent[run.kind] += thread_time_ns() - start

    def hear(self, turn: Turn) -> None:
        """Have all of it played to its end, without waiting.

        Our clock is moved there, the application's tracker is told, and our timer, which waits for
        that moment, goes off.
        """
        clock = self._ours.clock if self._ours is not None else None
        if isinstance(clock, PlayedClock):
            clock.jump(turn.played_ms * _NS_PER_MS)
        self._tracker.on_play_ms(turn.item_id, 0, turn.played_ms)
        if self._ours is not None:
            self._ours.wake()

    def _let_pass(self, ms: int) -> None:
        """Audio comes no sooner than it is spoken: it is then by the clock, if that is ours."""
        self._passed_ms += ms
        if self._ours is not None:
            clock = self._ours.clock
            assert isinstance(clock, PlayedClock)
            clock.reach(self._began + self._passed_ms * _NS_PER_MS)

    def _await(self, mark: str) -> None:
        self._awaited = mark
        self._reached.clear()

    async def _reach(self) -> None:
        async with asyncio.timeout(_WAIT_S):
            await self._reached.wait()

    async def _read(self) -> None:
        async for event in self._session:
            mark: str | None = event.type
            if event.type == "raw_model_event":
                raw = event.data
                mark = raw.data["event_id"] if raw.type == "raw_server_event" else None
            if mark == self._awaited:
                self._reached.set()


def _telemetry(
    session: RealtimeSession, listener: RealtimeModelListener | None
) -> "SessionTelemetry | None":
    """Our telemetry of a session: the listener's or the instrumentor's, if there is one."""
    if isinstance(listener, RealtimeTelemetryListener):
        return listener.session
    follower = follower_of(session)
    return follower.session if follower is not None else None


def batched(each: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Give them in lists of at most `size`."""
    each = iter(each)
    while batch := list(islice(each, size)):
        yield batch


@asynccontextmanager
async def calling(
    url: str, listener: RealtimeModelListener | None, name: str = "call"
) -> AsyncIterator[Call]:
    """Connect a session and begin a call; `listener` is added before, as our README says."""
    os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")
    agent: RealtimeAgent[None] = RealtimeAgent(
        name="Assistant", instructions="Be brief.", tools=[get_weather]
    )
    model, tracker = OpenAIRealtimeWebSocketModel(), RealtimePlaybackTracker()
    session = await RealtimeRunner(agent, model=model).run(
        model_config={
            "api_key": "none",
            "url": f"{url}/?call={name}",
            "playback_tracker": tracker,
        }
    )
    if listener is not None:
        model.add_listener(listener)
    async with session:
        call = Call(session, model, tracker, listener)
        call.watch()
        await call.handle(session_events())
        await call.rest()
        try:
            yield call
        finally:
            await call.close()
