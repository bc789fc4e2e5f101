import asyncio
import signal
import sys

import pytest
from websockets.asyncio.client import connect


async def start(*arguments):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "otel_realtime.simulator",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_prints_the_url_and_serves_until_ctrl_c():
    process = await start("answer")
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
        assert line.startswith("Playing 'answer' at ws://127.0.0.1:")
        async with connect(line.split()[-1]) as websocket:
            assert "session.created" in await websocket.recv()
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["nonsense"], b"no built-in scenario"), (["answer", "--port", "99999"], b"cannot listen")],
)
async def test_what_goes_wrong_is_one_sentence(arguments, sentence):
    process = await start(*arguments)
    async with asyncio.timeout(30):
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert sentence in errors
    assert len(errors.splitlines()) == 1
