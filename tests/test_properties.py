"""Whatever arrives, in whatever order: nothing raises, and the telemetry is sound."""

import logging
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace

import pytest
from fed import Fed
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import SpanProcessor
from streams import CONVERSATIONS, SECRET, Stream, ids_of, streams

from otel_realtime.events import SessionEnded
from otel_realtime.facts import Facts
from otel_realtime.guard import Guard
from otel_realtime.records import SESSION, Closed, Key, Kind, Noted, Opened
from otel_realtime.scenario import EPOCH, Recorder, Traced
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.sources.recording import NS_PER_MS, WireEvent, feed_wire_event
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.testing import FakeClock


class Started(SpanProcessor):
    """Counts how often each span is started and ended."""

    def __init__(self) -> None:
        self.started: Counter[int] = Counter()
        self.ended: Counter[int] = Counter()

    def on_start(self, span, parent_context=None) -> None:  # noqa: ARG002
        self.started[span.context.span_id] += 1

    def on_end(self, span) -> None:
        self.ended[span.context.span_id] += 1


def run(stream: Stream, **settings: object) -> tuple[Traced, Started]:
    """Feed a session with a stream, as a source does, and end it."""
    recorder, counter = Recorder(), Started()
    recorder.tracer_provider.add_span_processor(counter)
    feed(recorder, stream, **settings)
    return recorder.traced(), counter


def feed(recorder: Recorder, stream: Stream, **settings: object) -> None:
    """The same, with what is recorded by a recorder."""
    clock = FakeClock(EPOCH)
    session = SessionTelemetry(
        Telemetry.of(**recorder.providers),
        Settings.read(settings, environ={}),
        session_id="session-under-test",
        clock=clock,
    )
    for gap_ms, entry in stream:
        clock.advance(ms=gap_ms)
        if isinstance(entry, WireEvent):
            feed_wire_event(session, entry)
        else:
            session.feed(replace(entry, at=clock()))
    session.end("closed")


@contextmanager
def logged() -> Iterator[list[str]]:
    """What is logged meanwhile, by us and by OpenTelemetry."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(f"{record.name} {record.getMessage()}")
    logging.getLogger().addHandler(handler)
    Guard._told.clear()  # noqa: SLF001 - each example is to be told of its problems
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)


@given(streams())
def test_the_spans_are_sound(stream) -> None:
    with logged() as lines:
        traced, counter = run(stream, capture_content=True)
    assert [line for line in lines if line.startswith("opentelemetry")] == []
    assert counter.started == counter.ended
    assert set(counter.started.values()) <= {1}
    by_id = {span.span_id: span for span in traced.spans}
    assert len({span.trace_id for span in traced.spans}) <= 1
    assert sum(span.parent_span_id is None for span in traced.spans) <= 1
    for span in traced.spans:
        assert span.end >= span.start
        parent = by_id.get(span.parent_span_id or "")
        assert parent is None or span.start >= parent.start
        _check_values(span.attributes)
    for log in traced.logs:
        assert log.span_id in by_id
        _check_values(log.attributes)


def _check_values(attributes) -> None:
    for name, value in attributes.items():
        assert isinstance(value, str | bool | int | float | tuple), name
        if isinstance(value, int | float):
            assert math.isfinite(value), name
            assert value >= 0, name


@given(streams(), st.sampled_from([False, "EVENT_ONLY"]))
def test_content_that_is_off_is_in_no_signal(stream, capture) -> None:
    with logged() as lines:
        traced, _ = run(stream, capture_content=capture)
    assert SECRET not in repr(traced.spans)
    assert SECRET not in repr(traced.metrics)
    assert SECRET not in repr(lines)
    if capture is False:
        assert SECRET not in repr(traced.logs)


@pytest.mark.parametrize("name", sorted(CONVERSATIONS))
def test_no_id_labels_a_metric(name) -> None:
    entries = CONVERSATIONS[name]
    traced, _ = run(Stream((20, entry) for entry in entries), capture_content=True)
    ids = ids_of(entries) | {"session-under-test"}
    labels = {str(value) for point in traced.metrics for value in point.attributes.values()}
    assert not labels & ids
    assert traced.metrics


@given(streams())
def test_every_record_that_opens_is_closed_once(stream) -> None:
    fed = Fed()
    for gap_ms, entry in stream:
        fed.clock.advance(ms=gap_ms)
        fed.take(entry)
    fed.feed(SessionEnded(fed.clock(), "closed"))
    opened: dict[Key, int] = {}
    closed: dict[Key, int] = {}
    for record in fed.records:
        if isinstance(record, Opened):
            assert record.key not in opened
            assert record.parent is None or record.at >= opened.get(record.parent, record.at)
            opened[record.key] = record.at
        elif isinstance(record, Closed):
            assert record.key not in closed
            assert record.at >= opened[record.key]
            closed[record.key] = record.at
        else:
            assert isinstance(record, Noted)
            assert record.key in opened or record.key.kind is Kind.INPUT
    assert set(opened) == set(closed)
    assert not fed.records or isinstance(fed.records[-1], Closed)
    assert not fed.records or fed.records[-1].key == SESSION
    _check_order_of_marks([record.facts for record in fed.records if isinstance(record, Closed)])


def _check_order_of_marks(facts: list[Facts]) -> None:
    for each in facts:
        for field in fields(each):
            if field.name.endswith("_ms"):
                value = getattr(each, field.name)
                assert value is None or value >= 0, field.name


def test_what_is_kept_of_a_long_call_is_bounded() -> None:
    """Thousands of turns, with tools, interruptions and lost transcripts, leave no trail."""
    names = (
        "tool",
        "barge_in_truncated_after_done",
        "transcript_never",
        "handoff",
        "mcp_completed",
    )
    fed = Fed()
    largest: Counter[str] = Counter()
    for turn in range(1500):
        for entry in CONVERSATIONS[names[turn % len(names)]]:
            if isinstance(entry, WireEvent):
                fed.clock.advance(ms=20)
                fed.take(replace(entry, data=_renamed(entry.data, turn)))
        fed.records.clear()
        state = fed.conversation._state  # noqa: SLF001 - its size is what this is about
        for field in fields(state):
            value = getattr(state, field.name)
            if hasattr(value, "__len__"):
                largest[field.name] = max(largest[field.name], len(value))
        largest["anchors"] = max(largest["anchors"], len(state.clock._moments))  # noqa: SLF001
    tools = largest.pop("tools")  # those that the application never answers stay open
    assert tools <= 1500
    assert largest.pop("anchors") <= 1024
    assert largest == {name: size for name, size in largest.items() if size <= 100}
    assert fed.clock() - EPOCH > 1500 * NS_PER_MS


def _renamed(value: object, turn: int) -> object:
    if isinstance(value, list):
        return [_renamed(each, turn) for each in value]
    if not isinstance(value, dict):
        return value
    names = {"id", "item_id", "previous_item_id", "response_id", "call_id"}
    return {
        name: f"{each}_{turn}" if name in names and each else _renamed(each, turn)
        for name, each in value.items()
    }
