"""The runs of tools, which an application that uses the raw `openai` client does by itself."""

from otel_realtime.sources._openai_session import followed
from otel_realtime.sources._tool_run import ToolRun


def tool_run(connection: object, call_id: str) -> ToolRun:
    """Make the span of a tool call current while the application runs the tool.

        with tool_run(connection, item.call_id) as run:
            run.output = await get_weather(**json.loads(item.arguments))

    The span has the times of the block; its name and arguments are known from the model's call.
    An exception in the block is recorded, and raised unchanged. Without this, the span reaches
    from the call to its output.

    Args:
        connection: What `client.realtime.connect(...)` gives inside its block. If it is not
            followed, only the block is run.
        call_id: The `call_id` of the model's `function_call` item.
    """
    following = followed(connection)
    return ToolRun(following.telemetry if following is not None else None, call_id)
