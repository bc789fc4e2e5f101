"""Raw server events, as the Agents SDK hands them on: all but deltas and who follows."""

from typing import Any, Final

from otel_realtime.events import SpeechStarted
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources import openai_wire
from otel_realtime.sources._agents_playback import Playback

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

    def __init__(self, session: SessionTelemetry, playback: Playback) -> None:
        """Begin with no event; `playback` knows what the application has played."""
        self._session = session
        self._playback = playback
        self._transcribed: str | None = None
        """The item that was transcribed last."""

    def take(self, kind: object, data: Any) -> None:
        """Feed the session with an event of type `kind`.

        Raises:
            SkippedEventError: It cannot be used.
        """
        try:
            self._take(kind, data)
        finally:
            self._session.show(data)

    def _take(self, kind: object, data: Any) -> None:
        if kind == _TRANSCRIBED:
            self._transcribed = data.get("item_id")
        elif self._says_nothing_new(kind, data):
            return
        for event in openai_wire.server_event(data, self._session.clock()):
            if isinstance(event, SpeechStarted):
                self._playback.report()
            self._session.feed(event)

    def _says_nothing_new(self, kind: object, data: Any) -> bool:
        """Whether an event need not be looked at: the SDK asks for each item transcribed again."""
        if kind == _RETRIEVED:
            item = data.get("item")
            return isinstance(item, dict) and item.get("id") == self._transcribed
        return kind in _TEXTS and not self._session.keeps_content
