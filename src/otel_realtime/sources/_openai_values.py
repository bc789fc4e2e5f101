"""The values inside the events of the OpenAI Realtime API, GA and beta, as neutral values.

Shapes as in the API reference of the Realtime API and its older beta, checked against recorded
sessions with OpenAI and Azure OpenAI.
"""

from collections.abc import Mapping

from otel_realtime.sources import _fields
from otel_realtime.sources._fields import Json
from otel_realtime.telemetry.content import encodable
from otel_realtime.values import (
    AudioFormat,
    Fault,
    Item,
    ItemType,
    SessionConfig,
    TranscriptionUsage,
    Usage,
)

_BETA_FORMATS = {
    "pcm16": AudioFormat("audio/pcm", 24000),
    "g711_ulaw": AudioFormat("audio/pcmu", 8000),
    "g711_alaw": AudioFormat("audio/pcma", 8000),
}
_RATES = {"audio/pcmu": 8000, "audio/pcma": 8000}
_PARAMETERS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("model", "input_audio_format", "output_audio_format"), str),
    **dict.fromkeys(("modalities", "output_modalities"), list),
    **dict.fromkeys(("audio", "turn_detection", "input_audio_transcription"), dict),
    **dict.fromkeys(("input_audio_noise_reduction", "reasoning"), dict),
    **dict.fromkeys(("speed", "temperature"), (int, float)),
    **dict.fromkeys(("max_output_tokens", "max_response_output_tokens"), (int, str)),
    **dict.fromkeys(("voice", "tool_choice", "truncation"), (str, dict)),
    "parallel_tool_calls": bool,
}
"""What sets a session up, by its GA and its beta names: no ids, no client secret, no content."""
_NO_PARAMETERS = frozenset({"prompt", "authorization", "headers"})
"""What is left out wherever it stands: the prompt of a transcription is content."""
_DEEPEST = 6
_ITEM_TYPES = {each.value: each for each in ItemType}
_AUDIO_CONTENT = frozenset({"input_audio", "output_audio", "audio"})


def session_config(session: Json) -> SessionConfig:
    """The settings of a session, from its GA or its beta form."""
    audio = _fields.any_section(session, "audio")
    given, said = _fields.any_section(audio, "input"), _fields.any_section(audio, "output")
    beta = "audio" not in session
    where = session if beta else given
    detection = _fields.any_section(where, "turn_detection")
    transcription_key = "input_audio_transcription" if beta else "transcription"
    transcription = _fields.any_section(where, transcription_key)
    modalities = _fields.texts(session, "modalities" if beta else "output_modalities")
    tools = tuple(each for each in _fields.any_list(session, "tools") if isinstance(each, dict))
    return SessionConfig(
        session_id=_fields.any_text(session, "id"),
        model=_fields.any_text(session, "model"),
        output_modalities=modalities or None,
        voice=_fields.any_text(session if beta else said, "voice"),
        instructions=_fields.any_text(session, "instructions"),
        tools=tools if isinstance(session.get("tools"), list) else None,
        input_format=_format(session.get("input_audio_format") if beta else given.get("format")),
        output_format=_format(session.get("output_audio_format") if beta else said.get("format")),
        turn_detection=_turn_detection(where),
        prefix_padding_ms=_fields.any_count(detection, "prefix_padding_ms"),
        silence_duration_ms=_fields.any_count(detection, "silence_duration_ms"),
        transcription=bool(transcription) if transcription_key in where else None,
        transcription_model=_fields.any_text(transcription, "model"),
        parameters=_parameters(session),
    )


