"""What the raw `openai` client sends, when it really goes out and to which socket.

While the client connects, for the first time or again, it queues what the application sends. On
each socket positions in the audio count anew, and what they mean is known when the provider has
described the session: until the application has received that, what goes out is held back here.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from threading import Lock
from typing import Any, Final

from otel_realtime.events import AudioSent, Event
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources import openai_wire
from otel_realtime.sources._openai_values import base64_size

_AUDIO: Final = "input_audio_buffer.append"
_MOST_HELD: Final = 4096


class Sent:
    """Feeds a session with what its client sends."""

    def __init__(self, session: SessionTelemetry) -> None:
        """Begin with a client that connects."""
        self.is_queued = True
        """Whether the client keeps what it is given until it is connected."""
        self._session = session
        self._held: list[Event] | None = []
        self._lock = Lock()

    def take(self, event: Any) -> None:
        """Take in an event of the client: a dictionary or an object of its types; never raises."""
        try:
            self._take(_translated(event, self._session.clock()))
        except Exception as error:  # noqa: BLE001 - the guard
            self._session.guard.caught("sent", error)

    def take_text(self, text: Any) -> None:
        """Take in the text of an event; never raises.

        It is parsed, whatever it is: where its type stands in it, and how long its audio is, cannot
        be told otherwise; and that takes a fraction of what sending it does.
        """
        try:
            event = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            return  # not an event: the server will say so
        if isinstance(event, dict):
            self.take(event)

    def pause(self) -> None:
        """The connection was lost and the client connects again: from here on it queues."""
        with self._lock:
            self.is_queued, self._held = True, self._held or []

    def resume(self) -> None:
        """The client is connected, and what it had queued has just gone out."""
        with self._lock:
            now = self._session.clock()
            self.is_queued = False
            self._held = [replace(each, at=now) for each in self._held or ()]

    def release(self) -> None:
        """The provider has said something on this socket: what went there counts."""
        while self._held is not None and not self.is_queued:
            # Another thread may send meanwhile: that waits its turn, and nobody for the lock.
            with self._lock:
                held, self._held = self._held, [] if self._held else None
            self._feed(held)

    def _take(self, events: Iterable[Event]) -> None:
        if self._held is not None:
            with self._lock:
                if self._held is not None:
                    self._held.extend(events if len(self._held) < _MOST_HELD else ())
                    return
        self._feed(events)

    def _feed(self, events: Iterable[Event] | None) -> None:
        for each in events or ():
            self._session.feed(each)


def _translated(event: Any, at: int) -> Iterable[Event]:
    is_plain = isinstance(event, dict)
    kind = event.get("type") if is_plain else getattr(event, "type", None)
    if kind == _AUDIO:
        audio = event.get("audio") if is_plain else getattr(event, "audio", None)
        return (AudioSent(at, base64_size(audio), audio),) if isinstance(audio, str) else ()
    if kind not in openai_wire.CLIENT_EVENTS:
        return ()
    data = event if is_plain else event.model_dump(mode="json", exclude_unset=True)
    return openai_wire.client_event(data, at)
