"""Attributes as pure functions: facts go in, attributes come out, and what is unknown is absent.

The default dialect: OpenTelemetry's GenAI conventions, with our own names where there are none.
"""

from collections.abc import Iterable

from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.facts import (
    InputFacts,
    ResponseFacts,
    SessionFacts,
    ToolFacts,
    TranscriptionFacts,
    seconds_between,
)
from otel_realtime.telemetry import (
    audio_attributes,
    cost_attributes,
    messages,
    summary_attributes,
    tokens,
    turn_attributes,
)
from otel_realtime.telemetry.content import ContentGate, type_of
from otel_realtime.values import Endpoint, Fault

Pairs = Iterable[tuple[str, AttributeValue | None]]

_TOOL_TYPES = {
    "function": "function",
    "handoff": "function",
    "local_mcp": "function",
    "hosted_mcp": "extension",
}


class Identity:
    """What is the same on every span of a call.

    Attributes:
        pairs: Its attributes.
    """

    __slots__ = ("_provider", "pairs", "session_id", "user_id")

    def __init__(
        self, session_id: str, user_id: str | None = None, provider: str | None = None
    ) -> None:
        """Put the attributes together."""
        self.session_id, self.user_id, self._provider = session_id, user_id, provider
        self._set_pairs()

    @property
    def provider(self) -> str | None:
        """`gen_ai.provider.name`, if it is known; a source may learn it later than the rest."""
        return self._provider

    @provider.setter
    def provider(self, name: str | None) -> None:
        self._provider = name
        self._set_pairs()

    def _set_pairs(self) -> None:
        self.pairs: tuple[tuple[str, AttributeValue | None], ...] = (
            (semconv.SESSION_ID, self.session_id),
            (semconv.USER_ID, self.user_id),
            (semconv.PROVIDER_NAME, self._provider),
        )


def known(pairs: Pairs) -> dict[str, AttributeValue]:
    """The attributes that have a value."""
    return {name: value for name, value in pairs if value is not None}


def session(facts: SessionFacts, gate: ContentGate) -> Pairs:
    """Attributes of the session's span."""
    config = facts.config
    given, said = config.input_format, config.output_format
    return (
        (semconv.OPERATION_NAME, semconv.SPAN_SESSION),
        (semconv.AGENT_NAME, facts.agent),
        (semconv.REQUEST_MODEL, config.model),
        (semconv.CONVERSATION_ID, facts.conversation_id),
        (semconv.OUTPUT_TYPE, output_type(config.output_modalities)),
        *endpoint(facts.endpoint),
        (semconv.PROVIDER_SESSION_ID, config.session_id),
        (semconv.PROVIDER_CALL_ID, facts.call_id),
        (semconv.SETUP_DURATION, seconds_between(facts.connecting_at, facts.ready_at)),
        (semconv.CONFIGURED_DURATION, seconds_between(facts.connecting_at, facts.configured_at)),
        (semconv.RECONNECTS, facts.reconnects or None),
        (semconv.VOICE, config.voice),
        (semconv.TURN_DETECTION, config.turn_detection),
        (semconv.TRANSCRIPTION_MODEL, config.transcription_model),
        (semconv.INPUT_AUDIO_FORMAT, given.type if given else None),
        (semconv.INPUT_AUDIO_RATE, given.rate if given else None),
        (semconv.OUTPUT_AUDIO_FORMAT, said.type if said else None),
        (semconv.OUTPUT_AUDIO_RATE, said.rate if said else None),
        (semconv.END_REASON, facts.end_reason),
        (semconv.CLOSE_CODE, facts.close_code),
        (semconv.HTTP_STATUS, _http_status(facts.error)),
        (semconv.ERROR_TYPE, facts.fault_type),
        (semconv.SYSTEM_INSTRUCTIONS, messages.instructions(config.instructions, gate)),
        (semconv.TOOL_DEFINITIONS, messages.tool_definitions(config.tools, gate)),
        *summary_attributes.of_session(facts),
        *audio_attributes.of_output(facts),
    )


