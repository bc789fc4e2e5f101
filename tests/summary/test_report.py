"""The figures of many calls, worked out by hand, and how they are shown."""

import io
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from goldens import compare
from rich.console import Console
from summary_calls import a_session, a_turn, an_event, many_calls, write

from otel_realtime import semconv
from otel_realtime.scenario import Scenario
from otel_realtime.summary import (
    PartMean,
    Spread,
    Stack,
    Total,
    calls_in,
    calls_of,
    render,
    report,
    report_values,
    terminal_report,
)
from otel_realtime.summary._parts import LATENCIES, MEASURES

TESTS = Path(__file__).resolve().parent.parent
GOLDEN = TESTS / "golden" / "summary"
SCENARIOS = sorted((TESTS / "scenarios").glob("*.yaml"))
TOLD_BY_THE_SUMMARY_ALONE = {
    *(semconv.SESSION_TALK_USER, semconv.SESSION_TALK_AGENT, semconv.SESSION_OVERLAP),
    *(semconv.SESSION_SILENCE, semconv.SESSION_AUDIO_GENERATED, semconv.SESSION_AUDIO_HEARD),
    *(semconv.SESSION_AUDIO_DISCARDED, semconv.SESSION_COST_UNPRICED),
}
SUMMARY = {*MEASURES, *LATENCIES}

# Three calls. The third was killed.
SPANS = [
    a_turn(3, 0.8, index=1,
           waits={"endpointing": 0.5, "queue": 0.0, "model": 0.25, "playback": 0.05}),
    a_turn(12, 1.0, index=2, waits={"queue": 0.25, "model": 0.5, "playback": 0.25}),
    a_turn(30, 3.0, index=3, tool=True,
           waits={"endpointing": 0.5, "queue": 0.25, "model": 0.75, "tool": 1.25,
                  "playback": 0.25}),
    a_session(0, 60, AGENT_NAME="Concierge", SESSION_TURNS=3, SESSION_TOOL_CALLS=1,
              SESSION_TOOL_ERRORS=1, SESSION_ERRORS=0, SESSION_INTERRUPTIONS=2,
              SESSION_FALSE_BARGE_INS=1, SESSION_MISSED_BARGE_INS=0, SESSION_AGENT_INTERRUPTIONS=1,
              SESSION_TALK_USER=10.0, SESSION_TALK_AGENT=20.0, SESSION_OVERLAP=1.5,
              SESSION_DEAD_AIR_AGENT=3.0, SESSION_DEAD_AIR_USER=4.0, SESSION_DEAD_AIR_COUNT=2,
              SESSION_COST=0.3, SESSION_COST_UNHEARD=0.06, SESSION_COST_TRANSCRIPTION=0.01,
              SESSION_COST_UNPRICED=0, OUTPUT_AUDIO_URL="s3://calls/agent/1/session.wav"),
    a_turn(103, 0.6, call=2, index=1),
    a_turn(112, 1.4, call=2, index=2),
    a_session(100, 220, call=2, END_REASON="connection_lost", SESSION_TURNS=2,
              SESSION_TALK_USER=30.0, SESSION_TALK_AGENT=20.0, SESSION_COST=0.6),
    a_turn(305, 2.0, call=3, tool=None),
]  # fmt: skip
LOGS = [an_event(semconv.LOG_SESSION_STARTED, 300, call=3)]


@pytest.fixture(scope="module")
def by_hand():
    return report(calls_of(SPANS, LOGS), worst=2)


def test_calls_are_counted(by_hand):
    assert len(by_hand.calls) == 3
    assert by_hand.finished == 2
    assert by_hand.seconds == Total(180.0, 2)
    assert by_hand.end_reasons == {"closed": 1, "connection_lost": 1}
    assert by_hand.without_summary == 0


def test_percentiles_over_turns_and_over_calls(by_hand):
    # 0.6 0.8 1.0 1.4 2.0 3.0: the half of six is the third, nine tenths are the sixth.
    assert by_hand.turn_latency["all"] == Spread(6, 1.0, 3.0, 3.0, 3.0, 3.0)
    assert by_hand.turn_latency["without_tool"] == Spread(4, 0.8, 1.4, 1.4, 1.4, 1.4)
    assert by_hand.turn_latency["with_tool"] == Spread(1, 3.0, 3.0, 3.0, 3.0, 3.0)
    # The killed call does not tell whether there was a tool, so its turn is in neither of these.
    # Medians are 1.0, 0.6 and 2.0; the longest waits 3.0, 1.4 and 2.0.
    assert by_hand.call_medians == Spread(3, 1.0, 2.0, 2.0, 2.0, 2.0)
    assert by_hand.call_slowest == Spread(3, 2.0, 3.0, 3.0, 3.0, 3.0)


