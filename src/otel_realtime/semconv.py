"""Every name this package writes: spans, attributes, metrics and log events, and nothing else.

Names without the prefix `otel_realtime.` follow the OpenTelemetry semantic conventions for
generative AI (status: Development, checked 2026-11), the general attributes `error.type`,
`session.id`, `user.id`, `server.*`, `http.*` and the exception attributes, or those of
OpenInference for recordings, `input.audio.*` and `output.audio.*`. They are our own
constants because the published ones are marked deprecated and lack the newest keys: a rename
upstream touches this file alone.
"""

from collections.abc import Mapping
from typing import Final

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.38.0"
SCOPE_NAME: Final = "otel_realtime"

# Span names. {agent}, {model} and {tool} follow after a space where they are known.
SPAN_SESSION: Final = "invoke_agent"
SPAN_INPUT: Final = "user_input"
SPAN_RESPONSE: Final = "chat"
SPAN_TOOL: Final = "execute_tool"
SPAN_TRANSCRIPTION: Final = "speech_to_text"

# Generative AI attributes.
OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
AGENT_NAME: Final = "gen_ai.agent.name"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
REQUEST_MODEL: Final = "gen_ai.request.model"
OUTPUT_TYPE: Final = "gen_ai.output.type"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
USAGE_INPUT: Final = "gen_ai.usage.input_tokens"
USAGE_OUTPUT: Final = "gen_ai.usage.output_tokens"
USAGE_INPUT_TEXT: Final = "gen_ai.usage.text.input_tokens"
USAGE_INPUT_AUDIO: Final = "gen_ai.usage.audio.input_tokens"
USAGE_INPUT_IMAGE: Final = "gen_ai.usage.image.input_tokens"
USAGE_OUTPUT_TEXT: Final = "gen_ai.usage.text.output_tokens"
USAGE_OUTPUT_AUDIO: Final = "gen_ai.usage.audio.output_tokens"
USAGE_CACHED: Final = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHED_TEXT: Final = "gen_ai.usage.text.cache_read.input_tokens"
USAGE_CACHED_AUDIO: Final = "gen_ai.usage.audio.cache_read.input_tokens"
USAGE_CACHED_IMAGE: Final = "gen_ai.usage.image.cache_read.input_tokens"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105 - a name, not a secret
TOKEN_MODALITY: Final = "gen_ai.token.modality"  # noqa: S105 - a name, not a secret

# Older generative AI attributes, which LangSmith and some others read.
SYSTEM: Final = "gen_ai.system"
PROMPT: Final = "gen_ai.prompt"
COMPLETION: Final = "gen_ai.completion"

# General attributes.
ERROR_TYPE: Final = "error.type"
HTTP_STATUS: Final = "http.response.status_code"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
EXCEPTION_EVENT: Final = "exception"

# Our own attributes: the session.
PROVIDER_SESSION_ID: Final = "otel_realtime.provider_session.id"
END_REASON: Final = "otel_realtime.end_reason"
CLOSE_CODE: Final = "otel_realtime.websocket.close_code"
VOICE: Final = "otel_realtime.voice"
TURN_DETECTION: Final = "otel_realtime.turn_detection.type"
INPUT_AUDIO_FORMAT: Final = "otel_realtime.audio.input.format"
INPUT_AUDIO_RATE: Final = "otel_realtime.audio.input.rate"
OUTPUT_AUDIO_FORMAT: Final = "otel_realtime.audio.output.format"
OUTPUT_AUDIO_RATE: Final = "otel_realtime.audio.output.rate"
SETUP_DURATION: Final = "otel_realtime.session.setup_duration"
CONFIGURED_DURATION: Final = "otel_realtime.session.configured_duration"
RECONNECTS: Final = "otel_realtime.session.reconnects"
PROVIDER_CALL_ID: Final = "otel_realtime.provider_call.id"
CHANGED_SETTINGS: Final = "otel_realtime.session.changed"

