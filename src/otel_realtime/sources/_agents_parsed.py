"""What the Agents SDK makes of a model's events, for models that emit no raw ones.

Here a turn stands for a response: between `turn_started` and `turn_ended`, which is the SDK's own
way to tell which response a tool call or a usage belongs to. A turn without an id gets a number
that is never shown.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from otel_realtime import events
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources._ends import closing
from otel_realtime.telemetry.content import type_of
from otel_realtime.values import Fault, Item, ItemType, Usage

_LOST = "WebSocket error in message listener"
_MOST_CALLS = 64
_MOST_TYPED = 16

ALWAYS_FOLLOWED: Final = frozenset(
    {"connection_status", "end_of_stream", "exception", "function_call", "item_updated"}
)
"""The types that tell something no raw event does."""


class ParsedEvents:
    """Translates the SDK's parsed events of one session."""

    def __init__(self, session: SessionTelemetry) -> None:
        """Begin outside of any turn."""
        self.is_muted = False
        """Whether raw events tell everything but `ALWAYS_FOLLOWED`."""
        self._session = session
        self._turn: str | None = None
        self._turns = 0
        self._usage: Usage | None = None
        self._named: tuple[str, str] | None = None
        """What the model calls a response whose turn it gave no id, and our number for it."""
        self._calls: dict[str, Any] = {}
        self._typed: deque[tuple[str, ...]] = deque(maxlen=_MOST_TYPED)
        """Texts that the client sent and that the model may tell of once more."""

    def take(self, event: Any) -> None:
        """Translate one event and feed the session; types that say nothing new are passed over."""
        take = _TABLE.get(event.type)
        if take is not None:
            take(self, event, self._session.clock())

    @property
    def heeded(self) -> Mapping[str, Callable[["ParsedEvents", Any], None]]:
        """What takes which event where raw events tell the rest."""
        return _HEEDED if self._session.audio is None else _HEEDED_RECORDED

    def knows_call(self, event: object) -> bool:
        """Whether this very tool call event came by."""
        return any(known is event for known in self._calls.values())

    def id_of(self, response_id: str | None) -> str | None:
        """What a response goes by here that the model calls `response_id`."""
        named = self._named
        return named[1] if named is not None and named[0] == response_id else response_id

    def take_sent(self, event: Any) -> None:
        """Take in what the client sends to a model that may tell nothing of it."""
        take = _SENT.get(type(event).__name__)
        if take is not None:
            take(self, event, self._session.clock())

    def _audio_sent(self, event: Any, at: int) -> None:
        self._session.feed(events.AudioSent(at, len(event.audio), event.audio))

    def _text_sent(self, event: Any, at: int) -> None:
        if self.is_muted:  # its item comes back as a raw event
            return
        given = event.user_input
        contents = [{"text": given}] if isinstance(given, str) else given.get("content", ())
        texts = tuple(each["text"] for each in contents if isinstance(each.get("text"), str))
        self._typed.append(texts)
        self._turns += 1
        item = Item(f"text {self._turns}", ItemType.MESSAGE, role="user", texts=texts)
        self._session.feed(events.ItemAdded(at, item._replace(id_known=False), placed=False))

    def _output_sent(self, event: Any, at: int) -> None:
        self._answered(event.tool_call.call_id, event.output, at)

    def _turn_started(self, event: Any, at: int) -> None:
        self._turns += 1
        self._usage = None  # told after its turn had ended: it belongs to none that follows
        given = getattr(event, "response_id", None)  # older SDKs name no turns
        self._turn = given or f"turn {self._turns}"
        self._session.feed(events.ResponseStarted(at, self._turn, id_known=bool(given)))

    def _turn_ended(self, event: Any, at: int) -> None:
        turn, used = getattr(event, "response_id", None) or self._turn, self._usage
        self._turn = self._usage = None
        if turn is not None:
            self._session.feed(events.ResponseDone(at, turn, usage=used))

    def _audio(self, event: Any, at: int) -> None:
        size, item_id, index = len(event.data), event.item_id, event.content_index
        part = self._session.audio_parts.get(item_id)
        if part is not None and part.content_index == index:
            part.byte_count += size
        else:
            response_id = self._turn_of(event)
            self._session.feed(events.AudioStarted(at, response_id, item_id, index, size))
        audio = self._session.audio
        if audio is not None:
            audio.take_output(item_id, index, event.data)

    def _turn_of(self, event: Any) -> Any:
        if self._turn is None:
            return event.response_id
        if self._turn != event.response_id:
            self._named = event.response_id, self._turn
        return self._turn

    def _text(self, event: Any, at: int) -> None:
        part = self._session.text_parts.get(event.item_id)
        if part is None:
            response_id = self._turn_of(event)
            self._session.feed(events.TextStarted(at, response_id, event.item_id, 0, event.delta))
        elif part.fragments is not None:
            part.fragments.append(event.delta)

    def _function_call(self, event: Any, at: int) -> None:
        if len(self._calls) >= _MOST_CALLS:
            del self._calls[next(iter(self._calls))]
        self._calls[event.call_id] = event
        if not self.is_muted:
            ids = (event.id, self._turn)
            asked = events.ToolRequested(at, event.call_id, event.name, event.arguments, *ids)
            self._session.feed(asked)

    def _usage_told(self, event: Any, _: int) -> None:
        given, said = event.input_tokens_details, event.output_tokens_details
        cached = given.cached_tokens_details if given else None
        self._usage = Usage(
            input=event.usage.input_tokens,
            output=event.usage.output_tokens,
            input_text=given.text_tokens if given else None,
            input_audio=given.audio_tokens if given else None,
            input_image=given.image_tokens if given else None,
            cached=given.cached_tokens if given else None,
            cached_text=cached.text_tokens if cached else None,
            cached_audio=cached.audio_tokens if cached else None,
            cached_image=cached.image_tokens if cached else None,
            output_text=said.text_tokens if said else None,
            output_audio=said.audio_tokens if said else None,
        )

    def _item_updated(self, event: Any, at: int) -> None:
        item = event.item
        if item.type == "function_call":
            if item.output is not None and item.call_id:
                self._answered(item.call_id, item.output, at)
        elif not self.is_muted:
            message = _message(item)
            if message.role == "user" and message.texts in self._typed:
                self._typed.remove(message.texts)
            else:
                self._session.feed(events.ItemAdded(at, message, placed=False))

    def _answered(self, call_id: str, output: str | None, at: int) -> None:
        self._session.feed(events.ToolAnswered(at, call_id, output))

    def _item_deleted(self, event: Any, at: int) -> None:
        self._session.feed(events.ItemRemoved(at, event.item_id))

    def _transcribed(self, event: Any, at: int) -> None:
        self._session.feed(events.Transcribed(at, event.item_id, event.transcript))

    def _timed_out(self, event: Any, at: int) -> None:
        offsets = (event.audio_start_ms, event.audio_end_ms)
        self._session.feed(events.IdleTimedOut(at, event.item_id, *offsets))

    def _error(self, event: Any, at: int) -> None:
        error = event.error
        told = {name: getattr(error, name, None) for name in ("type", "code", "message", "param")}
        if isinstance(error, BaseException):
            told = {"type": type_of(error)}
        fault = Fault(**{name: value for name, value in told.items() if isinstance(value, str)})
        self._session.feed(events.FaultReported(at, fault))

    def _exception(self, event: Any, at: int) -> None:
        error = event.exception
        ending = closing(error)
        if ending is not None:
            reason, fault_type, close_code = ending
            self._session.end_soon(reason, fault_type=fault_type, close_code=close_code)
        elif event.context == _LOST:
            self._session.end_soon("connection_lost", fault_type=type_of(error))
        else:
            self._session.feed(events.FaultReported(at, Fault(type=type_of(error))))

    def _ended(self, _: Any, __: int) -> None:
        self._session.end_soon("server_closed")


