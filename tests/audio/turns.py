"""Turns as other libraries trace them, audio inline, and a provider that takes it out."""

import base64
import json
from collections import Counter
from typing import Any

from audio.by_hand import RATE, tone
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_realtime import AudioUploadSpanProcessor, semconv
from otel_realtime.audio.files import as_file
from otel_realtime.otlp_json import from_metrics_data

INPUT, OUTPUT = "input.audio.url", "output.audio.url"


def base64_wav(hertz: float = 440, ms: float = 200) -> str:
    """A tone as a WAV file in base64."""
    file = as_file(tone(hertz, ms), f"audio/pcm;rate={RATE}")
    return base64.b64encode(file.data).decode()


def uri(hertz: float = 440, ms: float = 200) -> str:
    """The same as OpenInference has it."""
    return f"data:audio/wav;base64,{base64_wav(hertz, ms)}"


def message(*parts: dict[str, Any], role: str = "user") -> str:
    """A message as GenAI's conventions have it."""
    return json.dumps([{"role": role, "parts": parts}])


def blob(content: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "blob",
        "modality": "audio",
        "mime_type": "audio/wav",
        "content": content,
        **more,
    }


class Behind(SpanProcessor):
    """The processor behind ours: remembers what it was handed, in order."""

    def __init__(self) -> None:
        self.began: list[tuple[Any, Any]] = []
        self.ending: list[Any] = []
        self.ended: list[ReadableSpan] = []
        self.times_shut_down = 0

    def on_start(self, span, parent_context=None) -> None:
        self.began.append((span, parent_context))

    def _on_ending(self, span) -> None:
        self.ending.append(span)

    def on_end(self, span) -> None:
        self.ended.append(span)

    def shutdown(self) -> None:
        self.times_shut_down += 1

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.ended]


class Host:
    """An application's provider, with ours wrapped around an exporter's processor.

    Args:
        behind: Another processor than one with an exporter.
        provider: What the provider is given.
        settings: Those of ours.
    """

    def __init__(
        self,
        behind: SpanProcessor | None = None,
        provider: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.processor = AudioUploadSpanProcessor(
            behind or SimpleSpanProcessor(self.exporter), meter_provider=self.meters, **settings
        )
        self.provider = TracerProvider(shutdown_on_exit=False, **(provider or {}))
        self.provider.add_span_processor(self.processor)
        self.tracer = self.provider.get_tracer("a.library")

    def turn(self, name: str = "turn", /, **attributes: Any) -> None:
        """One span, whose attributes have `_` for `.`."""
        told = {key.replace("_", "."): value for key, value in attributes.items()}
        self.tracer.start_span(name, attributes=told).end()

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def counted(self, metric: str = semconv.METRIC_PROBLEMS) -> Counter[str]:
        """A counter's values by their only label."""
        points = from_metrics_data(self._reader.get_metrics_data())
        counted: Counter[str] = Counter()
        for point in points:
            if point.name == metric:
                counted[str(next(iter(point.attributes.values()), ""))] += point.value
        return counted
