"""An instrumentation of the whole process, beside a process without it: by turns.

Instrumentors wrap the SDK for the whole process, so what is bare must be a process of its own. Two
processes live at the same time and play the same stretches by turns, while the other one rests: so
what the machine does meanwhile meets both alike. Each couple of processes gives one ratio, for a
process may be a little faster than another for as long as it lives; there are several couples.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from statistics import median
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.call import calling
from bench.pairs import (
    STRETCHES,
    TURNS,
    WARM_UP,
    Spread,
    receive,
    rest_the_collector,
    settle,
    stretch,
    turn_ns,
)
from bench.turns import Kind
from bench.variants import (
    BARE,
    FOLLOWED,
    HEARD,
    SPOKEN,
    instrument,
    listener_for,
    providers_for,
)

COUPLES = 10
FEW = 5
_CALLS = 5
_SEEDS = count(1)
WHOLE = "all of a turn"
ALL = "over a websocket, all"


async def compare(url: str, name: str, couples: int) -> dict[str, Spread]:
    """Ratios of variant `name` to the SDK alone, by what is measured; each couple gives one."""
    found: dict[str, list[float]] = {}
    for _ in range(couples):
        more = ("speaks",) if name in SPOKEN else ()
        async with couple("bench.apart", url, name, *more) as (bare, other):
            answers = [each async for each in by_turns(bare, other, _CALLS)]
        _first, *pairs = answers  # which has warmed up
        for what in pairs[0][0]:
            ratios = [with_[what] / without[what] for without, with_ in pairs]
            found.setdefault(what, []).append(median(ratios))
    return {what: Spread.of(ratios) for what, ratios in found.items()}


@asynccontextmanager
async def couple(
    program: str, url: str, name: str, *more: str
) -> AsyncIterator[tuple[Process, Process]]:
    """Start a process without and one with variant `name`, which run a module of this package.

    Both hash alike, and no other couple does: how quickly a process finds things depends on that.
    """
    seed = next(_SEEDS)
    async with (
        _running(program, url, BARE, *more, seed=seed) as bare,
        _running(program, url, name, *more, seed=seed) as other,
    ):
        yield bare, other


async def by_turns(bare: Process, other: Process, times: int) -> AsyncIterator[tuple[Any, Any]]:
    """Ask both `times` times, in alternating order; gives what they answer."""
    for each in range(times):
        order = (bare, other) if each % 2 else (other, bare)
        answers = {process: await _ask(process) for process in order}
        yield answers[bare], answers[other]


async def answer(measure: Callable[[], Awaitable[Any]]) -> None:
    """In such a process: measure for every line that comes in, and print what was found."""
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await measure()), flush=True)


@asynccontextmanager
async def _running(
    program: str, url: str, name: str, *more: str, seed: int
) -> AsyncIterator[Process]:
    arguments = ("-m", program, url, name, *more)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
    )
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        status = await process.wait()
    assert status == 0, f"{name} could not be measured"


async def _ask(process: Process) -> Any:  # noqa: ANN401 - whatever it measures
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n")
    return json.loads(await process.stdout.readline())


async def _serve(url: str, name: str, *more: str) -> None:
    """Each time play a call, and receive another one; `more` says whether the user speaks in it."""
    providers, speaks = providers_for(name), bool(more)
    instrument(name, providers)
    rest_the_collector()
    called, recordings = f"{name}-{os.getpid()}", providers.recordings

    async def play() -> dict[str, int]:
        stretches = []
        async with calling(url, listener_for(name, providers), called) as call:
            assert call.is_followed or name not in FOLLOWED, "nobody follows"
            for first in range(1, TURNS * STRETCHES, TURNS):
                stretches.append(await stretch(call, first, speaks=True))
                await settle(recordings)
        await settle(recordings, TURNS * STRETCHES)
        found = {str(kind): sum(each[kind] for each in stretches) for kind in Kind}
        return {**found, WHOLE: sum(turn_ns(each) for each in stretches)}

    async def take_in(control: ClientConnection) -> int:
        async with calling(url, listener_for(name, providers), called) as call:
            took = [
                await receive(call, control, called, each, recordings, speaks=speaks)
                for each in range(1, TURNS + 1)
            ]
        await settle(recordings, TURNS)
        return sum(took[WARM_UP:])

    async def measure() -> dict[str, int]:
        return {**await play(), ALL: await take_in(control)}

    async with connect(f"{url}/control") as control:
        await answer(measure)
    providers.shutdown()
    assert bool(providers.spans) is (name in HEARD), f"{name} was not heard"


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
