"""Every function of the Agents SDK that is wrapped, in one table."""

from typing import Final

from otel_realtime.sources import _agents_guardrails as guardrails
from otel_realtime.sources import _agents_playback as playback
from otel_realtime.sources import _agents_sent as sent
from otel_realtime.sources import _agents_session as life
from otel_realtime.sources import _agents_tools as tools
from otel_realtime.sources._hooks import Hook, Hooks

_SESSION: Final = "agents.realtime.session"
_EVENTS: Final = "agents.realtime.events"
_MCP: Final = "agents.mcp.server"
_MODEL: Final = "agents.realtime.openai_realtime"
_TOOL: Final = "agents.tool"

HOOKS: Final = Hooks(
    Hook(_SESSION, "RealtimeSession.__aenter__", life.enter),
    Hook(_SESSION, "RealtimeSession.__aexit__", life.leave),
    Hook(_SESSION, "RealtimeSession.close", life.close),
    Hook(_SESSION, "RealtimeSession.update_agent", life.update_agent),
    Hook(_SESSION, "RealtimeSession._handle_tool_call", tools.handle),
    Hook(_SESSION, "RealtimeSession.approve_tool_call", tools.approve),
    Hook(_SESSION, "RealtimeSession._send_tool_rejection", tools.reject),
    Hook(_SESSION, "RealtimeSession._run_output_guardrails", guardrails.run_output),
    Hook(_EVENTS, "RealtimeGuardrailTripped.__init__", guardrails.trip),
    Hook("agents.guardrail", "OutputGuardrail.run", guardrails.judge_output),
    Hook("agents.tool_guardrails", "ToolInputGuardrail.run", guardrails.judge_tool_input),
    Hook("agents.tool_guardrails", "ToolOutputGuardrail.run", guardrails.judge_tool_output),
    Hook(_EVENTS, "RealtimeToolApprovalRequired.__init__", tools.ask),
    Hook("agents.run_context", "RunContextWrapper.get_approval_status", tools.recall),
    Hook(_EVENTS, "RealtimeHandoffEvent.__init__", tools.hand_over),
    Hook(_SESSION, "invoke_function_tool", tools.invoke),
    Hook(_MCP, "_MCPServerWithClientSession.call_tool", tools.call_mcp),
    Hook(_MCP, "MCPServerStreamableHttp.call_tool", tools.call_mcp),
    Hook(_TOOL, "maybe_invoke_function_tool_failure_error_function", tools.explain_failure),
    Hook("agents.exceptions", "ToolTimeoutError.__init__", tools.time_out),
    Hook("agents.realtime.model", "RealtimePlaybackTracker.on_play_ms", playback.play),
    Hook(_MODEL, "OpenAIRealtimeWebSocketModel._send_raw_message", sent.send_raw),
    Hook(
        _MODEL,
        "OpenAIRealtimeWebSocketModel._send_raw_message_if",
        sent.send_raw_if,
        is_needed=False,  # since 0.19.3
    ),
)