def endpoint(server: Endpoint | None) -> Pairs:
    """The server, where it is known."""
    if server is None:
        return ()
    return ((semconv.SERVER_ADDRESS, server.address), (semconv.SERVER_PORT, server.port))


def user_input(facts: InputFacts, gate: ContentGate) -> Pairs:
    """Attributes of the span of what the user said or typed."""
    return (
        (semconv.AGENT_NAME, facts.agent),
        (semconv.CONVERSATION_ID, facts.conversation_id),
        (semconv.ITEM_ID, facts.item_id if facts.id_known else None),
        (semconv.INPUT_TYPE, facts.type),
        (semconv.INPUT_TIME_SOURCE, facts.time_source),
        (semconv.INPUT_AUDIO_START_MS, facts.audio_start_ms),
        (semconv.INPUT_AUDIO_END_MS, facts.audio_end_ms),
        (semconv.INPUT_ACOUSTIC_END_MS, facts.acoustic_end_ms),
        (semconv.INPUT_CLEARED, facts.cleared or None),
        (semconv.END_REASON, facts.end_reason),
        *turn_attributes.of_input(facts),
        *_transcription(facts),
        *input_audio(facts, gate),
    )


def input_audio(facts: InputFacts, gate: ContentGate) -> Pairs:
    """What the user said, and where it can be heard: that is known once its span has begun."""
    return (
        (semconv.INPUT_MESSAGES, messages.input_message(facts, gate)),
        *audio_attributes.of_input(facts),
    )


def late_transcription(facts: TranscriptionFacts, gate: ContentGate) -> Pairs:
    """Attributes of the span of a transcript that came too late for its utterance's span."""
    given = facts.given
    return (
        (semconv.AGENT_NAME, given.agent),
        (semconv.CONVERSATION_ID, given.conversation_id),
        (semconv.ITEM_ID, given.item_id),
        (semconv.TURN_INDEX, given.turn),
        (semconv.ERROR_TYPE, given.fault.kind if given.fault else None),
        *_transcription(given),
        (semconv.OUTPUT_MESSAGES, messages.input_message(given, gate)),
    )


def response(facts: ResponseFacts, gate: ContentGate) -> Pairs:
    """Attributes of a response's span that are known at its end, beside `response_opening`."""
    waited = facts.time_to_first_audio
    items = [given.item_id for given in facts.inputs if given.id_known]
    return (
        (semconv.RESPONSE_MODEL, facts.model),
        (semconv.RESPONSE_ID, facts.response_id if facts.id_known else None),
        (semconv.OUTPUT_TYPE, output_type(facts.output_modalities)),
        (semconv.CONVERSATION_ID, facts.conversation_id),
        (semconv.FINISH_REASONS, [facts.finish_reason] if facts.finish_reason else None),
        (semconv.TIME_TO_FIRST_CHUNK, seconds_between(facts.created_at, facts.first_chunk_at)),
        (semconv.TIME_TO_FIRST_AUDIO, waited[0] if waited else None),
        (semconv.TIME_TO_FIRST_AUDIO_ORIGIN, waited[1] if waited else None),
        (semconv.RESPONSE_STATUS, facts.status),
        (semconv.RESPONSE_TRIGGER, facts.trigger),
        (semconv.RESPONSE_INPUT_ITEMS, items or None),
        *turn_attributes.of_response(facts),
        (semconv.GENERATED_MS, _whole(facts.generated_ms)),
        (semconv.HEARD_MS, _whole(facts.heard_ms)),
        (semconv.HEARD_SOURCE, facts.heard_source),
        (semconv.DISCARDED_MS, _whole(facts.discarded_ms)),
        *turn_attributes.of_interruption(facts),
        (semconv.END_REASON, facts.end_reason),
        (semconv.ERROR_TYPE, response_error(facts)),
        (semconv.ERROR_MESSAGE, _message(facts.fault, gate)),
        *(tokens.attributes_of(facts.usage) if facts.usage else ()),
        *cost_attributes.of_response(facts),
        (semconv.INPUT_MESSAGES, messages.request_messages(facts, gate)),
        (semconv.OUTPUT_MESSAGES, messages.response_message(facts, gate)),
        *audio_attributes.of_output(facts),
        *audio_attributes.of_generated(facts),
    )


