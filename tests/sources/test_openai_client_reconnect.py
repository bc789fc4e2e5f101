"""A connection that the client restores by itself: one conversation, one trace."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import base64
import socket
import threading
import time
from contextlib import suppress

import pytest
from simulator.voice import loud
from sources.phone import PATIENCE, Trace
from sources.raw_client import (
    MODEL,
    SPEECH,
    answer,
    ask,
    asynchronous,
    end_of,
    openai,
    simulated,
    synchronous,
    typed,
    until,
    until_in_thread,
)
from sources.switchboard import instrumented
from websockets.exceptions import ConnectionClosedError

from otel_realtime import semconv

AGAIN = {"on_reconnecting": lambda _: None, "initial_delay": 0.01}
STAYING_ON = {"type": "server_vad", "interrupt_response": False, "create_response": False}
SPOKEN = base64.b64encode(loud(400)).decode()
ERROR = "websockets.exceptions.ConnectionClosedError"


async def test_asynchronous(recorder, counter):
    with instrumented(recorder):
        async with (
            simulated("lost_later") as simulator,
            asynchronous(simulator, **AGAIN) as connection,
        ):
            await ask(connection, "Are you there?")
            await until(connection, "response.done")
            await ask(connection)
            await until(connection, "session.created")
            await ask(connection, "Are you still there?")
            await until(connection, "response.done")
            assert len(simulator.sessions) == 2
    _is_one_conversation(Trace(recorder))


async def test_synchronous(recorder, counter):
    def talk(manager) -> None:
        with manager as connection:
            for event in typed("Are you there?"):
                connection.send(event)
            until_in_thread(connection, "response.done")
            for event in typed():
                connection.send(event)
            until_in_thread(connection, "session.created")
            for event in typed("Are you still there?"):
                connection.send(event)
            until_in_thread(connection, "response.done")

    with instrumented(recorder):
        async with simulated("lost_later") as simulator:
            await asyncio.to_thread(talk, synchronous(simulator, **AGAIN))
            assert len(simulator.sessions) == 2
    _is_one_conversation(Trace(recorder))


def _is_one_conversation(traced: Trace) -> None:
    assert end_of(traced) == ("closed", None, None, "unset")
    assert traced.one("invoke_agent").attributes[semconv.RECONNECTS] == 1
    said = traced.named("chat")
    assert said[1].attributes[semconv.END_REASON] == "reconnected"
    assert [each.attributes[semconv.RESPONSE_STATUS] for each in (said[0], said[2])] == [
        "completed",
        "completed",
    ]
    assert len(said) == 3
    assert len(traced.named("user_input")) == 3
    assert len(traced.logs(semconv.LOG_SESSION_ENDED)) == 1


async def test_the_audio_clock_begins_anew_with_what_was_queued(recorder, counter):
    """What is sent while there is no connection goes out on the next one."""
    downs, connecting = [], asyncio.Event()

    def on_reconnecting(event) -> None:
        downs.append(event)
        connecting.set()

    async def speak(connection) -> None:
        await connecting.wait()
        await connection.input_audio_buffer.append(audio="AAAA" * (16 * 300))  # 300 ms of silence
        await connection.send_raw(f'{{"type": "input_audio_buffer.append", "audio": "{SPEECH}"}}')

    options = {"on_reconnecting": on_reconnecting, "initial_delay": 0.1}
    with instrumented(recorder):
        async with (
            simulated("lost_later") as simulator,
            asynchronous(simulator, **options) as connection,
        ):
            await connection.input_audio_buffer.append(audio=SPEECH)
            await until(connection, "response.done")
            await ask(connection)
            speaking = asyncio.create_task(speak(connection))
            await until(connection, "response.done")
            await speaking
    traced = Trace(recorder)
    first, _, last = traced.named("user_input")
    assert len(downs) == 1
    sources = [each.attributes[semconv.INPUT_TIME_SOURCE] for each in (first, last)]
    assert sources == ["audio_clock", "audio_clock"]
    ends = [each.attributes[semconv.INPUT_ACOUSTIC_END_MS] for each in (first, last)]
    assert ends == [pytest.approx(400, abs=21), pytest.approx(700, abs=21)]
    (log,) = traced.logs(semconv.LOG_RECONNECTED)
    # It was queued for 75 ms at least, and went out all at once.
    assert log.time - 50e6 < last.start <= log.time


async def test_a_tool_runs_on_across_a_reconnection(recorder, counter):
    with instrumented(recorder):
        async with (
            simulated("tool_then_lost") as simulator,
            asynchronous(simulator, **AGAIN) as connection,
        ):
            await ask(connection)
            called = await until(connection, "response.output_item.done")
            await until(connection, "session.created")
            for event in answer(called.item.call_id):
                await connection.send(event)
            await until(connection, "error")
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert tool.attributes[semconv.TOOL_OUTCOME] == "answered"
    assert tool.end > traced.logs(semconv.LOG_RECONNECTED)[0].time


@pytest.mark.parametrize("abort", [True, False], ids=["given up", "in vain"])
async def test_nothing_comes_of_it(recorder, counter, abort):
    tries = []
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        elsewhere = f"ws://127.0.0.1:{nobody.getsockname()[1]}"

    def on_reconnecting(event) -> object:
        tries.append(event.attempt)
        client.websocket_base_url = elsewhere
        return {"abort": abort}

    options = {"on_reconnecting": on_reconnecting, "initial_delay": 0.01, "max_retries": 2}
    with instrumented(recorder):
        async with simulated("lost_1011") as simulator:
            client = openai.AsyncOpenAI(websocket_base_url=simulator.base_url, api_key="x")
            async with client.realtime.connect(model=MODEL, **options) as connection:
                await ask(connection)
                await until(connection, "response.output_audio.delta")
                with pytest.raises(ConnectionClosedError):
                    await until(connection, "session.created")
                ended = end_of(Trace(recorder))
    assert ended == end_of(Trace(recorder)) == ("connection_lost", 1011, ERROR, "error")
    assert tries == ([1] if abort else [1, 2])


async def test_cancelled_while_it_connects_again(recorder, counter):
    connecting = asyncio.Event()

    async def talk(simulator) -> None:
        options = {"on_reconnecting": lambda _: connecting.set(), "initial_delay": 60}
        async with asynchronous(simulator, **options) as connection:
            await ask(connection)
            await until(connection, "never")

    with instrumented(recorder):
        async with simulated("lost_1011") as simulator:
            task = asyncio.create_task(talk(simulator))
            async with asyncio.timeout(PATIENCE):
                await connecting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert end_of(Trace(recorder)) == ("connection_lost", 1011, ERROR, "error")


async def test_who_receives_by_hand_is_not_connected_again(recorder, counter):
    with instrumented(recorder):
        async with (
            simulated("lost_1011") as simulator,
            asynchronous(simulator, **AGAIN) as connection,
        ):
            await ask(connection)
            with pytest.raises(ConnectionClosedError):
                await _receive_all(connection)
            ended = end_of(Trace(recorder))
    assert ended == ("connection_lost", 1011, ERROR, "error")


async def _receive_all(connection) -> None:
    while await connection.recv():
        pass


async def test_the_same_in_a_thread(recorder, counter):
    ended = []

    def talk(manager) -> None:
        with manager as connection:
            for event in typed():
                connection.send(event)
            with pytest.raises(ConnectionClosedError):
                all(iter(connection.recv, None))
            ended.append(end_of(Trace(recorder)))

    with instrumented(recorder):
        async with simulated("lost_1011") as simulator:
            await asyncio.to_thread(talk, synchronous(simulator, **AGAIN))
    assert ended == [("connection_lost", 1011, ERROR, "error")]


async def test_closed_by_another_thread_while_it_connects_again(recorder, counter):
    connecting, closed = threading.Event(), threading.Event()

    def talk(connection) -> None:
        for event in typed():
            connection.send(event)
        with pytest.raises(ConnectionClosedError):
            until_in_thread(connection, "never")
        closed.set()

    options = {"on_reconnecting": lambda _: connecting.set(), "initial_delay": 0.2}
    with instrumented(recorder):
        async with simulated("lost_1011") as simulator:
            connection = await asyncio.to_thread(synchronous(simulator, **options).enter)
            talking = asyncio.create_task(asyncio.to_thread(talk, connection))
            assert await asyncio.to_thread(connecting.wait, PATIENCE)
            await asyncio.to_thread(connection.close)
            ended = end_of(Trace(recorder))
            await talking
    assert ended == end_of(Trace(recorder)) == ("connection_lost", 1011, ERROR, "error")


async def test_an_orderly_close_that_the_client_may_connect_again_after(recorder, counter):
    """Newer clients do, older ones end the iteration."""
    with instrumented(recorder):
        async with (
            simulated("lost_1001") as simulator,
            asynchronous(simulator, **AGAIN) as connection,
        ):
            await ask(connection)
            await until(connection, "session.created")
            with suppress(AssertionError):
                await until(connection, "session.created")
            connects_again = len(simulator.sessions) == 2
    told = ("closed", None) if connects_again else ("server_closed", 1001)
    assert end_of(Trace(recorder))[:2] == told


async def test_speech_ends_where_the_connection_did(recorder, counter):
    """It takes the client a while to connect again: what is said meanwhile nobody hears."""
    options = {"on_reconnecting": lambda _: None, "initial_delay": 0.4}
    session = {"type": "realtime", "audio": {"input": {"turn_detection": STAYING_ON}}}
    with instrumented(recorder):
        async with (
            simulated("lost_later") as simulator,
            asynchronous(simulator, **options) as connection,
        ):
            await connection.session.update(session=session)
            await ask(connection, "Are you there?")
            await until(connection, "response.done")
            await ask(connection)
            await connection.input_audio_buffer.append(audio=SPOKEN)
            await until(connection, "input_audio_buffer.speech_started")
            begun = time.time_ns()
            await until(connection, "session.created")
    traced = Trace(recorder)
    (spoken,) = [
        each
        for each in traced.named("user_input")
        if each.attributes[semconv.INPUT_TYPE] == "speech"
    ]
    assert spoken.attributes[semconv.END_REASON] == "reconnected"
    (log,) = traced.logs(semconv.LOG_RECONNECTED)
    assert begun < spoken.end <= log.time - 200e6  # the client waits for 300 ms at least
