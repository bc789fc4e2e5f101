"""Export that cannot hurt: a flush and a shutdown end in time, whatever the endpoint does."""

import gc
import logging
import os
import sys
import threading
from pathlib import Path
from time import monotonic
from weakref import ref

import pytest
from dead_endpoints import DEAD
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider
from otlp_sink import OtlpSink
from telemetry_targets import Exporters, otlp_exporters
from zero_code import environment_without, run, simulator

from otel_realtime import (
    DialectSpanProcessor,
    RealtimeInstrumentor,
    SettingError,
    bounded,
    bounding,
)

TIMEOUT = 0.3  # s
SLACK = 5.0  # s, for a busy machine; the SDK alone takes at least its exporter's 10 s
EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "zero_code_agent.py"
SIGNALS = {"BatchSpanProcessor", "BatchLogRecordProcessor", "PeriodicExportingMetricReader"}


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounding, "_told", set())  # what another test was told must not count


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "otel_realtime"]


def full_providers(exporters: Exporters) -> tuple[TracerProvider, LoggerProvider, MeterProvider]:
    """The SDK's providers with one thing each to export."""
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(exporters.spans))
    loggers = LoggerProvider(shutdown_on_exit=False)
    loggers.add_log_record_processor(BatchLogRecordProcessor(exporters.logs))
    meters = MeterProvider(
        [PeriodicExportingMetricReader(exporters.metrics)], shutdown_on_exit=False
    )
    tracers.get_tracer("app").start_span("one").end()
    loggers.get_logger("app").emit(LogRecord(body="one"))
    meters.get_meter("app").create_counter("ones").add(1)
    return tracers, loggers, meters


@pytest.mark.parametrize("transport", ["grpc", "http"])
@pytest.mark.parametrize("dead", DEAD)
def test_nothing_waits_for_a_dead_endpoint(transport, dead, caplog) -> None:
    caplog.set_level(logging.WARNING, "otel_realtime")
    with DEAD[dead]() as endpoint, OtlpSink() as unused:
        providers = full_providers(otlp_exporters(transport, endpoint, unused))
        for each in providers:
            assert bounded(each, timeout=TIMEOUT) is each
        began = monotonic()
        flushed = [each.force_flush() for each in (*providers, *providers)]
        for each in providers:
            each.shutdown()
        took = monotonic() - began
    # Of the metrics' flush the SDK's provider does not hand on what its reader says.
    assert [flushed[index] for index in (0, 1, 3, 4)] == [False] * 4
    assert took < 9 * TIMEOUT + SLACK
    assert {each.partition(" ")[0] for each in told(caplog)} == SIGNALS
    assert len(told(caplog)) == len(SIGNALS)


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_what_can_be_sent_arrives_as_without_it(transport, caplog) -> None:
    with OtlpSink() as sink:
        endpoint = sink.grpc_endpoint if transport == "grpc" else sink.http_endpoint
        providers = full_providers(otlp_exporters(transport, endpoint, sink))
        for each in providers:
            bounded(each)
        assert [each.force_flush() for each in providers] == [True] * 3
        for each in providers:
            each.shutdown()
        came = sink.telemetry
    assert [span.name for span in came.spans] == ["one"]
    assert [log.body for log in came.logs] == ["one"]
    assert "ones" in {point.name for point in came.metrics}
    assert told(caplog) == []


PROGRAM = """\
import sys
from opentelemetry.exporter.otlp.proto.{transport}.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from otel_realtime import bounded

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint="{endpoint}{path}")
provider.add_span_processor(bounded(BatchSpanProcessor(exporter), timeout=0.3))
provider.get_tracer("app").start_span("one").end()
print("done")
"""


