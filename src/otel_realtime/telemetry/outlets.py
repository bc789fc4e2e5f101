"""Where telemetry goes: what is made of the providers, once for all calls that share them."""

from dataclasses import dataclass

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import Logger, LoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Tracer, TracerProvider

from otel_realtime import semconv
from otel_realtime.telemetry.instruments import Instruments
from otel_realtime.version import __version__


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Where telemetry goes: made once per listener, shared by its calls."""

    tracer: Tracer
    logger: Logger
    instruments: Instruments

    @classmethod
    def of(
        cls,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
    ) -> "Telemetry":
        """Take the providers given, and the global ones for those that are not."""
        tracers = tracer_provider or trace.get_tracer_provider()
        meters = meter_provider or metrics.get_meter_provider()
        loggers = logger_provider or _logs.get_logger_provider()
        scope = (semconv.SCOPE_NAME, __version__)
        return cls(
            tracer=tracers.get_tracer(*scope, schema_url=semconv.SCHEMA_URL),
            logger=loggers.get_logger(*scope, schema_url=semconv.SCHEMA_URL),
            instruments=Instruments.of(meters),
        )
