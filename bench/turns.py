"""The server events of a call's turns, as text, in the sizes and the order of real ones.

Ids are made from the number of the turn, so each turn opens and closes spans of its own, and
whoever asks for the same turn gets the same text.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from bench.events import (
    BYTES_PER_MS,
    DELTA_MS,
    SAMPLES,
    SPOKEN_MS,
    TURN_MS,
    Ids,
    answer,
    audio_delta,
    speech,
    tool_call,
    tool_output,
)

_AUDIO_DELTAS = 60
_PIECE_MS = 20
_PIECES = 30


class Kind(StrEnum):
    """What is measured apart."""

    AUDIO = "audio delta"
    TRANSCRIPT = "transcript delta"
    OTHER = "other event"
    SILENT = "input or argument delta"
    TOOL = "tool run"
    PLAYED = "end of playback"
    SENT = "sent audio, 20 ms"


_KINDS = {
    "response.output_audio.delta": Kind.AUDIO,
    "response.output_audio_transcript.delta": Kind.TRANSCRIPT,
    "conversation.item.input_audio_transcription.delta": Kind.SILENT,
    "response.function_call_arguments.delta": Kind.SILENT,
}


@dataclass(frozen=True, slots=True)
class Run:
    """Texts of one kind that follow one another."""

    kind: Kind
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the server sends in one turn.

    Attributes:
        before: Up to the end of the response that calls a tool; empty where none is called.
        after: The rest, once the tool has run.
        last: The `event_id` of the last event.
        item_id: The item that the agent says.
        played_ms: How long it plays.
    """

    before: tuple[Run, ...]
    after: tuple[Run, ...]
    last: str
    item_id: str
    played_ms: int

    @property
    def runs(self) -> tuple[Run, ...]:
        """All of it."""
        return self.before + self.after


_SESSION = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_000000000000000000001",
    "model": "gpt-realtime",
    "output_modalities": ["audio"],
    "instructions": "Be brief. " * 20,
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": 1785217650,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "gpt-realtime-whisper", "language": None},
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "idle_timeout_ms": None,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "voice": "alloy",
            "speed": 1.0,
        },
    },
    "include": None,
}


def session_events() -> tuple[str, ...]:
    """What a server says when a call begins."""
    kinds = ("session.created", "session.updated")
    return tuple(
        json.dumps({"type": kind, "event_id": f"event_{kind:0>21}", "session": _SESSION})
        for kind in kinds
    )


def turn(
    number: int, *, tool: bool = False, deltas: int = _AUDIO_DELTAS, is_cut: bool = False
) -> Turn:
    """Give the events of one turn, which says `deltas` times 100 ms of audio.

    One that is cut breaks off in the middle of what is said.
    """
    ids = Ids(number)
    before = [*speech(ids), *tool_call(ids)] if tool else []
    heard = [*tool_output(ids)] if tool else [*speech(ids)]
    after = [*heard, *answer(ids, deltas, after_tool=tool)]
    if is_cut:
        del after[len(after) // 2 :]
    for place, event in enumerate((*before, *after)):
        event["event_id"] = f"event_{number:014d}{place:07d}"
    return Turn(
        before=_runs(before),
        after=_runs(after),
        last=after[-1]["event_id"],
        item_id=ids.said,
        played_ms=deltas * DELTA_MS,
    )


def microphone() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """What the user's microphone gives between two turns: long pieces, then pieces of 20 ms."""
    audio = SAMPLES[0] * (_PIECES * _PIECE_MS // DELTA_MS)
    size = BYTES_PER_MS * _PIECE_MS
    pieces = tuple(audio[start : start + size] for start in range(0, len(audio), size))
    return (audio,) * (TURN_MS // (_PIECES * _PIECE_MS) - 1), pieces


def audio_sent(seconds: int) -> tuple[bytes, ...]:
    """What a microphone gives, in pieces of half a second."""
    return (b"".join(SAMPLES[:5]),) * (2 * seconds)


def begins_to_speak(number: int) -> str:
    """The event that tells that the user begins to say what turn `number` is about."""
    first = next(speech(Ids(number)))
    return json.dumps({**first, "event_id": f"event_{number:021d}"})


def audio_heard() -> bytes:
    """The samples of what the user says in a turn, if the microphone was on."""
    return SAMPLES[0] * (SPOKEN_MS // DELTA_MS)


def audio_said(deltas: int = _AUDIO_DELTAS) -> bytes:
    """The samples of what the agent says in a turn."""
    return b"".join(SAMPLES[place % len(SAMPLES)] for place in range(deltas))


def audio_deltas(number: int, count: int) -> Iterator[str]:
    """Give more audio deltas of the item that turn `number` says, one at a time."""
    ids = Ids(number)
    for place in range(count):
        yield json.dumps(audio_delta(ids, place))


def _runs(events: Iterable[dict[str, Any]]) -> tuple[Run, ...]:
    return tuple(
        Run(kind, tuple(json.dumps(each) for each in group))
        for kind, group in groupby(events, lambda each: _KINDS.get(each["type"], Kind.OTHER))
    )
