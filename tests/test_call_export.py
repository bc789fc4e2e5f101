"""A real call: the real SDK over a real websocket, exported every way there is, arrives whole."""

import logging

import pytest
from telemetry_targets import (
    TelemetryTarget,
    telemetry_targets,  # noqa: F401 - a fixture, found by its name
)

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator
from otel_realtime.tree import render

agents = pytest.importorskip("agents", reason="pip install 'otel-realtime[agents]'")
realtime = pytest.importorskip("agents.realtime", reason="pip install 'otel-realtime[agents]'")

logger = logging.getLogger("weather")


@agents.function_tool
async def get_weather(city: str) -> str:
    """Say what the weather is like."""
    return f"rain in {city}"


async def hold_a_call(target: TelemetryTarget) -> None:
    from otel_realtime import RealtimeTelemetryListener

    agent = realtime.RealtimeAgent(name="Assistant", tools=[get_weather])
    listener = RealtimeTelemetryListener(
        agent_name="Assistant",
        capture_content=True,
        tracer_provider=target.tracer_provider,
        logger_provider=target.logger_provider,
        meter_provider=target.meter_provider,
    )
    async with RealtimeSimulator("tools") as simulator:
        config = {"url": simulator.url, "api_key": "simulator"}
        session = await realtime.RealtimeRunner(agent).run(model_config=config)
        session.model.add_listener(listener)
        async with session:
            await session.send_message("What is the weather in London?")
            record = await simulator.wait_for_session()
            await record.wait_for("response.done", 2)
            async for event in session:
                raw = event.data if event.type == "raw_model_event" else None
                if raw is not None and raw.type == "raw_server_event" and _is_last(raw.data):
                    break
    listener.cleanup()


def _is_last(data: dict) -> bool:
    return data["type"] == "response.done" and data["response"]["output"][0]["type"] == "message"


async def test_a_call_arrives_whole(telemetry_targets: TelemetryTarget) -> None:  # noqa: F811
    await hold_a_call(telemetry_targets)
    came, sent = telemetry_targets.collect(), telemetry_targets.sent()
    assert render(came.spans, came.logs, events=True) == render(sent.spans, sent.logs, events=True)
    names = sorted(span.name.split(" ")[0] for span in came.spans)
    assert names == ["chat", "chat", "execute_tool", "invoke_agent", "user_input"]
    assert len({span.trace_id for span in came.spans}) == 1
    by_id = {span.span_id: span for span in came.spans}
    tool = next(span for span in came.spans if span.name == "execute_tool get_weather")
    assert by_id[tool.parent_span_id].attributes[semconv.RESPONSE_STATUS] == "completed"
    assert tool.attributes[semconv.TOOL_RESULT] == "rain in London"
    assert {log.event_name for log in came.logs} >= {
        semconv.LOG_SESSION_STARTED,
        semconv.LOG_SESSION_ENDED,
    }
    assert {point.name for point in came.metrics} >= {
        semconv.METRIC_TOKENS,
        semconv.METRIC_TOOL_CALLS,
        semconv.METRIC_SESSION_DURATION,
    }
