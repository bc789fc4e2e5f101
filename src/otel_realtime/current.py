"""Makes a span current for the application's own code, and hands the caller back what was before.

A `with` block in one task is simple: attach, then detach. The life of a session is not: it may be
closed from another task, and a generator that was broken off is finished in another task too.
There a context variable cannot be put back. So what is attached here gives way by itself once it
is over: in the task that it was lent to, the current span is then what it was before.
"""

import asyncio
import threading
import weakref
from contextvars import ContextVar, Token

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span

_mark: ContextVar[None] = ContextVar("otel_realtime_attached")
"""Set beside each context that is attached: tells where it can be detached again."""


class Lent:
    """A span that is current from `lend` until `take_back`, wherever that is called."""

    def __init__(self, span: Span) -> None:
        """Attach the span to the running context; what else is in that (baggage, …) stays."""
        _tidy()
        self.is_over = False
        self._borrower = _here()
        self._context = _LentContext(trace.set_span_in_context(span), self)
        self.before = otel_context.get_current()
        self._mark: Token[None] = _mark.set(None)
        self._token = otel_context.attach(self._context)

    def take_back(self) -> None:
        """Make what was current before current again; harmless if called again."""
        self.is_over = True
        _tidy()

    def detached(self) -> bool:
        """Detach it, if it was attached in the running context; False if not."""
        try:
            _mark.reset(self._mark)
        except (ValueError, RuntimeError):  # of another task or thread, or done before
            return False
        otel_context.detach(self._token)
        return True

    @property
    def has_gone(self) -> bool:
        """Whether it is over for the task or thread that asks: the one that it was lent to.

        That one asks from where it can be detached, if it was not yet: what is begun there later
        does not inherit it.
        """
        if not self.is_over or _here() != self._borrower:
            return False
        if otel_context.get_current() is self._context:
            self.detached()
        return True


class _LentContext(Context):
    """A context that is another one for its borrower once it is over.

    The tasks that were begun in it keep it: they belong to the session as long as they run.
    """

    def __init__(self, values: Context, lent: Lent) -> None:
        super().__init__(values)
        self.lent = lent

    def get(self, key: str, default: object = None) -> object:
        lent = self.lent
        return lent.before.get(key, default) if lent.has_gone else super().get(key, default)

    def __getitem__(self, key: str) -> object:
        lent = self.lent
        return lent.before[key] if lent.has_gone else super().__getitem__(key)

    def copy(self) -> dict[str, object]:
        lent = self.lent
        return lent.before.copy() if lent.has_gone else super().copy()


def _tidy() -> None:
    """Detach what is over and could not be detached where it ended, or waited for another."""
    here = otel_context.get_current()
    while isinstance(here, _LentContext) and here.lent.is_over and here.lent.detached():
        here = otel_context.get_current()


def _here() -> object:
    """What runs: the task, told apart by a reference that does not keep it; or the thread."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident() if task is None else weakref.ref(task)
