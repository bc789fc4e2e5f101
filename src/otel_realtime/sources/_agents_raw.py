"""Raw server events, as the Agents SDK hands them on: all but deltas and who follows."""

from typing import TYPE_CHECKING, Any, Final

from otel_realtime.events import SpeechStarted
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources import openai_wire
from otel_realtime.values import Played

if TYPE_CHECKING:
    from agents.realtime import RealtimePlaybackTracker

_TRANSCRIBED: Final = "conversation.item.input_audio_transcription.completed"
_RETRIEVED: Final = "conversation.item.retrieved"
_TEXTS: Final = frozenset(
    {
        "response.output_text.done",
        "response.text.done",
        "response.output_audio_transcript.done",
        "response.audio_transcript.done",
    }
)
"""What tells a text and nothing else."""


class RawEvents:
    """Translates the raw server events of one session, but those that say nothing new."""

    def __init__(
        self, session: SessionTelemetry, tracker: "RealtimePlaybackTracker | None"
    ) -> None:
        """Begin with no event; `tracker` knows what the application has played."""
        self._session = session
        self._tracker = tracker
        self._transcribed: str | None = None
        """The item that was transcribed last."""

    def take(self, kind: object, data: Any) -> None:
        """Feed the session with an event of type `kind`.

        Raises:
            SkippedEventError: It cannot be used.
        """
        if kind == _TRANSCRIBED:
            self._transcribed = data.get("item_id")
        elif self._says_nothing_new(kind, data):
            return
        for event in openai_wire.server_event(data, self._session.clock()):
            if isinstance(event, SpeechStarted) and self._tracker is not None:
                event = _with_playback(event, self._tracker)  # noqa: PLW2901 - the same, and more
            self._session.feed(event)

    def _says_nothing_new(self, kind: object, data: Any) -> bool:
        """Whether an event need not be looked at: the SDK asks for each item transcribed again."""
        if kind == _RETRIEVED:
            item = data.get("item")
            return isinstance(item, dict) and item.get("id") == self._transcribed
        return kind in _TEXTS and not self._session.keeps_content


def _with_playback(event: SpeechStarted, tracker: "RealtimePlaybackTracker") -> SpeechStarted:
    """An onset, with what the application had played by then."""
    state = tracker.get_state()
    item_id, elapsed = state.get("current_item_id"), state.get("elapsed_ms")
    if item_id is None or elapsed is None:
        return event
    index = state.get("current_item_content_index") or 0
    played = Played(item_id, index, float(elapsed))
    return SpeechStarted(event.at, event.item_id, event.offset_ms, played)
