"""Ends the calls that nobody ends: when the interpreter exits, or once they were dropped."""

import atexit
from collections import deque
from typing import Protocol
from weakref import WeakSet


class Endable(Protocol):
    """Something that can be ended."""

    def end(self, reason: str) -> None:
        """End it; never raises."""


_open: WeakSet[Endable] = WeakSet()
_dropped: deque[Endable] = deque()
_ending: set[Endable] = set()
"""Those that are about to end: nobody else may hold them by now."""


def watch(call: Endable) -> None:
    """End `call`, which has just begun, at exit if it still exists then.

    Exit hooks run last registered first. Registering anew with every call puts ours before those
    of the providers, whenever they were made.
    """
    _open.add(call)
    atexit.unregister(_end_all)
    atexit.register(_end_all)
    end_dropped()


def keep(call: Endable) -> None:
    """Keep `call` until `release`: it ends in a moment, or at exit."""
    _ending.add(call)


def release(call: Endable) -> None:
    """Keep `call` no longer: it has ended."""
    _ending.discard(call)


def drop(call: Endable) -> None:
    """Remember to end a call: with `end_dropped`, as the next one begins, or at exit.

    The garbage collector may call this in the middle of anything, also while an exporter holds a
    lock that ending a span would wait for.
    """
    _dropped.append(call)


def end_dropped() -> None:
    """End the calls that were dropped."""
    while _dropped:
        _dropped.popleft().end("garbage_collected")


def _end_all() -> None:
    end_dropped()
    for call in list(_open):
        call.end("interpreter_exit")
