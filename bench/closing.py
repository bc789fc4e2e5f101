"""Two hundred sessions in the middle of a conversation are closed at once: what the loop feels.

A pulse goes through the loop in each of its rounds, until well after the last session is closed,
for what an instrumentation puts off counts as well; where audio is recorded, until all of it is in
the store.

They may hold audio: each has sent so many seconds and received as many. Every second one is in the
middle of an answer, the others in the middle of what their user says.
"""

import asyncio
import gc
import json
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from itertools import count
from time import perf_counter_ns

from websockets.asyncio.client import ClientConnection, connect

from bench.apart import answer, by_turns, couple
from bench.call import Call, batched, calling
from bench.pairs import Spread, settle
from bench.pulse import Pulse
from bench.recordings import Recordings
from bench.turns import DELTA_MS, Turn, audio_sent, begins_to_speak, turn
from bench.variants import (
    BARE,
    Providers,
    instrument,
    keep_all_audio,
    listener_for,
    providers_for,
)

SESSIONS = 200
_COUPLES = 2
_CLOSINGS = 6
_HELD_CLOSINGS = 4
_DELTAS = 8
_AT_A_TIME = 4  # pieces of half a second
_AFTERWARDS_S = 0.5
_HELD_AFTERWARDS_S = 3.0
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


async def compare(url: str, name: str, held_s: int = 0) -> Found:
    """Close sessions with variant `name` and with the SDK alone, by turns.

    Args:
        url: Of the server.
        name: The variant.
        held_s: How many seconds of audio each of them holds.
    """
    pairs, times = [], _HELD_CLOSINGS if held_s else _CLOSINGS
    for _ in range(_COUPLES):
        async with couple("bench.closing", url, name, str(held_s)) as (bare, other):
            _first, *found = [each async for each in by_turns(bare, other, times)]
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


async def _close_all(url: str, name: str, providers: Providers, held_s: int) -> dict[str, float]:
    """Open them, close them at once, and give the longest stall and the whole time, in ms."""
    async with connect(f"{url}/control") as control, AsyncExitStack() as stack:
        calls = []
        for place in range(SESSIONS):
            called = f"{name}-{os.getpid()}-{next(_numbers)}"
            listener = listener_for(name, providers)
            call = await stack.enter_async_context(calling(url, listener, called))
            if held_s:
                await _talk(call, held_s, place, providers.recordings)
            else:
                await _converse(call, control, called, place)
            calls.append(call)
        gc.collect()
        pulse = Pulse()
        start = perf_counter_ns()
        await asyncio.gather(*(call.close() for call in calls))
        whole = perf_counter_ns() - start
        await asyncio.sleep(_HELD_AFTERWARDS_S if held_s else _AFTERWARDS_S)
        await settle(providers.recordings)
        pulse.stop()
    if providers.recordings is not None:
        _check(providers.recordings, held_s)
    return {"stall": pulse.longest_ms, "whole": whole / _NS_PER_MS}


async def _converse(call: Call, control: ClientConnection, called: str, place: int) -> None:
    """Have a turn played: in every second call its answer is still on its way."""
    wanted = {"number": 1, "deltas": _DELTAS, "is_cut": place % 2 == 0}
    await control.send(json.dumps({"call": called, "turn": wanted}))
    await call.receive(turn(1, deltas=_DELTAS, is_cut=place % 2 == 0), is_heard=False)


async def _talk(call: Call, held_s: int, place: int, recordings: Recordings | None) -> None:
    """Have so many seconds spoken by both: every second call is in the middle of its answer.

    This is much faster than in life, so what is recorded waits for its disk now and then.
    """
    is_cut = place % 2 == 0
    sent = list(batched(audio_sent(held_s), _AT_A_TIME))
    if is_cut:
        await _send(call, sent, recordings)
    for run in _answer(held_s, is_cut=is_cut).runs:
        await call.handle(run.texts)
        await call.rest()
        await settle(recordings)
    if not is_cut:
        await call.handle([begins_to_speak(2)])
        await _send(call, sent, recordings)
    await call.rest()


async def _send(call: Call, sent: list[list[bytes]], recordings: Recordings | None) -> None:
    for pieces in sent:
        await call.send(pieces)
        await settle(recordings)


@cache
def _answer(held_s: int, *, is_cut: bool) -> Turn:
    deltas = held_s * 1000 // DELTA_MS
    return turn(1, deltas=2 * deltas if is_cut else deltas, is_cut=is_cut)


def _check(recordings: Recordings, held_s: int) -> None:
    """See that all that they held was recorded."""
    # What was heard by then of those that were not interrupted is kept beside all of it.
    said = [*recordings.take("generated"), *recordings.take("output")]
    count = len({each.call for each in said if each.seconds >= held_s - 1})
    assert count == SESSIONS, f"{count} whole answers were recorded"
    whole = recordings.take("session")
    assert len(whole) == SESSIONS, f"{len(whole)} calls were recorded"
    assert min(each.seconds for each in whole) >= held_s, "a call's recording is too short"
    recordings.clear()


async def _serve(url: str, name: str, held_s: str) -> None:
    _allow_files()
    providers = providers_for(name)
    keep_all_audio()
    instrument(name, providers)
    await answer(lambda: _close_all(url, name, providers, int(held_s)))
    providers.shutdown()
    assert bool(providers.spans) is (name != BARE), f"{name} was not heard"


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:4]))
