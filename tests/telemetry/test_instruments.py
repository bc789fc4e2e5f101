"""What is measured is in the next collection, whoever collects, and harms nobody."""

import logging
import math
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.metrics import Histogram, NoOpMeterProvider
from opentelemetry.sdk.metrics import Counter as SdkCounter
from opentelemetry.sdk.metrics import Histogram as SdkHistogram
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import TracerProvider

from otel_realtime import semconv
from otel_realtime.otlp_json import MetricPoint, from_metrics_data
from otel_realtime.telemetry.instruments import Instruments

WAITED = semconv.METRIC_VOICE_TO_VOICE
COUNTED = semconv.METRIC_INTERRUPTIONS
ONE_OF_EACH = ((WAITED, 0.5, ()), (COUNTED, 1, ()))


def points(reader: InMemoryMetricReader) -> dict[str, MetricPoint]:
    return {point.name: point for point in from_metrics_data(reader.get_metrics_data())}


def counts(reader: InMemoryMetricReader) -> tuple[int, float | None]:
    found = points(reader)
    waited, counted = found.get(WAITED), found.get(COUNTED)
    return (waited.count if waited else 0, counted.value if counted else None)


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def instruments(reader) -> Iterator[Instruments]:
    provider = MeterProvider([reader], shutdown_on_exit=False)
    yield Instruments.of(provider)
    provider.shutdown()


def test_what_is_measured_just_before_a_collection_is_in_it(instruments, reader) -> None:
    assert counts(reader) == (0, None)
    for expected in (1, 2, 3):
        instruments.measure({}, ONE_OF_EACH)
        assert counts(reader) == (expected, expected)


def test_two_readers_each_get_all_of_it_by_their_own_temporality(reader) -> None:
    delta = dict.fromkeys((SdkCounter, SdkHistogram), AggregationTemporality.DELTA)
    by_delta = InMemoryMetricReader(preferred_temporality=delta)
    provider = MeterProvider([reader, by_delta], shutdown_on_exit=False)
    instruments = Instruments.of(provider)
    instruments.measure({}, ONE_OF_EACH)
    assert counts(by_delta) == (1, 1)
    assert counts(reader) == (1, 1)
    instruments.measure({}, ONE_OF_EACH)
    instruments.measure({}, ONE_OF_EACH)
    assert counts(reader) == (3, 3)
    assert counts(by_delta) == (2, 2)
    assert counts(by_delta) == (0, None)
    provider.shutdown()


class Exporter(MetricExporter):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.exported: list[MetricPoint] = []

    def export(self, metrics_data, *_, **__) -> MetricExportResult:
        self.exported += from_metrics_data(metrics_data)
        return MetricExportResult.SUCCESS

    def force_flush(self, *_, **__) -> bool:
        return True

    def shutdown(self, *_, **__) -> None:
        pass


@pytest.mark.parametrize("how", ["force_flush", "shutdown"])
def test_a_flush_and_a_shutdown_export_what_waits(how) -> None:
    exporter = Exporter()
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=1e9)
    provider = MeterProvider([reader], shutdown_on_exit=False)
    Instruments.of(provider).measure({}, ONE_OF_EACH)
    getattr(provider, how)()
    assert {point.name for point in exporter.exported} == {WAITED, COUNTED}
    provider.shutdown()


