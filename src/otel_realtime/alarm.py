"""Wakes a session when something is waited for in vain, if there is a loop."""

import asyncio
from asyncio import AbstractEventLoop, TimerHandle
from typing import Final, Protocol
from weakref import ref

_LONGEST_NAP: Final = 1.0  # seconds


class Sleeper(Protocol):
    """Something that wants to look at the time again."""

    def wake(self) -> None:
        """Look; never raises."""


class Alarm:
    """One timer, which looks again at least every second while anything is waited for.

    What is due is given its true end, however late that is noticed: no event has to move the timer.
    """

    def __init__(self, sleeper: Sleeper) -> None:
        """Wake `sleeper`, which is not kept alive."""
        self._sleeper = ref(sleeper)
        self._timer: TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether it will go off."""
        return self._timer is not None

    def set(self, seconds: float) -> None:
        """Go off after `seconds` or sooner; what is fed from a thread has to do without."""
        loop = running_loop()
        if loop is not None:
            self._timer = loop.call_later(min(max(seconds, 0), _LONGEST_NAP), self._go_off)

    def stop(self) -> None:
        """Do not go off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go_off(self) -> None:
        self._timer = None
        sleeper = self._sleeper()
        if sleeper is not None:
            sleeper.wake()


def running_loop() -> AbstractEventLoop | None:
    """The loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
