"""The agent that is called: an ordinary OpenAI Agents SDK application with its own telemetry.

Nothing in here knows of otel-realtime: the tools log and trace as any application does.
"""

import asyncio
import logging

from agents import function_tool
from agents.realtime import RealtimeAgent, realtime_handoff
from opentelemetry import trace

_logger = logging.getLogger("hotel")
_tracer = trace.get_tracer("hotel")


@function_tool
async def get_weather(city: str) -> str:
    """Say what the weather is like in a city."""
    _logger.info("asking the weather service")
    with _tracer.start_as_current_span("GET /weather"):
        await asyncio.sleep(0.25)
    return f"{city}: fog, 12 degrees"


@function_tool
async def book_table(guests: int) -> str:
    """Book a table in the hotel's restaurant."""
    with _tracer.start_as_current_span("INSERT reservations"):
        await asyncio.sleep(0.4)
    _logger.info("table booked")
    return f"a table for {guests} at 20:00"


@function_tool
async def order_taxi(destination: str) -> str:
    """Order a taxi to the hotel."""
    _logger.info("calling the taxi company")
    await asyncio.sleep(0.15)
    _logger.warning("the first company is fully booked, trying another")
    await asyncio.sleep(0.1)
    return f"a taxi to the {destination} at 19:30"


def hotel_agent() -> RealtimeAgent[None]:
    """The concierge, who can hand over to billing."""
    billing: RealtimeAgent[None] = RealtimeAgent(
        name="Billing",
        instructions="You work in the billing department of a hotel. Answer in one sentence.",
    )
    return RealtimeAgent(
        name="Concierge",
        instructions=(
            "You are the concierge of a hotel. Answer in one or two sentences. Use the tools; "
            "hand over to billing for questions about bills."
        ),
        tools=[get_weather, book_table, order_taxi],
        handoffs=[realtime_handoff(billing)],
    )
