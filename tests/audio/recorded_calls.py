"""A call of the real SDK with the simulator, recorded; and what came of it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession
from audio.tones import Sound, read
from sources.phone import PATIENCE
from sources.switchboard import instrumented

from otel_realtime import semconv
from otel_realtime.audio.archives import archive_of
from otel_realtime.otlp_json import TraceSpan
from otel_realtime.scenario import Recorder
from otel_realtime.settings import Settings
from otel_realtime.simulator import RealtimeSimulator, SimulatorSession, parse_scenario

PIECE_MS = 20
VAD = {"type": "server_vad", "silence_duration_ms": 200, "prefix_padding_ms": 100}


class Recorded:
    """What was recorded of a call: its spans, and the files that they name."""

    def __init__(self, spans: tuple[TraceSpan, ...]) -> None:
        self.spans = sorted(spans, key=lambda span: (span.start, span.end))
        self.start = min(span.start for span in spans)

    def named(self, name: str) -> list[TraceSpan]:
        return [span for span in self.spans if f"{span.name} ".startswith(f"{name} ")]

    @property
    def inputs(self) -> list[tuple[TraceSpan, Sound]]:
        """What the user said."""
        told = self.named("user_input")
        return [(span, read(span.attributes[semconv.INPUT_AUDIO_URL])[0]) for span in told]

    @property
    def outputs(self) -> list[tuple[TraceSpan, Sound]]:
        """What was heard of the responses that have any."""
        told = [s for s in self.named("chat") if semconv.OUTPUT_AUDIO_URL in s.attributes]
        return [(span, read(span.attributes[semconv.OUTPUT_AUDIO_URL])[0]) for span in told]

    def generated(self, span: TraceSpan) -> Sound:
        """All of a response."""
        return read(span.attributes[semconv.GENERATED_AUDIO_URL])[0]

    @property
    def call(self) -> tuple[TraceSpan, Sound, Sound]:
        """The session, and what is on the left and on the right of its recording."""
        (span,) = self.named("invoke_agent")
        left, right = read(span.attributes[semconv.OUTPUT_AUDIO_URL])
        return span, left, right

    def ms(self, moment: int) -> float:
        """A moment, in ms since the call began."""
        return (moment - self.start) / 1e6


class Caller:
    """Who speaks, and hears."""

    def __init__(self, session: RealtimeSession, record: SimulatorSession) -> None:
        self.session = session
        self.record = record
        self.raw: list[str] = []
        self.audio: list[Any] = []
        self._arrived = asyncio.Condition()

    async def say(self, *parts: bytes, size: int = PIECE_MS * 48, per_second: int = 48_000) -> None:
        """Send audio as a microphone does."""
        start, sent = time.perf_counter(), 0.0
        for part in parts:
            for offset in range(0, len(part), size):
                piece = part[offset : offset + size]
                await self.session.send_audio(piece)
                sent += len(piece) / per_second
                await asyncio.sleep(max(start + sent - time.perf_counter(), 0))

    async def read(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            async for event in self.session:
                async with self._arrived:
                    if event.type == "raw_model_event" and event.data.type == "raw_server_event":
                        self.raw.append(event.data.data.get("type"))
                    elif event.type == "audio":
                        self.audio.append(event)
                    self._arrived.notify_all()

    async def until(self, met: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE), self._arrived:
            await self._arrived.wait_for(met)

    async def heard(self, kind: str, count: int = 1) -> None:
        """Wait for the `count`-th server event of a type."""
        await self.until(lambda: self.raw.count(kind) >= count)


@asynccontextmanager
async def calling(
    scenario: str, folder: Path, *, audio: dict[str, Any] | None = None, **model_config: Any
) -> AsyncIterator[Caller]:
    """Call the agent of a scenario; leaving, the call is closed."""
    settings = {
        "audio": {
            "input": {"format": "pcm16", "turn_detection": VAD},
            "output": {"format": "pcm16"},
            **(audio or {}),
        }
    }
    played = parse_scenario(scenario, folder=folder)
    async with RealtimeSimulator(played) as simulator:
        config = {"url": simulator.url, "api_key": "x", "initial_model_settings": settings}
        runner = RealtimeRunner(RealtimeAgent(name="Assistant"))
        async with await runner.run(model_config={**config, **model_config}) as session:
            caller = Caller(session, await simulator.wait_for_session())
            reading = asyncio.create_task(caller.read())
            await caller.record.wait_for("session.updated", 2)
            yield caller
            reading.cancel()
            await reading


@asynccontextmanager
async def recording(folder: Path, **settings: Any) -> AsyncIterator[Callable[[], Recorded]]:
    """Record every call in the block into `folder`; gives what came of them."""
    told = {"audio_store": (folder / "store").as_uri(), "audio_spool": folder / "spool", **settings}
    names = {name for name in told if name.startswith(("audio_", "redact_audio"))}
    archive = archive_of(Settings.read({name: told[name] for name in names}, environ={}))
    recorder = Recorder()

    def came() -> Recorded:
        assert archive is None or archive.flush(PATIENCE)
        return Recorded(recorder.traced().spans)

    try:
        with instrumented(recorder, **told):
            yield came
    finally:
        if archive is not None:
            archive.close()
