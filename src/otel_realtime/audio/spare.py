"""A thread that is there before there is anything for it to do.

Once the interpreter exits no thread can start another one, as Python 3.12 has it: so the one that
uploads is begun by whoever leaves the first audio, and not by the archive's thread a moment later.
"""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread


class Spare:
    """Begins a thread, which waits.

    Raises:
        RuntimeError: No thread can be started.
    """

    def __init__(self, name: str) -> None:
        self._given: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread = Thread(target=self._wait, name=name, daemon=True)
        self._thread.start()

    def give(self, work: Callable[[], None]) -> Thread:
        """Have it do this, and then end; gives the thread."""
        self._given.put(work)
        return self._thread

    def _wait(self) -> None:
        self._given.get()()
