"""A call beside other instrumentors; `test_company.py` runs it in a process of its own.

    python company_call.py FIRST,SECOND,… THIRD,FIRST,…

Instruments in the first order, holds a call, uninstruments in the second order, and holds another
call with ours alone. Prints what was seen as JSON.
"""

import asyncio
import json
import logging
import sys
from collections import Counter
from typing import Any

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime.session import RealtimeSession
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor as OpenInference
from opentelemetry import trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.instrumentation.openai_agents import OpenAIAgentsInstrumentor as OpenLLMetry

from otel_realtime import RealtimeInstrumentor
from otel_realtime.scenario import Recorder
from otel_realtime.simulator import RealtimeSimulator
from otel_realtime.sources._agents_hooks import HOOKS
from otel_realtime.tree import render

INSTRUMENTORS = {
    "ours": RealtimeInstrumentor,
    "openinference": OpenInference,
    "openllmetry": OpenLLMetry,
}
THEIRS = ("_put_event", "send_audio", "send_message")
OUR_SCOPES = ("otel_realtime", "app")
log = logging.getLogger("app")


@function_tool
async def get_weather(city: str) -> str:
    """Say what the weather is like."""
    with trace.get_tracer("app").start_as_current_span("GET /weather"):
        log.warning("asking")
    return f"rain in {city}"


def functions() -> list[Any]:
    """What the instrumentors wrap, as it is now."""
    return [*(hook.found() for hook in HOOKS), *(vars(RealtimeSession)[name] for name in THEIRS)]


def changed(before: list[Any]) -> int:
    """How many of the functions are no longer what they were."""
    return sum(now is not then for now, then in zip(functions(), before, strict=True))


async def call() -> int:
    """Hold a call; returns how often the SDK asked the server to trace."""
    async with RealtimeSimulator("tools") as simulator:
        text = {"modalities": ["text"]}  # no sound to wait for
        config = {"url": simulator.url, "api_key": "simulator", "initial_model_settings": text}
        agent = RealtimeAgent(name="Assistant", tools=[get_weather])
        async with await RealtimeRunner(agent).run(model_config=config) as session:
            await session.send_message("What is the weather in London?")
            record = await simulator.wait_for_session()
            await record.wait_for("response.done", 2)
            async for event in session:
                if event.type == "history_updated" and "raining" in str(event.history):
                    break
    return sum(each.get("session", {}).get("tracing") == "auto" for each in record.received)


def seen(recorder: Recorder) -> dict[str, Any]:
    """The tree of our spans and the application's, and how many spans each scope has."""
    traced = recorder.traced()
    spans = [each for each in traced.spans if each.scope in OUR_SCOPES]
    return {
        "tree": render(spans, traced.logs, times=False),
        "spans": Counter(each.scope for each in traced.spans),
    }


def main(into: list[str], out: list[str]) -> dict[str, Any]:
    """Two calls; see above."""
    before, recorder = functions(), Recorder()
    trace.set_tracer_provider(recorder.tracer_provider)
    log.addHandler(LoggingHandler(logger_provider=recorder.logger_provider))
    for name in into:
        settings = {"capture_content": True} if name == "ours" else {}
        INSTRUMENTORS[name]().instrument(**recorder.providers, **settings)
    tracing = asyncio.run(call())
    first = seen(recorder)
    for name in out:
        INSTRUMENTORS[name]().uninstrument()
    left_by_order = changed(before)
    again = Recorder()
    RealtimeInstrumentor().instrument(**again.providers, capture_content=True)
    asyncio.run(call())
    RealtimeInstrumentor().uninstrument()
    return {
        "tracing": tracing,
        "together": first,
        "left_by_order": left_by_order,
        "alone": seen(again),
        "left": changed(before),
    }


if __name__ == "__main__":
    json.dump(main(*(each.split(",") for each in sys.argv[1:])), sys.stdout)
