"""OpenInference, which Phoenix and Arize AX read, and others understand.

Names as in openinference-semantic-conventions 0.1.42 and, for audio and turns, as Arize's own
instrumentation of realtime agents writes them. What has a name there is renamed; the rest stays.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.dialects import flattening, messages
from otel_realtime.dialects import openinference_names as names
from otel_realtime.dialects.calls import Turn
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
from otel_realtime.dialects.flattening import Entries
from otel_realtime.dialects.messages import Message
from otel_realtime.told import Setup

_T = TypeVar("_T")
_Told = tuple[Said, list[Entries]]
"""Attributes and lists."""

_PROVIDERS: Final[Mapping[object, tuple[str, str]]] = {
    "azure.ai.openai": ("openai", "azure"),
    "gcp.gemini": ("vertexai", "google"),
    "gcp.vertex_ai": ("vertexai", "google"),
}
"""`llm.system` and `llm.provider` of a `gen_ai.provider.name`, where they are not that name."""
_TOKENS: Final = (
    (names.TOKENS_PROMPT, semconv.USAGE_INPUT),
    (names.TOKENS_COMPLETION, semconv.USAGE_OUTPUT),
    (names.TOKENS_PROMPT_AUDIO, semconv.USAGE_INPUT_AUDIO),
    (names.TOKENS_CACHED, semconv.USAGE_CACHED),
    (names.TOKENS_COMPLETION_AUDIO, semconv.USAGE_OUTPUT_AUDIO),
)
_MS: Final = 1000
_SPEECH: Final = "speech"


def translate(ended: Ended, limits: Limits) -> Attributes:
    """The attributes of a span of ours in OpenInference."""
    told = ended.attributes
    said, lists = _SAYING[ended.kind](ended)
    for name in CONTENT:
        told.pop(name, None)
    attributes = within(known(said, told), limits)
    flattening.add(attributes, lists, limits.count)
    return within(attributes, limits)


def turn(told: Turn, shared: Attributes, limits: Limits) -> Attributes:
    """The attributes of the span around a turn, as Arize's instrumentation has them.

    Args:
        told: The turn.
        shared: What every span of the call has.
        limits: What a span may hold.
    """
    given, said = (_text_of_all(each) for each in (told.given, told.said))
    reason = "interrupted" if told.is_interrupted else "complete"
    attributes: Said = {
        names.KIND: names.AUDIO,
        **_value(given, said),
        names.LLM_MODEL_NAME: told.model if isinstance(told.model, str) else None,
        names.LLM_INVOCATION_PARAMETERS: _parameters(told.setup),
        names.END_REASON: "session_closed" if told.was_cut_off else reason,
        semconv.TURN_INDEX: told.index,
        **shared,
    }
    return within(known(attributes, {}), limits)


def _session(ended: Ended) -> _Told:
    told, call = ended.attributes, ended.call
    first = messages.text_of(messages.read(call.first)) if call is not None else None
    last = messages.text_of(messages.read(call.last)) if call is not None else None
    system = messages.instructions(told.get(semconv.SYSTEM_INSTRUCTIONS))
    tools = messages.definitions(told.get(semconv.TOOL_DEFINITIONS))
    said: Said = {
        names.KIND: names.AGENT,
        names.AGENT_NAME: told.pop(semconv.AGENT_NAME, None),
        **_value(first, last),
        names.END_REASON: told.get(semconv.END_REASON),
    }
    return said, [
        _messages(names.LLM_INPUT_MESSAGES, [system] if system is not None else []),
        _tools(flattening.tools(tools)),
    ]


def _input(ended: Ended) -> _Told:
    told = ended.attributes
    text = messages.text_of(messages.read(told.get(semconv.INPUT_MESSAGES)))
    is_spoken = told.get(semconv.INPUT_TYPE) == _SPEECH
    said: Said = {
        names.KIND: names.USER,
        **_value(text),
        names.INPUT_TRANSCRIPT: text if is_spoken else None,
    }
    return said, []


def _response(ended: Ended) -> _Told:
    told, setup = ended.attributes, ended.setup
    given = messages.read(told.get(semconv.INPUT_MESSAGES))
    answered = messages.read(told.get(semconv.OUTPUT_MESSAGES))
    text = messages.text_of(answered)
    did = text if text is not None else messages.calls_of(answered)
    is_spoken = told.get(semconv.OUTPUT_TYPE) == _SPEECH
    said: Said = {
        names.KIND: names.LLM,
        **_model(told),
        names.LLM_INVOCATION_PARAMETERS: _parameters(setup),
        names.LLM_FINISH_REASON: _first(told.pop(semconv.FINISH_REASONS, None)),
        **_tokens(told),
        names.TIME_TO_FIRST_TOKEN_MS: _first_token_ms(told),
        names.END_REASON: _end_reason(told),
        **_value(messages.text_of(each for each in given if each.role == "user"), did),
        names.OUTPUT_TRANSCRIPT: text if is_spoken else None,
    }
    return said, [
        _messages(names.LLM_OUTPUT_MESSAGES, answered),
        _messages(names.LLM_INPUT_MESSAGES, given),
        _tools(_once(setup, "tools", lambda each: flattening.tools(each.tools or ())) or ()),
    ]


def _tool(ended: Ended) -> _Told:
    told = ended.attributes
    arguments, result = told.get(semconv.TOOL_ARGUMENTS), told.get(semconv.TOOL_RESULT)
    said: Said = {
        names.KIND: names.TOOL,
        names.TOOL_NAME: told.pop(semconv.TOOL_NAME, None),
        names.TOOL_ID: told.pop(semconv.TOOL_CALL_ID, None),
        names.TOOL_DESCRIPTION: told.pop(semconv.TOOL_DESCRIPTION, None),
        **_value(arguments, result),
        names.TOOL_PARAMETERS: arguments if _mime_type(arguments) == names.JSON else None,
    }
    return said, []


def _transcription(ended: Ended) -> _Told:
    text = messages.text_of(messages.read(ended.attributes.get(semconv.OUTPUT_MESSAGES)))
    said: Said = {
        names.KIND: names.LLM,
        names.LLM_MODEL_NAME: ended.attributes.get(semconv.TRANSCRIPTION_MODEL),
        **_value(None, text),
    }
    return said, []


def _event(ended: Ended) -> _Told:
    payload = ended.attributes.get(semconv.SERVER_EVENT_PAYLOAD)
    return {names.KIND: names.CHAIN, **_value(None, payload)}, []


_SAYING: Final[Mapping[Kind, Callable[[Ended], _Told]]] = {
    Kind.SESSION: _session,
    Kind.INPUT: _input,
    Kind.RESPONSE: _response,
    Kind.TOOL: _tool,
    Kind.TRANSCRIPTION: _transcription,
    Kind.EVENT: _event,
}


def _value(given: AttributeValue | None, said: AttributeValue | None = None) -> Said:
    return {
        names.INPUT_VALUE: given,
        names.INPUT_MIME_TYPE: _mime_type(given),
        names.OUTPUT_VALUE: said,
        names.OUTPUT_MIME_TYPE: _mime_type(said),
    }


def _mime_type(text: AttributeValue | None) -> str | None:
    """Of a text, as far as its ends tell: it is not parsed for that."""
    if not isinstance(text, str):
        return None
    return names.JSON if text[:1] + text[-1:] in {"{}", "[]"} else names.TEXT


def _model(told: Attributes) -> Said:
    provider = told.pop(semconv.PROVIDER_NAME, None)
    system, vendor = _PROVIDERS.get(provider, (provider, provider))
    asked, answered = told.pop(semconv.REQUEST_MODEL, None), told.pop(semconv.RESPONSE_MODEL, None)
    return {
        names.LLM_SYSTEM: system,
        names.LLM_PROVIDER: vendor,
        names.LLM_MODEL_NAME: answered or asked,
    }


def _tokens(told: Attributes) -> Said:
    counts: Said = {name: told.pop(source, None) for name, source in _TOKENS}
    given, said = counts[names.TOKENS_PROMPT], counts[names.TOKENS_COMPLETION]
    if isinstance(given, int) and isinstance(said, int):
        counts[names.TOKENS_TOTAL] = given + said
    return counts


def _first_token_ms(told: Attributes) -> int | None:
    """From when the user stopped to the first audio or, where there is none, to the first text."""
    waited = told.get(semconv.TIME_TO_FIRST_AUDIO, told.get(semconv.TIME_TO_FIRST_CHUNK))
    return round(waited * _MS) if isinstance(waited, int | float) else None


def _end_reason(told: Attributes) -> str:
    if told.get(semconv.INTERRUPTED):
        return "interrupted"
    return "session_closed" if semconv.END_REASON in told else "complete"


def _parameters(setup: Setup | None) -> str | None:
    if setup is None or not setup.parameters:
        return None
    return _once(setup, "parameters", lambda each: messages.dumped(each.parameters))


def _once(setup: Setup | None, name: str, make: Callable[[Setup], _T]) -> _T | None:
    """What is made of a setup, once for all spans that share it."""
    if setup is None:
        return None
    made: _T | None = setup.made.get(name)
    if made is None:
        made = setup.made[name] = make(setup)
    return made


def _messages(prefix: str, said: Iterable[Message]) -> Entries:
    return Entries(prefix, [flattening.message(each) for each in said])


def _tools(definitions: Sequence[Attributes]) -> Entries:
    return Entries(names.LLM_TOOLS, definitions, keeps_newest=False)


def _first(values: AttributeValue | None) -> str | None:
    return str(values[0]) if isinstance(values, list | tuple) and values else None


def _text_of_all(texts: Iterable[tuple[int, object]]) -> str | None:
    ordered = sorted(texts, key=lambda each: each[0])
    return messages.text_of(said for _, text in ordered for said in messages.read(text))