_TABLE: Final[Mapping[str, Callable[[ParsedEvents, Any, int], None]]] = {
    "turn_started": ParsedEvents._turn_started,  # noqa: SLF001 - the table of this class
    "turn_ended": ParsedEvents._turn_ended,  # noqa: SLF001
    "audio": ParsedEvents._audio,  # noqa: SLF001
    "transcript_delta": ParsedEvents._text,  # noqa: SLF001
    "output_text_delta": ParsedEvents._text,  # noqa: SLF001
    "function_call": ParsedEvents._function_call,  # noqa: SLF001
    "usage": ParsedEvents._usage_told,  # noqa: SLF001
    "item_updated": ParsedEvents._item_updated,  # noqa: SLF001
    "item_deleted": ParsedEvents._item_deleted,  # noqa: SLF001
    "input_audio_transcription_completed": ParsedEvents._transcribed,  # noqa: SLF001
    "input_audio_timeout_triggered": ParsedEvents._timed_out,  # noqa: SLF001
    "error": ParsedEvents._error,  # noqa: SLF001
    "exception": ParsedEvents._exception,  # noqa: SLF001
    "connection_status": ParsedEvents._ended,  # noqa: SLF001
    "end_of_stream": ParsedEvents._ended,  # noqa: SLF001
}


def _take_answer(parsed: ParsedEvents, event: Any) -> None:
    if event.item.type == "function_call":
        parsed.take(event)


def _record(parsed: ParsedEvents, event: Any) -> None:
    """Keep a delta of the agent's audio, which the SDK has decoded."""
    audio = parsed._session.audio  # noqa: SLF001 - the table of this class
    if audio is not None:
        audio.take_output(event.item_id, event.content_index, event.data)


_HEEDED: Final[Mapping[str, Callable[[ParsedEvents, Any], None]]] = {
    **dict.fromkeys(ALWAYS_FOLLOWED, ParsedEvents.take),
    "item_updated": _take_answer,
}
_HEEDED_RECORDED: Final[Mapping[str, Callable[[ParsedEvents, Any], None]]] = {
    **_HEEDED,
    "audio": _record,
}


_SENT: Final[Mapping[str, Callable[[ParsedEvents, Any, int], None]]] = {
    "RealtimeModelSendAudio": ParsedEvents._audio_sent,  # noqa: SLF001
    "RealtimeModelSendUserInput": ParsedEvents._text_sent,  # noqa: SLF001
    "RealtimeModelSendToolOutput": ParsedEvents._output_sent,  # noqa: SLF001
}


def _message(item: Any) -> Item:
    contents = getattr(item, "content", None) or ()
    texts = (getattr(each, "text", None) or getattr(each, "transcript", None) for each in contents)
    return Item(
        id=item.item_id,
        type=ItemType.MESSAGE,
        role=getattr(item, "role", None),
        texts=tuple(each for each in texts if isinstance(each, str)),
        has_audio=any(each.type in {"audio", "input_audio"} for each in contents),
    )