# Our own attributes: the summary of a session, on its span and on its log event. Durations in
# seconds, money in US dollars; the names are apart from those of single spans, which backends sum.
SESSION_TURNS: Final = "otel_realtime.session.turns"
SESSION_RESPONSES: Final = "otel_realtime.session.responses"
SESSION_TOOL_CALLS: Final = "otel_realtime.session.tool_calls"
SESSION_TOOL_ERRORS: Final = "otel_realtime.session.tool_errors"
SESSION_ERRORS: Final = "otel_realtime.session.errors"
SESSION_HANDOFFS: Final = "otel_realtime.session.handoffs"
SESSION_GUARDRAIL_TRIPS: Final = "otel_realtime.session.guardrail_trips"
SESSION_INTERRUPTIONS: Final = "otel_realtime.session.interruptions"
SESSION_FALSE_BARGE_INS: Final = "otel_realtime.session.barge_ins.false"
SESSION_MISSED_BARGE_INS: Final = "otel_realtime.session.barge_ins.missed"
SESSION_AGENT_INTERRUPTIONS: Final = "otel_realtime.session.agent_interruptions"
SESSION_TALK_USER: Final = "otel_realtime.session.talk.user"
SESSION_TALK_AGENT: Final = "otel_realtime.session.talk.agent"
SESSION_TALK_RATIO: Final = "otel_realtime.session.talk.ratio"
SESSION_OVERLAP: Final = "otel_realtime.session.overlap"
SESSION_SILENCE: Final = "otel_realtime.session.silence"
SESSION_DEAD_AIR_AGENT: Final = "otel_realtime.session.dead_air.awaiting_agent"
SESSION_DEAD_AIR_USER: Final = "otel_realtime.session.dead_air.awaiting_user"
SESSION_DEAD_AIR_COUNT: Final = "otel_realtime.session.dead_air.count"
SESSION_LATENCY_COUNT: Final = "otel_realtime.session.latency.count"
SESSION_LATENCY_MEDIAN: Final = "otel_realtime.session.latency.median"
SESSION_LATENCY_P95: Final = "otel_realtime.session.latency.p95"
SESSION_LATENCY_MAX: Final = "otel_realtime.session.latency.max"
SESSION_SLOWEST_TURN: Final = "otel_realtime.session.latency.slowest_turn"
SESSION_AUDIO_GENERATED: Final = "otel_realtime.session.audio.generated"
SESSION_AUDIO_HEARD: Final = "otel_realtime.session.audio.heard"
SESSION_AUDIO_DISCARDED: Final = "otel_realtime.session.audio.discarded"
SESSION_COST: Final = "otel_realtime.session.cost.total"
SESSION_COST_PER_MINUTE: Final = "otel_realtime.session.cost.per_minute"
SESSION_COST_UNHEARD: Final = "otel_realtime.session.cost.unheard"
SESSION_COST_TRANSCRIPTION: Final = "otel_realtime.session.cost.transcription"
SESSION_COST_UNPRICED: Final = "otel_realtime.session.cost.unpriced"

