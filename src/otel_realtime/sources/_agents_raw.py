"""Raw server events, as the Agents SDK hands them on: deltas and all others, by one table."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from otel_realtime.session import SessionTelemetry
from otel_realtime.sources import openai_wire
from otel_realtime.sources._agents_playback import Playback
from otel_realtime.sources._fields import Json
from otel_realtime.sources._openai_deltas import DELTAS, nothing

Take = Callable[[SessionTelemetry, Any], None]

_TRANSCRIBED: Final = "conversation.item.input_audio_transcription.completed"
_RETRIEVED: Final = "conversation.item.retrieved"
_ONSET: Final = "input_audio_buffer.speech_started"
_FINISHED: Final = "response.output_item.done"
_ARGUMENTS: Final = "response.function_call_arguments.done"
"""The SDK runs a tool once its item is finished, and that has them as well."""
_TEXTS: Final = (
    "response.output_text.done",
    "response.text.done",
    "response.output_audio_transcript.done",
    "response.audio_transcript.done",
)
"""What tells a text that its response tells once more, when it is done."""
DESCRIPTIONS: Final = frozenset({"session.created", "session.updated"})
"""What tells which session it is: the listener looks at it first."""


def _feeding(kind: str) -> Take:
    translate = openai_wire.SERVER_EVENTS[kind]

    def take(session: SessionTelemetry, data: Json) -> None:
        for event in translate(data, session.clock()):
            session.feed(event)

    return take


_TAKES: Final[Mapping[Any, Take]] = {
    **{kind: _feeding(kind) for kind in openai_wire.SERVER_EVENTS if kind not in DESCRIPTIONS},
    **dict.fromkeys((*openai_wire.SILENT, _ARGUMENTS), nothing),
    **DELTAS,
}


def _finished_call(session: SessionTelemetry, data: Json) -> None:
    """Take a finished item, unless it is a message: its response tells of that."""
    item = data.get("item")
    if not isinstance(item, dict) or item.get("type") != "message":
        _TAKES[_FINISHED](session, data)


_WITHOUT_TEXTS: Final[Mapping[Any, Take]] = {
    **dict.fromkeys(_TEXTS, nothing),
    _FINISHED: _finished_call,
}
"""What takes these where no texts are kept: the words that they are counted by come later, too."""


class RawEvents:
    """Translates the raw server events of one session, but those that say nothing new."""

    def __init__(self, session: SessionTelemetry, playback: Playback) -> None:
        """Begin with no event; `playback` knows what the application has played."""
        self._session = session
        transcripts = _Transcripts()
        self._takes: Mapping[Any, Take] = {
            **_TAKES,
            **({} if session.keeps_content else _WITHOUT_TEXTS),
            _TRANSCRIBED: transcripts.take,
            _RETRIEVED: transcripts.retrieved,
            _ONSET: _asking(playback),
        }

    @property
    def direct(self) -> Mapping[Any, Take]:
        """What takes which event straight away, deltas always; the others go to `take`."""
        return DELTAS if self._session.shows_server_events else self._takes

    def take(self, kind: object, data: Any) -> None:
        """Feed the session with an event of type `kind`.

        Raises:
            SkippedEventError: It cannot be used.
        """
        take = self._takes.get(kind)
        try:
            if take is not None:
                take(self._session, data)
                return
            for event in openai_wire.server_event(data, self._session.clock()):
                self._session.feed(event)
        finally:
            self._session.show(data)


class _Transcripts:
    """Passes over the items that the SDK asks for once more: each one that was transcribed."""

    __slots__ = ("_item_id",)

    def __init__(self) -> None:
        self._item_id: str | None = None
        """What was transcribed last."""

    def take(self, session: SessionTelemetry, data: Json) -> None:
        self._item_id = data.get("item_id")
        _TAKES[_TRANSCRIBED](session, data)

    def retrieved(self, session: SessionTelemetry, data: Json) -> None:
        item = data.get("item")
        if not isinstance(item, dict) or item.get("id") != self._item_id:
            _TAKES[_RETRIEVED](session, data)


def _asking(playback: Playback) -> Take:
    """Ask, as the user begins to speak, where playback is: it may be cut off now."""
    translate = openai_wire.SERVER_EVENTS[_ONSET]

    def take(session: SessionTelemetry, data: Json) -> None:
        for event in translate(data, session.clock()):
            playback.report()
            session.feed(event)

    return take
