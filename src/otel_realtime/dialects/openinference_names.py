"""The names of OpenInference that we write, as in openinference-semantic-conventions 0.1.42.

`input.audio.*`, `output.audio.*`, `end_reason`, `time_to_first_token_ms` and the kinds AUDIO and
USER are not in that package: Arize's instrumentation of realtime agents writes them.
"""

from typing import Final

KIND: Final = "openinference.span.kind"
AGENT: Final = "AGENT"
AUDIO: Final = "AUDIO"
USER: Final = "USER"
LLM: Final = "LLM"
CHAIN: Final = "CHAIN"
TOOL: Final = "TOOL"

TURN_SPAN: Final = "conversation.turn"

AGENT_NAME: Final = "agent.name"
INPUT_VALUE: Final = "input.value"
INPUT_MIME_TYPE: Final = "input.mime_type"
OUTPUT_VALUE: Final = "output.value"
OUTPUT_MIME_TYPE: Final = "output.mime_type"
INPUT_TRANSCRIPT: Final = "input.audio.transcript"
OUTPUT_TRANSCRIPT: Final = "output.audio.transcript"
END_REASON: Final = "end_reason"
TIME_TO_FIRST_TOKEN_MS: Final = "time_to_first_token_ms"  # noqa: S105 - a name, not a secret
TEXT: Final = "text/plain"
JSON: Final = "application/json"

LLM_SYSTEM: Final = "llm.system"
LLM_PROVIDER: Final = "llm.provider"
LLM_MODEL_NAME: Final = "llm.model_name"
LLM_FINISH_REASON: Final = "llm.finish_reason"
LLM_INVOCATION_PARAMETERS: Final = "llm.invocation_parameters"
LLM_INPUT_MESSAGES: Final = "llm.input_messages"
LLM_OUTPUT_MESSAGES: Final = "llm.output_messages"
LLM_TOOLS: Final = "llm.tools"
TOKENS_PROMPT: Final = "llm.token_count.prompt"
TOKENS_COMPLETION: Final = "llm.token_count.completion"
TOKENS_TOTAL: Final = "llm.token_count.total"
TOKENS_PROMPT_AUDIO: Final = "llm.token_count.prompt_details.audio"
TOKENS_CACHED: Final = "llm.token_count.prompt_details.cache_read"
TOKENS_COMPLETION_AUDIO: Final = "llm.token_count.completion_details.audio"

TOOL_NAME: Final = "tool.name"
TOOL_ID: Final = "tool.id"
TOOL_DESCRIPTION: Final = "tool.description"
TOOL_PARAMETERS: Final = "tool.parameters"
TOOL_JSON_SCHEMA: Final = "tool.json_schema"

ROLE: Final = "message.role"
CONTENT: Final = "message.content"
CONTENTS: Final = "message.contents"
TOOL_CALLS: Final = "message.tool_calls"
MESSAGE_TOOL_CALL_ID: Final = "message.tool_call_id"
CONTENT_TYPE: Final = "message_content.type"
CONTENT_AUDIO: Final = "message_content.audio"
AUDIO_URL: Final = "audio.url"
AUDIO_MIME_TYPE: Final = "audio.mime_type"
AUDIO_TRANSCRIPT: Final = "audio.transcript"
TOOL_CALL_ID: Final = "tool_call.id"
TOOL_CALL_NAME: Final = "tool_call.function.name"
TOOL_CALL_ARGUMENTS: Final = "tool_call.function.arguments"