# Our own attributes: turns and what the user waited for. Durations in seconds.
TURN_INDEX: Final = "otel_realtime.turn.index"
VOICE_TO_VOICE: Final = "otel_realtime.voice_to_voice.latency"
VOICE_TO_VOICE_ORIGIN: Final = "otel_realtime.voice_to_voice.origin"
HAD_TOOL: Final = "otel_realtime.voice_to_voice.had_tool"
PLAYBACK_SOURCE: Final = "otel_realtime.playback.source"
WAIT_ENDPOINTING: Final = "otel_realtime.wait.endpointing"
WAIT_QUEUE: Final = "otel_realtime.wait.queue"
WAIT_MODEL: Final = "otel_realtime.wait.model"
WAIT_TOOL: Final = "otel_realtime.wait.tool"
WAIT_PLAYBACK: Final = "otel_realtime.wait.playback"
WAIT_UNKNOWN: Final = "otel_realtime.wait.unknown"
WAIT_STEPS: Final = "otel_realtime.wait.steps"
START_DELAY: Final = "otel_realtime.response.start_delay"
MODEL_TIME_TO_FIRST_AUDIO: Final = "otel_realtime.model.time_to_first_audio"
TOOL_TURN_OVERHEAD: Final = "otel_realtime.tool.turn_overhead"
GREETING_LATENCY: Final = "otel_realtime.greeting.latency"
STOP_TIME: Final = "otel_realtime.barge_in.stop_time"
SPEECH_WORDS: Final = "otel_realtime.speech.words"
SPEECH_RATE: Final = "otel_realtime.speech.rate"
SPEAKER: Final = "otel_realtime.speaker"
DEAD_AIR_AWAITED: Final = "otel_realtime.dead_air.awaited"
DEAD_AIR_DURATION: Final = "otel_realtime.dead_air.duration"
OVERLAP_DURATION: Final = "otel_realtime.overlap.duration"
SETUP_PHASE: Final = "otel_realtime.session.setup.phase"
RATE_LIMIT_NAME: Final = "otel_realtime.rate_limit.name"

# Our own attributes: money, in US dollars.
COST: Final = "otel_realtime.cost.total"
COST_INPUT_TEXT: Final = "otel_realtime.cost.input.text"
COST_INPUT_AUDIO: Final = "otel_realtime.cost.input.audio"
COST_INPUT_IMAGE: Final = "otel_realtime.cost.input.image"
COST_CACHED_TEXT: Final = "otel_realtime.cost.cached.text"
COST_CACHED_AUDIO: Final = "otel_realtime.cost.cached.audio"
COST_CACHED_IMAGE: Final = "otel_realtime.cost.cached.image"
COST_OUTPUT_TEXT: Final = "otel_realtime.cost.output.text"
COST_OUTPUT_AUDIO: Final = "otel_realtime.cost.output.audio"
COST_TRANSCRIPTION: Final = "otel_realtime.cost.transcription"
COST_UNHEARD: Final = "otel_realtime.cost.unheard"
COST_PRICES: Final = "otel_realtime.cost.prices"
COST_KIND: Final = "otel_realtime.cost.kind"

# Our own attributes: what the user said or typed.
ITEM_ID: Final = "otel_realtime.item.id"
INPUT_TYPE: Final = "otel_realtime.input.type"
INPUT_TIME_SOURCE: Final = "otel_realtime.input.time_source"
INPUT_AUDIO_START_MS: Final = "otel_realtime.input.audio_start_ms"
INPUT_AUDIO_END_MS: Final = "otel_realtime.input.audio_end_ms"
INPUT_ACOUSTIC_END_MS: Final = "otel_realtime.input.acoustic_end_ms"
INPUT_ACOUSTIC_START_MS: Final = "otel_realtime.input.acoustic_start_ms"
ENDPOINTING_DELAY: Final = "otel_realtime.input.endpointing_delay"
INPUT_INTERRUPTED: Final = "otel_realtime.input.interrupted_response_id"
INPUT_CLEARED: Final = "otel_realtime.input.cleared"
TRANSCRIPTION_STATUS: Final = "otel_realtime.transcription.status"
TRANSCRIPTION_MODEL: Final = "otel_realtime.transcription.model"
TRANSCRIPTION_DELAY: Final = "otel_realtime.transcription.delay"
TRANSCRIPTION_SECONDS: Final = "otel_realtime.transcription.usage.seconds"
TRANSCRIPTION_INPUT_TOKENS: Final = "otel_realtime.transcription.usage.input_tokens"
TRANSCRIPTION_OUTPUT_TOKENS: Final = "otel_realtime.transcription.usage.output_tokens"

