"""What the user sees of one connection: what went each way, and a way to wait for it."""

import asyncio
import base64
import copy
from collections import Counter
from typing import Literal

from ._errors import SimulatorError
from ._wire import Event

Direction = Literal["sent", "received"]
_AUDIO_FIELDS = {
    "input_audio_buffer.append": "audio",
    "response.output_audio.delta": "delta",
}


def without_audio(event: Event) -> Event:
    """Copy an event as it is now; base64 audio in it becomes its number of bytes."""
    kind = event.get("type")
    field = _AUDIO_FIELDS.get(kind) if isinstance(kind, str) else None
    if field is None or not isinstance(event.get(field), str):
        return copy.deepcopy(event)
    data = event[field]
    size = len(data) * 3 // 4 - data[-2:].count("=")
    return {**event, field: size}


class SimulatorSession:
    """One connection to the simulator.

    Attributes:
        id: the session's id, as in session.created.
        path: the path and query that the client asked for.
        received: the client's events, in order; audio payloads are their number of bytes.
        sent: the server's events, likewise. A frame that is not a JSON object is under `raw`.
        close_code: the websocket's close code once it is closed (1006 if there was none).
    """

    def __init__(self, session_id: str, path: str) -> None:
        """Start with nothing sent or received."""
        self.id = session_id
        self.path = path
        self.received: list[Event] = []
        self.sent: list[Event] = []
        self.close_code: int | None = None
        self._lists = {"received": self.received, "sent": self.sent}
        self._counts: Counter[tuple[Direction, str]] = Counter()
        self._waiting: dict[tuple[Direction, str, int], list[asyncio.Future[Event]]] = {}
        self._closed = asyncio.Event()

    def record(self, direction: Direction, event: Event) -> None:
        """Add an event and wake who waits for it."""
        event = without_audio(event)
        self._lists[direction].append(event)
        kind = event.get("type")
        if not isinstance(kind, str):
            return
        self._counts[direction, kind] += 1
        for future in self._waiting.pop((direction, kind, self._counts[direction, kind]), []):
            if not future.done():
                future.set_result(event)

    def end(self, close_code: int | None) -> None:
        """Note that the connection is closed; who still waits gets an error."""
        self.close_code = close_code
        self._closed.set()
        for (direction, kind, count), futures in self._waiting.items():
            problem = f"the session ended ({close_code}) before {count} x {kind} {direction}"
            for future in futures:
                if not future.done():
                    future.set_exception(SimulatorError(problem))
        self._waiting.clear()

    async def wait_for(
        self,
        event_type: str,
        count: int = 1,
        *,
        direction: Direction = "sent",
        timeout: float = 10.0,  # noqa: ASYNC109 - the message says what was seen instead
    ) -> Event:
        """Wait for the `count`-th event of a type, seen from the simulator, and return it.

        Args:
            event_type: such as `response.done`.
            count: which one, from 1.
            direction: `sent` by the simulator or `received` by it.
            timeout: seconds.

        Raises:
            TimeoutError: it did not come in time.
            SimulatorError: the session ended without it.
        """
        seen = [event for event in self._lists[direction] if event.get("type") == event_type]
        if len(seen) >= count:
            return seen[count - 1]
        if self._closed.is_set():
            problem = f"the session ended after {len(seen)} of {count} x {event_type}"
            raise SimulatorError(problem)
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((direction, event_type, count), []).append(future)
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            last = [event.get("type") for event in self._lists[direction][-5:]]
            problem = f"no {count} x {event_type} {direction} in {timeout} s; the last were {last}"
            raise TimeoutError(problem) from None

    async def wait_closed(self, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - as above
        """Wait until the connection is closed.

        Raises:
            TimeoutError: it is still open after `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            await self._closed.wait()


def to_base64(data: bytes) -> str:
    """Encode audio for an event."""
    return base64.b64encode(data).decode("ascii")
