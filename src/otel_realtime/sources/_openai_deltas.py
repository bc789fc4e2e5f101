"""Deltas of the OpenAI Realtime API: the path that hundreds of events a second take.

Nothing is decoded or copied here: audio is counted by the length of its base64 text, and where it
is recorded, the text itself is appended. All that is no delta goes on to `openai_wire`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from otel_realtime import events
from otel_realtime.guard import SkippedEventError
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources import _fields, openai_wire
from otel_realtime.sources._fields import Json


def audio(session: SessionTelemetry, data: Json) -> None:
    """Count a delta of the agent's audio."""
    encoded: str = data["delta"]
    # As in `_openai_values.base64_size`, without a call: this runs hundreds of times a second.
    byte_count = len(encoded) // 4 * 3
    if encoded and encoded[-1] == "=":
        byte_count -= encoded.count("=", -2)
    part = session.audio_parts.get(data["item_id"])
    if part is not None and part.content_index == data["content_index"]:
        part.byte_count += byte_count
    else:
        session.feed(events.AudioStarted(session.clock(), *_part(data), byte_count))


def recorded_audio(session: SessionTelemetry, data: Json) -> None:
    """Count a delta of the agent's audio and record it, if the call is recorded."""
    audio(session, data)
    recording = session.audio
    if recording is not None:
        recording.take_output(data["item_id"], data["content_index"], data["delta"])


def text(session: SessionTelemetry, data: Json) -> None:
    """Add a delta of the agent's text or transcript."""
    delta = data["delta"]
    if not isinstance(delta, str):
        message = "a delta of text is no text"
        raise SkippedEventError(message)
    part = session.text_parts.get(data["item_id"])
    if part is None or part.content_index != data["content_index"]:
        session.feed(events.TextStarted(session.clock(), *_part(data), delta))
    elif part.fragments is not None:
        part.fragments.append(delta)


def nothing(session: SessionTelemetry, data: Json) -> None:
    """Pass over a delta of what is told whole soon after."""


def _part(data: Json) -> tuple[str, str, int]:
    """Check and give the part's response, item and index: with its first delta only."""
    return (
        _fields.text(data, "response_id"),
        _fields.text(data, "item_id"),
        _fields.index(data),
    )


DELTAS: Final[Mapping[Any, Callable[[SessionTelemetry, Json], None]]] = {
    "response.output_audio.delta": audio,
    "response.audio.delta": audio,
    "response.output_audio_transcript.delta": text,
    "response.audio_transcript.delta": text,
    "response.output_text.delta": text,
    "response.text.delta": text,
    "conversation.item.input_audio_transcription.delta": nothing,
    "response.function_call_arguments.delta": nothing,
    "response.mcp_call_arguments.delta": nothing,
}


RECORDED_DELTAS: Final[Mapping[Any, Callable[[SessionTelemetry, Json], None]]] = {
    **DELTAS,
    "response.output_audio.delta": recorded_audio,
    "response.audio.delta": recorded_audio,
}
"""For those to whom nobody hands the audio decoded."""


def take_server_event(session: SessionTelemetry, data: Any) -> None:
    """Feed a session with one server event, whatever it is.

    Raises:
        SkippedEventError: It cannot be used; so may others be raised by what is malformed.
    """
    take_delta = RECORDED_DELTAS.get(data.get("type")) if isinstance(data, dict) else None
    if take_delta is not None:
        take_delta(session, data)
        return
    try:
        for event in openai_wire.server_event(data, session.clock()):
            session.feed(event)
    finally:
        session.show(data)
