"""The server events of a turn, as objects: what is said, heard and called in it."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

DELTA_MS: Final = 100
_BURST = 15
BYTES_PER_MS = 48  # PCM16, mono, 24 kHz
TURN_MS = 9_600
"""A turn: the agent is heard for 6 s, then there is silence, and then the user speaks."""
_SPEECH_MS = 7100
SPOKEN_MS = 2500
WORDS: Final = [
    "",
    "The",
    "appointment",
    "is",
    "on",
    "Tuesday",
    "at",
    "ten",
    "in",
    "the",
    "morning,",
    "and",
    "I",
    "have",
    "sent",
    "you",
    "a",
    "message",
    "with",
    "the",
    "address.",
    "Is",
    "there",
    "anything",
    "else?",
][1:]
_ARGUMENTS = ('{"', "city", '":"', "London", '","', "day", '":"', "tomorrow", '"}')

_random = random.Random(2)  # noqa: S311 - audio that is the same in every run
SAMPLES = [_random.randbytes(BYTES_PER_MS * DELTA_MS) for _ in range(8)]
_AUDIO = [base64.b64encode(samples).decode() for samples in SAMPLES]


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one turn."""

    number: int

    def _id(self, prefix: str, place: int) -> str:
        return f"{prefix}_{self.number:017d}{place:04d}"

    @property
    def before(self) -> str | None:
        """What came last in the turn before, if there was one."""
        return Ids(self.number - 1).said if self.number > 1 else None

    @property
    def heard(self) -> str:
        """What the user says."""
        return self._id("item", 1)

    @property
    def call(self) -> str:
        """The tool's call."""
        return self._id("item", 2)

    @property
    def output(self) -> str:
        """The tool's output."""
        return self._id("item", 3)

    @property
    def said(self) -> str:
        """What the agent says."""
        return self._id("item", 4)

    @property
    def call_id(self) -> str:
        """By which a call and its output are matched."""
        return self._id("call", 1)

    def response(self, place: int) -> str:
        """A response of the turn."""
        return self._id("resp", place)


def speech(ids: Ids) -> Iterator[dict[str, Any]]:
    """What the user says, as the server's voice detection tells it."""
    start = (ids.number - 1) * TURN_MS + _SPEECH_MS  # within what the microphone has given by then
    buffer = "input_audio_buffer"
    yield {"type": f"{buffer}.speech_started", "audio_start_ms": start, "item_id": ids.heard}
    yield {
        "type": f"{buffer}.speech_stopped",
        "audio_end_ms": start + SPOKEN_MS,
        "item_id": ids.heard,
    }
    yield {"type": f"{buffer}.committed", "previous_item_id": ids.before, "item_id": ids.heard}
    yield from _item("added", ids.before, _heard(ids, None))
    yield from _item("done", ids.before, _heard(ids, None))


def _transcription(ids: Ids) -> Iterator[dict[str, Any]]:
    """Its transcript, which comes while the response is being made."""
    kind = "conversation.item.input_audio_transcription"
    part = {"item_id": ids.heard, "content_index": 0}
    for word in (" When", " is", " my", " appointment", "?"):
        yield {"type": f"{kind}.delta", **part, "delta": word, "obfuscation": "ZWJpVv5jDvNcf"}
    text, usage = "When is my appointment?", {"type": "duration", "seconds": 3}
    yield {"type": f"{kind}.completed", **part, "transcript": text, "usage": usage}
    # The SDK asks for the item when its transcript is there.
    yield {"type": "conversation.item.retrieved", "item": _heard(ids, text)}


def tool_call(ids: Ids) -> Iterator[dict[str, Any]]:
    """A response that calls a tool."""
    response_id = ids.response(1)
    base = {"response_id": response_id, "output_index": 0}
    yield {"type": "response.created", "response": _response(response_id, "in_progress")}
    yield from _transcription(ids)
    item = {"id": ids.call, "type": "function_call", "name": "get_weather", "call_id": ids.call_id}
    begun = {**item, "status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", **base, "item": begun}
    yield from _item("added", ids.heard, begun)
    arguments = "response.function_call_arguments"
    part = {**base, "item_id": ids.call, "call_id": ids.call_id}
    for text in _ARGUMENTS:
        yield {"type": f"{arguments}.delta", **part, "delta": text, "obfuscation": "r44RjeRuC"}
    whole = "".join(_ARGUMENTS)
    yield {"type": f"{arguments}.done", **part, "name": "get_weather", "arguments": whole}
    done = {**item, "status": "completed", "arguments": whole}
    yield from _item("done", ids.heard, done)
    yield {"type": "response.output_item.done", **base, "item": done}
    yield {"type": "response.done", "response": _response(response_id, "completed", done)}
    yield _rate_limits()


