"""Events of the OpenAI Realtime API about the session, its entries and the user."""

from collections.abc import Iterable

from otel_realtime import events
from otel_realtime.guard import SkippedEventError
from otel_realtime.sources import _fields
from otel_realtime.sources import _openai_values as values
from otel_realtime.sources._fields import Json
from otel_realtime.values import RateLimit


def session_started(data: Json, at: int) -> Iterable[events.Event]:
    return (events.SessionStarted(at, values.session_config(_fields.section(data, "session"))),)


def session_updated(data: Json, at: int) -> Iterable[events.Event]:
    return (events.SessionChanged(at, values.session_config(_fields.section(data, "session"))),)


def conversation_created(data: Json, at: int) -> Iterable[events.Event]:
    named = _fields.text(_fields.section(data, "conversation"), "id")
    return (events.ConversationNamed(at, named),)


def item_added(data: Json, at: int) -> Iterable[events.Event]:
    item = values.item(_fields.section(data, "item"))
    placed = "previous_item_id" in data
    return (events.ItemAdded(at, item, _fields.any_text(data, "previous_item_id"), placed),)


def item_done(data: Json, at: int) -> Iterable[events.Event]:
    if _fields.section(data, "item").get("type") == "function_call_output":
        return ()  # it was whole when it was added
    return item_again(data, at)


def item_again(data: Json, at: int) -> Iterable[events.Event]:
    item = _fields.section(data, "item")
    role = item.get("role")
    if role == "assistant" or item.get("type") == "function_call":
        return ()  # its response tells of it
    if role == "user":
        contents = [each for each in _fields.any_list(item, "content") if isinstance(each, dict)]
        if not any(map(values.said, contents)):
            return ()  # nothing that was not known when it was added
    return item_added(data, at)


def item_deleted(data: Json, at: int) -> Iterable[events.Event]:
    return (events.ItemRemoved(at, _fields.text(data, "item_id")),)


def transcribed(data: Json, at: int) -> Iterable[events.Event]:
    used = _fields.any_section(data, "usage")
    transcript = data.get("transcript")
    if not isinstance(transcript, str):
        message = "input_audio_transcription.completed has no usable 'transcript'"
        raise SkippedEventError(message)
    usage = values.transcription_usage(used) if used else None
    return (events.Transcribed(at, _fields.text(data, "item_id"), transcript, usage),)


def transcription_failed(data: Json, at: int) -> Iterable[events.Event]:
    fault = values.fault(_fields.any_section(data, "error"))
    return (events.TranscriptionFailed(at, _fields.text(data, "item_id"), fault),)


def committed(data: Json, at: int) -> Iterable[events.Event]:
    return (events.InputCommitted(at, _fields.text(data, "item_id")),)


def cleared(_: Json, at: int) -> Iterable[events.Event]:
    return (events.InputCleared(at),)


def speech_started(data: Json, at: int) -> Iterable[events.Event]:
    offset = _fields.any_whole(data, "audio_start_ms")
    return (events.SpeechStarted(at, _fields.text(data, "item_id"), offset),)


def speech_stopped(data: Json, at: int) -> Iterable[events.Event]:
    offset = _fields.any_whole(data, "audio_end_ms")
    return (events.SpeechStopped(at, _fields.text(data, "item_id"), offset),)


def idle_timed_out(data: Json, at: int) -> Iterable[events.Event]:
    start, end = (_fields.any_count(data, name) for name in ("audio_start_ms", "audio_end_ms"))
    return (events.IdleTimedOut(at, _fields.text(data, "item_id"), start, end),)


def dtmf(data: Json, at: int) -> Iterable[events.Event]:
    return (events.DtmfReceived(at, _fields.text(data, "event")),)


def rate_limits(data: Json, at: int) -> Iterable[events.Event]:
    limits = [
        RateLimit(
            name,
            _fields.any_count(each, "limit"),
            _fields.any_count(each, "remaining"),
            _fields.any_number(each, "reset_seconds"),
        )
        for each in _fields.any_list(data, "rate_limits")
        if isinstance(each, dict) and (name := _fields.any_text(each, "name"))
    ]
    return (events.RateLimitsUpdated(at, tuple(limits)),)


def error(data: Json, at: int) -> Iterable[events.Event]:
    return (events.FaultReported(at, values.fault(_fields.section(data, "error"))),)


def input_appended(data: Json, at: int) -> Iterable[events.Event]:
    audio = _fields.text(data, "audio")
    return (events.AudioSent(at, values.base64_size(audio), audio),)


def settings_sent(data: Json, at: int) -> Iterable[events.Event]:
    told = values.session_config(_fields.section(data, "session")).input_format
    return (events.InputFormatSet(at, told),) if told is not None and told.bytes_per_ms else ()
