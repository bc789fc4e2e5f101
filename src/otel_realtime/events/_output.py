"""Events of what the model says, and of its playback."""

from otel_realtime.events._base import Event
from otel_realtime.frozen import frozen
from otel_realtime.values import Fault, Item, Usage


@frozen
class ResponseStarted(Event):
    """The model began a response (mark R). `id_known` is False where the source numbered it."""

    response_id: str
    conversation_id: str | None = None
    output_modalities: tuple[str, ...] | None = None
    id_known: bool = True
    out_of_band: bool = False
    """Whether the provider says that it is no part of the conversation."""


@frozen
class OutputAdded(Event):
    """A response began an item."""

    response_id: str
    item: Item


@frozen
class OutputFinished(Event):
    """A response finished an item; a tool call is complete from here."""

    response_id: str | None
    item: Item


@frozen
class AudioStarted(Event):
    """The first audio of one content part of a response (mark A for the first of them)."""

    response_id: str
    item_id: str
    content_index: int
    byte_count: int


@frozen
class TextStarted(Event):
    """The first text or transcript of one content part of a response."""

    response_id: str
    item_id: str
    content_index: int
    text: str


@frozen
class TextFinished(Event):
    """The whole text or transcript of one content part of a response."""

    response_id: str
    item_id: str
    content_index: int
    text: str


@frozen
class ResponseDone(Event):
    """The response is over (mark D), completed or not."""

    response_id: str
    status: str | None = None
    reason: str | None = None
    fault: Fault | None = None
    items: tuple[Item, ...] = ()
    usage: Usage | None = None
    conversation_id: str | None = None


@frozen
class OutputTruncated(Event):
    """The client told the provider that the user heard only the first `end_ms` of a part."""

    item_id: str
    content_index: int
    end_ms: int


@frozen
class PlaybackStarted(Event):
    """The user begins to hear a response (mark P)."""

    response_id: str


@frozen
class PlaybackReported(Event):
    """The application has played the first `ms` of a content part, by its playback tracker.

    Told where that is not what follows from the report before, and where it matters: as the user
    begins to speak, as the audio is cut off.
    """

    item_id: str
    content_index: int
    ms: float


@frozen
class PlaybackStopped(Event):
    """The user has heard a response to its end, or, `cleared`, what was left was thrown away."""

    response_id: str
    cleared: bool = False
