"""The tree tells the summary of a call, and what its log events are about."""

import pytest
from tree_spans import BEGIN, MS, a_span, drawn

from otel_realtime import semconv
from otel_realtime.otlp_json import TraceLog
from otel_realtime.tree import render


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({}, ""),
        # What did not happen is not told.
        ({"SESSION_TURNS": 0, "SESSION_INTERRUPTIONS": 0, "SESSION_DEAD_AIR_AGENT": 0.0}, ""),
        ({"SESSION_TURNS": 1}, ""),
        ({"SESSION_TURNS": 2}, "2 turns"),
        ({"SESSION_TURNS": 1, "SESSION_ERRORS": 1}, "1 turn, 1 error"),
        (
            {"SESSION_LATENCY_COUNT": 1, "SESSION_LATENCY_MEDIAN": 0.5, "SESSION_LATENCY_MAX": 0.5},
            "waited 500 ms",
        ),
        (
            {"SESSION_LATENCY_COUNT": 3, "SESSION_LATENCY_MEDIAN": 0.5, "SESSION_LATENCY_MAX": 0.7},
            "median wait 500 ms, longest 700 ms",
        ),
        ({"SESSION_LATENCY_COUNT": 0}, ""),
        (
            {"SESSION_INTERRUPTIONS": 3, "SESSION_FALSE_BARGE_INS": 1},
            "3 interruptions (1 false)",
        ),
        (
            {"SESSION_MISSED_BARGE_INS": 2, "SESSION_AGENT_INTERRUPTIONS": 1},
            "2 missed barge-ins, 1 interruption by the agent",
        ),
        ({"SESSION_TOOL_ERRORS": 1, "SESSION_ERRORS": 2}, "1 tool error, 2 errors"),
        (
            {"SESSION_DEAD_AIR_AGENT": 2.5, "SESSION_DEAD_AIR_USER": 4.0},
            "dead air 2500 ms awaiting the agent, dead air 4000 ms awaiting the user",
        ),
        ({"SESSION_TALK_RATIO": 1.0, "SESSION_TALK_USER": 0.0}, ""),
        ({"SESSION_COST": 0.5, "SESSION_COST_UNPRICED": 2}, "cost $0.5000, 2 without a price"),
    ],
)
def test_what_a_summary_tells(attributes, told) -> None:
    expected = f"summary  {told}" if told else ""
    assert drawn(a_span("invoke_agent A", 0, 5, **attributes)) == expected


@pytest.mark.parametrize(
    ("event", "attributes", "told"),
    [
        (
            semconv.LOG_DEAD_AIR,
            {semconv.DEAD_AIR_AWAITED: "agent", semconv.DEAD_AIR_DURATION: 2.5},
            "  2500 ms awaiting the agent",
        ),
        (semconv.LOG_DEAD_AIR, {semconv.DEAD_AIR_DURATION: "long"}, ""),
        (
            semconv.LOG_MISSED_BARGE_IN,
            {semconv.TURN_INDEX: 3, semconv.OVERLAP_DURATION: 1.4},
            "  turn 3, overlap 1400 ms",
        ),
        (
            semconv.LOG_FALSE_BARGE_IN,
            {semconv.TURN_INDEX: 3, semconv.STOP_TIME: 0.08},
            "  turn 3, stopped after 80 ms",
        ),
        (semconv.LOG_FALSE_BARGE_IN, {}, ""),
        (semconv.LOG_AGENT_INTERRUPTION, {semconv.TURN_INDEX: 2}, "  turn 2"),
        (semconv.LOG_SUMMARY, {semconv.SESSION_TURNS: 2}, ""),
    ],
)
def test_what_an_event_tells(event, attributes, told) -> None:
    log = TraceLog(
        "a" * 32,
        "s",
        BEGIN + 2 * MS,
        severity="INFO",
        body=None,
        scope=semconv.SCOPE_NAME,
        event_name=event,
        attributes=attributes,
    )
    lines = render([a_span("f", 0, 5, "s")], [log], events=True).splitlines()
    assert lines == ["f  0–5 ms", f"  event {event}  2 ms{told}"]
    timeless = render([a_span("f", 0, 5, "s")], [log], events=True, times=False)
    assert " ms" not in timeless
