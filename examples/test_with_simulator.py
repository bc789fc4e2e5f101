"""Test your own agent: without an API key or a network, the whole call in one comparison."""

import asyncio

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_realtime import RealtimeTelemetryListener
from otel_realtime.simulator import RealtimeSimulator, parse_scenario
from otel_realtime.testing import span_tree


@function_tool
def get_weather(city: str) -> str:
    """Say what the weather is like in a city."""
    return f"{city}: rain, 11 degrees"


# In your project this is your own agent, imported.
AGENT = RealtimeAgent(name="Assistant", tools=[get_weather])

# What the model is to say and which tools it is to call: docs/simulator.md has all of it.
SCENARIO = parse_scenario("""
conversation:
  - user: What is the weather in London?
  - agent:
      usage: none
      calls:
        - get_weather: {city: London}
  - agent:
      usage: none
      say: It is raining in London.
""")

TREE = """\
invoke_agent Assistant  ended closed
  user_input  turn 1, "What is the weather in London?", text
  chat gpt-realtime-2.1
    execute_tool get_weather  {"city": "London"} → "London: rain, 11 degrees"
  chat gpt-realtime-2.1  "It is raining in London."\
"""


async def hold_the_call(listener: RealtimeTelemetryListener) -> None:
    """Ask, and listen until the model's two responses have ended."""
    async with RealtimeSimulator(SCENARIO) as simulator:
        config = {
            "url": simulator.url,
            "api_key": "simulator",
            "initial_model_settings": {"modalities": ["text"]},  # no sound to wait for
        }
        session = await RealtimeRunner(AGENT).run(model_config=config)
        session.model.add_listener(listener)
        async with session:
            await session.send_message("What is the weather in London?")
            ended = 0
            async for event in session:
                ended += event.type == "agent_end"
                if ended == 2:  # noqa: PLR2004 - as many as the scenario has
                    break
    listener.cleanup()


def test_the_agent_asks_for_the_weather() -> None:
    """The tool runs with what the model said, under the response that asked for it."""
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    listener = RealtimeTelemetryListener(
        tracer_provider=provider, agent_name=AGENT.name, capture_content=True
    )
    asyncio.run(hold_the_call(listener))

    assert span_tree(spans, times=False) == TREE  # noqa: S101 - pytest works by assert
