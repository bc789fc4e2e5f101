"""Ends the calls that are still open when the interpreter exits, before exporters shut down."""

import atexit
from typing import Protocol
from weakref import WeakSet


class Endable(Protocol):
    """Something that can be ended."""

    def end(self, reason: str) -> None:
        """End it; never raises."""


_open: WeakSet[Endable] = WeakSet()


def watch(call: Endable) -> None:
    """End `call`, which has just begun, at exit if it still exists then.

    Exit hooks run last registered first. Registering anew with every call puts ours before those
    of the providers, whenever they were made.
    """
    _open.add(call)
    atexit.unregister(_end_all)
    atexit.register(_end_all)


def _end_all() -> None:
    for call in list(_open):
        call.end("interpreter_exit")
