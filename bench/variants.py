"""What is measured: the SDK alone, with each listener, and with each instrumentor."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from agents.realtime import RealtimeModelEvent, RealtimeModelListener
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    LogRecordExporter,
    LogRecordExportResult,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from bench.recordings import Recordings
from otel_realtime.clock import Clock
from otel_realtime.sources.agents import RealtimeTelemetryListener


class _Idle(RealtimeModelListener):
    """Does nothing: what any listener costs."""

    async def on_event(self, event: RealtimeModelEvent) -> None:
        pass


class PlayedClock(Clock):
    """A clock that is moved on by what is played and spoken, which nobody waits for here."""

    __slots__ = ()

    def jump(self, ns: int) -> None:
        """Move on by `ns` nanoseconds."""
        self._offset += ns

    def reach(self, at: int) -> None:
        """Move on to a moment, unless that has passed."""
        self._offset += max(at - self(), 0)


class _NoSpans(SpanExporter):
    count = 0

    def export(self, spans: Any) -> SpanExportResult:  # noqa: ANN401
        self.count += len(spans)
        return SpanExportResult.SUCCESS


class _NoLogs(LogRecordExporter):
    def export(self, batch: Any) -> LogRecordExportResult:  # noqa: ANN401, ARG002
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:  # noqa: ARG002
        return True


class _NoMetrics(MetricExporter):
    def export(self, *_: Any, **__: Any) -> MetricExportResult:  # noqa: ANN401
        return MetricExportResult.SUCCESS

    def shutdown(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        pass

    def force_flush(self, *_: Any, **__: Any) -> bool:  # noqa: ANN401
        return True


@dataclass
class Providers:
    """OpenTelemetry's SDK with its batching processors, and exporters that send nothing."""

    tracers: TracerProvider = field(default_factory=TracerProvider)
    loggers: LoggerProvider = field(default_factory=LoggerProvider)
    meters: MeterProvider = field(
        default_factory=lambda: MeterProvider([PeriodicExportingMetricReader(_NoMetrics())])
    )

    recordings: Recordings | None = None
    """Where recordings go, where everything is captured."""

    def __post_init__(self) -> None:
        """Add the processors."""
        self._spans = _NoSpans()
        self.tracers.add_span_processor(BatchSpanProcessor(self._spans))
        self.loggers.add_log_record_processor(BatchLogRecordProcessor(_NoLogs()))

    @property
    def spans(self) -> int:
        """How many spans were made, once they are flushed."""
        return self._spans.count

    def as_settings(self) -> dict[str, Any]:
        """The providers as our listener and our instrumentor take them."""
        return {
            "tracer_provider": self.tracers,
            "logger_provider": self.loggers,
            "meter_provider": self.meters,
        }

    def flush(self) -> None:
        """Have everything exported."""
        self.tracers.force_flush()
        self.loggers.force_flush()
        self.meters.force_flush()

    def shutdown(self) -> None:
        """Stop their threads."""
        if self.recordings is not None:
            self.recordings.close()
        self.tracers.shutdown()
        self.loggers.shutdown()
        self.meters.shutdown()


Listener = Callable[[Providers], RealtimeModelListener | None]


def _ours(providers: Providers) -> RealtimeModelListener:
    return RealtimeTelemetryListener(capture_content=False, **providers.as_settings())


def _ours_with_content(providers: Providers) -> RealtimeModelListener:
    return RealtimeTelemetryListener(capture_content=True, **providers.as_settings())


def _ours_recording(providers: Providers) -> RealtimeModelListener:
    assert providers.recordings is not None
    return RealtimeTelemetryListener(**providers.recordings.settings, **providers.as_settings())


def _ours_without_sdk(_: Providers) -> RealtimeModelListener:
    return RealtimeTelemetryListener(capture_content=False)


BARE = "bare"
OURS = "ours"
IDLE = "idle"
CONTENT = "content"
RECORDED = "recorded"
INSTRUMENTED = "instrumented"
INSTRUMENTED_PRICED = "instrumented-priced"
INSTRUMENTED_RECORDED = "instrumented-recorded"
UNSAMPLED = "unsampled"

LISTENERS: dict[str, Listener] = {
    BARE: lambda _: None,
    IDLE: lambda _: _Idle(),
    OURS: _ours,
    CONTENT: _ours_with_content,
    RECORDED: _ours_recording,
    "api": _ours_without_sdk,
}

SHOWN = {
    IDLE: "a listener that does nothing",
    OURS: "ours",
    CONTENT: "ours, content captured",
    RECORDED: "ours, everything captured, audio too",
    "api": "ours, no OpenTelemetry SDK set up",
}

SHOWN_APART = {
    INSTRUMENTED: "our instrumentor",
    INSTRUMENTED_PRICED: "our instrumentor, costs too",
    INSTRUMENTED_RECORDED: "our instrumentor, everything captured, audio too",
    UNSAMPLED: "our instrumentor, the trace not sampled",
}

_OURS = ("otel_realtime.instrumentor", "RealtimeInstrumentor")
_OPENINFERENCE = ("openinference.instrumentation.openai_agents", "OpenAIAgentsInstrumentor")
_TRACELOOP = ("opentelemetry.instrumentation.openai_agents", "OpenAIAgentsInstrumentor")

PEERS = {
    "openinference-instrumentation-openai-agents": _OPENINFERENCE,
    "opentelemetry-instrumentation-openai-agents": _TRACELOOP,
}
"""Other instrumentations: the package, and the module and class of its instrumentor."""

FOLLOWED = {INSTRUMENTED, INSTRUMENTED_PRICED, INSTRUMENTED_RECORDED, UNSAMPLED}
"""Those that our instrumentor follows."""
HEARD = {
    *(OURS, CONTENT, RECORDED, INSTRUMENTED, INSTRUMENTED_PRICED, INSTRUMENTED_RECORDED),
    *PEERS,
}
"""Those that make spans."""
SPOKEN = {RECORDED, INSTRUMENTED_RECORDED}
"""Those that record audio: the user speaks in each turn, also where nothing is measured."""

_INSTRUMENTORS = {**dict.fromkeys(FOLLOWED, _OURS), **PEERS}


def providers_for(name: str) -> Providers:
    """What a process needs that is measured with variant `name`."""
    if name == UNSAMPLED:
        return Providers(TracerProvider(sampler=ALWAYS_OFF))
    return Providers(recordings=Recordings() if name in SPOKEN else None)


def keep_all_audio() -> None:
    """Have OpenInference's instrumentor, too, keep all audio in this process; ours does anyway."""
    os.environ["OPENINFERENCE_BASE64_AUDIO_MAX_LENGTH"] = str(1 << 40)


def instrument(name: str, providers: Providers) -> None:
    """Instrument the SDK in this process, if `name` is an instrumentor's."""
    if name not in _INSTRUMENTORS:
        return
    module, instrumentor = _INSTRUMENTORS[name]
    settings = providers.as_settings()
    if name not in FOLLOWED:
        del settings["logger_provider"]
    if providers.recordings is not None:
        settings |= providers.recordings.settings
    if name == INSTRUMENTED_PRICED:
        settings["cost"] = True
    getattr(import_module(module), instrumentor)().instrument(**settings)


def listener_for(name: str, providers: Providers) -> RealtimeModelListener | None:
    """The listener that variant `name` adds to each session, if any."""
    return LISTENERS.get(name, LISTENERS[BARE])(providers)