# Our own attributes: the response.
RESPONSE_STATUS: Final = "otel_realtime.response.status"
RESPONSE_TRIGGER: Final = "otel_realtime.response.trigger"
RESPONSE_INPUT_ITEMS: Final = "otel_realtime.response.input_item_ids"
TIME_TO_FIRST_AUDIO: Final = "otel_realtime.response.time_to_first_audio"
TIME_TO_FIRST_AUDIO_ORIGIN: Final = "otel_realtime.response.time_to_first_audio.origin"
INTERRUPTED: Final = "otel_realtime.interrupted"
INTERRUPTION_REASON: Final = "otel_realtime.interruption.reason"
INTERRUPTION_BY: Final = "otel_realtime.interruption.by"
INTERRUPTION_ITEM_ID: Final = "otel_realtime.interruption.item_id"
GENERATED_MS: Final = "otel_realtime.audio.generated_ms"
HEARD_MS: Final = "otel_realtime.audio.heard_ms"
HEARD_SOURCE: Final = "otel_realtime.audio.heard_source"
DISCARDED_MS: Final = "otel_realtime.audio.discarded_ms"
CUT_MS: Final = "otel_realtime.audio.cut_ms"

# Where recordings are: OpenInference's names, and ours where it has none.
INPUT_AUDIO_URL: Final = "input.audio.url"
INPUT_AUDIO_MIME_TYPE: Final = "input.audio.mime_type"
OUTPUT_AUDIO_URL: Final = "output.audio.url"
OUTPUT_AUDIO_MIME_TYPE: Final = "output.audio.mime_type"
GENERATED_AUDIO_URL: Final = "otel_realtime.audio.generated.url"
AUDIO_DROPPED: Final = "otel_realtime.audio.dropped"

# Our own attributes: tools, handoffs, errors and the rest.
TOOL_KIND: Final = "otel_realtime.tool.kind"
TOOL_OUTCOME: Final = "otel_realtime.tool.outcome"
TOOL_APPROVAL: Final = "otel_realtime.tool.approval"
TOOL_APPROVAL_WAIT: Final = "otel_realtime.tool.approval_wait"
GUARDRAIL_KIND: Final = "otel_realtime.guardrail.kind"
GUARDRAIL_NAME: Final = "otel_realtime.guardrail.name"
MCP_SERVER: Final = "otel_realtime.mcp.server_label"
MCP_OUTCOME: Final = "otel_realtime.mcp.outcome"
HANDOFF_FROM: Final = "otel_realtime.handoff.from"
HANDOFF_TO: Final = "otel_realtime.handoff.to"
ERROR_CODE: Final = "otel_realtime.error.code"
ERROR_MESSAGE: Final = "otel_realtime.error.message"
ERROR_PARAM: Final = "otel_realtime.error.param"
ERROR_CLIENT_EVENT_ID: Final = "otel_realtime.error.client_event_id"
RATE_LIMIT: Final = "otel_realtime.rate_limit"
SERVER_EVENT_TYPE: Final = "otel_realtime.server_event.type"
SERVER_EVENT_PAYLOAD: Final = "otel_realtime.server_event.payload"
LEFT_OUT: Final = "otel_realtime.dialect.left_out"
DTMF_DIGIT: Final = "otel_realtime.dtmf.digit"
CACHED: Final = "otel_realtime.token.cached"
PROBLEM: Final = "otel_realtime.telemetry.problem"

# Our own attributes: what Application Insights takes out of an item's custom dimensions, once more.
SAME_ERROR_TYPE: Final = "otel_realtime.error.type"
SAME_HTTP_STATUS: Final = "otel_realtime.http.response.status_code"
SAME_SERVER_ADDRESS: Final = "otel_realtime.server.address"
SAME_SERVER_PORT: Final = "otel_realtime.server.port"

