"""Messages as dialects need them, read from the values that the texts on spans were made of."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from otel_realtime.told import value_of


class ToolCall(NamedTuple):
    """A tool call that the model asks for."""

    id: str
    name: str | None
    arguments: str | None
    """As JSON."""


class Message(NamedTuple):
    """What somebody said to the model, or the model to somebody."""

    role: str
    text: str | None = None
    audio_url: str | None = None
    audio_mime_type: str | None = None
    calls: tuple[ToolCall, ...] = ()
    answers: str | None = None
    """The id of the tool call whose result it is."""


def read(text: object) -> list[Message]:
    """The messages of `gen_ai.input.messages` or `.output.messages`; none if it does not know."""
    value = value_of(text)
    return [each for message in value for each in _read(message)] if isinstance(value, list) else []


def instructions(text: object) -> Message | None:
    """The message of `gen_ai.system_instructions`."""
    value = value_of(text)
    said = _text(value) if isinstance(value, list) else None
    return Message("system", said) if said is not None else None


def definitions(text: object) -> list[Any]:
    """The tools of `gen_ai.tool.definitions`; none if it does not know."""
    value = value_of(text)
    return value if isinstance(value, list) else []


def text_of(messages: Iterable[Message]) -> str | None:
    """All that is said in them, a line for each; None if nothing is."""
    texts = [message.text for message in messages if message.text is not None]
    return "\n".join(texts) if texts else None


def calls_of(messages: Iterable[Message]) -> str | None:
    """The tool calls in them as code has them, a line for each; None if there is none."""
    calls = [call for message in messages for call in message.calls]
    return "\n".join(f"{call.name or ''}({call.arguments or ''})" for call in calls) or None


def chat(messages: Sequence[Message]) -> str | None:
    """Messages as JSON in the form of OpenAI's chat completions; None where there is none.

    LangSmith and MLflow show it as a chat.
    """
    return dumped({"messages": [_in_chat(each) for each in messages]}) if messages else None


def dumped(value: object) -> str:
    """A value as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def as_object(text: str, name: str) -> str:
    """A text as a JSON object: it is one, or becomes the value of `name` in one."""
    return text if text.startswith("{") and text.endswith("}") else dumped({name: text})


def _read(message: Mapping[str, Any]) -> Iterator[Message]:
    role, parts = message["role"], message["parts"]
    if role == "tool":
        for part in parts:
            yield Message(role, part["response"], answers=part["id"])
        return
    link = next((part for part in parts if part["type"] == "uri"), None)
    calls = [part for part in parts if part["type"] == "tool_call"]
    yield Message(
        role,
        _text(parts),
        link["uri"] if link else None,
        link["mime_type"] if link else None,
        tuple(ToolCall(each["id"], each["name"], _arguments(each)) for each in calls),
    )


def _in_chat(said: Message) -> dict[str, object]:
    told: dict[str, object] = {"role": said.role, "content": said.text or ""}
    if said.answers is not None:
        told["tool_call_id"] = said.answers
    if said.calls:
        told["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in said.calls
        ]
    return told


def _text(parts: Iterable[Mapping[str, Any]]) -> str | None:
    texts = [part["content"] for part in parts if part["type"] == "text"]
    return "\n".join(texts) if texts else None


def _arguments(call: Mapping[str, Any]) -> str | None:
    arguments = call.get("arguments")
    return arguments if arguments is None or isinstance(arguments, str) else dumped(arguments)
