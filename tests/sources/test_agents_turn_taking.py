"""Waits and turn-taking on a real clock: the numbers of a scripted call, beside its script."""

import asyncio
import time

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent
from simulator.voice import loud, quiet
from sources.phone import Trace, calling

from otel_realtime import semconv

SILENCE_MS, PADDING_MS = 200, 100
VAD = {
    "turn_detection": {
        "type": "server_vad",
        "prefix_padding_ms": PADDING_MS,
        "silence_duration_ms": SILENCE_MS,
    }
}
RESPONSE_DELAY, FIRST_AUDIO_DELAY, TOOL_TIME = 0.1, 0.3, 0.25  # as in calls/turn_taking.yaml
TOLERANCE = 0.06  # seconds: a frame of the detection, and the way through two event loops
BUSY = 1.0  # seconds: by how much a busy machine may be late for what the script says


def near(seconds: float) -> object:
    """What the caller measured by the same clock."""
    return pytest.approx(seconds, abs=TOLERANCE)


def check_scripted(seconds: float, script: float) -> None:
    """What the script says is never undercut, and nothing but the machine comes on top."""
    assert script - TOLERANCE < seconds < script + BUSY


async def test_a_turn_with_a_tool_and_a_barge_in(recorder):
    ran: list[float] = []

    @function_tool
    async def get_weather(city: str) -> str:
        begun = time.perf_counter()
        await asyncio.sleep(TOOL_TIME)
        ran.append(time.perf_counter() - begun)
        return f"rain in {city}"

    agent = RealtimeAgent(name="Assistant", tools=[get_weather])
    config = {"initial_model_settings": VAD}
    async with calling("turn_taking", agent, recorder=recorder, model_config=config) as call:
        _, _, asked, _ = await call.speak_in_real_time(quiet(300), loud(600), quiet(300))
        await call.seen("audio")
        heard = time.time_ns()
        _, onset, _, _ = await call.speak_in_real_time(quiet(600), loud(700), quiet(300))
        await call.seen("audio_end", 2)
        await call.heard("conversation.item.input_audio_transcription.completed", 2)
        await asyncio.wait_for(call.session.send_audio(quiet(20)), 1)
    traced = Trace(recorder)
    calls, answer, last = traced.named("chat")
    told = answer.attributes

    assert told[semconv.VOICE_TO_VOICE] == near((heard - asked) / 1e9)
    assert told[semconv.VOICE_TO_VOICE_ORIGIN] == "acoustic"
    assert told[semconv.HAD_TOOL] is True
    assert semconv.VOICE_TO_VOICE not in calls.attributes
    parts = [
        told[name]
        for name in (
            semconv.WAIT_ENDPOINTING,
            semconv.WAIT_QUEUE,
            semconv.WAIT_MODEL,
            semconv.WAIT_TOOL,
        )
    ]
    assert sum(parts) == pytest.approx(told[semconv.VOICE_TO_VOICE], abs=1e-6)
    endpointing, _, model, tool = parts
    check_scripted(endpointing, SILENCE_MS / 1000)
    assert tool == near(ran[0])
    assert model >= FIRST_AUDIO_DELAY
    assert told[semconv.WAIT_UNKNOWN] == ("playback",)
    check_scripted(told[semconv.TOOL_TURN_OVERHEAD], RESPONSE_DELAY + FIRST_AUDIO_DELAY)

    assert told[semconv.INTERRUPTED] is True
    audible = (onset - heard) / 1e9 + told[semconv.STOP_TIME]
    assert told[semconv.HEARD_MS] / 1000 == near(audible)
    check_scripted(told[semconv.STOP_TIME], 0)
    wait = last.attributes[semconv.VOICE_TO_VOICE]
    check_scripted(wait, SILENCE_MS / 1000 + RESPONSE_DELAY + FIRST_AUDIO_DELAY)
    turns = [span.attributes[semconv.TURN_INDEX] for span in (calls, answer, last)]
    assert turns == [1, 1, 2]

    summary = traced.one("invoke_agent").attributes
    counts = {
        semconv.SESSION_TURNS: 2,
        semconv.SESSION_RESPONSES: 3,
        semconv.SESSION_TOOL_CALLS: 1,
        semconv.SESSION_INTERRUPTIONS: 1,
        semconv.SESSION_FALSE_BARGE_INS: 0,
        semconv.SESSION_MISSED_BARGE_INS: 0,
        semconv.SESSION_AGENT_INTERRUPTIONS: 0,
        semconv.SESSION_LATENCY_COUNT: 2,
        semconv.SESSION_DEAD_AIR_COUNT: 0,
    }
    assert {name: summary[name] for name in counts} == counts
    assert summary[semconv.SESSION_TALK_USER] == near(0.6 + 0.7)
    session = traced.one("invoke_agent")
    talk = summary[semconv.SESSION_TALK_USER] + summary[semconv.SESSION_TALK_AGENT]
    whole = talk - summary[semconv.SESSION_OVERLAP] + summary[semconv.SESSION_SILENCE]
    assert whole == pytest.approx((session.end - session.start) / 1e9, abs=1e-6)
    assert summary[semconv.SESSION_OVERLAP] == near(told[semconv.STOP_TIME])
