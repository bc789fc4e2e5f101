"""A voice agent that leaves its recordings in your bucket, and prints links to listen to them."""

import asyncio
import os
from collections.abc import Sequence

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from otel_realtime import RealtimeInstrumentor
from otel_realtime.audio.store import signed_url

BUCKET = os.environ.get("OTEL_REALTIME_AUDIO_STORE", "s3://my-calls/agent")


class Links(SpanExporter):
    """Stands for your own page: spans have URLs that stay, links are made to listen now."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Print a link to each recording that may be used for ten minutes."""
        for span in spans:
            for name in ("input.audio.url", "output.audio.url"):
                if url := (span.attributes or {}).get(name):
                    print(span.name, signed_url(str(url), seconds=600))
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Links()))
trace.set_tracer_provider(provider)
RealtimeInstrumentor().instrument(audio_store=BUCKET)


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
