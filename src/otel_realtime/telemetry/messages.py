"""Messages as JSON, in the shape of OpenTelemetry's GenAI input and output messages."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from otel_realtime.facts import InputFacts, ResponseFacts
from otel_realtime.telemetry.access import without_access
from otel_realtime.telemetry.content import ContentGate
from otel_realtime.told import remembered
from otel_realtime.values import AudioLink

Part = Mapping[str, object]
Tools = Sequence[Mapping[str, object]]


def input_message(facts: InputFacts, gate: ContentGate) -> str | None:
    """The user's message of one utterance or typed text."""
    parts = _user_parts(facts, gate)
    return _dump([{"role": "user", "parts": parts}]) if parts else None


def request_messages(facts: ResponseFacts, gate: ContentGate) -> str | None:
    """What a response answers: the turn's own user messages and tool outputs, no history."""
    if not gate.is_open:
        return None
    messages = [
        {"role": "user", "parts": parts}
        for given in facts.inputs
        if (parts := _user_parts(given, gate))
    ]
    answers = [
        {"type": "tool_call_response", "id": answer.call_id, "response": output}
        for answer in facts.answers
        if (output := gate("tool_result", answer.output)) is not None
    ]
    if answers:
        messages.append({"role": "tool", "parts": answers})
    return _dump(messages) if messages else None


def response_message(facts: ResponseFacts, gate: ContentGate) -> str | None:
    """What a response said and which tools it called."""
    parts = list(_output_parts(facts, gate)) if gate.is_open else []
    if not parts:
        return None
    message: dict[str, object] = {"role": "assistant", "parts": parts}
    if facts.finish_reason is not None:
        message["finish_reason"] = facts.finish_reason
    return _dump([message])


def instructions(text: str | None, gate: ContentGate) -> str | None:
    """The system instructions."""
    content = gate("instructions", text)
    return _dump([{"type": "text", "content": content}]) if content is not None else None


def tool_definitions(tools: Tools | None, gate: ContentGate) -> str | None:
    """The tools the model may call, without what gives access to them."""
    told = _tools(tools, gate)
    return remembered(*told) if told is not None else None


def known_tools(tools: Tools | None, gate: ContentGate) -> Tools | None:
    """The same, not as JSON."""
    told = _tools(tools, gate)
    return told[1] if told is not None else None


def _tools(tools: Tools | None, gate: ContentGate) -> tuple[str, Tools | None] | None:
    """The tools as JSON and as they are; only as JSON, if redacting leaves something else."""
    if not gate.is_open or not tools:
        return None
    shown = [dict(without_access(tool)) for tool in tools]
    text = _json(shown)
    redacted = gate("tool_definitions", text)
    if redacted is None or redacted == text:
        return (redacted, shown) if redacted is not None else None
    changed = _parsed(redacted)
    is_list = isinstance(changed, list) and all(isinstance(each, dict) for each in changed)
    return redacted, changed if is_list else None


def _user_parts(facts: InputFacts, gate: ContentGate) -> list[Part]:
    if not gate.is_open:
        return []
    parts: list[Part] = [_linked(facts.audio)] if facts.audio is not None else []
    content = gate("user_text", facts.text)
    return parts if content is None else [*parts, {"type": "text", "content": content}]


def _linked(audio: AudioLink) -> Part:
    """A recording as a part of a message: GenAI's `uri` part."""
    return {"type": "uri", "modality": "audio", "mime_type": audio.mime_type, "uri": audio.url}


def _output_parts(facts: ResponseFacts, gate: ContentGate) -> Iterable[Part]:
    if facts.audio is not None:
        yield _linked(facts.audio)
    for output in facts.outputs:
        if output.call_id is None:
            content = gate("agent_text", output.text)
            if content is not None:
                yield {"type": "text", "content": content}
            continue
        call = {"type": "tool_call", "id": output.call_id, "name": output.name}
        arguments = gate("tool_arguments", output.arguments)
        yield call if arguments is None else {**call, "arguments": _parsed(arguments)}


def _parsed(arguments: str) -> Any:  # noqa: ANN401 - whatever JSON denotes
    """Arguments as the object they denote; what is not JSON stays a string."""
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _dump(value: object) -> str:
    return remembered(_json(value), value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
