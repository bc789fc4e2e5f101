"""collector/files.yaml, run by a real Collector: what was written to files arrives over OTLP.

`make test-collector` builds the Collector and names it in OTEL_REALTIME_OTELCOL.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.json.file import FileMetricExporter, FileSpanExporter
from opentelemetry.exporter.otlp.json.file._log_exporter import FileLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from otelcol import OTELCOL, needs_otelcol
from otlp_sink import OtlpSink

from otel_realtime.otlp_json import (
    Telemetry,
    from_log_records,
    from_metrics_data,
    from_readable_spans,
)
from otel_realtime.scenario import EPOCH, Scenario
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.sources.recording import RecordedClock, WireEvent, replay
from otel_realtime.telemetry.outlets import Telemetry as Destination

REPO = Path(__file__).resolve().parents[2]
CALL = REPO / "tests" / "scenarios" / "plain_answer.yaml"
STOPS_WITHIN = 20  # s; it takes less than one
ARRIVES_WITHIN = 30  # s; half a second on a quiet machine

pytestmark = needs_otelcol


def environment(folder: Path | str, endpoint: str) -> dict[str, str]:
    given = {"OTEL_REALTIME_FILES": str(folder), "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    return {**os.environ, **given}


@contextlib.contextmanager
def collector(folder: Path, sink: OtlpSink, output: Path) -> Iterator[None]:
    """Run the Collector on a folder of files; it must end well, and its complaints are shown."""
    command = [OTELCOL, "--config", str(REPO / "collector" / "files.yaml")]
    with output.open("wb") as log:
        running = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment(folder, sink.http_endpoint)
        )
    try:
        yield
    except TimeoutError as error:
        error.add_note(output.read_text(errors="replace"))
        raise
    finally:
        running.terminate()
        ended = running.wait(STOPS_WITHIN)
    assert ended == 0, output.read_text(errors="replace")


def in_order(telemetry: Telemetry) -> tuple[list, list, list]:
    """What telemetry holds, each kind sorted: a Collector keeps all, but not the order."""
    return tuple(
        sorted(each, key=repr) for each in (telemetry.spans, telemetry.logs, telemetry.metrics)
    )


def arrived(sink: OtlpSink, expected: Telemetry) -> Telemetry:
    """Wait until at least as much has come as is expected, and return what came."""
    wanted = in_order(expected)
    return sink.wait_for(
        lambda came: all(
            len(each) >= len(other) for each, other in zip(in_order(came), wanted, strict=True)
        ),
        ARRIVES_WITHIN,
    )


def spans_of_a_run(names: list[str], path: Path, resource: Resource, **attributes) -> Telemetry:
    """End a span of each name, appended to a file; returns what was recorded."""
    ended = InMemorySpanExporter()
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(ended))
    provider.add_span_processor(SimpleSpanProcessor(FileSpanExporter(path)))
    for name in names:
        provider.get_tracer("app").start_span(name, attributes=attributes).end()
    provider.shutdown()
    return Telemetry(spans=from_readable_spans(ended.get_finished_spans()))


def write_a_call(folder: Path) -> Telemetry:
    """Replay a scenario and write it as the demo does; returns what was recorded."""
    spans, logs, metrics = (
        InMemorySpanExporter(),
        InMemoryLogRecordExporter(),
        InMemoryMetricReader(),
    )
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    loggers = LoggerProvider(shutdown_on_exit=False)
    loggers.add_log_record_processor(SimpleLogRecordProcessor(logs))
    meters = MeterProvider([metrics], shutdown_on_exit=False)
    scenario, clock = Scenario.load(CALL), RecordedClock(EPOCH)
    events = [entry for _, entry in scenario.entries if isinstance(entry, WireEvent)]
    settings = Settings.read(scenario.settings, environ={})
    session = SessionTelemetry(Destination.of(tracers, meters, loggers), settings, clock=clock)
    replay(events, session, clock)

    points = metrics.get_metrics_data()
    for exporter, recorded in (
        (FileSpanExporter(folder / "traces.jsonl"), spans.get_finished_spans()),
        (FileLogExporter(folder / "logs.jsonl"), logs.get_finished_logs()),
        (FileMetricExporter(folder / "metrics.jsonl"), points),
    ):
        exporter.export(recorded)
        exporter.shutdown()
    return Telemetry(
        from_readable_spans(spans.get_finished_spans()),
        from_log_records(logs.get_finished_logs()),
        from_metrics_data(points),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


def test_a_call_arrives_as_it_was_recorded(folder: Path, tmp_path: Path) -> None:
    recorded = write_a_call(folder)
    assert all(in_order(recorded))
    with OtlpSink() as sink:
        with collector(folder, sink, tmp_path / "output"):
            arrived(sink, recorded)
        assert in_order(sink.telemetry) == in_order(recorded)


def test_what_is_appended_arrives_too_and_nothing_twice(folder: Path, tmp_path: Path) -> None:
    path, resource = folder / "traces.jsonl", Resource({"service.name": "appends"})
    with OtlpSink() as sink:
        with collector(folder, sink, tmp_path / "output"):
            first = spans_of_a_run(["one", "two"], path, resource)
            arrived(sink, first)
            both = Telemetry.joined([first, spans_of_a_run(["three"], path, resource)])
            arrived(sink, both)
        assert in_order(sink.telemetry) == in_order(both)


def test_a_long_line_arrives_whole(folder: Path, tmp_path: Path) -> None:
    resource = Resource({"service.name": "talks a lot"})
    recorded = spans_of_a_run(["long"], folder / "traces.jsonl", resource, text="a" * 3_000_000)
    with OtlpSink() as sink:
        with collector(folder, sink, tmp_path / "output"):
            arrived(sink, recorded)
        assert in_order(sink.telemetry) == in_order(recorded)


def test_files_with_the_same_beginning_all_arrive(folder: Path, tmp_path: Path) -> None:
    resource = Resource({"service.name": "described at length", "text": "a" * 2_000})
    runs = [spans_of_a_run([name], folder / f"{name}.jsonl", resource) for name in ("one", "two")]
    recorded = Telemetry.joined(runs)
    with OtlpSink() as sink:
        with collector(folder, sink, tmp_path / "output"):
            arrived(sink, recorded)
        assert in_order(sink.telemetry) == in_order(recorded)
