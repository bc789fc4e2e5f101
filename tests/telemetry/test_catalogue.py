"""The catalogue, the instruments, the names and the docs agree."""

from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_realtime import semconv
from otel_realtime.audio_instruments import AUDIO_METRICS
from otel_realtime.metric import Instrument
from otel_realtime.otlp_json import from_metrics_data
from otel_realtime.telemetry.catalogue import CATALOGUE, LATEST
from otel_realtime.telemetry.instruments import Instruments

EVERY = (*CATALOGUE, *LATEST)
DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
KINDS = {
    Instrument.COUNTER: "sum",
    Instrument.UP_DOWN_COUNTER: "sum",
    Instrument.HISTOGRAM: "histogram",
    Instrument.GAUGE: "gauge",
}


def test_each_name_of_a_metric_is_in_the_catalogue_once() -> None:
    names = {value for name, value in vars(semconv).items() if name.startswith("METRIC_")}
    assert sorted(each.name for each in EVERY) == sorted(names)


def test_what_is_renamed_stands_apart_from_what_is_released() -> None:
    released, latest = ({each.name for each in table} for table in (CATALOGUE, LATEST))
    assert set(semconv.RENAMED) <= released
    assert {name for names in semconv.RENAMED.values() for name in names} == latest


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.name)
def test_a_row_is_whole(metric) -> None:
    assert metric.formula
    assert metric.text.endswith(".")
    assert bool(metric.buckets) == (metric.kind is Instrument.HISTOGRAM)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert len(metric.labels) == len(set(metric.labels))


def test_instruments_are_what_the_catalogue_says() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    instruments = Instruments.of(provider)
    assert set(instruments.made) == {each.name for each in EVERY if each not in AUDIO_METRICS}
    instruments.measure({}, [(name, 1, ()) for name in instruments.made])
    instruments.audio_upload_duration.record(1)
    for counter in ("audio_uploaded", "audio_dropped", "problems"):
        getattr(instruments, counter).add(1)
    points = {point.name: point for point in from_metrics_data(reader.get_metrics_data())}
    assert set(points) == {each.name for each in EVERY}
    for each in EVERY:
        point = points[each.name]
        assert (point.kind, point.unit) == (KINDS[each.kind], each.unit)
        assert point.bounds == each.buckets
    provider.shutdown()


def test_the_docs_have_a_section_for_each_metric() -> None:
    told = DOCS.read_text(encoding="utf-8").split("\n### ")[1:]
    sections = {section.split("`")[1]: section for section in told}
    assert list(sections) == [each.name for each in EVERY]
    for each in EVERY:
        for part in (each.text, each.formula, each.unit, each.caveat, *each.labels):
            assert part in sections[each.name]
