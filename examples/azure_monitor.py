"""A voice agent whose calls are read in Azure Application Insights."""

import asyncio
import os

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner

from otel_realtime import RealtimeInstrumentor
from otel_realtime.azure import configure_azure

configure_azure()  # APPLICATIONINSIGHTS_CONNECTION_STRING says where to
RealtimeInstrumentor().instrument(capture_content=True)


@function_tool
def get_weather(city: str) -> str:
    """Say what the weather is like in a city."""
    return f"{city}: rain, 11 degrees"


async def main() -> None:
    """Ask one question, and hang up once the answer is there."""
    agent = RealtimeAgent(name="Assistant", instructions="Be brief.", tools=[get_weather])
    url = os.environ.get("OTEL_REALTIME_EXAMPLE_URL")  # the simulator's; else it is the real API
    async with await RealtimeRunner(agent).run(model_config={"url": url} if url else None) as call:
        await call.send_message("What is the weather in London?")
        spoken = False
        async for event in call:
            spoken = event.type == "audio" or (spoken and event.type != "tool_start")
            if spoken and event.type == "agent_end":
                break


asyncio.run(main())
