"""Interleaved pairs: the same turns with and without a listener, right after one another."""

import gc
import json
import statistics
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from math import sqrt
from time import process_time_ns

from websockets.asyncio.client import ClientConnection, connect

from bench.call import Call, Spent, calling
from bench.turns import Kind, turn
from bench.variants import BARE, CONTENT, LISTENERS, OURS, Providers

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
    """

    median: float
    low: float
    high: float
    at_least: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Sum up values; at least two."""
        values = sorted(values)
        low, median, high = statistics.quantiles(values, n=4)
        place = int(len(values) / 2 - _DEVIATIONS * sqrt(len(values)) / 2)
        return cls(median, low, high, values[max(place, 0)])


def ratios(pairs: list[Pair]) -> dict[Kind, Spread]:
    """The ratios of pairs by kind, where both have it."""
    return {
        kind: Spread.of([with_[kind] / without[kind] for without, with_ in pairs if without[kind]])
        for kind in Kind
        if any(without[kind] for without, _ in pairs)
    }


def whole(pairs: list[Pair]) -> Spread:
    """The ratio of all that a turn takes."""
    return Spread.of([sum(with_.values()) / sum(without.values()) for without, with_ in pairs])


async def in_process(url: str, variant: str, rounds: int) -> list[Pair]:
    """Play stretches of turns to a call without and one with a listener, by turns.

    A stretch begins with turns that are not counted: a process in real life runs with a listener
    or without one, and after the other's stretch only the SDK's code, which both run, would still
    be in the processor's caches. The garbage collector rests during a stretch and runs between
    stretches, for both alike.
    """
    pairs = []
    providers = Providers()
    numbers = count(1)
    rest_the_collector()
    try:
        for even in (each % 2 == 0 for each in range(rounds)):
            async with AsyncExitStack() as stack:
                enter = stack.enter_async_context
                calls = [
                    await enter(calling(url, LISTENERS[name](providers), f"{name}{next(numbers)}"))
                    for name in (BARE, variant)
                ]
                for first in range(1, TURNS * STRETCHES, TURNS):
                    order = (0, 1) if even else (1, 0)
                    spent = {each: await stretch(calls[each], first) for each in order}
                    pairs.append((spent[0], spent[1]))
    finally:
        gc.enable()
        providers.shutdown()
    assert bool(providers.spans) is (variant in {OURS, CONTENT}), "the listener was not heard"
    return pairs


async def stretch(call: Call, first: int, *, speaks: bool = False) -> Spent:
    """Play turns without and with a tool, alternating, and add up all but the first ones.

    If the application speaks, it sends what its microphone gives before each turn.
    """
    gc.collect()
    counted = dict.fromkeys(Kind, 0)
    for number in range(first, first + TURNS):
        sent = await call.speak() if speaks else 0
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

    What is compared is the processor time of this whole process, the exporters' threads and the
    reading app included.
    """
    found = []
    providers = Providers()
    numbers = count(1)
    rest_the_collector()
    try:
        async with connect(f"{url}/control") as control:
            for even in (each % 2 == 0 for each in range(rounds)):
                names = [f"{name}{next(numbers)}" for name in (BARE, variant)]
                async with AsyncExitStack() as stack:
                    enter = stack.enter_async_context
                    listeners = (LISTENERS[BARE](providers), LISTENERS[variant](providers))
                    calls = [
                        await enter(calling(url, listener, name))
                        for listener, name in zip(listeners, names, strict=True)
                    ]
                    for number in range(1, TURNS + 1):
                        order = (0, 1) if (number % 2 == 0) is even else (1, 0)
                        spent = {}
                        for each in order:
                            spent[each] = await receive(calls[each], control, names[each], number)
                        if number > WARM_UP:
                            found.append(spent[1] / spent[0])
    finally:
        gc.enable()
        providers.shutdown()
    return Spread.of(found)


async def receive(call: Call, control: ClientConnection, name: str, number: int) -> int:
    """Have a turn sent by the server and wait for it; the processor time of this process."""
    gc.collect()
    await call.rest()
    start = process_time_ns()
    await control.send(json.dumps({"call": name, "turn": {"number": number}}))
    await call.receive(turn(number))
    return process_time_ns() - start
