"""OpenTelemetry instrumentation for realtime voice agents: one call becomes one trace."""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from otel_realtime.version import __version__

if TYPE_CHECKING:
    from otel_realtime.audio.clips import AudioClip, CallInfo
    from otel_realtime.audio.processor import AudioUploadSpanProcessor
    from otel_realtime.bounding import bounded
    from otel_realtime.dialects.processor import DialectSpanProcessor
    from otel_realtime.instrumentor import RealtimeInstrumentor
    from otel_realtime.observing import observe
    from otel_realtime.settings import AudioCapture, ContentCapture, SettingError, Settings
    from otel_realtime.sources.agents import RealtimeTelemetryListener
    from otel_realtime.sources.by_hand import ManualSession
    from otel_realtime.sources.openai import tool_run
    from otel_realtime.telemetry.context import TelemetryContext

__all__ = [
    "AudioCapture",
    "AudioClip",
    "AudioUploadSpanProcessor",
    "CallInfo",
    "ContentCapture",
    "DialectSpanProcessor",
    "ManualSession",
    "RealtimeInstrumentor",
    "RealtimeTelemetryListener",
    "SettingError",
    "Settings",
    "TelemetryContext",
    "__version__",
    "bounded",
    "observe",
    "tool_run",
]

# Imported when first asked for: some need an extra, and no name should cost start-up.
_HOMES: Final = {
    "AudioCapture": "otel_realtime.settings",
    "AudioClip": "otel_realtime.audio.clips",
    "AudioUploadSpanProcessor": "otel_realtime.audio.processor",
    "CallInfo": "otel_realtime.audio.clips",
    "ContentCapture": "otel_realtime.settings",
    "DialectSpanProcessor": "otel_realtime.dialects.processor",
    "ManualSession": "otel_realtime.sources.by_hand",
    "RealtimeInstrumentor": "otel_realtime.instrumentor",
    "RealtimeTelemetryListener": "otel_realtime.sources.agents",
    "SettingError": "otel_realtime.settings",
    "Settings": "otel_realtime.settings",
    "TelemetryContext": "otel_realtime.telemetry.context",
    "bounded": "otel_realtime.bounding",
    "observe": "otel_realtime.observing",
    "tool_run": "otel_realtime.sources.openai",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
