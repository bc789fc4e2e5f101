"""The raw `openai` client's calls, whose audio nobody decodes for us."""

import asyncio
import base64

import numpy as np
import pytest

pytest.importorskip("agents.realtime", reason="needs the extra otel-realtime[agents]")
pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")
pytest.importorskip("openai", reason="needs the extra otel-realtime[openai]")
import openai
from audio.recorded_calls import recording
from audio.tones import hush, tone, write_tone
from sources.raw_client import SESSION, until, until_in_thread

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator, parse_scenario

ANSWER = """
audio_speed: 4
conversation:
  - user: A question.
  - agent: {say: An answer, audio: a.wav}
"""
LOST = """
audio_speed: 0
conversation:
  - user: A question.
  - agent: {say: An answer, audio: a.wav}
  - disconnect: abort
"""
SAID = hush(400) + tone(440, 600) + hush(700)


def encoded(pcm: bytes) -> str:
    return base64.b64encode(pcm).decode()


def connect(simulator, client=openai.AsyncOpenAI, **options):
    made = client(websocket_base_url=simulator.base_url, api_key="simulator")
    return made.realtime.connect(model="gpt-realtime", **options)


def is_slice(sound, span, said: bytes) -> bool:
    """Whether an utterance is exactly the part of what was sent that its span names."""
    first, last = (
        span.attributes[name] * 24
        for name in (semconv.INPUT_AUDIO_START_MS, semconv.INPUT_AUDIO_END_MS)
    )
    return np.array_equal(sound.samples, np.frombuffer(said, "<i2")[first:last])


async def test_asynchronous(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 700)
    scenario = parse_scenario(ANSWER, folder=tmp_path)
    async with recording(tmp_path) as came:
        async with RealtimeSimulator(scenario) as simulator, connect(simulator) as connection:
            await connection.session.update(session=SESSION)
            await until(connection, "session.updated")
            await connection.input_audio_buffer.append(audio=encoded(SAID))
            await until(connection, "response.done")
        call = came()
    ((span, question),) = call.inputs
    assert is_slice(question, span, SAID)
    assert question.is_only(440)
    (chat,) = call.named("chat")
    assert np.array_equal(call.generated(chat).samples, np.frombuffer(tone(880, 700), "<i2"))
    _, left, _ = call.call
    assert abs(left.loud[1] - left.loud[0] - 600) < 5


async def test_synchronous_and_sent_before_anything_was_received(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 700)
    scenario = parse_scenario(ANSWER, folder=tmp_path)

    def talk(manager) -> None:
        with manager as connection:
            connection.session.update(session=SESSION)
            for start in range(0, len(SAID), 4800):
                connection.input_audio_buffer.append(audio=encoded(SAID[start : start + 4800]))
            until_in_thread(connection, "response.done")

    async with recording(tmp_path) as came:
        async with RealtimeSimulator(scenario) as simulator:
            await asyncio.to_thread(talk, connect(simulator, openai.OpenAI))
        call = came()
    ((span, question),) = call.inputs
    assert is_slice(question, span, SAID)
    (chat,) = call.named("chat")
    assert call.generated(chat).is_only(880)


async def test_on_another_socket_positions_count_anew(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 300)
    scenario = parse_scenario(LOST, folder=tmp_path)
    again = {"on_reconnecting": lambda _: None, "initial_delay": 0.01}
    other = hush(200) + tone(550, 500) + hush(700)
    async with recording(tmp_path) as came:
        async with (
            RealtimeSimulator(scenario) as simulator,
            connect(simulator, **again) as connection,
        ):
            await until(connection, "session.created")
            await connection.input_audio_buffer.append(audio=encoded(SAID))
            await until(connection, "response.done")
            await until(connection, "session.created")
            await connection.input_audio_buffer.append(audio=encoded(other))
            await until(connection, "response.done")
        call = came()
    (first, one), (second, two) = call.inputs
    assert is_slice(one, first, SAID)
    assert is_slice(two, second, other)
    assert (one.is_only(440), two.is_only(550)) == (True, True)
    span, left, _ = call.call
    assert span.attributes[semconv.RECONNECTS] == 1
    assert not left.is_silent
