"""A conversation that is fed as a source feeds one, and the records that it gave."""

from dataclasses import replace

from streams import Entry

from otel_realtime.conversation import Conversation
from otel_realtime.events import Event
from otel_realtime.guard import SkippedEventError
from otel_realtime.scenario import EPOCH
from otel_realtime.sources import openai_wire
from otel_realtime.sources._openai_deltas import DELTAS, take_server_event
from otel_realtime.sources.recording import WireEvent
from otel_realtime.testing import FakeClock


class Fed:
    """Stands where a session stands for a source, and keeps the records."""

    def __init__(self, clock=None) -> None:
        self.conversation = Conversation(keep_text=True)
        self.clock = clock or FakeClock(EPOCH)
        self.records: list = []

    def feed(self, event: Event) -> None:
        self.records += self.conversation.feed(event)
        state = self.conversation._state  # noqa: SLF001 - not asked anew after each type of event
        assert self.conversation.deadline == (None if state.over else state.deadline())

    def take(self, entry: Entry) -> None:
        if not isinstance(entry, WireEvent):
            self.feed(replace(entry, at=self.clock()))
        elif entry.direction == "received":
            self.take_received(entry.data)
        elif isinstance(entry.data, dict) and isinstance(entry.data.get("type", ""), str):
            self.take_translated(openai_wire.client_event, entry.data)

    def take_received(self, data: object) -> None:
        if isinstance(data, dict) and isinstance(data.get("type"), str) and data["type"] in DELTAS:
            try:
                take_server_event(self, data)
            except (SkippedEventError, TypeError, KeyError, AttributeError, ValueError):
                return  # the guard's: a delta is taken unchecked
        else:
            self.take_translated(openai_wire.server_event, data)

    def take_translated(self, translate, data: object) -> None:
        try:
            neutral = list(translate(data, self.clock()))
        except SkippedEventError:
            return
        for event in neutral:
            self.feed(event)
