"""The guard: what goes wrong in here is logged once per kind, counted, and stays in here."""

import logging
from collections.abc import Callable
from threading import Lock

from otel_realtime.telemetry.content import stack_of

_logger = logging.getLogger("otel_realtime")
_MOST_KINDS = 64


class SkippedEventError(Exception):
    """An event cannot be used: it is not known, or a field is missing or of the wrong type.

    The message names the event's type and the field, never a value.
    """


class Guard:
    """Takes in the problems of the instrumentation itself.

    Args:
        count: Called with the bounded kind of each problem.
    """

    _told: set[str] = set()  # noqa: RUF012 - shared: one warning per kind and not per call
    _lock = Lock()

    def __init__(self, count: Callable[[str], None]) -> None:
        """Guard one call."""
        self._count = count

    def caught(self, where: str, error: Exception) -> None:
        """Count a problem and, if it is the first of its kind, log it with its stack.

        The message of the exception is left out unless it is our own: it might quote content.
        """
        try:
            skipped = isinstance(error, SkippedEventError)
            self._count("skipped_event" if skipped else "error")
            kind = f"{where}: {error}" if skipped else f"{where}: {type(error).__qualname__}"
            if self._is_news(kind):
                _logger.warning(
                    "Something could not be recorded (%s); the call goes on. "
                    "This is logged once, and counted.\n%s",
                    kind,
                    stack_of(error),
                )
        except Exception:  # noqa: BLE001 - a logging handler of the host may fail: nothing is left
            return

    def left_out(self, what: str, why: str) -> None:
        """Count a measure that was left out and, if it is the first of its kind, log why."""
        try:
            self._count("left_out")
            if self._is_news(f"left out {what}: {why}"):
                _logger.warning("%s was left out: %s. This is logged once, and counted.", what, why)
        except Exception:  # noqa: BLE001 - as above
            return

    def _is_news(self, kind: str) -> bool:
        with self._lock:
            if kind in self._told or len(self._told) >= _MOST_KINDS:
                return False
            self._told.add(kind)
            return True
