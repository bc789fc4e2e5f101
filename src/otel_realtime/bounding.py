"""Export that cannot hurt: a flush and a shutdown that end in time, whatever the backend does.

The SDK tries again and again to send what it holds, in the thread that asks for it: with an
endpoint that is dead or never answers, `force_flush`, `shutdown` and with it the exit of the
interpreter can take minutes. What is bounded here does the same work in a thread of its own, and
waits for it so long and no longer.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import TIMEOUT_MAX, Thread
from typing import Any, Final, TypeVar
from weakref import WeakMethod, finalize

from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from otel_realtime.aloud import warn
from otel_realtime.splitting import split

T = TypeVar("T")

_logger = logging.getLogger("otel_realtime")
_told: set[str] = set()

TIMEOUT: Final = 5.0
"""How long a flush or a shutdown may take if nobody says otherwise, in seconds."""
_MS_PER_S: Final = 1000
_BOUNDED: Final = ("shutdown", "force_flush")
_PROVIDERS: Final = (TracerProvider, LoggerProvider, MeterProvider)
_PARTS: Final = (
    ("_active_span_processor", "_span_processors"),
    ("_multi_log_record_processor", "_log_record_processors"),
    ("_metric_readers",),
)
"""Where the SDK's providers keep their parts: it has no public way to ask for them."""


def bounded(it: T, *, timeout: float = TIMEOUT) -> T:
    """Have the flush and the shutdown of a part of the SDK end within `timeout`.

        provider.add_span_processor(bounded(BatchSpanProcessor(OTLPSpanExporter())))
        logs.add_log_record_processor(bounded(BatchLogRecordProcessor(OTLPLogExporter())))
        MeterProvider([bounded(PeriodicExportingMetricReader(OTLPMetricExporter()))])

    What is not done by then is given up and logged, once; the work goes on in the background for
    as long as the process lives. `force_flush` then returns False. What else these do, what they
    raise included, stays as it was.

    Args:
        it: A span processor, a log record processor, a metric reader; or a provider of the SDK,
            for each of those that it has by now.
        timeout: How long each of them may take, in seconds.

    Returns:
        The same object.

    Raises:
        TypeError: It has no `shutdown` and `force_flush`.
        ValueError: The timeout is negative.
    """
    if not timeout >= 0:
        raise ValueError(f"timeout takes seconds; it cannot be {timeout!r}")
    bind([it], timeout)
    return it


def bind(them: Iterable[object], timeout: float) -> Callable[[], None]:
    """Do for all of them what `bounded` does for one.

    Returns:
        What takes it back, but for those that were bounded before.

    Raises:
        TypeError: One has no `shutdown` and `force_flush`.
    """
    parts = [part for it in them for part in _parts(it)]
    new = [limit for part in parts if (limit := _bind(part, timeout))]
    whole = [split(part) for part in parts]

    def take_back() -> None:
        for each in new:
            each.take_back()
        for put_together in whole:
            put_together()

    return take_back


def _parts(it: object) -> Iterator[object]:
    """What is to be bounded of it: itself, or the parts of a provider."""
    if not isinstance(it, _PROVIDERS):
        yield it
        return
    found = tuple(part for path in _PARTS for part in _found(it, path))
    if not found:
        warn(
            _logger,
            "The export of %s is not bounded: it has nothing yet that exports. Set it up first, "
            "or put bounded() around its processor or reader yourself",
            type(it).__name__,
        )
    yield from found


def _found(it: object, path: tuple[str, ...]) -> Iterator[object]:
    """Those of a provider's parts that can be bounded."""
    for name in path:
        it = getattr(it, name, ())
    yield from filter(_can_be_bounded, it if isinstance(it, tuple | list) else ())


def _can_be_bounded(part: object) -> bool:
    return all(callable(getattr(part, name, None)) for name in _BOUNDED)


