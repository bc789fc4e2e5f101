"""The telemetry context: anchor spans by key, and nothing ever left attached."""

import pytest
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from otel_realtime.telemetry.context import TelemetryContext


class Traced:
    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("test")

    @property
    def spans(self) -> dict[str, object]:
        return {span.name: span for span in self.exporter.get_finished_spans()}


@pytest.fixture
def traced():
    made = Traced()
    yield made
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_a_span_is_opened_noted_and_closed_by_its_key(traced) -> None:
    context = TelemetryContext(traced.tracer)
    context.open("a", "alpha", start=10, kind=SpanKind.CLIENT, attributes={"one": 1})
    assert "a" in context
    context.note("a", {"two": 2})
    context.event("a", "happened", {"why": "because"}, 15)
    context.close("a", end=20, attributes={"three": 3}, error="Broken")
    span = traced.spans["alpha"]
    assert (span.start_time, span.end_time, span.kind) == (10, 20, SpanKind.CLIENT)
    assert dict(span.attributes) == {"one": 1, "two": 2, "three": 3}
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "Broken")
    assert [(each.name, each.timestamp) for each in span.events] == [("happened", 15)]
    assert span.parent is None


def test_a_span_does_not_end_before_it_began(traced) -> None:
    context = TelemetryContext(traced.tracer)
    for key in ("a", "b"):
        context.open(key, key, start=10)
    context.close("a", end=5)
    context.cleanup(end=5)
    assert [(span.start_time, span.end_time) for span in traced.spans.values()] == [(10, 10)] * 2


def test_keys_that_are_not_open_are_left_alone(traced) -> None:
    context = TelemetryContext(traced.tracer)
    context.note("a", {"one": 1})
    context.event("a", "happened", {}, 1)
    context.close("a")
    assert "a" not in context
    context.open("a", "alpha", start=1)
    context.open("a", "again", start=2)
    context.close("a", end=3)
    context.close("a", end=4)
    context.note("a", {"late": True})
    assert list(traced.spans) == ["alpha"]
    assert traced.spans["alpha"].end_time == 3
    assert not traced.spans["alpha"].attributes


def test_parents_are_found_by_key_also_when_they_are_closed(traced) -> None:
    context = TelemetryContext(traced.tracer)
    context.open("a", "alpha", start=1)
    context.open("b", "beta", start=2, parent="a")
    context.close("b", end=3)
    context.open("c", "gamma", start=4, parent="b")
    context.close("c", end=5)
    context.close("a", end=6)
    spans = traced.spans
    assert spans["beta"].parent.span_id == spans["alpha"].context.span_id
    assert spans["gamma"].parent.span_id == spans["beta"].context.span_id
    assert len({span.context.trace_id for span in spans.values()}) == 1


def test_the_callers_current_span_is_the_parent_of_all_without_one(traced) -> None:
    context = TelemetryContext(traced.tracer)
    with traced.tracer.start_as_current_span("caller") as caller:
        context.open("a", "alpha")
    context.open("b", "beta", parent="unknown")
    context.close("a")
    context.close("b")
    for name in ("alpha", "beta"):
        assert traced.spans[name].parent.span_id == caller.get_span_context().span_id


def test_a_parent_context_that_was_given_wins_over_the_current_one(traced) -> None:
    outer = traced.tracer.start_span("outer")
    context = TelemetryContext(traced.tracer, trace.set_span_in_context(outer))
    with traced.tracer.start_as_current_span("caller"):
        context.open("a", "alpha")
    context.close("a")
    outer.end()
    assert traced.spans["alpha"].parent.span_id == outer.get_span_context().span_id


def test_the_context_of_a_key_makes_its_span_current_where_it_is_attached(traced) -> None:
    context = TelemetryContext(traced.tracer)
    assert context.context("a") == otel_context.get_current()
    context.open("a", "alpha")
    assert trace.get_current_span() is trace.INVALID_SPAN
    inside = trace.get_current_span(context.context("a")).get_span_context()
    context.close("a")
    assert traced.spans["alpha"].context.span_id == inside.span_id
    after = trace.get_current_span(context.context("a"))
    assert after.get_span_context() == inside
    assert not after.is_recording()


def test_cleanup_ends_what_is_open_the_last_opened_first(traced) -> None:
    context = TelemetryContext(traced.tracer)
    for name in ("alpha", "beta", "gamma"):
        context.open(name, name, start=1)
    context.close("beta", end=2)
    context.cleanup(9)
    context.cleanup(10)
    ended = traced.exporter.get_finished_spans()
    assert [(span.name, span.end_time) for span in ended] == [
        ("beta", 2),
        ("gamma", 9),
        ("alpha", 9),
    ]


def test_what_is_remembered_of_closed_spans_is_bounded(traced) -> None:
    context = TelemetryContext(traced.tracer)
    for number in range(1000):
        context.open(number, "each", start=1)
        context.close(number, end=2)
    assert [number in context for number in (0, 871, 872, 999)] == [False, False, True, True]
