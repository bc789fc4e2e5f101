"""The session object, in the GA shape, and what a session.update does to it."""

import copy
import time
from collections.abc import Callable
from typing import Any

from ._codec import FORMATS, PCM, AudioFormat
from ._wire import ClientMistake, Event, check, optional

DEFAULT_MODEL = "gpt-realtime"
_TURN_DETECTION: dict[str, Event] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}
_EAGERNESS_SILENCE_MS = {"low": 1000, "medium": 500, "auto": 500, "high": 300}
_IGNORED = ("object", "id", "expires_at")
_NEVER_NULL = ("model", "output_modalities", "tools", "type")
_SESSION_FIELDS: dict[str, type] = {
    "audio": dict,
    "instructions": str,
    "model": str,
    "output_modalities": list,
    "tools": list,
}
_DETECTION_FIELDS: dict[str, type] = {
    "type": str,
    "threshold": float,
    "prefix_padding_ms": int,
    "silence_duration_ms": int,
    "idle_timeout_ms": int,
    "create_response": bool,
    "interrupt_response": bool,
}


def _first(session_id: str, model: str) -> Event:
    pcm = {"type": PCM.name, "rate": PCM.rate}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "You are a helpful assistant, simulated by otel-realtime.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": int(time.time()) + 3600,
        "audio": {
            "input": {
                "format": dict(pcm),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(_TURN_DETECTION["server_vad"]),
            },
            "output": {"format": dict(pcm), "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }


def _format(new: Any, old: Any) -> Event:  # noqa: ANN401 - JSON from the client
    name = new.get("type") if isinstance(new, dict) else None
    if name not in FORMATS:
        code = "invalid_value"
        message = f"Invalid value: {name!r}. Supported values are: {', '.join(map(repr, FORMATS))}."
        raise ClientMistake(code, message, "session.audio.format.type")
    del old
    return {"type": name, "rate": PCM.rate} if name == PCM.name else {"type": name}


def _transcription(new: Any, old: Any) -> Event | None:  # noqa: ANN401 - JSON from the client
    if new is None:
        return None
    check(new, "session.audio.input.transcription", dict)
    optional(new, "model", str)
    return {"model": None, "language": None, "prompt": None, **(old or {}), **new}


def _turn_detection(new: Any, old: Any) -> Event | None:  # noqa: ANN401 - JSON from the client
    if new is None:
        return None
    check(new, "session.audio.input.turn_detection", dict)
    for field, allowed in _DETECTION_FIELDS.items():
        optional(new, field, allowed)
    kind = new.get("type") or (old or {}).get("type", "server_vad")
    if kind not in _TURN_DETECTION:
        code, param = "invalid_value", "session.audio.input.turn_detection.type"
        message = f"Invalid value: {kind!r}. Supported values are: 'server_vad', 'semantic_vad'."
        raise ClientMistake(code, message, param)
    base = old if old and old["type"] == kind else _TURN_DETECTION[kind]
    nullable = ("idle_timeout_ms",)
    given = {key: value for key, value in new.items() if value is not None or key in nullable}
    return {**base, **given}


_MERGED: dict[str, Callable[[Any, Any], Any]] = {
    "format": _format,
    "transcription": _transcription,
    "turn_detection": _turn_detection,
}


class SessionConfig:
    """The session's settings; `data` is what session.created and session.updated show."""

    def __init__(self, session_id: str, model: str) -> None:
        """Begin with the server's defaults."""
        self.data = _first(session_id, model)

    def update(self, change: Event) -> None:
        """Merge the `session` of a session.update.

        Raises:
            ClientMistake: a value is not one the API knows; nothing is changed then.
        """
        for field, allowed in _SESSION_FIELDS.items():
            optional(change, field, allowed)
        for tool in change.get("tools") or []:
            check(tool, "session.tools", dict)
        audio = change.get("audio") or {}
        merged = copy.deepcopy(self.data)
        for side in ("input", "output"):
            self._merge_side(merged["audio"][side], optional(audio, side, dict) or {})
        kept = {"audio", *_IGNORED, *(key for key in _NEVER_NULL if change.get(key) is None)}
        self.data = merged | {key: value for key, value in change.items() if key not in kept}

    @staticmethod
    def _merge_side(target: Event, change: Event) -> None:
        for key, value in change.items():
            merge = _MERGED.get(key)
            target[key] = merge(value, target.get(key)) if merge else value

    @property
    def input_format(self) -> AudioFormat:
        """The format of the audio that the client sends."""
        return FORMATS[self.data["audio"]["input"]["format"]["type"]]

    @property
    def output_format(self) -> AudioFormat:
        """The format of the audio that the client gets."""
        return FORMATS[self.data["audio"]["output"]["format"]["type"]]

    @property
    def turn_detection(self) -> Event | None:
        """The voice activity settings; None for push-to-talk."""
        found: Event | None = self.data["audio"]["input"]["turn_detection"]
        return found

    @property
    def transcription(self) -> Event | None:
        """The transcription settings; None if the user's speech is not transcribed."""
        found: Event | None = self.data["audio"]["input"]["transcription"]
        return found

    @property
    def silence_ms(self) -> int:
        """The silence that ends an utterance; semantic_vad's comes from its eagerness."""
        detection = self.turn_detection or {}
        given = detection.get("silence_duration_ms")
        if given is not None:
            return int(given)
        return _EAGERNESS_SILENCE_MS.get(str(detection.get("eagerness")), 500)

    @property
    def threshold(self) -> float:
        """The voice activity threshold, 0 to 1."""
        return float((self.turn_detection or {}).get("threshold") or 0.5)
