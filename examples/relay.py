"""A relay: browsers talk to this server over a websocket, and it talks to the model.

Binary frames are PCM16 at 24 kHz, both ways; a text frame is what the caller typed. Each call is
one trace.
"""

import asyncio
import os
from contextlib import suppress

import uvicorn
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel_realtime import RealtimeInstrumentor, bounded, observe

provider = TracerProvider()
provider.add_span_processor(bounded(BatchSpanProcessor(OTLPSpanExporter())))
trace.set_tracer_provider(provider)
RealtimeInstrumentor().instrument(capture_content=True)

URL = os.environ.get("OTEL_REALTIME_EXAMPLE_URL")  # the simulator's; else it is the real API


@function_tool
def get_weather(city: str) -> str:
    """Say what the weather is like in a city."""
    return f"{city}: rain, 11 degrees"


AGENT = RealtimeAgent(name="Assistant", instructions="Be brief.", tools=[get_weather])
app = FastAPI()


@app.websocket("/call/{user_id}")
async def take_call(browser: WebSocket, user_id: str) -> None:
    """Hold one call, until the caller hangs up."""
    await browser.accept()
    session = await RealtimeRunner(AGENT).run(model_config={"url": URL} if URL else None)
    async with observe(session, user_id=user_id, capture_content=True):
        speaking = asyncio.create_task(pass_on_answers(session, browser))
        with suppress(WebSocketDisconnect):
            while True:
                await pass_on(await browser.receive(), session)
        speaking.cancel()


async def pass_on(frame: dict[str, object], session: RealtimeSession) -> None:
    """Hand the model what the caller says or types."""
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    if isinstance(audio := frame.get("bytes"), bytes):
        await session.send_audio(audio)
    elif isinstance(text := frame.get("text"), str):
        await session.send_message(text)


async def pass_on_answers(session: RealtimeSession, browser: WebSocket) -> None:
    """Hand the caller what the agent says, and say when that is to be silent."""
    async for event in session:
        if event.type == "audio":
            await browser.send_bytes(event.audio.data)
        elif event.type in {"audio_interrupted", "audio_end"}:
            await browser.send_json({"type": event.type})


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")), log_level="warning")
