"""The demo from beginning to end: the call, its progress, its trace, its files."""

import asyncio
import os
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from agents import set_tracing_disabled
from agents.realtime import (
    RealtimeModelConfig,
    RealtimePlaybackTracker,
    RealtimeRunner,
    RealtimeSession,
)
from rich.console import Console

from otel_realtime import RealtimeTelemetryListener, semconv
from otel_realtime.demo import _telemetry
from otel_realtime.demo._agent import hotel_agent
from otel_realtime.demo._caller import Microphone, hold_the_call
from otel_realtime.demo._loudspeaker import Loudspeaker
from otel_realtime.demo._progress import Progress
from otel_realtime.otlp_json import read_files
from otel_realtime.simulator import RealtimeSimulator
from otel_realtime.tree import terminal_metrics, terminal_tree

_SCENARIO: Final = Path(__file__).parent / "call.yaml"
_LONGEST: Final = 180.0  # seconds; the call takes well under one minute

_METRICS: Final = frozenset(
    {
        semconv.VOICE_TO_VOICE,  # the metric has the attribute's name
        semconv.METRIC_TIME_TO_FIRST_AUDIO,
        semconv.METRIC_INTERRUPTIONS,
        semconv.METRIC_TOKENS,
        semconv.METRIC_TOOL_DURATION,
    }
)
"""What is shown: all of them would take another screen."""


class DemoError(Exception):
    """The demo cannot run; the message says what to do."""


def run_demo(folder: Path, *, live: bool = False, console: Console | None = None) -> None:
    """Hold the call and show what was traced.

    Args:
        folder: Where the trace, log and metric files go.
        live: Whether to talk to the real API instead of the local simulator.
        console: Where to show it.

    Raises:
        DemoError: There is no API key for `live`, or the call did not come to its end.
    """
    console = console or Console()
    if live and not os.environ.get("OPENAI_API_KEY"):
        raise DemoError("Set OPENAI_API_KEY to an OpenAI API key to use --live.")
    set_tracing_disabled(disabled=True)  # the SDK's own exporter would ask for a key
    with _telemetry.telemetry_to(folder) as files:
        try:
            asyncio.run(asyncio.wait_for(_call(console, live=live), _LONGEST))
        except TimeoutError as error:
            message = f"The call was not over after {_LONGEST:.0f} s; nobody answered."
            raise DemoError(message) from error
    _show(console, files)


async def _call(console: Console, *, live: bool) -> None:
    tracker = RealtimePlaybackTracker()
    loudspeaker = Loudspeaker(tracker)
    async with _model_config(tracker, live=live) as model_config:
        session = await RealtimeRunner(hotel_agent()).run(model_config=model_config)
        # This is all that an application adds.
        listener = RealtimeTelemetryListener(
            agent_name="Concierge", capture_content=True, cost=True, playback_tracker=tracker
        )
        session.model.add_listener(listener)
        try:
            async with session:
                await _talk(session, loudspeaker, console)
        finally:
            listener.cleanup()


async def _talk(session: RealtimeSession, loudspeaker: Loudspeaker, console: Console) -> None:
    progress = Progress(console)
    microphone = Microphone(session)
    async with asyncio.TaskGroup() as tasks:
        always_on = [
            tasks.create_task(microphone.stream()),
            tasks.create_task(loudspeaker.play()),
            tasks.create_task(_listen(session, loudspeaker, progress)),
        ]
        await hold_the_call(microphone, loudspeaker, progress.spoken)
        for task in always_on:
            task.cancel()


async def _listen(session: RealtimeSession, loudspeaker: Loudspeaker, progress: Progress) -> None:
    async for event in session:
        if event.type == "audio":
            loudspeaker.take(event)
        elif event.type == "audio_end":
            loudspeaker.finish()
        # The SDK says so at every onset of speech; only one that silences the agent is news.
        elif event.type == "audio_interrupted" and loudspeaker.stop():
            progress.cut_off()
        progress.heard(event)


@asynccontextmanager
async def _model_config(
    tracker: RealtimePlaybackTracker, *, live: bool
) -> AsyncIterator[RealtimeModelConfig]:
    settings: Any = {
        "audio": {
            "input": {
                "format": "pcm16",
                "transcription": {"model": "gpt-realtime-whisper"},
                "turn_detection": {
                    "type": "server_vad",
                    "silence_duration_ms": 400,
                    "interrupt_response": True,
                },
            },
            "output": {"format": "pcm16"},
        }
    }
    if live:
        yield {"initial_model_settings": settings, "playback_tracker": tracker}
        return
    async with RealtimeSimulator(_SCENARIO) as simulator:
        yield {
            "url": simulator.url,
            "api_key": "simulator",
            "initial_model_settings": settings,
            "playback_tracker": tracker,
        }


def _show(console: Console, files: list[Path]) -> None:
    recorded = read_files(*(path for path in files if path.exists()))
    console.rule("[bold]The call as a trace")
    console.print(terminal_tree(recorded.spans, recorded.logs))
    console.rule("[bold]Some of its metrics")
    console.print(terminal_metrics(point for point in recorded.metrics if point.name in _METRICS))
    more = {point.name for point in recorded.metrics} - _METRICS
    console.print(f"and {len(more)} more in {_telemetry.METRICS}", highlight=False)
    console.rule("[bold]Its files")
    for path in files:
        console.print(f"  {path}", highlight=False)
    _show_recordings(console, files[0].with_name(_telemetry.RECORDINGS))
    endpoint = _telemetry.sent_to()
    if endpoint:
        sent = f"\nIt was sent to {endpoint} too, unless a warning above says otherwise."
        console.print(sent, highlight=False)
    else:
        console.print(
            f"\nTo send it to your own backend:\n  {_telemetry.ENDPOINT}=http://localhost:4317 "
            f"{_program()} demo\nTo look at it again:\n  {_program()} tree {files[0]} {files[1]}",
            highlight=False,
            soft_wrap=True,
        )


def _show_recordings(console: Console, folder: Path) -> None:
    """Name the recording of the call, and where the others are."""
    found = sorted(folder.rglob("*.wav"))
    for path in found:
        if path.stem.endswith("_session"):
            with wave.open(str(path)) as recording:
                seconds = recording.getnframes() / recording.getframerate()
            told = f"{seconds:.1f} s, stereo: the caller on the left, on the right what was heard"
            console.print(f"  {path}\n    {told}", highlight=False, soft_wrap=True)
            console.print(f"    and beside it {len(found) - 1} of what was said", highlight=False)


def _program() -> str:
    """The command as it was called, so that what is shown can be copied."""
    called = sys.argv[0]
    return called if Path(called).name == "otel-realtime" else "otel-realtime"
