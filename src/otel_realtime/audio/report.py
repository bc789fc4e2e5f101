"""Who is told what becomes of audio: its metrics and log events are written elsewhere."""

import logging
from typing import Protocol

_logger = logging.getLogger("otel_realtime")


class Report(Protocol):
    """What became of recordings; called in threads of the archive, and never raises."""

    def uploaded(self, seconds: float, size: int) -> None:
        """A recording of `size` bytes is in the store; that took `seconds`."""

    def upload_failed(
        self, span: tuple[int, int], seconds: float, error: Exception, *, is_first: bool
    ) -> None:
        """An attempt to upload the recording of a span (trace id, span id) failed.

        It will be tried again.
        """

    def dropped(self, size: int, reason: str) -> None:
        """Some `size` bytes of audio were given up: `spool_full`, `disk_error` or `backlog`."""

    def caught(self, where: str, error: Exception) -> None:
        """Something of ours went wrong."""


class LoggedReport:
    """For audio of calls that nobody follows any more: what matters is logged elsewhere."""

    def uploaded(self, seconds: float, size: int) -> None:
        """Nothing is counted: what measured it is no more."""

    def upload_failed(
        self, span: tuple[int, int], seconds: float, error: Exception, *, is_first: bool
    ) -> None:
        """The upload itself says so."""

    def dropped(self, size: int, reason: str) -> None:
        """The spool says so."""

    def caught(self, where: str, error: Exception) -> None:
        """Log it, without its message, which might quote what was said."""
        _logger.warning("Left-behind audio: %s (%s)", where, type(error).__qualname__)
