"""A websocket server for the calls to be connected to: it takes in everything, and plays turns.

It is a program of its own, so that none of its work is counted. It prints its port when it is
ready. What is sent to `/control` as `{"call": …, "turn": {"number": …}}` makes it play that turn
to that call.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve

from bench.turns import turn


async def _main() -> None:
    calls: dict[str, ServerConnection] = {}

    async def handle(connection: ServerConnection) -> None:
        address = urlsplit(connection.request.path if connection.request else "")
        if address.path == "/control":
            async for message in connection:
                wanted = json.loads(message)
                for run in turn(**wanted["turn"]).runs:
                    for text in run.texts:
                        await calls[wanted["call"]].send(text)
            return
        name = parse_qs(address.query)["call"][0]
        calls[name] = connection
        async for _ in connection:
            pass
        calls.pop(name, None)

    async with serve(handle, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@asynccontextmanager
async def running() -> AsyncIterator[str]:
    """Run one; gives its websocket address. It ends with its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.server",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield f"ws://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_main())
