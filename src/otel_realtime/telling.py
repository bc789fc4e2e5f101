"""Tells everyone concerned of one call's records, each behind the guard: one's fault is no other's.

First those that add to the facts, where a recording will be and what something cost, then the
consumers that write spans, log events and metrics.
"""

from typing import TYPE_CHECKING, Any, Final

from otel_realtime.conversation import Conversation
from otel_realtime.cost.pricing import pricing_of
from otel_realtime.guard import Guard
from otel_realtime.records import Closed, LeftOutNoted, Noted, Opened, Record
from otel_realtime.session_audio import SessionAudio
from otel_realtime.settings import Settings
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.consumers import consumers_of
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.outlets import Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Telling:
    """Tells of one call.

    Args:
        telemetry: Where it is written.
        settings: What may be written.
        context: The call's spans.
        identity: What is the same on all of them.
        conversation: Whose records they are.
        guard: Takes in what goes wrong.
    """

    def __init__(  # noqa: PLR0913 - those concerned
        self,
        telemetry: Telemetry,
        settings: Settings,
        context: TelemetryContext,
        identity: Identity,
        *,
        conversation: Conversation,
        guard: Guard,
    ) -> None:
        self._identity, self._guard = identity, guard
        self._known = known = conversation.session
        consumers = consumers_of(
            telemetry, settings, context, identity, guard.caught, config=lambda: known.config
        )
        self._told: Final[Mapping[type[Record], Sequence[Callable[[Any], None]]]] = {
            Opened: [each.opened for each in consumers],
            Noted: [each.noted for each in consumers],
            Closed: [each.closed for each in consumers],
        }
        self.recording = SessionAudio(settings, telemetry, guard)
        """The recording of the call, begun if it is to be recorded."""
        self._pricing = pricing_of(settings, guard.caught)

    def tell(self, record: Record) -> None:
        """Tell of a record; never raises."""
        if isinstance(record, Noted) and isinstance(record.note, LeftOutNoted):
            self._guard.left_out(record.note.what, record.note.why)
            return
        if self.recording.is_on:
            self.recording.link(record)
        if self._pricing is not None:
            self._pricing.price(record, self._known, self._identity.provider)
        for take in self._told[type(record)]:
            try:
                take(record)
            except Exception as error:  # noqa: BLE001 - the guard: the other consumers go on
                whose = type(getattr(take, "__self__", None)).__name__
                self._guard.caught(f"{whose} {record.key.kind}", error)
