"""The catalogue of metrics: the one table that instruments and `docs/metrics.md` are made of.

The marks in the formulas are explained in `otel_realtime.facts`.
"""

from typing import Final

from otel_realtime import semconv
from otel_realtime.audio_instruments import AUDIO_METRICS
from otel_realtime.metric import Metric
from otel_realtime.telemetry.catalogue._sessions import SESSIONS
from otel_realtime.telemetry.catalogue._turns import TURNS
from otel_realtime.telemetry.catalogue._usage import LATEST_USAGE, USAGE
from otel_realtime.telemetry.catalogue._waits import WAITS

__all__ = ["CATALOGUE", "LATEST"]

CATALOGUE: Final[tuple[Metric, ...]] = (*WAITS, *TURNS, *USAGE, *SESSIONS, *AUDIO_METRICS)
"""Every metric, by its released name."""

_DURATION: Final = next(each for each in WAITS if each.name == semconv.METRIC_OPERATION_DURATION)

LATEST: Final[tuple[Metric, ...]] = (
    _DURATION._replace(name=semconv.METRIC_INFERENCE_DURATION),
    *LATEST_USAGE,
)
"""What stands in the place of some of them where the latest conventions are asked for."""
