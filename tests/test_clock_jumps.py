"""A clock that is put back in mid-call: no span and no measure is negative, and that is counted."""

from dataclasses import replace

import pytest
from conversation.call import MS, Call

from otel_realtime import events, semconv
from otel_realtime.scenario import EPOCH, Recorder
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.telemetry.outlets import Telemetry


def put_back(from_ms: int, back_ms: int):
    """What is told of a turn, a tool, a follow-up and a barge-in by a clock that is put back."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 500, after="item_1", calls=("call_1",))
    call.add(2000, events.ToolStarted, "call_1", "look_up")
    call.add(2300, events.ToolEnded, "call_1")
    call.answer("resp_2", "item_3", 2400, 2700, 3000, after="item_2")
    call.say("item_4", 3500, 4200, after="item_3")
    recorder = Recorder()
    now = [EPOCH]
    session = SessionTelemetry(
        Telemetry.of(**recorder.providers), Settings.read({}, environ={}), clock=lambda: now[0]
    )
    for event in sorted(call.events, key=lambda event: event.at):
        back = back_ms if event.at >= from_ms * MS else 0
        now[0] = EPOCH + event.at - back * MS
        session.feed(replace(event, at=now[0]))
    now[0] = EPOCH + (6000 - back_ms) * MS
    session.end("closed")
    return recorder.traced()


@pytest.mark.parametrize("back_ms", [1, 50, 300, 900, 2500])
def test_nothing_is_negative(back_ms) -> None:
    for from_ms in range(500, 5000, 50):
        traced = put_back(from_ms, back_ms)
        assert all(span.start <= span.end for span in traced.spans)
        figures = [point.value if point.sum is None else point.sum for point in traced.metrics]
        assert min(figures) >= 0


@pytest.mark.parametrize(
    ("from_ms", "metric", "count"),
    [
        (1750, semconv.METRIC_OPERATION_DURATION, 1),  # of the first response, 1300 to 950
        (2300, semconv.METRIC_TOOL_DURATION, 0),  # 2000 to 1500
    ],
)
def test_a_span_that_would_end_before_it_begins_has_no_duration(from_ms, metric, count) -> None:
    whole, traced = put_back(9000, 800), put_back(from_ms, 800)
    assert counts(whole, metric) == count + 1
    assert counts(traced, metric) == count
    assert (left_out(whole), left_out(traced)) == (0, 1)


def counts(traced, metric: str) -> int:
    return sum(point.count for point in traced.metrics if point.name == metric)


def left_out(traced) -> int:
    found = [
        point.value
        for point in traced.metrics
        if point.attributes.get(semconv.PROBLEM) == "left_out"
    ]
    return sum(found)
