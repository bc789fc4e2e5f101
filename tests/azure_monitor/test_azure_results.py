"""Every query gives the right numbers of calls that are known."""

import pytest
from azure_monitor.azure_queries import QUERIES
from azure_monitor.captured import Row

from otel_realtime import semconv

pytest.importorskip("duckdb_kql", reason="needs duckdb-kql, which runs Kusto's language")
from azure_monitor.known import KNOWN, expected, given, known_sessions, near
from azure_monitor.tables import Tables


@pytest.fixture(scope="module")
def tables(rows_apart) -> Tables:
    return Tables(rows_apart)


@pytest.fixture(scope="module")
def nothing() -> Tables:
    return Tables([])


ELSEWHERE = {"conversation", "load", "sessions"}


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_query_gives_what_is_known_of_the_calls(tables, name) -> None:
    assert given(tables, name) == expected(name)


def test_no_query_is_left_out() -> None:
    assert {*KNOWN, *ELSEWHERE} == set(QUERIES)


def test_sessions_are_what_their_spans_say(tables) -> None:
    assert tables.ask(QUERIES["sessions"]).told() == known_sessions()


def test_load_is_all_sessions_of_an_agent_and_their_mean_length(tables) -> None:
    (told,) = tables.ask(QUERIES["load"]).told()
    sessions = tables.ask(QUERIES["sessions"]).told()
    assert (told["agent"], told["sessions"], len(sessions)) == ("Assistant", 16, 16)
    assert told["seconds"] == near(sum(each["seconds"] for each in sessions) / 16)


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
    others = Tables(map(without_session, rows_apart))
    assert others.ask(QUERIES["conversation"]).rows == []


def without_session(row: Row) -> Row:
    left = {name: text for name, text in row.dimensions.items() if name != "session.id"}
    return row._replace(tags={}, data={**row.data, "properties": left})


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