def test_the_wait_is_split_over_the_turns_that_tell(by_hand):
    waits = by_hand.waits["all"]
    # Endpointing: 0.5 of 0.8 and 0.5 of 3.0.
    assert waits["endpointing"] == PartMean(2, 0.5, pytest.approx(1.0 / 3.8))
    # Model: 0.25 of 0.8, 0.5 of 1.0 and 0.75 of 3.0.
    assert waits["model"] == PartMean(3, 0.5, pytest.approx(1.5 / 4.8))
    assert by_hand.waits["with_tool"]["tool"] == PartMean(1, 1.25, pytest.approx(1.25 / 3.0))
    assert by_hand.waits["without_tool"]["endpointing"] == PartMean(1, 0.5, 0.625)


def test_a_part_that_no_turn_tells_has_no_mean():
    told = report(calls_of([a_turn(3, 0.8, waits={"model": 0.8})]))
    assert told.waits["all"]["endpointing"] is None
    assert told.waits["with_tool"]["tool"] is None


def test_a_turn_that_took_no_time_has_no_shares():
    told = report(calls_of([a_turn(3, 0.0, waits={"model": 0.0})]))
    assert told.waits["all"]["model"] == PartMean(1, 0.0, None)


def test_bars_add_up_as_they_are_means_of_turns_that_tell_the_same_parts():
    whole = {"endpointing": 0.5, "queue": 0.1, "model": 0.3, "playback": 0.1}
    less = {"queue": 0.1, "model": 0.3, "playback": 0.1}
    turns = [
        a_turn(3, 1.0, index=1, waits=whole),
        a_turn(9, 1.4, index=2, waits={**whole, "model": 0.7}),
        a_turn(15, 0.5, index=3, waits=less),
    ]
    stack = report(calls_of(turns)).stacks["without_tool"]
    means = {"endpointing": 0.5, "queue": 0.1, "model": 0.5, "tool": 0.0, "playback": 0.1}
    assert stack == Stack(2, 3, pytest.approx(means))
    assert sum(stack.parts.values()) == pytest.approx((1.0 + 1.4) / 2)


def test_sums_say_of_how_many_calls_they_are(by_hand):
    totals = by_hand.totals
    assert totals[semconv.SESSION_TURNS] == Total(6, 3)
    assert totals[semconv.SESSION_COST] == Total(pytest.approx(0.9), 2)
    assert totals[semconv.SESSION_OVERLAP] == Total(1.5, 1)
    assert totals[semconv.SESSION_SILENCE] == Total(None, 0)


def test_ratios_are_of_sums_and_not_means_of_ratios(by_hand):
    assert by_hand.talk_ratio == pytest.approx(40 / 80)
    assert by_hand.cost_per_minute == pytest.approx(0.9 / 3)


def test_the_worst_calls_have_the_longest_waits(by_hand):
    assert [call.session_id for call in by_hand.worst] == ["session-1", "session-3"]
    assert report(by_hand.calls, worst=0).worst == ()
    assert len(report(by_hand.calls, worst=99).worst) == 3


def test_a_call_without_latencies_is_not_among_the_worst():
    told = report(calls_of([a_session(0, 40)]))
    assert told.worst == ()
    assert told.call_slowest is None


def test_the_text_of_the_calls_counted_by_hand(by_hand):
    compare(render(by_hand), GOLDEN / "by_hand.txt")


def test_the_text_of_many_calls():
    compare(render(report(calls_of(many_calls(60)))), GOLDEN / "many.txt")


def test_the_docs_show_what_is_printed():
    document = (TESTS.parent / "docs" / "summary.md").read_text("utf-8")
    shown = document.split("<!-- many -->\n```\n")[1].split("```")[0]
    assert shown == (GOLDEN / "many.txt").read_text("utf-8")


def test_the_text_of_an_old_trace_says_what_is_not_known():
    compare(render(report(calls_of([a_session(0, 40)]))), GOLDEN / "old.txt")


def test_the_text_of_calls_that_tell_nothing_but_their_start():
    compare(render(report(calls_of([], LOGS))), GOLDEN / "started.txt")


