"""LangSmith, as its own integrations for voice agents write spans over OTLP.

Attributes as in LangSmith's guides to OpenTelemetry and to voice tracing, and as its bridge for
Pipecat has them; checked 2026-11. The names that it reads from OpenTelemetry's conventions stay.
"""

from collections.abc import Callable, Mapping
from typing import Final

from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.dialects import messages
from otel_realtime.dialects.ended import (
    CONTENT,
    Attributes,
    Ended,
    Kind,
    Limits,
    Said,
    known,
    within,
)
from otel_realtime.dialects.messages import Message
from otel_realtime.dialects.tokens import fresh_audio

KIND: Final = "langsmith.span.kind"
ROOT_SPAN: Final = "langsmith.root_span"
TRACE_NAME: Final = "langsmith.trace.name"
USAGE_METADATA: Final = "langsmith.usage_metadata"
THREAD_ID: Final = "langsmith.metadata.thread_id"
MODALITY: Final = "langsmith.metadata.ls_modality"
AUDIO_URL: Final = "langsmith.metadata.audio_url"
TOOL_NAME: Final = "langsmith.metadata.tool_name"
NOT_A_MESSAGE: Final = "langsmith.metadata.ls_message_view_exclude"

_SAID_OTHERWISE: Final = tuple(set(CONTENT) - {semconv.TOOL_DEFINITIONS})
_SYSTEMS: Final[Mapping[object, AttributeValue]] = {"azure.ai.openai": "azure"}
"""What LangSmith calls a `gen_ai.provider.name`, where it is not that name; it prices by it."""


def translate(ended: Ended, limits: Limits) -> Attributes:
    """The attributes of a span of ours for LangSmith."""
    told = ended.attributes
    provider = told.get(semconv.PROVIDER_NAME)
    said: Said = {
        **_SAYING[ended.kind](ended),
        semconv.SYSTEM: _SYSTEMS.get(provider, provider),
        THREAD_ID: told.get(semconv.SESSION_ID),
    }
    for name in _SAID_OTHERWISE:
        told.pop(name, None)
    return within(known(said, told), limits)


def _session(ended: Ended) -> Said:
    told, call = ended.attributes, ended.call
    system = messages.instructions(told.get(semconv.SYSTEM_INSTRUCTIONS))
    first = messages.read(call.first) if call is not None else []
    return {
        KIND: "chain",
        ROOT_SPAN: True,
        TRACE_NAME: "conversation",
        MODALITY: "audio",
        AUDIO_URL: told.get(semconv.OUTPUT_AUDIO_URL),
        semconv.PROMPT: messages.chat([system, *first] if system is not None else first),
        semconv.COMPLETION: messages.chat(messages.read(call.last)) if call is not None else None,
    }


def _input(ended: Ended) -> Said:
    told = ended.attributes
    return {
        KIND: "chain",
        NOT_A_MESSAGE: True,  # the response that answers it has it as well
        AUDIO_URL: told.get(semconv.INPUT_AUDIO_URL),
        semconv.PROMPT: messages.chat(messages.read(told.get(semconv.INPUT_MESSAGES))),
    }


def _response(ended: Ended) -> Said:
    told = ended.attributes
    return {
        KIND: "llm",
        USAGE_METADATA: _usage(told),
        AUDIO_URL: told.get(semconv.OUTPUT_AUDIO_URL),
        semconv.PROMPT: messages.chat(messages.read(told.get(semconv.INPUT_MESSAGES))),
        semconv.COMPLETION: messages.chat(messages.read(told.get(semconv.OUTPUT_MESSAGES))),
    }


def _tool(ended: Ended) -> Said:
    told = ended.attributes
    arguments, result = told.get(semconv.TOOL_ARGUMENTS), told.get(semconv.TOOL_RESULT)
    return {
        KIND: "tool",
        TOOL_NAME: told.get(semconv.TOOL_NAME),
        semconv.PROMPT: _as_object(arguments, "input"),
        semconv.COMPLETION: _as_object(result, "output"),
    }


def _transcription(ended: Ended) -> Said:
    text = messages.text_of(messages.read(ended.attributes.get(semconv.OUTPUT_MESSAGES)))
    return {
        KIND: "llm",
        NOT_A_MESSAGE: True,
        semconv.COMPLETION: messages.chat([Message("assistant", text)])
        if text is not None
        else None,
    }


def _event(ended: Ended) -> Said:
    return {KIND: "chain", semconv.COMPLETION: ended.attributes.get(semconv.SERVER_EVENT_PAYLOAD)}


_SAYING: Final[Mapping[Kind, Callable[[Ended], Said]]] = {
    Kind.SESSION: _session,
    Kind.INPUT: _input,
    Kind.RESPONSE: _response,
    Kind.TOOL: _tool,
    Kind.TRANSCRIPTION: _transcription,
    Kind.EVENT: _event,
}


def _usage(told: Attributes) -> str | None:
    """Tokens as LangSmith counts them: the details are parts of the sums, none in two of them."""
    given, said = told.get(semconv.USAGE_INPUT), told.get(semconv.USAGE_OUTPUT)
    if not isinstance(given, int) or not isinstance(said, int):
        return None
    return messages.dumped(
        {
            "input_tokens": given,
            "output_tokens": said,
            "total_tokens": given + said,
            **_details("input", fresh_audio(told), told.get(semconv.USAGE_CACHED)),
            **_details("output", told.get(semconv.USAGE_OUTPUT_AUDIO)),
        }
    )


def _details(
    side: str, audio: AttributeValue | None, cached: AttributeValue | None = None
) -> dict[str, object]:
    """LangSmith prices each by itself, and as text what is left of the sum."""
    details = known({"audio": audio, "cache_read": cached}, {})
    return {f"{side}_token_details": details} if details else {}


def _as_object(text: AttributeValue | None, name: str) -> str | None:
    return messages.as_object(text, name) if isinstance(text, str) else None
