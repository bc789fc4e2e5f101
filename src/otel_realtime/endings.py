"""Ends sessions a few at a time: two hundred that end at once must not hold up the loop.

Ending a session closes its spans and writes its metrics and logs, which takes a fraction of a
millisecond. The first of a burst is ended at once; the others follow in short slices, between
which the loop does what else it has to do. Each carries the moment at which it really ended.
"""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final
from weakref import WeakKeyDictionary

from otel_realtime.alarm import running_loop

_SLICE_NS: Final = 1_000_000
"""How long the loop may be held at a time."""
_REST_NS: Final = 5_000_000
"""One that comes later than this after the last is no burst."""


class _Burst:
    """What waits to be ended on one loop."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._last = 0

    def add(self, loop: AbstractEventLoop, end: Callable[[], None]) -> None:
        if not self._waiting and perf_counter_ns() - self._last > _REST_NS:
            end()
            self._last = perf_counter_ns()
            return
        if not self._waiting:
            loop.call_soon(self._go_on, loop)
        self._waiting.append(end)

    def _go_on(self, loop: AbstractEventLoop) -> None:
        until = perf_counter_ns() + _SLICE_NS
        while self._waiting and perf_counter_ns() < until:
            self._waiting.popleft()()
        self._last = perf_counter_ns()
        if self._waiting:
            loop.call_soon(self._go_on, loop)


_bursts: WeakKeyDictionary[AbstractEventLoop, _Burst] = WeakKeyDictionary()


def at_leisure(end: Callable[[], None]) -> None:
    """Call `end`, which does not raise: now, or soon if others have been ended just now.

    Where no loop runs it is called now.
    """
    loop = running_loop()
    if loop is None:
        end()
        return
    burst = _bursts.get(loop)
    if burst is None:
        burst = _bursts[loop] = _Burst()
    burst.add(loop, end)
