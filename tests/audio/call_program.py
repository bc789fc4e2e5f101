"""A call of the real SDK, told by the processors of the program; run by `test_processor_programs`.

    python call_program.py openinference|azure FOLDER

The scenario's audio lies in FOLDER; the recordings go to the store that the environment names.
"""

import asyncio
import sys
from pathlib import Path

from audio.recorded_calls import calling
from audio.tones import hush, tone
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor as OpenInference
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel_realtime import AudioUploadSpanProcessor, RealtimeInstrumentor

SCENARIO = """
audio_speed: 4
conversation:
  - user: A question.
  - agent: {say: An answer that is heard to its end., audio: a.wav}
"""


async def call(folder: Path) -> None:
    """Ask something, and hang up once the answer is there."""
    async with calling(SCENARIO, folder) as caller:
        await caller.say(hush(100) + tone(440, 600) + hush(400))
        await caller.heard("response.done")
        await caller.say(hush(700))  # until it has been played


def by_openinference() -> None:
    """OpenInference's spans, audio and all, through ours to a collector."""
    provider = TracerProvider()
    exporting = BatchSpanProcessor(OTLPSpanExporter())
    provider.add_span_processor(AudioUploadSpanProcessor(exporting))
    OpenInference().instrument(tracer_provider=provider)


def to_azure() -> None:
    """Our own spans, as an application that is set up by Azure's distribution has them."""
    from azure.monitor.opentelemetry import configure_azure_monitor

    configure_azure_monitor(
        span_processors=[AudioUploadSpanProcessor()],
        sampling_ratio=1.0,  # by default not every trace is sampled, at times not the first
        enable_live_metrics=False,
    )
    RealtimeInstrumentor().instrument()


if __name__ == "__main__":
    {"openinference": by_openinference, "azure": to_azure}[sys.argv[1]]()
    asyncio.run(call(Path(sys.argv[2])))
