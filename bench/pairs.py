"""Interleaved pairs: the same turns with and without a listener, right after one another."""

import gc
import json
import statistics
from contextlib import AsyncExitStack
from dataclasses import dataclass
from math import sqrt
from time import process_time_ns

from websockets.asyncio.client import ClientConnection, connect

from bench.call import Call, Spent, calling
from bench.recordings import Recordings
from bench.turns import Kind, turn
from bench.variants import BARE, HEARD, LISTENERS, SPOKEN, Providers, providers_for

TURNS = 8
"""How many turns a stretch has."""
STRETCHES = 2
WARM_UP = 2
"""How many of them are not counted."""
Pair = tuple[Spent, Spent]
"""Without, and with."""

_DEVIATIONS = 1.96  # of a normal distribution: 95 in 100


@dataclass(frozen=True, slots=True)
class Spread:
    """What many measurements of one thing gave: mostly ratios.

    Attributes:
        median: The middle one.
        low: The lower quartile.
        high: The upper quartile.
        at_least: The lower end of the median's 95 % confidence interval.
        at_most: The upper end.
    """

    median: float
    low: float
    high: float
    at_least: float
    at_most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Sum up values; at least two."""
        values = sorted(values)
        low, median, high = statistics.quantiles(values, n=4)
        place = max(int(len(values) / 2 - _DEVIATIONS * sqrt(len(values)) / 2), 0)
        return cls(median, low, high, values[place], values[-1 - place])


def ratios(pairs: list[Pair]) -> dict[Kind, Spread]:
    """The ratios of pairs by kind, where both have it."""
    return {
        kind: Spread.of([with_[kind] / without[kind] for without, with_ in pairs if without[kind]])
        for kind in Kind
        if any(without[kind] for without, _ in pairs)
    }


def whole(pairs: list[Pair]) -> Spread:
    """The ratio of all that a turn takes; what is sent is a row of its own."""
    return Spread.of([turn_ns(with_) / turn_ns(without) for without, with_ in pairs])


def turn_ns(spent: Spent) -> int:
    """All of it but what is sent."""
    return sum(ns for kind, ns in spent.items() if kind != Kind.SENT)


async def in_process(url: str, variant: str, rounds: int) -> list[Pair]:
    """Play stretches of turns to a call without and one with a listener, by turns.

    A stretch begins with turns that are not counted: a process in real life runs with a listener
    or without one, and after the other's stretch only the SDK's code, which both run, would still
    be in the processor's caches. The garbage collector rests during a stretch and runs between
    stretches, for both alike.
    """
    pairs = []
    providers = providers_for(variant)
    names, speaks = (BARE, variant), variant in SPOKEN
    rest_the_collector()
    try:
        for place in range(rounds):
            async with AsyncExitStack() as stack:
                enter = stack.enter_async_context
                calls = [
                    await enter(calling(url, LISTENERS[name](providers), f"{name}{place}"))
                    for name in names
                ]
                for first in range(1, TURNS * STRETCHES, TURNS):
                    spent = {}
                    for each in (0, 1) if place % 2 == 0 else (1, 0):
                        spent[each] = await stretch(calls[each], first, speaks=speaks)
                        await settle(providers.recordings)
                    pairs.append((spent[0], spent[1]))
            await settle(providers.recordings, TURNS * STRETCHES)
    finally:
        gc.enable()
        providers.shutdown()
    assert bool(providers.spans) is (variant in HEARD), "the listener was not heard"
    return pairs


async def settle(recordings: Recordings | None, turns: int | None = None) -> None:
    """Where audio is recorded: let other threads finish; after a call of `turns`, check it."""
    if recordings is not None:
        await recordings.settle()
        if turns is not None:
            recordings.check(turns)


async def stretch(call: Call, first: int, *, speaks: bool = False) -> Spent:
    """Play turns without and with a tool, alternating, and add up all but the first ones.

    If the application speaks, it sends what its microphone gives before each turn.
    """
    gc.collect()
    counted = dict.fromkeys(Kind, 0)
    for number in range(first, first + TURNS):
        sent = await call.speak() if speaks else call.wait()
        spent = await call.play(turn(number, tool=number % 2 == 0))
        spent[Kind.SENT] = sent
        if number - first >= WARM_UP:
            counted = {kind: counted[kind] + spent[kind] for kind in Kind}
    return counted


def rest_the_collector() -> None:
    """Switch it off, and spare it what is there by now: modules and types, mostly."""
    gc.collect()
    gc.freeze()
    gc.disable()


async def over_socket(url: str, variant: str, rounds: int) -> Spread:
    """The same with nothing left out: a server's process sends the turns over a websocket.

    What is compared is the processor time of this whole process, the exporters' threads, those that
    record and the reading app included.
    """
    found = []
    providers = providers_for(variant)
    rest_the_collector()
    try:
        async with connect(f"{url}/control") as control:
            for place in range(rounds):
                found += await _received(url, control, variant, place, providers)
                await settle(providers.recordings, TURNS)
    finally:
        gc.enable()
        providers.shutdown()
    return Spread.of(found)


async def _received(
    url: str, control: ClientConnection, variant: str, place: int, providers: Providers
) -> list[float]:
    """The ratios of the turns of one call."""
    names, found = [f"{name}{place}" for name in (BARE, variant)], []
    recordings, speaks = (None, providers.recordings), variant in SPOKEN
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        listeners = (LISTENERS[BARE](providers), LISTENERS[variant](providers))
        calls = [
            await enter(calling(url, listener, name))
            for listener, name in zip(listeners, names, strict=True)
        ]
        for number in range(1, TURNS + 1):
            spent = {}
            for each in (0, 1) if (number + place) % 2 == 0 else (1, 0):
                spent[each] = await receive(
                    calls[each], control, names[each], number, recordings[each], speaks=speaks
                )
            if number > WARM_UP:
                found.append(spent[1] / spent[0])
    return found


async def receive(  # noqa: PLR0913 - what a turn is made of
    call: Call,
    control: ClientConnection,
    name: str,
    number: int,
    recordings: Recordings | None = None,
    *,
    speaks: bool = False,
) -> int:
    """Have a turn sent by the server and wait for it; the processor time of this process.

    Where the application speaks, what it sends before the turn counts; where audio is recorded, so
    does what other threads have to do for this turn.
    """
    played = turn(number)
    gc.collect()
    await call.rest()
    start = process_time_ns()
    if speaks:
        await call.speak()
    else:
        call.wait()
    await control.send(json.dumps({"call": name, "turn": {"number": number}}))
    await call.receive(played)
    await settle(recordings)
    return process_time_ns() - start