def response_opening(facts: ResponseFacts) -> Pairs:
    """What samplers may ask of a response when it begins."""
    return (
        (semconv.OPERATION_NAME, semconv.SPAN_RESPONSE),
        (semconv.AGENT_NAME, facts.agent),
        (semconv.REQUEST_MODEL, facts.model),
        *endpoint(facts.endpoint),
    )


def tool(facts: ToolFacts, gate: ContentGate) -> Pairs:
    """Attributes of a tool call's span."""
    return (
        *tool_opening(facts),
        (semconv.CONVERSATION_ID, facts.conversation_id),
        (semconv.TOOL_DESCRIPTION, facts.description),
        (semconv.TURN_INDEX, facts.turn),
        (semconv.TOOL_KIND, facts.kind),
        (semconv.TOOL_OUTCOME, facts.outcome),
        *approval(facts),
        (semconv.MCP_SERVER, facts.server_label),
        (semconv.HANDOFF_TO, facts.handoff_to),
        (semconv.ERROR_TYPE, tool_error(facts)),
        (semconv.ERROR_MESSAGE, _message(facts.fault, gate)),
        (semconv.TOOL_ARGUMENTS, gate("tool_arguments", facts.arguments)),
        (semconv.TOOL_RESULT, gate("tool_result", facts.output)),
    )


def approval(facts: ToolFacts) -> Pairs:
    """What is known of the approval that a tool call needed, if it did."""
    return (
        (semconv.TOOL_APPROVAL, facts.approval),
        (semconv.TOOL_APPROVAL_WAIT, facts.approval_wait),
    )


def tool_opening(facts: ToolFacts) -> Pairs:
    """What is known of a tool call when it begins."""
    return (
        (semconv.OPERATION_NAME, semconv.SPAN_TOOL),
        (semconv.AGENT_NAME, facts.agent),
        (semconv.TOOL_NAME, facts.name),
        (semconv.TOOL_TYPE, _TOOL_TYPES.get(facts.kind)),
        (semconv.TOOL_CALL_ID, facts.call_id),
    )


def response_error(facts: ResponseFacts) -> str | None:
    """The error that ended a response, if one did: its own, or that of the connection."""
    if facts.status == "failed":
        return (facts.fault.kind if facts.fault else None) or "failed"
    return facts.fault_type


def tool_error(facts: ToolFacts) -> str | None:
    """The error of a tool call, if it failed; one that was cancelled did not."""
    if isinstance(facts.error, Exception):
        return type_of(facts.error)
    if facts.outcome == "error":
        return (facts.fault.kind if facts.fault else None) or "error"
    return None


def output_type(modalities: tuple[str, ...] | None) -> str | None:
    """`gen_ai.output.type` of the modalities a response may have."""
    if not modalities:
        return None
    return "speech" if "audio" in modalities else modalities[0]


def _http_status(error: Exception | None) -> int | None:
    """The status by which a server refused the websocket, if it did."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _transcription(facts: InputFacts) -> Pairs:
    used = facts.transcription_usage
    return (
        (semconv.TRANSCRIPTION_STATUS, facts.transcription),
        (semconv.TRANSCRIPTION_MODEL, facts.transcription_model),
        (semconv.TRANSCRIPTION_DELAY, facts.transcription_delay),
        (semconv.TRANSCRIPTION_SECONDS, used.seconds if used else None),
        (semconv.TRANSCRIPTION_INPUT_TOKENS, used.input if used else None),
        (semconv.TRANSCRIPTION_OUTPUT_TOKENS, used.output if used else None),
        *cost_attributes.of_transcription(facts),
    )


def _message(fault: Fault | None, gate: ContentGate) -> str | None:
    return gate("error_message", fault.message) if fault else None


def _whole(ms: float | None) -> int | None:
    return round(ms) if ms is not None else None