def test_the_exit_of_the_interpreter_exports_what_waits() -> None:
    program = f"""
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from otel_realtime.telemetry.instruments import Instruments

early = Instruments.of(metrics.get_meter_provider())  # as an application may that sets it later
early.measure({{}}, (({COUNTED!r}, 1, ()),))
reader = PeriodicExportingMetricReader(ConsoleMetricExporter(), export_interval_millis=1e9)
metrics.set_meter_provider(MeterProvider([reader]))
late = Instruments.of(metrics.get_meter_provider())
assert late is not early
late.measure({{}}, (({COUNTED!r}, 41, ()),))
late.handled(0.25)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # noqa: PLW1510 - its code is shown with its output
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f'"name": "{COUNTED}"' in ended.stdout
    assert '"value": 42' in ended.stdout
    assert '"value": 0.25' in ended.stdout


@pytest.mark.parametrize(
    ("provider", "waiting"),
    [(NoOpMeterProvider(), 0), (MeterProvider(shutdown_on_exit=False), 2048)],
    ids=["none", "unread"],
)
def test_where_nobody_collects_nothing_grows_without_end(provider, waiting) -> None:
    instruments = Instruments.of(provider)
    for _ in range(3000):
        instruments.measure({}, ONE_OF_EACH)
    assert len(instruments._pending) == waiting  # noqa: SLF001 - memory is not seen from outside


def test_instruments_are_made_once_for_each_provider(instruments) -> None:
    provider = MeterProvider(shutdown_on_exit=False)
    assert Instruments.of(provider) is Instruments.of(provider) is not instruments


def test_labels_are_those_of_the_record_and_of_the_measure_that_are_known(
    instruments, reader
) -> None:
    instruments.measure({"a": 1}, ((WAITED, 0.5, (("b", True), ("c", None))),))
    assert points(reader)[WAITED].attributes == {"a": 1, "b": True}


def test_a_measure_without_a_value_is_none(instruments, reader) -> None:
    instruments.measure({}, ((WAITED, None, ()), (COUNTED, None, ())))
    assert points(reader) == {}


@pytest.mark.parametrize("value", [-0.001, math.nan, math.inf, -math.inf])
def test_a_value_that_no_measure_has_is_left_out_and_counted(
    instruments, reader, value, caplog
) -> None:
    instruments.measure({}, ((WAITED, value, ()), (COUNTED, value, ()), (COUNTED, 1, ())))
    found = points(reader)
    assert set(found) == {COUNTED, semconv.METRIC_PROBLEMS}
    assert found[semconv.METRIC_PROBLEMS].attributes == {semconv.PROBLEM: "left_out"}
    assert (found[semconv.METRIC_PROBLEMS].value, found[COUNTED].value) == (2, 1)
    assert caplog.messages == []


def test_an_up_down_counter_goes_down_and_a_gauge_has_the_last_value(instruments, reader) -> None:
    active, remaining = semconv.METRIC_SESSIONS_ACTIVE, semconv.METRIC_RATE_LIMIT_REMAINING
    instruments.measure({}, ((active, 1, ()), (active, 1, ()), (remaining, 7, ())))
    instruments.measure({}, ((active, -1, ()), (remaining, 5, ())))
    found = points(reader)
    assert (found[active].value, found[remaining].value) == (1, 5)


def test_what_is_made_of_a_value_is_made_as_it_is_recorded(instruments, reader) -> None:
    asked = []

    def halves(value: float):
        asked.append(value)
        yield WAITED, value / 2, (("half", 1),)
        yield WAITED, value / 2, (("half", 2),)

    instruments.measure({"a": 1}, ((halves, 1.0, (("b", 2),)), (halves, None, ())))
    assert asked == []
    data = from_metrics_data(reader.get_metrics_data())
    assert [point.attributes for point in data] == [
        {"a": 1, "b": 2, "half": 1},
        {"a": 1, "b": 2, "half": 2},
    ]
    assert asked == [1.0]


def test_the_time_of_handlers_adds_up(instruments, reader) -> None:
    name = semconv.METRIC_HANDLER_TIME
    assert name not in points(reader)
    instruments.handled(0.25)
    instruments.handled(0.5)
    assert points(reader)[name].value == 0.75
    instruments.handled(0.25)
    assert points(reader)[name].value == 1.0
    assert points(reader)[name].value == 1.0


class BrokenHistogram(Histogram):
    """An instrument of some other SDK that raises."""

    def __init__(self, *_, **__) -> None:
        pass

    def record(self, *_, **__) -> None:
        raise RuntimeError("SECRET")


class BrokenProvider(MeterProvider):
    """Makes those."""

    def get_meter(self, *given, **told):
        meter = super().get_meter(*given, **told)
        meter.create_histogram = BrokenHistogram
        return meter


def test_an_instrument_that_raises_harms_nobody_and_is_told_of_once(caplog) -> None:
    recorded = []
    instruments = Instruments.of(BrokenProvider(shutdown_on_exit=False))

    def expand(value: int):
        recorded.append(value)
        return ()

    with caplog.at_level(logging.WARNING, logger="otel_realtime"):
        for number in range(2100):
            instruments.measure({}, ((WAITED, 1.0, ()), (expand, number, ())))
    assert recorded == list(range(2100 - 2048))
    (message,) = caplog.messages
    assert "RuntimeError" in message
    assert "SECRET" not in message


def test_a_measurement_belongs_to_its_own_span_and_to_no_other(instruments, reader) -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
    ours, theirs = tracer.start_span("ours"), tracer.start_span("theirs")
    instruments.measure({}, ((WAITED, 0.5, ()),), trace.set_span_in_context(ours))
    instruments.measure({}, ((WAITED, 5.0, ()),))
    with trace.use_span(theirs):
        data = reader.get_metrics_data()
    (point,) = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    (exemplar,) = point.exemplars
    assert (exemplar.value, exemplar.span_id) == (0.5, ours.get_span_context().span_id)
