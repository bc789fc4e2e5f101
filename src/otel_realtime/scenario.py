"""Scenarios: events with their times, replayed on a clock that stands still in between.

A scenario file is YAML:

    about: One sentence that says what this shows.
    settings: {capture_content: true, agent_name: Assistant}
    events:
      - {at: 0, received: {type: session.created, session: {id: sess_1, model: gpt-realtime}}}
      - {at: 40, sent: {type: input_audio_buffer.append, audio: …}}
      - {at: 900, event: ToolStarted, call_id: call_1, name: get_weather, kind: local_mcp}

`at` is in milliseconds. `received` and `sent` are messages of the OpenAI Realtime API, seen from
the client; `event` names a neutral event of `otel_realtime.events` and gives its fields, for what
no message tells: `SessionOpened` and `SessionEnded`, a tool's run (`ToolStarted`, `ToolEnded`,
`ToolFailed`), its approval (`ApprovalAsked`, `ApprovalGiven`), `GuardrailTripped`, `AgentChanged`.
`error` is the message of a RuntimeError. `endpoint` is `{address: …, port: …}`. `audio_ms: 200`
instead of `audio` or `delta` stands for that much PCM16. A file of
`prices` lies beside the scenario.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Final

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_realtime import events
from otel_realtime.cost.book import check_prices
from otel_realtime.otlp_json import (
    MetricPoint,
    TraceLog,
    TraceSpan,
    from_log_records,
    from_metrics_data,
    from_readable_spans,
)
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.sources._yaml_lines import YamlError, load_with_lines
from otel_realtime.sources.recording import (
    NS_PER_MS,
    RecordedClock,
    WireEvent,
    feed_wire_event,
    read_recording,
    replay,
)
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.values import Endpoint

EPOCH: Final = 1_700_000_000_000_000_000
"""When a scenario begins: 2023-11-14 22:13:20 UTC, in ns."""

_PCM_BYTES_PER_MS: Final = 48
_VALUES: Final[Mapping[str, type[Endpoint]]] = {"endpoint": Endpoint}
"""Fields that are written as a mapping."""


class ScenarioFileError(ValueError):
    """A scenario file is wrong; the message names the file, the entry and what is expected."""


@dataclass(frozen=True, slots=True)
class Traced:
    """What was recorded: spans, log events and metric points."""

    spans: tuple[TraceSpan, ...]
    logs: tuple[TraceLog, ...]
    metrics: tuple[MetricPoint, ...]


class Recorder:
    """Real OpenTelemetry providers that keep everything in memory."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._logs = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        self._reader = InMemoryMetricReader()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False)

    @property
    def providers(self) -> dict[str, Any]:
        """The three providers as the keywords that listeners take."""
        return {
            "tracer_provider": self.tracer_provider,
            "logger_provider": self.logger_provider,
            "meter_provider": self.meter_provider,
        }

    def traced(self) -> Traced:
        """What was recorded so far."""
        return Traced(
            from_readable_spans(self._spans.get_finished_spans()),
            from_log_records(self._logs.get_finished_logs()),
            from_metrics_data(self._reader.get_metrics_data()),
        )


