"""Endings in a burst: none is lost or called twice, and the loop is never held for long."""

import asyncio
import gc
import threading
from time import perf_counter
from weakref import ref

from otel_realtime import endings

SLOW = 0.0004  # seconds: what ending a session takes on a slow machine


def slowly() -> None:
    """Take as long as ending a session does."""
    until = perf_counter() + SLOW
    while perf_counter() < until:
        pass


def test_without_a_loop_it_ends_now():
    ended = []
    for number in range(10):
        endings.at_leisure(lambda number=number: ended.append(number))
    assert ended == list(range(10))


async def test_one_alone_ends_now():
    ended = []
    endings.at_leisure(lambda: ended.append(1))
    assert ended == [1]


async def test_a_burst_ends_in_order_and_once_each():
    ended, all_ended = [], asyncio.Event()

    def end(number: int) -> None:
        slowly()
        ended.append(number)
        if number == 199:
            all_ended.set()

    for number in range(200):
        endings.at_leisure(lambda number=number: end(number))
    assert len(ended) < 10, "most of them wait"
    async with asyncio.timeout(10):
        await all_ended.wait()
    assert ended == list(range(200))


async def test_the_loop_goes_on_in_between():
    """Between two turns of the loop there are never more than a few endings."""
    ended, seen = [], []
    for number in range(200):
        endings.at_leisure(lambda number=number: (slowly(), ended.append(number)))
    while len(ended) < 200:
        seen.append(len(ended))
        await asyncio.sleep(0)
    steps = [after - before for before, after in zip(seen, [*seen[1:], 200], strict=True)]
    assert max(steps) <= 4, "a slice is 1 ms, and what began within it"
    assert len(seen) >= 40


async def test_what_ends_while_others_do_is_not_lost():
    """An ending may bring about another one."""
    ended, all_ended = [], asyncio.Event()

    def end(number: int) -> None:
        ended.append(number)
        if number < 50:
            endings.at_leisure(lambda: end(number + 100))
        if len(ended) == 150:
            all_ended.set()

    for number in range(100):
        endings.at_leisure(lambda number=number: end(number))
    async with asyncio.timeout(10):
        await all_ended.wait()
    assert sorted(ended) == list(range(150))


async def test_one_that_comes_after_the_burst_ends_at_last():
    last_of_burst, last = asyncio.Event(), asyncio.Event()
    for _ in range(20):
        endings.at_leisure(slowly)
    endings.at_leisure(last_of_burst.set)
    async with asyncio.timeout(10):
        await last_of_burst.wait()
        endings.at_leisure(last.set)
        await last.wait()


def test_each_loop_has_its_own():
    ended, together = [], threading.Barrier(4, timeout=10)

    async def burst(number: int) -> None:
        together.wait()
        done = asyncio.Event()
        for each in range(50):
            endings.at_leisure(lambda each=each: (slowly(), ended.append((number, each))))
        endings.at_leisure(done.set)
        async with asyncio.timeout(10):
            await done.wait()

    threads = [threading.Thread(target=asyncio.run, args=(burst(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert [each for whose, each in ended if whose == number] == list(range(50))


def test_a_loop_is_not_kept():
    async def burst() -> None:
        for _ in range(10):
            endings.at_leisure(slowly)
        await asyncio.sleep(0)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(burst())
    loop.close()
    gone = ref(loop)
    del loop
    gc.collect()
    assert gone() is None
