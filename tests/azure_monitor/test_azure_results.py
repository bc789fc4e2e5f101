"""Every query gives the right numbers of calls that are known.

The calls are the scenarios of conftest.CALLS: what happened in them, and when, stands in their
files.
"""

from datetime import datetime, timedelta

import pytest
from azure_monitor.captured import FILLS_SESSION_ID
from azure_monitor.conftest import CALLS
from conftest import REPO

from otel_realtime import semconv
from otel_realtime.scenario import Scenario

pytest.importorskip("duckdb_kql", reason="needs duckdb-kql, which runs Kusto's language")
from azure_monitor.tables import Tables

by_session = pytest.mark.skipif(
    not FILLS_SESSION_ID, reason="this version of Azure's exporter leaves session_Id empty"
)

QUERIES = {path.stem: path.read_text("utf-8") for path in REPO.glob("dashboards/azure/queries/*")}
BEGINNING = datetime(2023, 11, 14, 22, 13, 20)  # noqa: DTZ001 - UTC, as DuckDB gives it
TOLD = "endpointing 250 ms, queue {queue} ms, model {model} ms"


def at(call: str, milliseconds: float = 0) -> datetime:
    """A time within a call: they begin four minutes apart."""
    return BEGINNING + timedelta(minutes=4 * CALLS.index(call), milliseconds=milliseconds)


def bin_at(hour: int, minute: int = 0) -> datetime:
    return BEGINNING.replace(hour=hour, minute=minute, second=0)


@pytest.fixture(scope="module")
def tables(rows_apart) -> Tables:
    return Tables(rows_apart)


@pytest.fixture(scope="module")
def nothing() -> Tables:
    return Tables([])


KNOWN = {
    "alert_cost": [(0.0033956,)],
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
    "cost_over_time": [(bin_at(22), 0.0033956, 0.0067912)],  # of half a minute
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
        ("False", 0.25, 0.035, 0.273, None, 0.4),
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
        ("gpt-realtime-2025-08-28", 2, 70, 40, 24, 40, 30, 2, 0.0029456, 0.00144),
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
ELSEWHERE = {"conversation", "load", "sessions"}


def flat(value):
    """Numbers nearly equal, everything else as it is."""
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) else value


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=by_session if name == "slowest_turns" else ())
        for name in sorted(KNOWN)
    ],
)
def test_a_query_gives_what_is_known_of_the_calls(tables, name) -> None:
    told = tables.ask(QUERIES[name]).rows
    if name == "slowest_turns":
        assert [row[3] for row in told] == sorted((row[3] for row in told), reverse=True)
        told = [row[:-1] for row in told[:3]]
    else:
        told = sorted(told, key=lambda row: [str(value) for value in row])
    assert told == [tuple(map(flat, row)) for row in KNOWN[name]]


def test_no_query_is_left_out() -> None:
    assert {*KNOWN, *ELSEWHERE} == set(QUERIES)


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


@by_session
def test_sessions_are_what_their_spans_say(tables) -> None:
    told = {each["session"]: each for each in tables.ask(QUERIES["sessions"]).told()}
    assert list(told) == list(reversed(CALLS))
    for name, session in told.items():
        traced = Scenario.load(REPO / "tests" / "scenarios" / f"{name}.yaml").run()
        (root,) = (each for each in traced.spans if each.name.startswith("invoke_agent"))
        said = root.attributes
        assert session == {
            "timestamp": at(name),
            "session": name,
            "agent": said["gen_ai.agent.name"],
            "model": said["gen_ai.request.model"],
            "seconds": flat((root.end - root.start) / 1e9),
            "ended": said[semconv.END_REASON],
            **{column: said.get(key) for column, key in NUMBERS.items()},
            "success": str(name not in {"disconnect", "connect_failed"}),
        }


def test_load_is_all_sessions_of_an_agent_and_their_mean_length(tables) -> None:
    (told,) = tables.ask(QUERIES["load"]).told()
    sessions = tables.ask(QUERIES["sessions"]).told()
    assert (told["agent"], told["sessions"], len(sessions)) == ("Assistant", 16, 16)
    assert told["seconds"] == flat(sum(each["seconds"] for each in sessions) / 16)