@dataclass(frozen=True, slots=True)
class Scenario:
    """A conversation to replay: what happened when, and what the listener is set to."""

    about: str
    settings: Mapping[str, object]
    entries: tuple[tuple[float, WireEvent | events.Event], ...]
    start: int = EPOCH

    @classmethod
    def load(cls, path: Path, *, start: int = EPOCH) -> "Scenario":
        """Read a scenario file.

        Args:
            path: The file.
            start: When the conversation is taken to have begun, in nanoseconds since the epoch.

        Raises:
            ScenarioFileError: The file is not as described at the top of this module.
        """
        try:
            document, lines = load_with_lines(path.read_text(encoding="utf-8"), "events")
        except YamlError as error:
            raise ScenarioFileError(f"{path}, {error}") from error
        if not isinstance(document, Mapping) or not isinstance(document.get("events"), list):
            raise ScenarioFileError(f"{path}: there is no list of `events` in it")
        settings = document.get("settings") or {}
        if isinstance(settings, Mapping) and isinstance(settings.get("prices"), str):
            settings = {**settings, "prices": str(path.parent / settings["prices"])}
        try:
            check_prices(Settings.read(settings, environ={}))
        except (TypeError, ValueError) as error:
            raise ScenarioFileError(f"{path}: `settings`: {error}") from error
        return cls(
            about=str(document.get("about", "")),
            settings=settings,
            entries=tuple(_entries(path, zip(lines, document["events"], strict=True), start)),
            start=start,
        )

    def run(
        self,
        *,
        provider: str | None = "openai",
        recorder: "Recorder | None" = None,
        session_id: str = "session-under-test",
    ) -> Traced:
        """Replay it and give what was recorded; the session is closed at the end if it is open."""
        recorder = recorder or Recorder()
        clock = RecordedClock(self.start)
        session = SessionTelemetry(
            Telemetry.of(**recorder.providers),
            Settings.read(self.settings, environ={}),
            session_id=session_id,
            provider=provider,
            clock=clock,
        )
        for at_ms, entry in self.entries:
            clock.move_to(at_ms)
            if isinstance(entry, WireEvent):
                feed_wire_event(session, entry)
            else:
                session.feed(entry)
        replay((), session, clock)
        return recorder.traced()


def _entries(
    path: Path, given: Iterable[tuple[int, object]], start: int
) -> Iterator[tuple[float, WireEvent | events.Event]]:
    for line, entry in given:
        where = f"{path}, line {line}"
        at = entry.get("at") if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping) or not isinstance(at, int | float) or not isfinite(at):
            raise ScenarioFileError(f"{where}: `at`, in milliseconds, is missing")
        at_ms = float(at)
        told = [name for name in ("received", "sent", "event") if name in entry]
        if len(told) != 1:
            raise ScenarioFileError(f"{where}: there is to be one of received, sent, event")
        if told[0] == "event":
            yield at_ms, _neutral(where, entry, start + round(at_ms * NS_PER_MS))
        else:
            yield at_ms, WireEvent(at_ms, told[0], _with_audio(where, entry[told[0]]))


def _neutral(where: str, entry: Mapping[str, Any], time_ns: int) -> events.Event:
    cls = getattr(events, str(entry["event"]), None)
    if not (isinstance(cls, type) and issubclass(cls, events.Event)):
        raise ScenarioFileError(f"{where}: there is no neutral event named {entry['event']!r}")
    values = {name: value for name, value in entry.items() if name not in {"at", "event"}}
    unknown = set(values) - {each.name for each in fields(cls)}
    if unknown:
        raise ScenarioFileError(f"{where}: {cls.__name__} has no field {min(unknown)!r}")
    if isinstance(values.get("error"), str):
        values["error"] = RuntimeError(values["error"])
    try:
        for name, value in _VALUES.items():
            if isinstance(values.get(name), Mapping):
                values[name] = value(**values[name])
        return cls(time_ns, **values)
    except TypeError as error:
        raise ScenarioFileError(f"{where}: {error}") from error


def _with_audio(where: str, data: object) -> object:
    if not isinstance(data, Mapping) or "audio_ms" not in data:
        return data
    if not isinstance(data["audio_ms"], int):
        raise ScenarioFileError(f"{where}: `audio_ms` is to be a whole number of milliseconds")
    silence = base64.b64encode(bytes(data["audio_ms"] * _PCM_BYTES_PER_MS)).decode()
    name = "audio" if str(data.get("type", "")).startswith("input_") else "delta"
    return {**{key: value for key, value in data.items() if key != "audio_ms"}, name: silence}


def traced_recording(path: Path, *, capture_content: bool = False, start: int = EPOCH) -> Traced:
    """Replay a recorded wire log and give what was recorded of it.

    Args:
        path: A file that `sources.recording.read_recording` reads.
        capture_content: Whether transcripts and tool data are recorded.
        start: When the first event is taken to have happened, in nanoseconds since the epoch.

    Raises:
        RecordingError: The file is no recording of the OpenAI Realtime API.
        OSError: The file cannot be opened.
    """
    recorder = Recorder()
    clock = RecordedClock(start)
    settings = Settings.read({"capture_content": capture_content}, environ={})
    session = SessionTelemetry(Telemetry.of(**recorder.providers), settings, clock=clock)
    replay(read_recording(path), session, clock)
    return recorder.traced()
