"""The archive: the one owner of a store, its spool and its URLs, whoever asks for recordings.

Listeners, the instrumentor and span processors that name the same store share it. What a call
leaves for it is done in two kinds of threads: the writer puts audio into files, uploads carry them
to the store. Neither begins before the first call does.
"""

import atexit
import logging
import os
from threading import Event, RLock
from time import monotonic
from typing import Final
from weakref import WeakMethod

from otel_realtime.audio.encoding import FORMATS
from otel_realtime.audio.keeping import Keeping
from otel_realtime.audio.options import ArchiveOptions
from otel_realtime.audio.recovery import recover
from otel_realtime.audio.spare import Spare
from otel_realtime.audio.spool import SpoolError
from otel_realtime.audio.store import Store
from otel_realtime.audio.writer import Writer

_logger = logging.getLogger("otel_realtime")
_BACKLOG: Final = 64 << 20
"""How many bytes may wait in memory for the disk, of all calls together."""
_LEAST_BACKLOG: Final = 256 << 10


class Archive:
    """Keeps recordings and has them uploaded.

    Args:
        store: Where recordings go.
        options: How.
    """

    def __init__(self, store: Store, options: ArchiveOptions) -> None:
        self.store = store
        self.options = options
        self.file_format: Final = FORMATS[options.format]
        self._lock = RLock()
        self._was_told: set[str] = set()
        self._begin_afresh()
        atexit.register(self.close)
        _on_fork(self)

    def _begin_afresh(self) -> None:
        """Have no thread and no spool: at first, once closed, and in a process that was forked."""
        self.keeping: Keeping | None = None
        """What jobs work with; None before the first one, and where there is no spool."""
        self.is_broken = False
        """Whether nothing can be kept, as there is no spool."""
        self.allowance = _BACKLOG
        """How many bytes of one call may wait in memory."""
        self._writer = Writer(self._rest, self._failed)
        self.leave = self._writer.push
        """Leave a job for the writer, which comes to it by itself while calls go on."""
        self._is_running = False

    def start(self) -> None:
        """Have the threads running.

        Raises:
            RuntimeError: None can be started, as the interpreter exits.
        """
        with self._lock:
            if not self._is_running:
                self._writer.start()
                self.leave((self._open, Spare("otel-realtime upload")))
                self._is_running = True
        self._writer.wake()

    def wake(self) -> None:
        """Have the writer look at its jobs now."""
        self._writer.wake()

    def calls_changed(self) -> None:
        """Share the memory for what waits among the calls that go on; a job."""
        count = len(self.keeping.calls) if self.keeping is not None else 0
        self._writer.calls = count
        self.allowance = max(_BACKLOG // max(count, 1), _LEAST_BACKLOG)

    def flush(self, timeout: float) -> bool:
        """Have everything so far written and uploaded.

        Args:
            timeout: How many seconds to wait at most.

        Returns:
            Whether all of it is in the store. What is not is in the spool.
        """
        if not self._is_running:
            return True
        until, reached = monotonic() + timeout, Event()
        self.leave((reached.set,))
        self._writer.wake()
        if not reached.wait(max(timeout, 0.0)):
            return False
        return self.keeping is None or self.keeping.uploads.wait(until)

    def close(self, timeout: float | None = None) -> None:
        """Flush, and stop; by default no longer than `flush_timeout`. It may begin anew."""
        if not self._is_running:
            return
        timeout = self.options.flush_timeout if timeout is None else timeout
        until = monotonic() + timeout
        self.flush(timeout)
        with self._lock:
            writer, keeping = self._writer, self.keeping
            self._begin_afresh()
        if keeping is not None:
            keeping.uploads.stop()

        def let_go() -> None:  # not before: the lock stays while somebody may still write there
            if keeping is not None:
                keeping.close()

        writer.stop(max(until - monotonic(), 0.0), let_go)

    def _leave_to_parent(self) -> None:
        """In a forked process there are no threads, and the spool is its parent's."""
        self._lock = RLock()  # another thread may have held it
        if self.keeping is not None:
            self.keeping.spool.let_go()  # else it would outlive its parent
        self._begin_afresh()

    def _open(self, spare: Spare) -> None:
        try:
            self.keeping = Keeping(self.store, self.options)
        except SpoolError as error:
            spare.give(lambda: None)
            self.is_broken = True
            _logger.warning("No audio is kept: %s", error)
            return
        self.keeping.uploads.start(spare)
        recover(self.keeping, self._failed)

    def _rest(self) -> None:
        if self.keeping is not None:
            self.keeping.flush()

    def _failed(self, error: Exception) -> None:
        kind = type(error).__qualname__
        if kind in self._was_told:
            return
        self._was_told.add(kind)
        # Not its message: that might quote what was said.
        _logger.warning(
            "Something could not be recorded as audio (%s); the call goes on. This is logged once.",
            kind,
        )


def _on_fork(archive: Archive) -> None:
    leave_to_parent = WeakMethod(archive._leave_to_parent)  # noqa: SLF001 - of this module

    def in_child() -> None:
        method = leave_to_parent()
        if method is not None:
            method()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=in_child)