def tool_output(ids: Ids) -> Iterator[dict[str, Any]]:
    """The tool's output, as the server confirms it."""
    item = {
        "id": ids.output,
        "type": "function_call_output",
        "call_id": ids.call_id,
        "output": "It is foggy and 12 degrees.",
    }
    yield from _item("added", ids.call, item)
    yield from _item("done", ids.call, item)


def answer(ids: Ids, deltas: int, *, after_tool: bool) -> Iterator[dict[str, Any]]:
    """A response that is spoken: audio in bursts, and its words between them."""
    response_id, said = ids.response(2), " ".join(WORDS)
    base = {"response_id": response_id, "output_index": 0}
    part = {**base, "item_id": ids.said, "content_index": 0}
    begun = _said(ids, "in_progress", [])
    yield {"type": "response.created", "response": _response(response_id, "in_progress")}
    yield {"type": "response.output_item.added", **base, "item": begun}
    yield from _item("added", ids.output if after_tool else ids.heard, begun)
    content: dict[str, Any] = {"type": "audio", "transcript": ""}
    yield {"type": "response.content_part.added", **part, "part": content}
    yield from _deltas(ids, deltas)
    if not after_tool:
        yield from _transcription(ids)
    yield {"type": "response.output_audio.done", **part}
    yield {"type": "response.output_audio_transcript.done", **part, "transcript": said}
    whole = {"type": "audio", "transcript": said}
    yield {"type": "response.content_part.done", **part, "part": whole}
    done = _said(ids, "completed", [{"type": "output_audio", "transcript": said}])
    yield from _item("done", ids.output if after_tool else ids.heard, done)
    yield {"type": "response.output_item.done", **base, "item": done}
    yield {"type": "response.done", "response": _response(response_id, "completed", done)}
    yield _rate_limits()


def _deltas(ids: Ids, count: int) -> Iterator[dict[str, Any]]:
    bursts = max(count // _BURST, 1)
    words = -(-len(WORDS) // bursts)
    for burst in range(bursts):
        for place, word in enumerate(WORDS[burst * words : (burst + 1) * words]):
            yield {
                "type": "response.output_audio_transcript.delta",
                "response_id": ids.response(2),
                "item_id": ids.said,
                "output_index": 0,
                "content_index": 0,
                "delta": word if burst + place == 0 else f" {word}",
                "obfuscation": "ds5gq3zqPf8hW",
            }
        for place in range(burst * count // bursts, (burst + 1) * count // bursts):
            yield audio_delta(ids, place)


def audio_delta(ids: Ids, place: int) -> dict[str, Any]:
    """One delta of what the agent says."""
    return {
        "type": "response.output_audio.delta",
        "event_id": f"event_{ids.number:014d}{place:07d}",
        "response_id": ids.response(2),
        "item_id": ids.said,
        "output_index": 0,
        "content_index": 0,
        "delta": _AUDIO[place % len(_AUDIO)],
    }


def _item(
    what: str, previous_item_id: str | None, item: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    kind = f"conversation.item.{what}"
    yield {"type": kind, "previous_item_id": previous_item_id, "item": item}


def _heard(ids: Ids, transcript: str | None) -> dict[str, Any]:
    content = [{"type": "input_audio", "transcript": transcript}]
    message = {"type": "message", "status": "completed", "role": "user"}
    return {"id": ids.heard, **message, "content": content}


def _said(ids: Ids, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    message = {"type": "message", "status": status, "role": "assistant"}
    return {"id": ids.said, **message, "content": content}


def _response(response_id: str, status: str, *output: dict[str, Any]) -> dict[str, Any]:
    audio = {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"}}
    return {
        "object": "realtime.response",
        "id": response_id,
        "status": status,
        "status_details": None,
        "output": list(output),
        "conversation_id": "conv_000000000000000000001",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": audio,
        "usage": _USAGE if output else None,
        "metadata": None,
    }


def _rate_limits() -> dict[str, Any]:
    limits = [
        {"name": "requests", "limit": 10000, "remaining": 9999, "reset_seconds": 0.006},
        {"name": "tokens", "limit": 2000000, "remaining": 1998245, "reset_seconds": 0.052},
    ]
    return {"type": "rate_limits.updated", "rate_limits": limits}


_USAGE = {
    "total_tokens": 905,
    "input_tokens": 741,
    "output_tokens": 164,
    "input_token_details": {
        "text_tokens": 414,
        "audio_tokens": 327,
        "image_tokens": 0,
        "cached_tokens": 384,
        "cached_tokens_details": {"text_tokens": 256, "audio_tokens": 128, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 28, "audio_tokens": 136},
}
