"""Langfuse: OpenTelemetry's conventions, and beside them what Langfuse reads of no other name.

Attributes as in Langfuse's guide to OpenTelemetry, checked 2026-11: `session.id` and `user.id` are
read as they are.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from otel_realtime import semconv
from otel_realtime.dialects import messages
from otel_realtime.dialects.ended import Attributes, Ended, Kind, Limits, Said, known, within
from otel_realtime.dialects.tokens import count, fresh_audio

TYPE: Final = "langfuse.observation.type"
INPUT: Final = "langfuse.observation.input"
OUTPUT: Final = "langfuse.observation.output"
USAGE_DETAILS: Final = "langfuse.observation.usage_details"
COMPLETION_START_TIME: Final = "langfuse.observation.completion_start_time"

_TYPES: Final[Mapping[Kind, str]] = {
    Kind.SESSION: "agent",
    Kind.INPUT: "span",
    Kind.RESPONSE: "generation",
    Kind.TOOL: "tool",
    Kind.TRANSCRIPTION: "span",
    Kind.EVENT: "event",
}


def translate(ended: Ended, limits: Limits) -> Attributes:
    """The attributes of a span of ours for Langfuse."""
    told, kind, call = ended.attributes, ended.kind, ended.call
    given: object = told.pop(semconv.INPUT_MESSAGES, told.pop(semconv.TOOL_ARGUMENTS, None))
    answered: object = told.pop(semconv.OUTPUT_MESSAGES, told.pop(semconv.TOOL_RESULT, None))
    if kind is Kind.EVENT:
        answered = told.pop(semconv.SERVER_EVENT_PAYLOAD, None)
    if kind is Kind.SESSION and call is not None:
        given, answered = call.first, call.last
    said: Said = {
        TYPE: _TYPES[kind],
        INPUT: _shown(given),
        OUTPUT: _shown(answered),
    }
    if kind is Kind.RESPONSE:
        said |= {USAGE_DETAILS: _usage(told), COMPLETION_START_TIME: _first_chunk(ended)}
    return within(known(said, told), limits)


def _shown(text: object) -> str | None:
    """What is said in messages; where that is more than a text, the messages themselves."""
    said = messages.read(text)
    if said and not any(each.calls or each.answers for each in said):
        return messages.text_of(said)
    return str(text) if text is not None else None


def _usage(told: Attributes) -> str | None:
    """Tokens by type, none counted twice: Langfuse prices each type and adds them up."""
    given, said = told.get(semconv.USAGE_INPUT), told.get(semconv.USAGE_OUTPUT)
    if not isinstance(given, int) or not isinstance(said, int):
        return None
    cached = count(told, semconv.USAGE_CACHED)
    heard = fresh_audio(told) or 0
    spoken = min(count(told, semconv.USAGE_OUTPUT_AUDIO), said)
    return messages.dumped(
        {
            "input": max(given - cached - heard, 0),
            "input_audio_tokens": heard,
            "input_cached_tokens": cached,
            "output": said - spoken,
            "output_audio_tokens": spoken,
            "total": given + said,
        }
    )


def _first_chunk(ended: Ended) -> str | None:
    """When the first of the response came, in the form of ISO 8601."""
    waited = ended.attributes.get(semconv.TIME_TO_FIRST_CHUNK)
    start = ended.span.start_time
    if start is None or not isinstance(waited, int | float):
        return None
    return datetime.fromtimestamp(start / 1e9 + waited, UTC).isoformat()
