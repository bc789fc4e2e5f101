"""The wire of one connection: sending, keeping the record, and the ways it can break."""

import asyncio
import json
import socket
import struct

from websockets.asyncio.server import ServerConnection

from ._session import SimulatorSession
from ._wire import Event, Ids


class Link:
    """Sends server events over one websocket and records them."""

    def __init__(self, websocket: ServerConnection, session: SimulatorSession, ids: Ids) -> None:
        """Send over `websocket`, record in `session`."""
        self._websocket = websocket
        self._session = session
        self._ids = ids
        self._last: dict[str, str] = {}
        self._last_type = ""
        self.mute = False

    async def send(self, event_type: str, **fields: object) -> None:
        """Send one event, with an event id."""
        await self.send_event({"type": event_type, "event_id": self._ids.next("event"), **fields})

    async def send_event(self, event: Event) -> None:
        """Send an event as it is."""
        if self.mute:
            return
        self._last_type = str(event.get("type"))
        self._last[self._last_type] = json.dumps(event)
        self._session.record("sent", event)
        await self._websocket.send(self._last[self._last_type])

    async def send_text(self, text: str) -> None:
        """Send a frame that is not an event."""
        if self.mute:
            return
        self._session.record("sent", {"raw": text})
        await self._websocket.send(text)

    async def send_again(self, event_type: str | None) -> None:
        """Send the last event (of one type) once more, with the same event id."""
        text = self._last.get(event_type or self._last_type)
        if text is not None:
            await self.send_event(json.loads(text))

    async def close(self, code: int) -> None:
        """Close the websocket properly, with a code of RFC 6455."""
        self.mute = True
        await self._websocket.close(code)

    async def abort(self) -> None:
        """Break the TCP connection with a reset: the client gets no close frame."""
        self.mute = True
        transport = self._websocket.transport
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await asyncio.sleep(0)

    async def fall_silent(self) -> None:
        """Stop reading and sending: even the client's close frame gets no answer."""
        self.mute = True
        transport = self._websocket.transport
        if isinstance(transport, asyncio.ReadTransport):
            transport.pause_reading()
        await asyncio.sleep(0)
