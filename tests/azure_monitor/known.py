"""What is known of the calls of captured.CALLS, and so what every query has to give of them.

What happened in them, and when, stands in the files of these scenarios.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from azure_monitor.azure_queries import QUERIES
from azure_monitor.captured import CALLS
from azure_monitor.tables import Tables
from conftest import REPO

from otel_realtime import semconv
from otel_realtime.scenario import Scenario

BEGINNING = datetime(2023, 11, 14, 22, 13, 20)  # noqa: DTZ001 - UTC, as DuckDB gives it
TOLD = "endpointing 250 ms, queue {queue} ms, model {model} ms"


def at(call: str, milliseconds: float = 0) -> datetime:
    """A time within a call: they begin four minutes apart."""
    return BEGINNING + timedelta(minutes=4 * CALLS.index(call), milliseconds=milliseconds)


def bin_at(hour: int, minute: int = 0) -> datetime:
    return BEGINNING.replace(hour=hour, minute=minute, second=0)


KNOWN = {
    "alert_cost": [(0.0033556,)],
    "alert_dead_air": [(5,)],
    "alert_failed_sessions": [(100 * 2 / 16,)],  # disconnect and connect_failed
    "alert_interruptions": [(100 * 4 / 16,)],  # and that of cost_on was not cut by the user
    "alert_slow_answers": [(1.1,)],
    "alert_tool_failures": [
        ("fetch", 0),
        ("get_menu", 0),
        ("get_weather", 100),
        ("look_up", 0),
        ("refund", 0),
        ("transfer_to_concierge", 0),
    ],
    "cost_over_time": [(bin_at(22), 0.0033556, 0.0067112)],  # of half a minute
    "dead_air": [("agent", 5, 28.1), ("user", 1, 3.5)],
    "error_events": [
        (
            *("otel_realtime.error", "response_cancel_not_active", "", 1, 1),
            at("benign_error", 1310),
        ),
        ("otel_realtime.guardrail", "", "no_fetching", 1, 1, at("guardrail_tool", 470)),
        ("otel_realtime.guardrail", "", "no_large_sums", 1, 1, at("guardrail_tool", 230)),
        ("otel_realtime.guardrail", "", "no_secrets", 1, 1, at("guardrail_tool", 450)),
        (
            *("otel_realtime.transcription.failed", "audio_unintelligible", "", 1, 1),
            at("false_barge_in_failed_transcript", 3360),
        ),
    ],
    "errors": [
        ("chat", "ConnectionClosedError", 1, 1, at("disconnect", 1070)),
        ("chat", "rate_limit_exceeded", 1, 1, at("failed_response", 1210)),
        ("execute_tool", "RuntimeError", 1, 1, at("tool_raises", 1300)),
        ("invoke_agent", "ConnectionClosedError", 1, 1, at("disconnect")),
        ("invoke_agent", "RuntimeError", 1, 1, at("connect_failed")),
    ],
    "interrupted_answers": [("truncated", 1, 0.8, 0.2), ("turn_detected", 4, 3.75, 0.81)],
    "interruptions": [
        (bin_at(22, 15), "otel_realtime.interrupted", 2),
        (bin_at(22, 30), "otel_realtime.agent_interruption", 1),
        (bin_at(22, 45), "otel_realtime.barge_in.false", 1),
        (bin_at(22, 45), "otel_realtime.barge_in.missed", 1),
        (bin_at(22, 45), "otel_realtime.interrupted", 1),
        (bin_at(23), "otel_realtime.barge_in.false", 1),
        (bin_at(23), "otel_realtime.interrupted", 2),
    ],
    "latency_percentiles": [
        (bin_at(22), *[0.5] * 4),
        (bin_at(22, 15), 0.49, *[0.87] * 3),
        (bin_at(22, 30), 0.6, *[0.7] * 3),
        (bin_at(22, 45), *[0.77] * 4),
        (bin_at(23), 0.49, *[1.1] * 3),
    ],
    "latency_waterfall": [
        # 0.2725, which is rounded either way: a mean depends on the order of what it is of.
        ("False", 0.25, 0.035, pytest.approx(0.2725, abs=6e-4), None, 0.4),
        ("True", 0.25, 0.143, 0.37, 0.058, None),
    ],
    "slowest_turns": [
        (*row[:4], steps, row[4])
        for row, steps in [
            (
                (at("tracker_late_start", 1300), "tracker_late_start", 1, 1.1, "gpt-realtime"),
                TOLD.format(queue=50, model=400) + ", playback 400 ms",
            ),
            (
                (at("tool_raises", 1450), "tool_raises", 1, 0.87, "gpt-realtime"),
                TOLD.format(queue=20, model=150)
                + ", queue 80 ms, tool 100 ms, queue 50 ms, model 220 ms",
            ),
            (
                (at("handoff", 1350), "handoff", 1, 0.77, "gpt-realtime"),
                TOLD.format(queue=20, model=150)
                + ", queue 40 ms, tool 15 ms, queue 75 ms, model 220 ms",
            ),
        ]
    ],
    "tokens_and_cost": [
        ("gpt-realtime", 20, 960, 640, 112, 600, 420, 0, None, None),
        ("gpt-realtime-2025-08-28", 2, 70, 40, 24, 40, 30, 1, 0.0029056, 0.00144),
    ],
    "tools": [
        ("fetch", "function", 1, 0, 1, 275, 275, "[]"),
        ("get_menu", "function", 2, 0, 1, 480, 700, "[]"),
        ("get_weather", "function", 1, 1, 0, 100, 100, '["RuntimeError"]'),
        ("look_up", "function", 1, 0, 1, 160, 160, "[]"),
        ("refund", "function", 1, 0, 1, 35, 35, "[]"),
        ("transfer_to_concierge", "handoff", 1, 0, 0, 15, 15, "[]"),
    ],
}
"""What a query gives, sorted; of the slowest turns the first three, without their operations."""


def given(tables: Tables, name: str) -> list[tuple[Any, ...]]:
    """What a query gives, as it stands in `KNOWN`."""
    told = tables.ask(QUERIES[name]).rows
    if name == "slowest_turns":
        assert [row[3] for row in told] == sorted((row[3] for row in told), reverse=True)
        return [row[:-1] for row in told[:3]]
    return sorted(told, key=lambda row: [str(value) for value in row])


def expected(name: str) -> list[tuple[Any, ...]]:
    return [tuple(map(near, row)) for row in KNOWN[name]]


def near(value: Any) -> Any:
    """Numbers nearly equal, everything else as it is."""
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) else value


NUMBERS = {
    "turns": semconv.SESSION_TURNS,
    "median_wait": semconv.SESSION_LATENCY_MEDIAN,
    "p95_wait": semconv.SESSION_LATENCY_P95,
    "interruptions": semconv.SESSION_INTERRUPTIONS,
    "dead_airs": semconv.SESSION_DEAD_AIR_COUNT,
    "tool_errors": semconv.SESSION_TOOL_ERRORS,
    "errors": semconv.SESSION_ERRORS,
    "talk_ratio": semconv.SESSION_TALK_RATIO,
    "cost": semconv.SESSION_COST,
}
"""The columns of a session that are attributes of its span."""


def known_sessions() -> list[dict[str, Any]]:
    """The sessions, the newest first, as their spans tell them."""
    return [_session(name) for name in reversed(CALLS)]


def _session(name: str) -> dict[str, Any]:
    traced = Scenario.load(REPO / "tests" / "scenarios" / f"{name}.yaml").run()
    (root,) = (each for each in traced.spans if each.name.startswith("invoke_agent"))
    said = root.attributes
    return {
        "timestamp": at(name),
        "session": name,
        "agent": said["gen_ai.agent.name"],
        "model": said["gen_ai.request.model"],
        "seconds": near((root.end - root.start) / 1e9),
        "ended": said[semconv.END_REASON],
        **{column: said.get(key) for column, key in NUMBERS.items()},
        "success": str(name not in {"disconnect", "connect_failed"}),
    }
