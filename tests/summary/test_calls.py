"""Which spans and log events make which call, and what is known of it."""

from dataclasses import replace

import pytest
from summary_calls import BEGIN, S, a_session, a_span, a_turn, an_event, many_calls, write

from otel_realtime import semconv
from otel_realtime.otlp_json import OtlpJsonError, TraceLog, read_files
from otel_realtime.summary import Slowest, Turn, calls_in, calls_of

SUMMARY = {
    "SESSION_TURNS": 2,
    "SESSION_INTERRUPTIONS": 1,
    "SESSION_TALK_USER": 10.5,
    "SESSION_LATENCY_COUNT": 2,
    "SESSION_LATENCY_MEDIAN": 0.8,
    "SESSION_LATENCY_MAX": 1.2,
    "SESSION_SLOWEST_TURN": 2,
}


def one(spans, logs=()):
    [call] = calls_of(spans, logs)
    return call


def a_tool(at, *, call=1, parent="session", **attributes):
    return a_span("execute_tool get_weather", at, at + 1, call=call, parent=parent,
                  attributes=attributes)  # fmt: skip


def test_a_call_is_what_its_session_and_its_responses_tell():
    call = one(
        [
            a_turn(12, 1.2, index=2, tool=True, waits={"model": 0.4, "tool": 0.8}),
            a_turn(3, 0.8, index=1),
            a_session(0, 40, AGENT_NAME="Concierge", OUTPUT_AUDIO_URL="s3://a/1.wav", **SUMMARY),
        ]
    )
    assert (call.trace_id, call.session_id, call.agent) == (f"{1:032x}", "session-1", "Concierge")
    assert (call.start, call.seconds, call.is_finished) == (BEGIN, 40, True)
    assert (call.end_reason, call.recording) == ("closed", "s3://a/1.wav")
    assert call.has_summary
    assert call.measures[semconv.SESSION_TALK_USER] == 10.5
    assert call.turns == (
        Turn(0.8, 1, "acoustic", had_tool=False),
        Turn(1.2, 2, "acoustic", had_tool=True, parts={"model": 0.4, "tool": 0.8}),
    )
    assert call.slowest == Slowest(1.2, 2, call.turns[1])
    assert call.median == 0.8


def test_a_response_that_answered_no_turn_is_no_turn():
    greeting = a_span("chat gpt-realtime", 1, 3, parent="session")
    call = one([greeting, a_session(0, 40)])
    assert call.turns == ()
    assert call.measures[semconv.SESSION_RESPONSES] == 1


def test_a_session_without_a_summary_is_summed_up_from_its_spans():
    spans = [
        a_span("user_input", 1, 2, attributes={semconv.TURN_INDEX: 1,
                                               semconv.COST_TRANSCRIPTION: 0.25}),
        a_turn(3, 0.8, index=1, INTERRUPTED=True, INTERRUPTION_BY="user", COST=0.5,
               COST_UNHEARD=0.125),
        a_turn(9, 0.9, index=2, INTERRUPTED=True, COST=1.0, RESPONSE_STATUS="failed"),
        a_tool(4, **{semconv.TOOL_OUTCOME: "completed"}),
        a_tool(5, **{semconv.TOOL_OUTCOME: "error"}),
        a_session(0, 40, ERROR_TYPE="ConnectionClosedError"),
    ]  # fmt: skip
    events = (semconv.LOG_ERROR, semconv.LOG_TRANSCRIPTION_FAILED, semconv.LOG_GUARDRAIL)
    call = one(spans, [an_event(name, 6) for name in events])
    assert not call.has_summary
    assert dict(call.measures) == {
        semconv.SESSION_TURNS: 2,
        semconv.SESSION_RESPONSES: 2,
        semconv.SESSION_INTERRUPTIONS: 1,  # the other was cut off by no speech
        semconv.SESSION_TOOL_CALLS: 2,
        semconv.SESSION_TOOL_ERRORS: 1,
        semconv.SESSION_COST: 1.75,
        semconv.SESSION_COST_TRANSCRIPTION: 0.25,
        semconv.SESSION_COST_UNHEARD: 0.125,
        semconv.SESSION_ERRORS: 4,
        semconv.SESSION_GUARDRAIL_TRIPS: 1,
    }