@by_session
def test_a_conversation_reads_from_its_beginning_to_its_end(tables) -> None:
    told = tables.ask(QUERIES["conversation"], session="tool_turn_with_preamble").told()
    shown = ("what", "given", "said", "result", "seconds", "waited", "heard")
    assert [tuple(each[name] for name in shown) for each in told if each["turn"] is not None] == [
        ("user_input", "When is breakfast?", "", "", 1, None, None),
        ("chat gpt-realtime", "When is breakfast?", "Let me look.", "", 0.4, 0.5, 0.6),
        ("execute_tool get_menu", "", "", "soup", 0.7, None, None),
        ("chat gpt-realtime", "", "There is soup.", "", 0.41, None, 1),
    ]
    assert {each["what"] for each in told if each["turn"] is None} == {
        "invoke_agent Assistant",
        semconv.LOG_SESSION_STARTED,
        semconv.LOG_SESSION_ENDED,
        semconv.LOG_SUMMARY,
    }
    assert len({each["operation_Id"] for each in told}) == 1


@by_session
def test_a_conversation_names_its_errors_and_its_recordings(tables, all_rows) -> None:
    failed = tables.ask(QUERIES["conversation"], session="failed_response").told()
    assert [each["what"] for each in failed if each["error"] == "rate_limit_exceeded"] == [
        "chat gpt-realtime"
    ]
    (recorded,) = {each.session for each in all_rows if "input.audio.url" in each.dimensions}
    told = Tables(all_rows).ask(QUERIES["conversation"], session=recorded).told()
    assert {each["what"].split()[0] for each in told if each["recording"]} >= {"user_input", "chat"}


def test_as_long_as_no_session_is_chosen_nothing_is_shown(tables, rows_apart) -> None:
    assert tables.ask(QUERIES["conversation"]).rows == []
    # What an application sends besides has no session either.
    others = Tables(each._replace(tags={}) for each in rows_apart)
    assert others.ask(QUERIES["conversation"]).rows == []


def test_what_sampling_left_counts_for_what_it_dropped(tables, rows_apart) -> None:
    sampled = Tables(each._replace(item_count=2) for each in rows_apart)
    before, now = (
        {name: each.ask(QUERIES[name]).told() for name in KNOWN} for each in (tables, sampled)
    )
    for name in ("alert_failed_sessions", "alert_interruptions", "alert_slow_answers"):
        assert now[name] == before[name]
    for name, columns in {
        "alert_cost": {"value"},
        "alert_dead_air": {"value"},
        "cost_over_time": {"cost"},
        "dead_air": {"gaps"},
        "errors": {"errors"},
        "interruptions": {"events"},
        "tools": {"calls", "failed"},
        "tokens_and_cost": {"responses", "input", "output_audio", "priced"},
    }.items():
        for column in columns:
            counted = [[each[column] for each in told[name]] for told in (before, now)]
            assert sorted(counted[1]) == sorted(2 * each for each in counted[0]), (name, column)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_of_nothing_nothing_is_told(nothing, name) -> None:
    counts = {"alert_cost": [(0,)], "alert_dead_air": [(0,)]}
    assert nothing.ask(QUERIES[name]).rows == counts.get(name, [])


def test_numbers_that_nobody_told_are_absent(rows_apart) -> None:
    without = [each for each in rows_apart if each.session == "tool_turn_with_preamble"]
    tables = Tables(without)
    (waits,) = tables.ask(QUERIES["latency_waterfall"]).told()
    assert (waits["model"], waits["tool"], waits["playback"]) == (0.2, None, None)
    assert tables.ask(QUERIES["cost_over_time"]).rows == []
    (tokens,) = tables.ask(QUERIES["tokens_and_cost"]).told()
    assert (tokens["responses"], tokens["cost"], tokens["unheard"]) == (2, None, None)
