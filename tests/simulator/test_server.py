import asyncio
import base64
import json
import socket
import subprocess
import sys

import pytest
from simulator.voice import loud, quiet
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from otel_realtime.simulator import RealtimeSimulator, SimulatorError, parse_scenario

FAST = parse_scenario("{audio_speed: 0, conversation: [user: A, agent: One two three]}")


async def test_it_listens_on_a_free_port_of_this_machine():
    async with RealtimeSimulator(FAST) as one, RealtimeSimulator(FAST) as other:
        assert one.url != other.url
        assert one.url.startswith("ws://127.0.0.1:")
        assert one.url == f"{one.base_url}/realtime"


async def test_the_url_is_known_only_while_it_runs():
    simulator = RealtimeSimulator(FAST)
    with pytest.raises(SimulatorError, match="not running"):
        _ = simulator.url
    await simulator.start()
    assert simulator.url
    await simulator.close()
    await simulator.close()
    with pytest.raises(SimulatorError, match="not running"):
        _ = simulator.url


async def test_a_port_in_use_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SimulatorError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*port=0"):
            await RealtimeSimulator(FAST, port=port).start()
    with pytest.raises(SimulatorError, match=r"cannot listen on 127\.0\.0\.1:99999"):
        await RealtimeSimulator(FAST, port=99_999).start()


async def test_other_paths_are_not_found():
    async with RealtimeSimulator(FAST) as simulator:
        with pytest.raises(InvalidStatus) as caught:
            await connect(simulator.base_url + "/chat")
        assert caught.value.response.status_code == 404


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/realtime", "gpt-realtime"),
        ("/v1/realtime?model=gpt-realtime-mini", "gpt-realtime-mini"),
        ("/openai/realtime?api-version=1&deployment=mine", "mine"),
    ],
)
async def test_the_model_is_the_one_asked_for(path, model):
    async with RealtimeSimulator(FAST) as simulator:
        root = simulator.base_url.removesuffix("/v1")
        async with connect(root + path) as websocket:
            created = json.loads(await websocket.recv())
            assert created["session"]["model"] == model
            assert (await simulator.wait_for_session()).path == path


async def test_closing_ends_open_and_silent_connections():
    silent = parse_scenario("{conversation: [disconnect: silent]}")
    for scenario in (FAST, silent):
        simulator = RealtimeSimulator(scenario)
        await simulator.start()
        websocket = await connect(simulator.url, close_timeout=1)
        await websocket.recv()
        async with asyncio.timeout(5):
            await simulator.close()
            await websocket.wait_closed()
        assert simulator.sessions[0].close_code in (1001, 1006)


async def test_waiting_for_a_session_that_never_comes():
    async with RealtimeSimulator(FAST) as simulator:
        with pytest.raises(TimeoutError, match="0 of 1 sessions"):
            await simulator.wait_for_session(timeout=0.01)


async def one_turn(url):
    """Say something; return all ids that the server gave."""
    ids = []
    audio = base64.b64encode(loud(300) + quiet(600)).decode()
    async with connect(url, compression=None) as websocket:
        await websocket.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
        async for frame in websocket:
            event = json.loads(frame)
            ids.append(event["event_id"])
            if event["type"] == "response.done":
                ids += [event["response"]["id"], event["response"]["output"][0]["id"]]
                return ids
    raise AssertionError(ids)


async def test_two_hundred_sessions_at_once():
    async with RealtimeSimulator(FAST) as simulator, asyncio.timeout(60):
        found = await asyncio.gather(*(one_turn(simulator.url) for _ in range(200)))
        assert len(simulator.sessions) == 200
        ids = [one for ids in found for one in ids]
        assert len(set(ids)) == len(ids)
        assert len({session.id for session in simulator.sessions}) == 200


@pytest.mark.parametrize("module", ["websockets", "yaml"])
def test_a_missing_extra_is_one_sentence(module):
    program = f"""
import asyncio, sys
sys.modules[{module!r}] = None
from otel_realtime.simulator import RealtimeSimulator, SimulatorError
try:
    asyncio.run(RealtimeSimulator("answer").start())
except SimulatorError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == (
        "The simulator needs the packages websockets and PyYAML: "
        "pip install 'otel-realtime[simulator]'"
    )
    assert done.stderr == ""