@pytest.mark.parametrize(("transport", "path"), [("grpc", ""), ("http", "/v1/traces")])
@pytest.mark.parametrize("dead", DEAD)
def test_a_program_exits(transport, path, dead, tmp_path) -> None:
    with DEAD[dead]() as endpoint:
        code = PROGRAM.format(transport=transport, path=path, endpoint=endpoint)
        began = monotonic()
        commands = Path(sys.executable).parent
        ended = run(commands, "python", "-c", code, folder=tmp_path, settings={})
        took = monotonic() - began
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr
    assert ended.stderr.count("could not be shut down within 0.3 s") == 1
    assert took < TIMEOUT + 2 * SLACK  # with what it takes to import gRPC


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
@pytest.mark.parametrize("dead", DEAD)
def test_an_unchanged_program_exits_by_the_environment_alone(protocol, dead, tmp_path) -> None:
    pytest.importorskip("agents", reason="pip install 'otel-realtime[agents]'")
    pytest.importorskip("opentelemetry.distro", reason="pip install opentelemetry-distro")
    others = ("azure", "openinference_", "opentelemetry_instrumentation_openai_agents")
    commands = environment_without(tmp_path / "environment", *others)
    with DEAD[dead]() as endpoint, simulator("tools") as url:
        settings = {
            "OTEL_REALTIME_EXPORT_TIMEOUT": "0.3",
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_REALTIME_EXAMPLE_URL": url,
            "OPENAI_API_KEY": "simulator",
        }
        began = monotonic()
        agent = ("opentelemetry-instrument", "python", EXAMPLE)
        ended = run(commands, *agent, folder=tmp_path, settings=settings)
        took = monotonic() - began
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    for each in SIGNALS:
        assert ended.stderr.count(f"{each} could not be") == 1
    assert took < 20  # s; the call takes some 3, the SDK alone holds its exit up for over 30


