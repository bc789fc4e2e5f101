"""Events of the OpenAI Realtime API about responses, their playback and tools."""

from collections.abc import Callable, Iterable

from otel_realtime import events
from otel_realtime.guard import SkippedEventError
from otel_realtime.sources import _fields
from otel_realtime.sources import _openai_values as values
from otel_realtime.sources._fields import Json

Translate = Callable[[Json, int], Iterable[events.Event]]


def item_truncated(data: Json, at: int) -> Iterable[events.Event]:
    end_ms = _fields.any_count(data, "audio_end_ms")
    if end_ms is None:
        message = "conversation.item.truncated has no usable 'audio_end_ms'"
        raise SkippedEventError(message)
    item_id = _fields.text(data, "item_id")
    return (events.OutputTruncated(at, item_id, _fields.index(data), end_ms),)


def playback_started(data: Json, at: int) -> Iterable[events.Event]:
    return (events.PlaybackStarted(at, _fields.text(data, "response_id")),)


def playback_stopped(data: Json, at: int) -> Iterable[events.Event]:
    return (events.PlaybackStopped(at, _fields.text(data, "response_id")),)


def playback_cleared(data: Json, at: int) -> Iterable[events.Event]:
    return (events.PlaybackStopped(at, _fields.text(data, "response_id"), cleared=True),)


def response_created(data: Json, at: int) -> Iterable[events.Event]:
    response = _fields.section(data, "response")
    modalities = _fields.texts(response, "output_modalities") or _fields.texts(
        response, "modalities"
    )
    return (
        events.ResponseStarted(
            at,
            _fields.text(response, "id"),
            _fields.any_text(response, "conversation_id"),
            modalities or None,
            out_of_band=response.get("conversation_id", "") is None,
        ),
    )


def response_done(data: Json, at: int) -> Iterable[events.Event]:
    response = _fields.section(data, "response")
    details = _fields.any_section(response, "status_details")
    error = _fields.any_section(details, "error")
    used = _fields.any_section(response, "usage")
    outputs = (each for each in _fields.any_list(response, "output") if isinstance(each, dict))
    return (
        events.ResponseDone(
            at,
            _fields.text(response, "id"),
            status=_fields.any_text(response, "status"),
            reason=_fields.any_text(details, "reason"),
            fault=values.fault(error) if error else None,
            items=tuple(values.item(each) for each in outputs if _fields.any_text(each, "id")),
            usage=values.usage(used) if used else None,
            conversation_id=_fields.any_text(response, "conversation_id"),
        ),
    )


def output_added(data: Json, at: int) -> Iterable[events.Event]:
    item = values.item(_fields.section(data, "item"), finished=False)
    return (events.OutputAdded(at, _fields.text(data, "response_id"), item),)


def output_finished(data: Json, at: int) -> Iterable[events.Event]:
    item = values.item(_fields.section(data, "item"))
    return (events.OutputFinished(at, _fields.any_text(data, "response_id"), item),)


def text_finished(name: str) -> Translate:
    def translate(data: Json, at: int) -> Iterable[events.Event]:
        ids = (_fields.text(data, "response_id"), _fields.text(data, "item_id"))
        said = _fields.any_text(data, name)
        return (events.TextFinished(at, *ids, _fields.index(data), said),) if said else ()

    return translate


def arguments_done(data: Json, at: int) -> Iterable[events.Event]:
    return (
        events.ToolRequested(
            at,
            _fields.text(data, "call_id"),
            _fields.any_text(data, "name"),
            _fields.any_text(data, "arguments"),
            _fields.any_text(data, "item_id"),
            _fields.any_text(data, "response_id"),
        ),
    )


def mcp_started(data: Json, at: int) -> Iterable[events.Event]:
    return (events.McpCallStarted(at, _fields.text(data, "item_id")),)


def mcp_ended(*, failed: bool) -> Translate:
    def translate(data: Json, at: int) -> Iterable[events.Event]:
        return (events.McpCallEnded(at, _fields.text(data, "item_id"), failed),)

    return translate


def mcp_listed(outcome: str) -> Translate:
    def translate(data: Json, at: int) -> Iterable[events.Event]:
        return (events.McpToolsListed(at, _fields.text(data, "item_id"), outcome),)

    return translate


def item_created(data: Json, at: int) -> Iterable[events.Event]:
    item = _fields.section(data, "item")
    if item.get("type") != "function_call_output":
        return ()  # the server tells of it, with its id
    call_id = _fields.text(item, "call_id")
    return (events.ToolAnswered(at, call_id, _fields.any_text(item, "output")),)