def test_what_an_older_trace_does_not_tell_is_not_known():
    call = one([a_span("chat gpt-realtime", 1, 2, parent="session"), a_session(0, 40)])
    for key in (semconv.SESSION_TURNS, semconv.SESSION_COST, semconv.SESSION_FALSE_BARGE_INS):
        assert key not in call.measures
    assert (call.turns, call.slowest, call.median, call.spread) == ((), None, None, None)
    assert call.measures[semconv.SESSION_TOOL_CALLS] == 0  # such spans there have always been


def test_the_summary_says_more_than_the_spans():
    call = one([a_turn(3, 0.8), a_session(0, 40, SESSION_TURNS=7, SESSION_COST=2.0)])
    assert call.measures[semconv.SESSION_TURNS] == 7
    assert call.measures[semconv.SESSION_COST] == 2.0
    assert call.measures[semconv.SESSION_RESPONSES] == 1


def test_where_spans_of_turns_are_missing_the_summary_has_the_median_and_the_longest_wait():
    call = one([a_turn(3, 0.9), a_session(0, 40, **SUMMARY)])
    assert call.median == 0.8
    assert call.slowest == Slowest(1.2, 2)
    call = one([a_turn(3, 1.9, index=4), a_session(0, 40, **SUMMARY)])
    assert call.slowest == Slowest(1.9, 4, call.turns[0])


def test_a_killed_call_is_not_finished_and_tells_what_is_known():
    spans = [a_turn(5, 0.7), a_tool(4)]
    logs = [
        an_event(semconv.LOG_SESSION_STARTED, 0, AGENT_NAME="Concierge"),
        an_event(semconv.LOG_DEAD_AIR, 6, DEAD_AIR_AWAITED="agent", DEAD_AIR_DURATION=2.5),
        an_event(semconv.LOG_FALSE_BARGE_IN, 8),
    ]
    call = one(spans, logs)
    assert not call.is_finished
    assert (call.start, call.seconds, call.end_reason) == (BEGIN, None, None)
    assert call.agent == "Concierge"
    assert [turn.latency for turn in call.turns] == [0.7]
    assert call.measures[semconv.SESSION_DEAD_AIR_COUNT] == 1
    assert call.measures[semconv.SESSION_DEAD_AIR_AGENT] == 2.5
    assert call.measures[semconv.SESSION_FALSE_BARGE_INS] == 1
    assert semconv.SESSION_DEAD_AIR_USER not in call.measures


def test_a_call_may_be_known_by_its_start_alone():
    call = one([], [an_event(semconv.LOG_SESSION_STARTED, 0)])
    assert (call.is_finished, dict(call.measures)) == (False, {})


def test_log_events_alone_tell_of_a_finished_call():
    logs = [
        an_event(semconv.LOG_SESSION_STARTED, 0),
        an_event(semconv.LOG_SUMMARY, 30, **SUMMARY),
        an_event(semconv.LOG_SESSION_ENDED, 30, END_REASON="closed"),
    ]
    call = one([], logs)
    assert (call.is_finished, call.seconds, call.end_reason) == (True, 30, "closed")
    assert call.measures[semconv.SESSION_TURNS] == 2
    assert (call.median, call.slowest) == (0.8, Slowest(1.2, 2))


def test_what_is_there_twice_counts_once():
    spans = [a_turn(3, 0.8, COST=1.0), a_tool(4), a_session(0, 40)]
    logs = [an_event(semconv.LOG_ERROR, 6)]
    assert calls_of(spans * 2, logs * 2) == calls_of(spans, logs)


def test_spans_of_others_count_for_nothing():
    spans = [replace(each, scope="somebody") for each in (a_turn(3, 0.8), a_session(0, 40))]
    log = replace(an_event(semconv.LOG_SESSION_STARTED, 0), scope="somebody")
    assert calls_of(spans, [log]) == []
    plain = TraceLog(None, None, BEGIN, None, "INFO", "text", scope=semconv.SCOPE_NAME)
    assert calls_of([], [plain]) == []


