"""An SDK that otel-realtime does not know: its messages, told by hand as neutral events."""

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from websockets.asyncio.client import ClientConnection, connect

from otel_realtime import ManualSession, bounded, events
from otel_realtime.values import AudioFormat, Item, ItemType, SessionConfig, Usage

provider = TracerProvider()
provider.add_span_processor(bounded(BatchSpanProcessor(OTLPSpanExporter())))
trace.set_tracer_provider(provider)

URL = os.environ.get("OTEL_REALTIME_EXAMPLE_URL", "ws://127.0.0.1:8765/v1/realtime")


def get_weather(city: str) -> str:
    """Say what the weather is like in a city."""
    return f"{city}: rain, 11 degrees"


# Here the simulator plays the unknown SDK's server. `at` is when a message came.
def started(at: int, data: dict[str, Any]) -> events.Event:
    """The session is open: say what is known of it."""
    pcm = AudioFormat("audio/pcm", 24000)
    config = SessionConfig(model=data["session"]["model"], input_format=pcm, output_format=pcm)
    return events.SessionStarted(at, config)


def response_started(at: int, data: dict[str, Any]) -> events.Event:
    """The model begins to answer."""
    return events.ResponseStarted(at, data["response"]["id"])


def output_finished(at: int, data: dict[str, Any]) -> events.Event:
    """A message or a tool call is complete."""
    return events.OutputFinished(at, data["response_id"], item(data["item"]))


def response_done(at: int, data: dict[str, Any]) -> events.Event:
    """The answer is over."""
    response = data["response"]
    used = response["usage"]
    usage = Usage(input=used["input_tokens"], output=used["output_tokens"])
    return events.ResponseDone(at, response["id"], status=response["status"], usage=usage)


def item(data: dict[str, Any]) -> Item:
    """Translate one entry of the conversation."""
    if data["type"] == "function_call":
        names = ("call_id", "name", "arguments")
        return Item(data["id"], ItemType.TOOL_CALL, **{name: data[name] for name in names})
    texts = tuple(part["transcript"] for part in data["content"])
    return Item(data["id"], ItemType.MESSAGE, data["role"], texts=texts, has_audio=True)


TOLD: dict[str, Callable[[int, dict[str, Any]], events.Event]] = {
    "session.created": started,
    "response.created": response_started,
    "response.output_item.done": output_finished,
    "response.done": response_done,
}


async def follow(connection: ClientConnection, call: ManualSession) -> None:
    """Tell of each message; run the tools; until the model has answered."""
    async for message in connection:
        data = json.loads(message)
        if data["type"] == "response.output_audio.delta":
            call.take_audio(data["response_id"], data["item_id"], data["delta"])
        elif data["type"] in TOLD:
            call.feed(TOLD[data["type"]](call.now(), data))
        if data["type"] == "response.done":
            output = data["response"]["output"][0]
            if output["type"] != "function_call":
                return
            with call.tool_run(output["call_id"]) as run:
                run.output = get_weather(**json.loads(output["arguments"]))
            answer = {"type": "function_call_output", "call_id": output["call_id"]}
            await say(connection, {**answer, "output": run.output})


async def say(connection: ClientConnection, item: dict[str, Any]) -> None:
    """Add something to the conversation, and have the model respond."""
    for message in (
        {"type": "conversation.item.create", "item": item},
        {"type": "response.create"},
    ):
        await connection.send(json.dumps(message))


async def main() -> None:
    """Ask one question."""
    question = "What is the weather in London?"
    with ManualSession(agent_name="Assistant", provider_name="acme", capture_content=True) as call:
        async with connect(URL) as connection:
            asked = Item("question", ItemType.MESSAGE, "user", texts=(question,))
            call.feed(events.ItemAdded(call.now(), asked))
            content = [{"type": "input_text", "text": question}]
            await say(connection, {"type": "message", "role": "user", "content": content})
            await follow(connection, call)


asyncio.run(main())