def _bind(part: Any, timeout: float) -> "_Limit | None":  # noqa: ANN401 - the SDK's have no common type
    if not _can_be_bounded(part):
        message = (
            "bounded takes a span processor, a log record processor, a metric reader or a provider "
            f"of the SDK; this is {type(part).__name__}"
        )
        raise TypeError(message)
    limit = getattr(part.shutdown, "__self__", None)
    if isinstance(limit, _Limit):
        limit.timeout = timeout
        return None
    return _Limit(part, timeout)


class _Limit:
    """Stands in the place of one part's `shutdown` and `force_flush`."""

    def __init__(self, part: Any, timeout: float) -> None:  # noqa: ANN401 - as above
        self.timeout = timeout
        self._part = part
        self._own = {name: own for name, own in vars(part).items() if name in _BOUNDED}
        self._shutdown, self._force_flush = part.shutdown, part.force_flush
        # Two: a shutdown is begun even while a flush hangs.
        self._closing, self._flushing = _Lane(), _Lane()
        self._stops = [finalize(part, lane.stop) for lane in (self._closing, self._flushing)]
        for stop in self._stops:
            stop.atexit = False
        part.shutdown, part.force_flush = self.shutdown, self.force_flush

    def take_back(self) -> None:
        """Leave the part as it was; its flush and shutdown are its own again."""
        for name in _BOUNDED:
            vars(self._part).pop(name, None)
        vars(self._part).update(self._own)
        for stop in self._stops:
            stop()

    def shutdown(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - it is handed on
        """Shut the part down, or give up waiting for it."""
        done = self._closing.begin(lambda: self._shutdown(*args, **more))
        self._wait(done, self.timeout, "shut down")

    def force_flush(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the same
        """Flush the part, or give up waiting for it and return False."""
        asked = args[0] if args else more.get("timeout_millis")
        within = self.timeout if asked is None else min(self.timeout, asked / _MS_PER_S)
        done = self._flushing.begin(lambda: self._force_flush(*args, **more))
        if self._wait(done, within, "flushed"):
            return done.result()
        done.cancel()  # one that has not begun is not wanted any more
        return False

    def _wait(self, done: "Future[Any]", within: float, what: str) -> bool:
        """Wait; False if it was in vain. What the part raised is raised here."""
        try:
            done.result(min(within, TIMEOUT_MAX))
        except TimeoutError:
            if done.done():  # it is the part's own
                raise
            _tell(type(self._part).__name__, what, within)
            return False
        return True


class _Lane:
    """A thread that waits for work: while the interpreter exits, none can be started any more."""

    def __init__(self) -> None:
        self._is_stopped = False
        self._begin()
        if hasattr(os, "register_at_fork"):  # a forked process has no thread but its first
            again = WeakMethod(self._begin)
            os.register_at_fork(after_in_child=lambda: (begin := again()) and begin())

    def _begin(self) -> None:
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        Thread(
            target=_work_off, args=(self._work,), name="otel-realtime-flush", daemon=True
        ).start()

    def begin(self, call: Callable[[], Any]) -> "Future[Any]":
        """Have it called after all that came before; at once if the thread was ended."""
        done: Future[Any] = Future()
        if self._is_stopped:  # whoever still has what stood in the part's place gets the part's own
            _call(done, call)
        else:
            self._work.put((done, call))
        return done

    def stop(self) -> None:
        """End the thread once it has nothing to do."""
        self._is_stopped = True
        self._work.put(None)


def _work_off(work: "SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]") -> None:
    while (entry := work.get()) is not None:
        _call(*entry)
        del entry  # nothing is held while nothing is done


def _call(done: "Future[Any]", call: Callable[[], Any]) -> None:
    if done.set_running_or_notify_cancel():
        try:
            done.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            done.set_exception(error)


def _tell(name: str, what: str, within: float) -> None:
    """Log that it was given up, once for each kind of part."""
    if name in _told:
        return
    _told.add(name)
    message = (
        f"{name} could not be {what} within {within:g} s: does its endpoint answer? The "
        "application goes on; what was not exported may be lost. This is logged once"
    )
    warn(_logger, message)