def test_no_text_of_a_call_breaks_a_line_or_steers_a_terminal():
    hostile = "a\nb\x1b[31m\u2028c"
    session = a_session(0, 40, AGENT_NAME=hostile, END_REASON=hostile, OUTPUT_AUDIO_URL=hostile)
    told = render(report(calls_of([a_turn(3, 0.8), session])))
    assert "\x1b" not in told
    assert told.count("a\\nb\\x1b[31m\\u2028c") == 4  # how it ended is told twice


def in_terminal(told, width=80):
    console = Console(file=io.StringIO(), width=width)
    console.print(terminal_report(told))
    return console.file.getvalue()


def test_the_terminal_shows_the_same_as_the_text(by_hand):
    shown = [line.rstrip() for line in in_terminal(by_hand, 100).splitlines()]
    assert "\n".join(shown) == render(by_hand)


def test_a_narrow_terminal_loses_nothing(by_hand):
    shown = in_terminal(by_hand, 40)
    assert all(len(line) <= 40 for line in shown.splitlines())
    assert "".join(shown.split()) == "".join(render(by_hand).split())


def test_names_with_brackets_are_no_markup():
    session = a_session(0, 40, AGENT_NAME="[red]agent[/red]")
    assert "[red]agent[/red]" in in_terminal(report(calls_of([a_turn(3, 0.8), session])))


def test_json_holds_the_figures_by_stable_keys(by_hand):
    compare(json.dumps(report_values(by_hand), indent=2), GOLDEN / "by_hand.json")


def test_json_has_the_same_keys_whatever_is_known(by_hand):
    def keys(value):
        if isinstance(value, dict):
            return {name: keys(held) for name, held in value.items()}
        return None

    known, unknown = report_values(by_hand), report_values(report(calls_of([], LOGS)))
    assert known.keys() == unknown.keys()
    assert keys(known["totals"]) == keys(unknown["totals"])
    assert known["each_call"][0].keys() == unknown["each_call"][0].keys()
    assert known["wait"].keys() == unknown["wait"].keys()
    assert unknown["latency"]["call_medians"] is None
    assert unknown["totals"]["turns"] == {"value": None, "calls": 0}
    json.dumps(unknown, allow_nan=False)


def test_a_moment_that_no_calendar_has_is_not_known():
    [call] = calls_of([], [an_event(semconv.LOG_SESSION_STARTED, 9e11)])
    told = report([call])
    assert "begun                   not known" in render(told)
    assert report_values(told)["each_call"][0]["start"] is None


def test_twenty_thousand_spans_take_little_time(tmp_path):
    spans = many_calls(2_230)
    assert len(spans) > 20_000
    path = write(tmp_path / "calls.jsonl", spans)
    begun = perf_counter()
    text = render(report(calls_in(path)))
    assert perf_counter() - begun < 20  # seconds; two, where nothing else runs
    assert text.startswith("2230 calls\n")
    assert "turns                   17776;" in text


def test_a_span_takes_little_memory(tmp_path):
    spans = many_calls(200)
    path = write(tmp_path / "calls.jsonl", spans)
    tracemalloc.start()
    try:
        calls = calls_in(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(calls) == 200
    assert most / len(spans) < 2_500  # bytes: 100,000 spans take less than 250 MB


def counted(traced):
    """What the spans and log events of a call add up to, without its own summary."""
    bare = [replace(span, attributes=without_summary(span)) for span in traced.spans]
    logs = [log for log in traced.logs if log.event_name != semconv.LOG_SUMMARY]
    [call] = calls_of(bare, logs)
    assert not call.has_summary
    return call


def without_summary(span):
    return {key: value for key, value in span.attributes.items() if key not in SUMMARY}


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_the_summary_of_a_traced_call_and_its_spans_tell_the_same(path):
    traced = Scenario.load(path).run()
    [call] = calls_of(traced.spans, traced.logs)
    assert call.is_finished
    assert call.has_summary
    added = counted(traced)
    assert added.turns == call.turns
    assert len(call.turns) == call.latencies[semconv.SESSION_LATENCY_COUNT]
    told = call.measures
    assert added.measures == {key: told[key] for key in added.measures}
    lost = {key for key, value in told.items() if value and key not in added.measures}
    assert lost <= TOLD_BY_THE_SUMMARY_ALONE
    for turn in call.turns:
        assert sum(turn.parts.values()) == pytest.approx(turn.latency)
