"""What comes to Azure through a Collector: every query gives of it what is known of the calls."""

import pytest
from azure_by_collector import Came
from azure_monitor.azure_queries import QUERIES
from azure_monitor.captured import CALLS, row_of
from otelcol import needs_otelcol

from otel_realtime import semconv

pytest.importorskip("duckdb_kql", reason="needs duckdb-kql, which runs Kusto's language")
from azure_monitor.known import KNOWN, expected, given, known_sessions, near
from azure_monitor.tables import Tables

pytestmark = needs_otelcol


@pytest.fixture(scope="module")
def everything(by_the_collector: Came) -> Tables:
    return Tables(map(row_of, by_the_collector.items))


@pytest.fixture(scope="module")
def tables(by_the_collector: Came) -> Tables:
    """Without the call that was recorded: it is no session that ends as the others do."""
    rows = map(row_of, by_the_collector.items)
    return Tables(
        each
        for each in rows
        if each.table == "customMetrics" or each.dimensions.get(semconv.SESSION_ID) in CALLS
    )


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_query_gives_what_it_gives_of_azures_own_exporter(tables: Tables, name: str) -> None:
    assert given(tables, name) == expected(name)


def test_sessions_are_what_their_spans_say(tables: Tables) -> None:
    assert tables.ask(QUERIES["sessions"]).told() == known_sessions()


def test_load_is_all_sessions_of_an_agent_and_their_mean_length(tables: Tables) -> None:
    (told,) = tables.ask(QUERIES["load"]).told()
    lengths = [each["seconds"] for each in tables.ask(QUERIES["sessions"]).told()]
    assert (told["agent"], told["sessions"]) == ("Assistant", len(CALLS))
    assert told["seconds"] == near(sum(lengths) / len(CALLS))


def test_a_conversation_is_whole_but_for_its_texts(everything: Tables) -> None:
    told = everything.ask(QUERIES["conversation"], session="tool_turn_with_preamble").told()
    shown = ("what", "given", "said", "arguments", "result", "seconds", "waited", "heard")
    assert [tuple(each[name] for name in shown) for each in told if each["turn"] is not None] == [
        ("user_input", "", "", "", "", 1, None, None),
        ("chat gpt-realtime", "", "", "", "", 0.4, 0.5, 0.6),
        ("execute_tool get_menu", "", "", "", "", 0.7, None, None),
        ("chat gpt-realtime", "", "", "", "", 0.41, None, 1),
    ]
    assert {each["what"] for each in told if each["turn"] is None} == {
        "invoke_agent Assistant",
        semconv.LOG_SESSION_STARTED,
        semconv.LOG_SESSION_ENDED,
        semconv.LOG_SUMMARY,
    }
    assert len({each["operation_Id"] for each in told}) == 1
    assert everything.ask(QUERIES["conversation"]).rows == []


def test_a_conversation_names_its_recordings(everything: Tables) -> None:
    told = everything.ask(QUERIES["conversation"], session="session-1").told()
    assert {each["what"].split()[0] for each in told if each["recording"]} >= {"user_input", "chat"}