class Part(SpanProcessor):
    """A processor that does what the test says."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.go_on = threading.Event()
        self.is_over = threading.Event()

    def force_flush(self, timeout_millis=30_000) -> bool:
        self.asked.append(timeout_millis)
        return self.go_on.wait(60)

    def shutdown(self) -> None:
        self.is_over.set()


def test_a_shutdown_is_begun_while_a_flush_hangs() -> None:
    part = bounded(Part(), timeout=0.05)
    assert part.force_flush() is False
    part.shutdown()
    assert part.is_over.is_set()
    part.go_on.set()


def test_a_flush_waits_no_longer_than_it_is_told_and_tells_the_part_as_much() -> None:
    part = bounded(Part(), timeout=60)
    began = monotonic()
    assert part.force_flush(50) is False
    assert monotonic() - began < SLACK
    part.go_on.set()
    assert part.force_flush(timeout_millis=40_000) is True
    assert part.asked == [50, 40_000]


def test_flushes_that_nobody_waits_for_any_more_do_not_pile_up() -> None:
    part = bounded(Part(), timeout=0.01)
    before = threading.active_count()
    assert [part.force_flush() for _ in range(20)] == [False] * 20
    assert threading.active_count() <= before
    bounded(part, timeout=60)  # twice is once, with the time told last
    part.go_on.set()
    assert part.force_flush() is True
    assert len(part.asked) == 2


class Raising(Part):
    def force_flush(self, timeout_millis=30_000) -> bool:
        raise TimeoutError(timeout_millis)

    def shutdown(self) -> None:
        raise ValueError


def test_what_the_part_raises_is_raised(caplog) -> None:
    part = bounded(Raising())
    with pytest.raises(TimeoutError, match="7"):
        part.force_flush(7)
    with pytest.raises(ValueError, match=r"^$"):
        part.shutdown()
    assert told(caplog) == []


def test_a_part_that_nobody_holds_is_let_go_with_its_threads() -> None:
    before = set(threading.enumerate())
    part = bounded(Part())
    part.shutdown()
    ours = set(threading.enumerate()) - before
    gone = ref(part)
    del part
    gc.collect()
    assert gone() is None
    for each in ours:
        each.join(SLACK)
    assert not any(each.is_alive() for each in ours)


def test_what_is_taken_back_leaves_no_thread() -> None:
    part, instrumentor = Part(), RealtimeInstrumentor()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(part)
    before = set(threading.enumerate())
    for _ in range(3):
        instrumentor.instrument(tracer_provider=provider, export_timeout=SLACK)
        instrumentor.uninstrument()
    for each in set(threading.enumerate()) - before:
        each.join(SLACK)
    assert set(threading.enumerate()) <= before
    part.go_on.set()
    assert provider.force_flush() is True  # by its own


def test_who_holds_on_to_a_bounded_shutdown_still_shuts_the_part_down() -> None:
    part = Part()
    take_back = bounding.bind([part], SLACK)
    held = part.shutdown  # as atexit may
    take_back()
    held()
    assert part.is_over.is_set()


@pytest.mark.parametrize("timeout", [1e10, float("inf")])
def test_a_timeout_longer_than_a_thread_can_wait_is_the_longest(timeout) -> None:
    part = bounded(Part(), timeout=timeout)
    part.go_on.set()
    assert part.force_flush() is True
    assert part.force_flush(10**13) is True
    part.shutdown()
    assert part.is_over.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_it_works_in_a_process_that_was_forked() -> None:
    part = bounded(Part(), timeout=SLACK)
    child = os.fork()
    if child == 0:
        part.shutdown()
        os._exit(0 if part.is_over.is_set() else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("what", [object(), None, OtlpSink])
def test_what_cannot_be_bounded_is_refused(what) -> None:
    with pytest.raises(TypeError, match=r"^bounded takes a span processor, a log record processor"):
        bounded(what)


def test_what_a_provider_has_beside_that_is_left() -> None:
    class Duck:
        def on_start(self, span, parent_context=None) -> None: ...
        def _on_ending(self, span) -> None: ...
        def on_end(self, span) -> None: ...
        def shutdown(self) -> None: ...

    duck, batch = Duck(), BatchSpanProcessor(InMemorySpanExporter())
    provider = TracerProvider(shutdown_on_exit=False)
    for each in (duck, batch):
        provider.add_span_processor(each)
    bounded(provider, timeout=TIMEOUT)
    assert "shutdown" in vars(batch)
    assert vars(duck) == {}
    provider.shutdown()


@pytest.mark.parametrize("timeout", [-1, float("nan")])
def test_a_timeout_that_is_none_is_refused(timeout) -> None:
    with pytest.raises(ValueError, match=r"^timeout takes seconds; it cannot be"):
        bounded(Part(), timeout=timeout)
    with pytest.raises(SettingError, match=r"^export_timeout takes seconds"):
        RealtimeInstrumentor().instrument(export_timeout=timeout)


def test_a_provider_that_exports_nothing_yet_is_told_of(caplog) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    assert bounded(provider) is provider
    bounded(NoOpTracerProvider())
    said = [each.partition(" is not bounded")[0] for each in told(caplog)]
    assert said == ["The export of TracerProvider", "The export of NoOpTracerProvider"]


def test_the_instrumentor_bounds_below_a_dialect_and_puts_all_back() -> None:
    part, instrumentor = Part(), RealtimeInstrumentor()
    part.span_exporter = InMemorySpanExporter()  # without one no dialect is put around it
    own = set(vars(part))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(part)
    others = {
        "logger_provider": LoggerProvider(shutdown_on_exit=False),
        "meter_provider": MeterProvider(shutdown_on_exit=False),
    }
    instrumentor.instrument(
        tracer_provider=provider, dialect="openinference", export_timeout=0.01, **others
    )
    try:
        (outer,) = provider._active_span_processor._span_processors  # noqa: SLF001 - no public way
        assert isinstance(outer, DialectSpanProcessor)
        assert outer.wrapped is part
        assert provider.force_flush() is False
    finally:
        instrumentor.uninstrument()
    assert set(vars(part)) == own
    part.go_on.set()
    assert provider.force_flush() is True