# Log events.
LOG_SESSION_STARTED: Final = "gen_ai.client.realtime_session.started"
LOG_SESSION_ENDED: Final = "gen_ai.client.realtime_session.ended"
LOG_OPERATION_DETAILS: Final = "gen_ai.client.inference.operation.details"
LOG_INTERRUPTED: Final = "otel_realtime.interrupted"
LOG_ERROR: Final = "otel_realtime.error"
LOG_RATE_LIMITS: Final = "otel_realtime.rate_limits.updated"
LOG_TRANSCRIPTION_FAILED: Final = "otel_realtime.transcription.failed"
LOG_HANDOFF: Final = "otel_realtime.handoff"
LOG_SESSION_UPDATED: Final = "otel_realtime.session.updated"
LOG_GUARDRAIL: Final = "otel_realtime.guardrail"
LOG_APPROVAL: Final = "otel_realtime.tool.approval"
LOG_RECONNECTED: Final = "otel_realtime.reconnected"
LOG_IDLE_TIMEOUT: Final = "otel_realtime.idle_timeout"
LOG_DTMF: Final = "otel_realtime.dtmf"
LOG_MCP_TOOLS: Final = "otel_realtime.mcp.list_tools"
LOG_FALSE_BARGE_IN: Final = "otel_realtime.barge_in.false"
LOG_MISSED_BARGE_IN: Final = "otel_realtime.barge_in.missed"
LOG_AGENT_INTERRUPTION: Final = "otel_realtime.agent_interruption"
LOG_DEAD_AIR: Final = "otel_realtime.dead_air"
LOG_SUMMARY: Final = "otel_realtime.session.summary"
LOG_AUDIO_UPLOAD_FAILED: Final = "otel_realtime.audio.upload_failed"

# Metrics: what each of them means stands in `telemetry.catalogue`. Durations in seconds.
METRIC_OPERATION_DURATION: Final = "gen_ai.client.operation.duration"
METRIC_TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105 - a name, not a secret
METRIC_TOKENS: Final = "otel_realtime.tokens"
METRIC_CACHE_HIT_RATIO: Final = "otel_realtime.cache.hit_ratio"
METRIC_VOICE_TO_VOICE: Final = "otel_realtime.voice_to_voice.latency"
METRIC_TIME_TO_FIRST_AUDIO: Final = "otel_realtime.response.time_to_first_audio"
METRIC_ENDPOINTING_DELAY: Final = "otel_realtime.endpointing.delay"
METRIC_START_DELAY: Final = "otel_realtime.response.start_delay"
METRIC_MODEL_TIME_TO_FIRST_AUDIO: Final = "otel_realtime.model.time_to_first_audio"
METRIC_GREETING_LATENCY: Final = "otel_realtime.greeting.latency"
METRIC_TURN_DURATION: Final = "otel_realtime.turn.duration"
METRIC_TRANSCRIPTION_DELAY: Final = "otel_realtime.transcription.delay"
METRIC_TRANSCRIPTION_FAILURES: Final = "otel_realtime.transcription.failures"
METRIC_TOOL_CALLS: Final = "otel_realtime.tool.calls"
METRIC_TOOL_DURATION: Final = "otel_realtime.tool.duration"
METRIC_TOOL_TURN_OVERHEAD: Final = "otel_realtime.tool.turn_overhead"
METRIC_INTERRUPTIONS: Final = "otel_realtime.interruptions"
METRIC_RESPONSE_CUTS: Final = "otel_realtime.response.cuts"
METRIC_STOP_TIME: Final = "otel_realtime.barge_in.stop_time"
METRIC_FALSE_BARGE_INS: Final = "otel_realtime.barge_in.false"
METRIC_MISSED_BARGE_INS: Final = "otel_realtime.barge_in.missed"
METRIC_AGENT_INTERRUPTIONS: Final = "otel_realtime.agent_interruptions"
METRIC_OVERLAP_DURATION: Final = "otel_realtime.overlap.duration"
METRIC_SILENCE_DURATION: Final = "otel_realtime.silence.duration"
METRIC_DEAD_AIR_DURATION: Final = "otel_realtime.dead_air.duration"
METRIC_TALK_DURATION: Final = "otel_realtime.talk.duration"
METRIC_TALK_RATIO: Final = "otel_realtime.talk.ratio"
METRIC_SPEECH_RATE: Final = "otel_realtime.speech.rate"
METRIC_AUDIO_GENERATED: Final = "otel_realtime.audio.generated"
METRIC_AUDIO_HEARD: Final = "otel_realtime.audio.heard"
METRIC_AUDIO_DISCARDED: Final = "otel_realtime.audio.discarded"
METRIC_COST: Final = "otel_realtime.cost"
METRIC_COST_UNHEARD: Final = "otel_realtime.cost.unheard"
METRIC_SESSION_COST: Final = "otel_realtime.session.cost"
METRIC_SESSION_COST_PER_MINUTE: Final = "otel_realtime.session.cost_per_minute"
METRIC_RATE_LIMIT_REMAINING: Final = "otel_realtime.rate_limit.remaining"
METRIC_SETUP_DURATION: Final = "otel_realtime.session.setup.duration"
METRIC_SESSION_DURATION: Final = "otel_realtime.session.duration"
METRIC_SESSIONS_ACTIVE: Final = "otel_realtime.sessions.active"
METRIC_ERRORS: Final = "otel_realtime.errors"
METRIC_GUARDRAIL_TRIPS: Final = "otel_realtime.guardrail.trips"
METRIC_HANDOFFS: Final = "otel_realtime.handoffs"
METRIC_PROBLEMS: Final = "otel_realtime.telemetry.problems"
METRIC_HANDLER_TIME: Final = "otel_realtime.telemetry.handler.time"
METRIC_AUDIO_UPLOAD_DURATION: Final = "otel_realtime.telemetry.audio.upload.duration"
METRIC_AUDIO_UPLOADED: Final = "otel_realtime.telemetry.audio.uploaded"
METRIC_AUDIO_DROPPED: Final = "otel_realtime.telemetry.audio.dropped"
COLLECTION: Final = "otel_realtime.telemetry.collection"  # has no values, and is never exported