def item(data: Json, *, finished: bool = True) -> Item:
    """One entry of the conversation; of one that is not `finished`, what it is.

    Raises:
        SkippedEventError: It has no id.
    """
    item_id, status = _fields.text(data, "id"), _fields.any_text(data, "status")
    if not finished:
        kind = _ITEM_TYPES.get(str(data.get("type")), ItemType.OTHER)
        return Item(item_id, kind, name=_fields.any_text(data, "name"))
    if data.get("type") == "message":
        texts, has_audio = [], False
        for each in _fields.any_list(data, "content"):
            if isinstance(each, dict):
                text = said(each)
                if text is not None:
                    texts.append(text)
                has_audio = has_audio or each.get("type") in _AUDIO_CONTENT
        role = _fields.any_text(data, "role")
        return Item(item_id, ItemType.MESSAGE, role, status, tuple(texts), has_audio)
    error = data.get("error")
    return Item(
        item_id,
        _ITEM_TYPES.get(str(data.get("type")), ItemType.OTHER),
        status=status,
        call_id=_fields.any_text(data, "call_id"),
        name=_fields.any_text(data, "name"),
        arguments=_fields.any_text(data, "arguments"),
        output=_fields.any_text(data, "output"),
        server_label=_fields.any_text(data, "server_label"),
        fault=fault(error) if isinstance(error, dict) else None,
    )


def said(content: Json) -> str | None:
    """The text or transcript of one content part, if it is known."""
    return _fields.any_text(content, "text") or _fields.any_text(content, "transcript")


def fault(error: Json) -> Fault:
    """An error in the provider's words."""
    return Fault(
        type=_fields.any_text(error, "type"),
        code=_fields.any_text(error, "code"),
        message=_fields.any_text(error, "message"),
        param=_fields.any_text(error, "param"),
        client_event_id=_fields.any_text(error, "event_id"),
    )


def usage(data: Json) -> Usage:
    """The tokens of a response as they are told: the conversation judges them."""
    given = _fields.any_section(data, "input_token_details")
    cached = _fields.any_section(given, "cached_tokens_details")
    said = _fields.any_section(data, "output_token_details")
    return Usage(
        input=_fields.any_whole(data, "input_tokens"),
        output=_fields.any_whole(data, "output_tokens"),
        input_text=_fields.any_whole(given, "text_tokens"),
        input_audio=_fields.any_whole(given, "audio_tokens"),
        input_image=_fields.any_whole(given, "image_tokens"),
        cached=_fields.any_whole(given, "cached_tokens"),
        cached_text=_fields.any_whole(cached, "text_tokens"),
        cached_audio=_fields.any_whole(cached, "audio_tokens"),
        cached_image=_fields.any_whole(cached, "image_tokens"),
        output_text=_fields.any_whole(said, "text_tokens"),
        output_audio=_fields.any_whole(said, "audio_tokens"),
    )


def transcription_usage(data: Json) -> TranscriptionUsage:
    """What a transcription used, by seconds or by tokens; as above."""
    given = _fields.any_section(data, "input_token_details")
    return TranscriptionUsage(
        seconds=_fields.any_signed(data, "seconds"),
        input=_fields.any_whole(data, "input_tokens"),
        output=_fields.any_whole(data, "output_tokens"),
        input_text=_fields.any_whole(given, "text_tokens"),
        input_audio=_fields.any_whole(given, "audio_tokens"),
    )


def base64_size(encoded: str) -> int:
    """How many bytes a base64 text stands for, without decoding it."""
    return len(encoded) // 4 * 3 - encoded.count("=", -2)


def _parameters(session: Json) -> dict[str, object] | None:
    told = {
        name: _plain(session[name], 1)
        for name, kind in _PARAMETERS.items()
        if isinstance(session.get(name), kind)
    }
    return told or None


def _plain(value: object, depth: int) -> object:
    """A setting as it was sent, without what is no setting."""
    if depth >= _DEEPEST:
        return None
    if isinstance(value, dict):
        told = ((name, _plain(each, depth + 1)) for name, each in value.items())
        return {
            name: each for name, each in told if each is not None and name not in _NO_PARAMETERS
        }
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in value]
    return encodable(value) if isinstance(value, str) else value


def _turn_detection(where: Json) -> str | None:
    if "turn_detection" not in where:
        return None
    detection = where["turn_detection"]
    if detection is None:
        return "none"
    return _fields.any_text(detection, "type") if isinstance(detection, dict) else None


def _format(value: object) -> AudioFormat | None:
    if isinstance(value, str):
        return _BETA_FORMATS.get(value)
    if not isinstance(value, dict):
        return None
    kind = _fields.any_text(value, "type")
    if kind is None:
        return None
    return AudioFormat(kind, _fields.any_count(value, "rate") or _RATES.get(kind))