def test_two_calls_in_one_trace_are_two_even_with_one_session_id():
    first, second = a_session(0, 40), replace(a_session(50, 90), span_id="second")
    turns = [a_turn(3, 0.8), replace(a_turn(60, 0.9), parent_span_id="second")]
    tool = a_tool(61, parent=turns[1].span_id)
    event = an_event(semconv.LOG_ERROR, 62, span_id=tool.span_id)
    one, other = calls_of([*turns, tool, first, second], [event])
    assert [turn.latency for turn in one.turns] == [0.8]
    assert [turn.latency for turn in other.turns] == [0.9]
    assert other.measures[semconv.SESSION_TOOL_CALLS] == 1
    assert other.measures[semconv.SESSION_ERRORS] == 1
    assert one.measures[semconv.SESSION_TOOL_CALLS] == 0


def test_a_span_whose_parent_got_lost_belongs_to_the_call_of_its_session_id():
    call = one([a_tool(3, parent="lost"), a_session(0, 40)])
    assert call.measures[semconv.SESSION_TOOL_CALLS] == 1


def test_a_circle_of_parents_ends():
    one_, other = a_turn(3, 0.8), a_turn(9, 0.9, index=2)
    circle = [
        replace(one_, parent_span_id=other.span_id),
        replace(other, parent_span_id=one_.span_id),
    ]
    call = one([*circle, a_session(0, 40)])
    assert len(call.turns) == 2


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -0.5, "0.5", True, None, 10**400, (0.5,)]
)
def test_what_can_be_no_duration_is_not_known(value):
    session = a_session(0, 40)
    attributes = {**session.attributes, semconv.SESSION_OVERLAP: value}
    turn = a_turn(3, 0.8)
    bad = replace(turn, attributes={**turn.attributes, semconv.VOICE_TO_VOICE: value})
    call = one([bad, replace(session, attributes=attributes)])
    assert semconv.SESSION_OVERLAP not in call.measures
    assert call.turns == ()


def test_a_session_that_ends_before_it_began_has_no_length():
    assert one([a_session(40, 0)]).seconds is None
    session = replace(a_session(0, 40), start=0)
    assert (one([session]).start, one([session]).seconds) == (None, None)


def test_a_turn_that_tells_no_part_of_its_wait_has_none():
    assert one([a_turn(3, 0.8)]).turns[0].parts == {}


def test_a_tool_that_cannot_be_told_from_the_rest_is_not_known_to_be_nothing():
    told = a_turn(3, 0.8, waits={"model": 0.8})
    assert one([told]).turns[0].parts == {"model": 0.8, "tool": 0.0}
    unknown = a_turn(3, 0.8, waits={"model": 0.8}, WAIT_UNKNOWN=("tool", "queue"))
    assert one([unknown]).turns[0].parts == {"model": 0.8}


def test_calls_come_by_their_beginning():
    starts = [call.start for call in calls_of(many_calls(20))]
    assert starts == sorted(starts)


def test_files_are_read_as_the_values_are(tmp_path):
    spans = many_calls(3)
    logs = [an_event(semconv.LOG_SESSION_STARTED, 0, call=9)]
    path = write(tmp_path / "calls.jsonl", spans, logs)
    read = read_files(path)
    calls = calls_in(path, path)
    assert calls == calls_of(read.spans, read.logs)
    assert [call.trace_id for call in calls] == [call.trace_id for call in calls_of(spans, logs)]
    assert [call.turns for call in calls] == [call.turns for call in calls_of(spans, logs)]
    assert calls[0].start == BEGIN
    assert calls[1].start > BEGIN + S


def test_a_broken_line_is_named(tmp_path):
    path = write(tmp_path / "calls.jsonl", many_calls(1))
    path.write_text(path.read_text("utf-8") + "\n{broken\n", encoding="utf-8")
    with pytest.raises(OtlpJsonError, match=r"calls\.jsonl, line \d+: no JSON"):
        calls_in(path)
