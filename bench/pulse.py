"""A pulse that goes through the loop: how long the loop was held up.

It beats in each of the loop's rounds or, where the loop rests in between, every millisecond. By how
much a beat was late at most, by the clock on the wall, is how long nothing else that runs on the
loop could go on.
"""

import asyncio
from time import perf_counter_ns

_NS_PER_MS = 1_000_000


class Pulse:
    """Beats from now on.

    Args:
        every_ms: How long it waits between two beats; without it, it beats in every round.
    """

    def __init__(self, every_ms: float = 0.0) -> None:
        """Begin."""
        self._every_s = every_ms / 1000
        self._every_ns = round(every_ms * _NS_PER_MS)
        self._longest = 0
        self._last = perf_counter_ns()
        self._loop = asyncio.get_running_loop()
        self._next = self._wait()

    @property
    def longest_ms(self) -> float:
        """By how many milliseconds a beat was late at most."""
        return self._longest / _NS_PER_MS

    def stop(self) -> None:
        """Beat no more."""
        self._next.cancel()

    def _beat(self) -> None:
        now = perf_counter_ns()
        self._longest = max(self._longest, now - self._last - self._every_ns)
        self._last = now
        self._next = self._wait()

    def _wait(self) -> asyncio.Handle:
        if self._every_s:
            return self._loop.call_later(self._every_s, self._beat)
        return self._loop.call_soon(self._beat)
