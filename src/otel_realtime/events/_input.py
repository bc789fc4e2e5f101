"""Events of what the user says, types and presses, and of the conversation's entries."""

from dataclasses import field

from otel_realtime.events._base import Event
from otel_realtime.frozen import frozen
from otel_realtime.values import AudioFormat, Fault, Item, TranscriptionUsage


@frozen
class AudioSent(Event):
    """The client sent `byte_count` bytes of user audio."""

    byte_count: int
    audio: str | bytes | None = field(default=None, repr=False, compare=False)
    """The audio itself, as base64 text or decoded, where it may have to be recorded."""


@frozen
class InputFormatSet(Event):
    """The client told the provider in which format it sends user audio from here on."""

    format: AudioFormat


@frozen
class SpeechStarted(Event):
    """The provider heard the user start to speak, `offset_ms` into the audio it was sent."""

    item_id: str
    offset_ms: int | None


@frozen
class SpeechStopped(Event):
    """The provider heard the user stop (mark S); `offset_ms` includes the silence it waited."""

    item_id: str
    offset_ms: int | None


@frozen
class InputCommitted(Event):
    """The user's audio so far became the item `item_id` (mark C)."""

    item_id: str


@frozen
class InputCleared(Event):
    """The user's audio since the last commit was thrown away."""


@frozen
class ItemAdded(Event):
    """An entry of the conversation was made or completed; told once or several times per item."""

    item: Item
    previous_item_id: str | None = None
    placed: bool = True
    """Whether `previous_item_id` says where the item stands; None then means at the start."""


@frozen
class ItemRemoved(Event):
    """An entry of the conversation was deleted."""

    item_id: str


@frozen
class Transcribed(Event):
    """The transcript of a user's utterance is complete."""

    item_id: str
    text: str
    usage: TranscriptionUsage | None = None


@frozen
class TranscriptionFailed(Event):
    """A user's utterance could not be transcribed."""

    item_id: str
    fault: Fault


@frozen
class IdleTimedOut(Event):
    """The user said nothing for so long that the provider asks the model to speak."""

    item_id: str
    start_ms: int | None = None
    end_ms: int | None = None


@frozen
class DtmfReceived(Event):
    """The caller pressed a key on the telephone."""

    digit: str