# Metrics that the latest conventions have instead of released ones.
METRIC_INFERENCE_DURATION: Final = "gen_ai.client.inference.duration"
METRIC_INPUT_TOKENS: Final = "gen_ai.client.inference.usage.input_tokens"
METRIC_OUTPUT_TOKENS: Final = "gen_ai.client.inference.usage.output_tokens"
METRIC_CACHED_TOKENS: Final = "gen_ai.client.inference.usage.cache_read.input_tokens"
METRIC_OPERATION_INPUT_TOKENS: Final = "gen_ai.client.inference.operation.input_tokens"
METRIC_OPERATION_OUTPUT_TOKENS: Final = "gen_ai.client.inference.operation.output_tokens"
LATEST: Final = "gen_ai_latest_experimental"
"""What asks for them, in OpenTelemetry's own switch."""
RENAMED: Final[Mapping[str, tuple[str, ...]]] = {
    METRIC_OPERATION_DURATION: (METRIC_INFERENCE_DURATION,),
    METRIC_TOKEN_USAGE: (
        METRIC_INPUT_TOKENS,
        METRIC_OUTPUT_TOKENS,
        METRIC_CACHED_TOKENS,
        METRIC_OPERATION_INPUT_TOKENS,
        METRIC_OPERATION_OUTPUT_TOKENS,
    ),
}
"""Released metrics by what stands in their place where the latest conventions are asked for."""

# Explicit bucket boundaries.
DURATION_BUCKETS: Final = (
    *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64),
    *(1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
)
SESSION_BUCKETS: Final = (1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
TOKEN_BUCKETS: Final = tuple(4**power for power in range(14))
RATIO_BUCKETS: Final = tuple(tenths / 10 for tenths in range(11))
SPEECH_RATE_BUCKETS: Final = (60, 80, 100, 120, 140, 160, 180, 200, 220, 250, 300)
MONEY_BUCKETS: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1, 2, 5, 10, 20, 50, 100),
)
