"""A bare websocket client, and speech to send, for the simulator's tests."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from simulator.voice import loud, quiet
from websockets.asyncio.client import ClientConnection, connect

from otel_realtime.simulator import RealtimeSimulator, Scenario, SimulatorSession, parse_scenario


class Client:
    """Sends events and reads the server's, with the simulator's own record beside it."""

    def __init__(self, websocket: ClientConnection, session: SimulatorSession) -> None:
        """Speak over `websocket`."""
        self.websocket = websocket
        self.session = session
        self.events: list[dict] = []

    async def send(self, event_type: str, **fields: object) -> None:
        """Send one client event."""
        await self.websocket.send(json.dumps({"type": event_type, **fields}))

    async def say(self, audio: bytes) -> None:
        """Send audio in pieces of 100 ms."""
        for offset in range(0, len(audio), 4800):
            data = base64.b64encode(audio[offset : offset + 4800]).decode()
            await self.send("input_audio_buffer.append", audio=data)

    async def speak(self, duration_ms: int = 500) -> None:
        """Say something, then keep silent long enough for the turn to end."""
        await self.say(loud(duration_ms) + quiet(700))

    async def type_text(self, text: str = "Hello") -> None:
        """Type something and ask for a response."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.send("conversation.item.create", item=item)
        await self.send("response.create")

    async def configure(self, **session: object) -> dict:
        """Change the session's settings; return what session.updated says."""
        await self.send("session.update", session={"type": "realtime", **session})
        return (await self.until("session.updated"))["session"]

    async def until(self, event_type: str, count: int = 1) -> dict:
        """Read until `count` more events of this type came; return the last of them."""
        async with asyncio.timeout(10):
            while True:
                event = json.loads(await self.websocket.recv())
                self.events.append(event)
                count -= event["type"] == event_type
                if count == 0:
                    return event

    @property
    def types(self) -> list[str]:
        """The types of all events read so far."""
        return [event["type"] for event in self.events]

    def of(self, event_type: str) -> list[dict]:
        """Return all events of one type that were read so far."""
        return [event for event in self.events if event["type"] == event_type]


Join = Callable[..., Awaitable[Client]]


@pytest.fixture
async def join(tmp_path: Path) -> AsyncIterator[Join]:
    """Start a simulator for a scenario (YAML text, or a built-in's name) and join it."""
    async with AsyncExitStack() as stack:

        async def start(scenario: str | Scenario, query: str = "?model=gpt-realtime") -> Client:
            if isinstance(scenario, str) and ":" in scenario:
                scenario = parse_scenario(scenario, folder=tmp_path)
            simulator = await stack.enter_async_context(RealtimeSimulator(scenario))
            websocket = await connect(simulator.url + query, close_timeout=1, max_size=None)
            stack.push_async_callback(websocket.close)
            client = Client(websocket, await simulator.wait_for_session())
            await client.until("session.created")
            return client

        yield start
