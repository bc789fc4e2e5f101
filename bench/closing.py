"""Two hundred sessions in the middle of a conversation are closed at once: what the loop feels.

A pulse goes through the loop in each of its rounds. The longest time between two of its beats is
how long the loop was held up: nothing else that runs there could go on. It beats until well after
the last session is closed, for what an instrumentation puts off counts as well.
"""

import asyncio
import gc
import json
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from time import perf_counter_ns

from websockets.asyncio.client import ClientConnection, connect

from bench.apart import answer, by_turns, couple
from bench.call import Call, calling
from bench.pairs import Spread
from bench.turns import turn
from bench.variants import BARE, Providers, instrument, listener_for, providers_for

SESSIONS = 200
_COUPLES = 2
_CLOSINGS = 6
_DELTAS = 8
_AFTERWARDS_S = 0.5
_FILES = 4 * SESSIONS
_NS_PER_MS = 1_000_000
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of many closings.

    Attributes:
        alone: Milliseconds for which the loop of the SDK alone was held up at most.
        stall: The same with the variant.
        beyond: How much longer the loop was held up with the variant than without it, in
            milliseconds: the difference of each pair.
        slower: Ratios of the time until the last one was closed.
    """

    alone: Spread
    stall: Spread
    beyond: Spread
    slower: Spread


class _Pulse:
    """Beats once in every round of the loop."""

    def __init__(self) -> None:
        self.longest = 0
        self._last = perf_counter_ns()
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_soon(self._beat)

    def _beat(self) -> None:
        now = perf_counter_ns()
        self.longest = max(self.longest, now - self._last)
        self._last = now
        self._next = self._loop.call_soon(self._beat)

    def stop(self) -> None:
        self._next.cancel()


async def compare(url: str, name: str) -> Found:
    """Close sessions with variant `name` and with the SDK alone, by turns."""
    pairs = []
    for _ in range(_COUPLES):
        async with couple("bench.closing", url, name) as (bare, other):
            _first, *found = [each async for each in by_turns(bare, other, _CLOSINGS)]
            pairs += found
    return Found(
        alone=Spread.of([without["stall"] for without, _ in pairs]),
        stall=Spread.of([with_["stall"] for _, with_ in pairs]),
        beyond=Spread.of([with_["stall"] - without["stall"] for without, with_ in pairs]),
        slower=Spread.of([with_["whole"] / without["whole"] for without, with_ in pairs]),
    )


def _allow_files() -> None:
    """Let this process have a socket for each session, if its limit is lower."""
    if sys.platform == "win32":
        return  # which has no such limit
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))


async def _close_all(url: str, name: str, providers: Providers) -> dict[str, float]:
    """Open them, close them at once, and give the longest stall and the whole time, in ms."""
    async with connect(f"{url}/control") as control, AsyncExitStack() as stack:
        calls = []
        for place in range(SESSIONS):
            called = f"{name}-{os.getpid()}-{next(_numbers)}"
            listener = listener_for(name, providers)
            call = await stack.enter_async_context(calling(url, listener, called))
            await _converse(call, control, called, place)
            calls.append(call)
        gc.collect()
        pulse = _Pulse()
        start = perf_counter_ns()
        await asyncio.gather(*(call.close() for call in calls))
        whole = perf_counter_ns() - start
        await asyncio.sleep(_AFTERWARDS_S)
        pulse.stop()
    return {"stall": pulse.longest / _NS_PER_MS, "whole": whole / _NS_PER_MS}


async def _converse(call: Call, control: ClientConnection, called: str, place: int) -> None:
    """Have a turn played: in every second call its answer is still on its way."""
    wanted = {"number": 1, "deltas": _DELTAS, "is_cut": place % 2 == 0}
    await control.send(json.dumps({"call": called, "turn": wanted}))
    await call.receive(turn(1, deltas=_DELTAS, is_cut=place % 2 == 0), is_heard=False)


async def _serve(url: str, name: str) -> None:
    _allow_files()
    providers = providers_for(name)
    instrument(name, providers)
    await answer(lambda: _close_all(url, name, providers))
    providers.shutdown()
    assert bool(providers.spans) is (name != BARE), f"{name} was not heard"


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:3]))
