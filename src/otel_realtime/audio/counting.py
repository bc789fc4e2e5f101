"""Counts what becomes of audio that others put into their spans."""

import logging
from contextlib import suppress
from typing import Final

from opentelemetry import metrics
from opentelemetry.metrics import MeterProvider

from otel_realtime import semconv
from otel_realtime.audio_instruments import AudioInstruments
from otel_realtime.version import __version__

_logger = logging.getLogger("otel_realtime")
INVALID: Final = "invalid_inline_audio"
"""What the metric of problems says of audio that cannot be understood."""
NOT_KEPT: Final = "inline_audio_not_kept"
"""What it says of audio that cannot be kept."""


class CountedReport:
    """Counts it, in the same instruments as what becomes of our own recordings; never raises.

    Args:
        provider: Where it is counted; the global one by default.
    """

    def __init__(self, provider: MeterProvider | None) -> None:
        """Make the instruments."""
        meters = provider or metrics.get_meter_provider()
        meter = meters.get_meter(semconv.SCOPE_NAME, __version__, semconv.SCHEMA_URL)
        self._to = AudioInstruments(meter)
        self._told: dict[str, object] = {}

    def problem(self, kind: str, words: str) -> None:
        """Count that a span's audio stays in it, and log the first one of each kind.

        Args:
            kind: What the metric calls it.
            words: What the log says of it: never content.
        """
        mine = object()
        is_news = self._told.setdefault(kind, mine) is mine  # of several threads one is the first
        with suppress(Exception):
            self._to.problems.add(1, {semconv.PROBLEM: kind})
        if is_news:
            with suppress(Exception):  # a logging handler of the host may fail
                _logger.warning(
                    "A span's inline audio stays in it (%s). This is logged once, and counted.",
                    words,
                )

    def uploaded(self, seconds: float, size: int) -> None:
        """Count what is in the store."""
        with suppress(Exception):
            self._to.audio_upload_duration.record(seconds)
            self._to.audio_uploaded.add(size)

    def upload_failed(
        self,
        span: tuple[int, int],  # noqa: ARG002 - the interface's
        seconds: float,
        error: Exception,
        *,
        is_first: bool,  # noqa: ARG002
    ) -> None:
        """Measure an attempt that failed; the upload itself logs what the store says."""
        with suppress(Exception):
            self._to.audio_upload_duration.record(seconds, {semconv.ERROR_TYPE: _type_of(error)})

    def dropped(self, size: int, reason: str) -> None:
        """Count what was given up."""
        with suppress(Exception):
            self._to.audio_dropped.add(size, {semconv.AUDIO_DROPPED: reason})

    def caught(self, where: str, error: Exception) -> None:
        """Count what went wrong in here or in the application's code, and log the first of each."""
        self.problem("error", f"{where}: {_type_of(error)}")


def _type_of(error: Exception) -> str:
    module, name = type(error).__module__, type(error).__qualname__
    return name if module == "builtins" else f"{module}.{name}"
