"""The audio of one session: whether it is recorded, and the links from its spans to recordings."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from otel_realtime.audio import offers
from otel_realtime.conversation import Conversation
from otel_realtime.facts import InputFacts, ResponseFacts, SessionFacts
from otel_realtime.guard import Guard
from otel_realtime.records import SESSION, Closed, Noted, ReconnectionNoted, Record
from otel_realtime.settings import Settings
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.audio_report import AudioReport
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.outlets import Telemetry

if TYPE_CHECKING:
    from otel_realtime.audio.call import CallAudio


class SessionAudio:
    """Begins the recording of a session, and tells it what becomes of the session.

    Args:
        settings: What is asked for.
        telemetry: Where it is told what becomes of recordings.
        guard: Takes in what goes wrong.
    """

    def __init__(self, settings: Settings, telemetry: Telemetry, guard: Guard) -> None:
        """Nothing is recorded yet."""
        self._settings = settings
        self._telemetry = telemetry
        self._guard = guard
        self._call: CallAudio | None = None
        self._context: TelemetryContext | None = None

    def begin(
        self,
        identity: Identity,
        context: TelemetryContext,
        conversation: Conversation,
        clock: Callable[[], int],
    ) -> "CallAudio | None":
        """Begin, once the session's span has; None if it is not to be recorded. Never raises."""
        try:
            self._context = context
            self._call = self._begun(identity, context, conversation, clock)
        except Exception as error:  # noqa: BLE001 - the guard
            self._guard.caught("audio", error)
        return self._call

    @property
    def is_on(self) -> bool:
        """Whether the session is being recorded."""
        return self._call is not None

    def link(self, record: Record) -> None:
        """Put on the facts of what closes where its recording will be, before anybody is told.

        Never raises.
        """
        try:
            if self._call is None or self._context is None:
                return
            if isinstance(record, Noted) and isinstance(record.note, ReconnectionNoted):
                self._call.restart_input()
            span = self._context.span_context(record.key)
            if isinstance(record, Closed) and span is not None:
                close = _CLOSE.get(type(record.facts))
                if close is not None:
                    close(self._call, record.facts, f"{span.span_id:016x}")
        except Exception as error:  # noqa: BLE001 - the guard
            self._guard.caught("audio", error)

    def _begun(
        self,
        identity: Identity,
        context: TelemetryContext,
        conversation: Conversation,
        clock: Callable[[], int],
    ) -> "CallAudio | None":
        """What records is only imported where there is a store."""
        span = context.span_context(SESSION)
        offered = offers.take(span.span_id) if span is not None else None
        if span is None or (self._settings.audio_store is None and offered is None):
            return None
        from otel_realtime.audio.archives import archive_of

        archive = archive_of(self._settings) or offered
        if archive is None:
            return None
        from otel_realtime.audio.begin import begin
        from otel_realtime.audio.clips import CallInfo

        telemetry, session = self._telemetry, conversation.session
        trace_id, span_id = f"{span.trace_id:032x}", f"{span.span_id:016x}"
        return begin(
            self._settings,
            archive,
            CallInfo(identity.session_id, trace_id, span_id, identity.user_id, session.agent),
            session=session,
            open_parts=conversation.audio_parts,
            clock=clock,
            report=AudioReport(
                telemetry.logger, telemetry.instruments, identity, self._guard.caught
            ),
        )


def _close_input(call: "CallAudio", facts: InputFacts, span_id: str) -> None:
    call.close_input(facts, span_id)


def _close_output(call: "CallAudio", facts: ResponseFacts, span_id: str) -> None:
    call.close_output(facts, span_id)


def _close_call(call: "CallAudio", facts: SessionFacts, _: str) -> None:
    call.close_call(facts)


_CLOSE: Final[Mapping[type[Any], Callable[..., None]]] = {
    InputFacts: _close_input,
    ResponseFacts: _close_output,
    SessionFacts: _close_call,
}
"""What closes a recording, by what is known of its subject."""


def check_store(settings: Settings) -> None:
    """See, as soon as somebody gives a store, whether there is such a store.

    Raises:
        SettingError: There is none.
        ImportError: An extra is missing.
    """
    if settings.audio_store is not None:
        from otel_realtime.audio.archives import archive_of

        archive_of(settings)
