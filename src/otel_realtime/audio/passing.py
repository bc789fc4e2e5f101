"""Other libraries' spans on their way to the processor behind ours, without their inline audio.

Decoding a minute of base64 takes milliseconds, and a span may end on an event loop: so it is done
in a thread of its own, and neither in the host's nor in the archive's, which a slow exporter behind
a processor would hold up. Spans that end while one waits queue behind it: they go on in the order
in which they ended. Only so much waits; a span beyond that is handed on at once, as it is.
"""

import atexit
import logging
import os
from collections import deque
from collections.abc import Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from threading import Condition, Thread, current_thread
from time import monotonic
from typing import Final
from weakref import WeakMethod

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_realtime.audio.counting import NOT_KEPT, CountedReport
from otel_realtime.audio.inline import span_has_inline_audio
from otel_realtime.audio.taking import Taking

_logger = logging.getLogger("otel_realtime")
_MOST_BYTES: Final = 64 << 20
_LEAST_BYTES: Final = 4 << 10
"""What each span that waits counts for at least."""
_DEEPEST: Final = 4


@dataclass(slots=True, eq=False)
class _Waiting:
    """A span that waits to be handed on, in the context in which it ended."""

    span: ReadableSpan
    size: int
    has_audio: bool
    context: Context = field(default_factory=copy_context)


class Passing:
    """Hands each span on exactly once, as soon as its audio is out of it.

    Args:
        taking: Takes the audio out.
        onward: Where the spans go.
        report: Who is told of what goes wrong.
        flush_timeout: How many seconds the interpreter's exit waits for them.
    """

    def __init__(
        self, taking: Taking, onward: SpanProcessor, report: CountedReport, flush_timeout: float
    ) -> None:
        self._taking = taking
        self._onward = onward
        self._report = report
        self._flush_timeout = flush_timeout
        self._begin_afresh()
        _on_fork(self)
        # After the archive's own, so before it: exit hooks run last registered first.
        atexit.register(self._flush_at_exit)

    def _begin_afresh(self) -> None:
        """Have no thread and no spans: at first, and in a process that was forked."""
        self._changed = Condition()
        self._queue: deque[_Waiting] = deque()
        self._under_way: _Waiting | None = None
        self._is_handing_on = False
        self._is_over = False
        self._bytes = 0
        self._taken = self._passed = 0
        self._thread: Thread | None = None

    def take(self, span: ReadableSpan) -> None:
        """Hand a span on: at once, or behind the audio that waits.

        Raises:
            Exception: What the processor behind raises, if the span is handed on at once.
        """
        has_audio = self._has_audio(span)
        if has_audio or self._passed != self._taken:
            waiting = _Waiting(span, max(_size_of(span), _LEAST_BYTES), has_audio)
            if self._is_queued(waiting):
                return
            if has_audio:
                self._report.problem(NOT_KEPT, "too much waits, or there is no thread for it")
        self._onward.on_end(span)

    def flush(self, until: float) -> bool:
        """Wait until the spans so far are handed on, or until a moment of the monotonic clock."""
        with self._changed:
            taken = self._taken
            if current_thread() is self._thread:  # the processor behind flushes as a span ends
                return not self._queue
            return self._changed.wait_for(
                lambda: self._passed >= taken, max(until - monotonic(), 0.0)
            )

    def stop(self, until: float) -> None:
        """Flush, but no longer than that; what still waits then is handed on as it is."""
        atexit.unregister(self._flush_at_exit)
        self.flush(until)
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
            if self._is_handing_on:
                return  # it is the processor behind that is slow: more of them would not help
            left, self._queue = list(self._queue), deque()
            if self._under_way is not None:
                left.insert(0, self._under_way)
                self._under_way = None
        for waiting in left:
            if waiting.has_audio:
                self._report.problem(NOT_KEPT, "there was no time for it")
            self._hand_on(waiting, waiting.span)

    def _has_audio(self, span: ReadableSpan) -> bool:
        try:
            return span_has_inline_audio(span)
        except Exception as error:  # noqa: BLE001 - the guard: it is handed on as it is
            self._report.caught("inline audio", error)
            return False

    def _is_queued(self, waiting: _Waiting) -> bool:
        """Whether there is room for it, and a thread that comes to it."""
        with self._changed:
            if self._is_over or self._bytes + waiting.size > _MOST_BYTES:
                return False
            if self._thread is None:
                thread = Thread(target=self._work, name="otel-realtime spans", daemon=True)
                try:
                    self._taking.begin()
                    thread.start()
                except RuntimeError:  # the interpreter is about to exit, or there are too many
                    return False
                self._thread = thread
            self._queue.append(waiting)
            self._bytes += waiting.size
            self._taken += 1
            self._changed.notify_all()
            return True

    def _work(self) -> None:
        while (waiting := self._next()) is not None:
            new = waiting.span
            if waiting.has_audio:
                new = self._taking.without_audio(waiting.span)
            with self._changed:
                if self._under_way is None:
                    continue  # there was no more time: it has been handed on as it was
                self._is_handing_on = True
            self._hand_on(waiting, new)

    def _next(self) -> _Waiting | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_over)
            self._under_way = self._queue.popleft() if self._queue else None
            return self._under_way

    def _hand_on(self, waiting: _Waiting, span: ReadableSpan) -> None:
        """Do what the SDK would have done; there is no caller who could take an exception."""
        try:
            waiting.context.run(self._onward.on_end, span)
        except BaseException:
            _logger.exception("A span processor failed as a span ended")
        with self._changed:
            if self._under_way is waiting:
                self._under_way, self._is_handing_on = None, False
            self._bytes -= waiting.size
            self._passed += 1
            self._changed.notify_all()

    def _flush_at_exit(self) -> None:
        self.flush(monotonic() + self._flush_timeout)


def _on_fork(passing: Passing) -> None:
    """In a forked process there is no thread, and what waits is its parent's to hand on."""
    begin_afresh = WeakMethod(passing._begin_afresh)  # noqa: SLF001 - of this module

    def in_child() -> None:
        method = begin_afresh()
        if method is not None:
            method()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=in_child)


def _size_of(span: ReadableSpan) -> int:
    """About how much memory a span takes that waits: that of its texts."""
    return sum(map(_length, (span.attributes, *(event.attributes for event in span.events))))


def _length(value: object, depth: int = 0) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if depth >= _DEEPEST:
        return 0
    if isinstance(value, Mapping):
        return sum(_length(each, depth + 1) for each in value.values())
    if isinstance(value, list | tuple):
        return sum(_length(each, depth + 1) for each in value)
    return 0
