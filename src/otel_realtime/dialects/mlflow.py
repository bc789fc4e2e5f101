"""MLflow: OpenTelemetry's conventions, and beside them what MLflow reads of no other name.

Checked against mlflow 3.17: it reads `session.id`, `user.id`, models, providers and tokens as they
are. It prices every token as text unless a span tells its cost.
"""

from collections.abc import Iterable, Mapping
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

TYPE: Final = "mlflow.spanType"
INPUTS: Final = "mlflow.spanInputs"
OUTPUTS: Final = "mlflow.spanOutputs"
TOOLS: Final = "mlflow.chat.tools"
COST: Final = "mlflow.llm.cost"

_TYPES: Final[Mapping[Kind, str]] = {
    Kind.SESSION: "AGENT",
    Kind.INPUT: "CHAIN",
    Kind.RESPONSE: "CHAT_MODEL",
    Kind.TOOL: "TOOL",
    Kind.TRANSCRIPTION: "LLM",
    Kind.EVENT: "CHAIN",
}
_SAID_OTHERWISE: Final = tuple(set(CONTENT) - {semconv.SYSTEM_INSTRUCTIONS})
_GIVEN: Final = (
    *(semconv.COST_INPUT_TEXT, semconv.COST_INPUT_AUDIO, semconv.COST_INPUT_IMAGE),
    *(semconv.COST_CACHED_TEXT, semconv.COST_CACHED_AUDIO, semconv.COST_CACHED_IMAGE),
    semconv.COST_TRANSCRIPTION,
)
_ANSWERED: Final = (semconv.COST_OUTPUT_TEXT, semconv.COST_OUTPUT_AUDIO)


def translate(ended: Ended, limits: Limits) -> Attributes:
    """The attributes of a span of ours for MLflow."""
    told = ended.attributes
    given, answered = _content(ended)
    said: Said = {
        TYPE: _TYPES[ended.kind],
        INPUTS: given,
        OUTPUTS: answered,
        TOOLS: _tools(told.get(semconv.TOOL_DEFINITIONS)),
        COST: _cost(told),
    }
    for name in _SAID_OTHERWISE:
        told.pop(name, None)
    return within(known(said, told), limits)


def _content(ended: Ended) -> tuple[AttributeValue | None, AttributeValue | None]:
    """What it was given and what it answered; a response as a chat, which MLflow shows as one."""
    told, call = ended.attributes, ended.call
    given, answered = told.get(semconv.INPUT_MESSAGES), told.get(semconv.OUTPUT_MESSAGES)
    if ended.kind is Kind.RESPONSE:
        return messages.chat(messages.read(given)), messages.chat(messages.read(answered))
    if ended.kind is Kind.TOOL:
        return told.get(semconv.TOOL_ARGUMENTS), told.get(semconv.TOOL_RESULT)
    if ended.kind is Kind.EVENT:
        return None, told.get(semconv.SERVER_EVENT_PAYLOAD)
    if ended.kind is Kind.SESSION:
        first, last = (call.first, call.last) if call is not None else (None, None)
        return messages.text_of(messages.read(first)), messages.text_of(messages.read(last))
    return messages.text_of(messages.read(given)), messages.text_of(messages.read(answered))


def _tools(definitions: object) -> str | None:
    """The functions that the model may call, as OpenAI's chat completions have them."""
    functions = [
        {
            "type": "function",
            "function": {name: value for name, value in each.items() if name != "type"},
        }
        for each in messages.definitions(definitions)
        if isinstance(each, Mapping) and each.get("type") == "function"
    ]
    return messages.dumped(functions) if functions else None


def _cost(told: Attributes) -> str | None:
    """In US dollars; of what is cached, too, among what was given."""
    total = told.get(semconv.COST, told.get(semconv.COST_TRANSCRIPTION))
    if not isinstance(total, int | float):
        return None
    return messages.dumped(
        {
            "input_cost": _sum(told, _GIVEN),
            "output_cost": _sum(told, _ANSWERED),
            "total_cost": total,
        }
    )


def _sum(told: Attributes, names: Iterable[str]) -> float:
    amounts = (told.get(name) for name in names)
    return round(sum(each for each in amounts if isinstance(each, int | float)), 12)
