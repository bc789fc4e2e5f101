"""Whatever arrives, and whatever the clock does: no number is negative, and sums add up."""

import math

from fed import Fed
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import streams

from otel_realtime.events import SessionEnded
from otel_realtime.facts import InputFacts, ResponseFacts, ToolFacts
from otel_realtime.records import (
    Closed,
    DeadAirNoted,
    MissedBargeInNoted,
    Noted,
    TurnNoted,
)
from otel_realtime.scenario import EPOCH, Recorder
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.sources.recording import NS_PER_MS, WireEvent, feed_wire_event
from otel_realtime.telemetry.outlets import Telemetry

JUMPS_MS = (0, 0, 0, 0, 7, 400, 65_000, -1, -30, -5_000, -3_600_000)
jumps = st.lists(st.sampled_from(JUMPS_MS), max_size=8)


class Watch:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.now = EPOCH

    def __call__(self) -> int:
        return self.now


def fed_with(stream, moves) -> Fed:
    """A conversation that was fed with a stream and is over; the clock jumps between events."""
    watch = Watch()
    fed = Fed(watch)
    for number, (gap_ms, entry) in enumerate(stream):
        watch.now += gap_ms * NS_PER_MS
        watch.now += moves[number % len(moves)] * NS_PER_MS if moves else 0
        fed.take(entry)
    watch.now += 1000 * NS_PER_MS
    fed.feed(SessionEnded(watch.now, "closed"))
    return fed


def closed(fed: Fed, kind: type) -> list:
    told = (each.facts for each in fed.records if isinstance(each, Closed))
    return [facts for facts in told if isinstance(facts, kind)]


def check_tally(fed: Fed) -> None:
    tally = fed.conversation.session.tally
    for name in type(tally).__slots__:
        value = getattr(tally, name)
        if isinstance(value, int | float):
            assert math.isfinite(value), name
            assert value >= 0, name
    assert all(seconds >= 0 for seconds in tally.latencies)
    assert (tally.slowest_turn is None) == (not tally.latencies)
    assert tally.longest == (max(tally.latencies) if tally.latencies else None)
    assert tally.overlap_ns <= min(tally.user_ns, tally.agent_ns)
    dead = tally.dead_air_agent_ns + tally.dead_air_user_ns
    assert dead <= tally.silence_ns
    assert dead > 2_000 * NS_PER_MS * tally.dead_airs or not dead
    assert tally.false_barge_ins <= tally.interruptions


def talked(fed: Fed) -> int:
    tally = fed.conversation.session.tally
    return tally.user_ns + tally.agent_ns - tally.overlap_ns + tally.silence_ns


@given(streams())
def test_talk_and_silence_without_overlap_are_the_session(stream) -> None:
    fed = fed_with(stream, ())
    session = fed.conversation.session
    assert talked(fed) == session.ended_at - session.started_at
    check_tally(fed)


@given(streams(), jumps)
def test_a_clock_that_jumps_makes_nothing_negative(stream, moves) -> None:
    fed = fed_with(stream, moves)
    talk = fed.conversation._state.talk  # noqa: SLF001 - how far it was swept is told nowhere else
    assert talked(fed) == talk.at - fed.conversation.session.started_at
    check_tally(fed)
    for note in (each.note for each in fed.records if isinstance(each, Noted)):
        if isinstance(note, DeadAirNoted):
            assert note.ns > 2_000 * NS_PER_MS
        elif isinstance(note, MissedBargeInNoted):
            assert note.overlap_ns > 1_000 * NS_PER_MS
        elif isinstance(note, TurnNoted):
            assert note.ns >= 0
            assert note.index >= 1


@given(streams(), jumps)
def test_the_steps_of_a_wait_add_up(stream, moves) -> None:
    """To the nanosecond: from a mark of something the user said, to when the answer was heard."""
    fed = fed_with(stream, moves)
    inputs = closed(fed, InputFacts)
    waits = 0
    for facts in closed(fed, ResponseFacts):
        wait = facts.wait
        if wait is None:
            continue
        waits += 1
        marks = {
            mark
            for given in inputs
            if given.turn == facts.turn
            for mark in (given.measured_end, given.stopped_at, given.committed_at)
        }
        assert facts.playback_at - sum(step.ns for step in wait.steps) in marks
        assert all(step.ns > 0 for step in wait.steps)
        parts = [wait.part(name) or 0 for name in ("endpointing", "queue", "model", "tool")]
        heard = sum(step.ns for step in wait.steps if step.part == "playback") / 1e9
        assert math.isclose(sum(parts) + heard, wait.seconds, abs_tol=1e-9)
        assert not [step for step in wait.steps if step.part in wait.unknown]
    assert waits == len(fed.conversation.session.tally.latencies)
    turns = [facts.turn for facts in closed(fed, ResponseFacts) if facts.wait is not None]
    assert len(turns) == len(set(turns))  # one wait a turn


@given(streams(), jumps)
def test_everything_has_a_turn(stream, moves) -> None:
    fed = fed_with(stream, moves)
    turns = fed.conversation.session.tally.turns
    for facts in closed(fed, InputFacts):
        assert type(facts.turn) is int
        assert 1 <= facts.turn <= turns
    for facts in (*closed(fed, ResponseFacts), *closed(fed, ToolFacts)):
        assert type(facts.turn) is int
        assert 0 <= facts.turn <= turns


@settings(max_examples=60)  # each writes spans and metrics
@given(streams(), jumps)
def test_no_attribute_is_negative_or_no_number(stream, moves) -> None:
    recorder, watch = Recorder(), Watch()
    session = SessionTelemetry(
        Telemetry.of(**recorder.providers), Settings.read({}, environ={}), clock=watch
    )
    for number, (gap_ms, entry) in enumerate(stream):
        watch.now += gap_ms * NS_PER_MS
        watch.now += moves[number % len(moves)] * NS_PER_MS if moves else 0
        if isinstance(entry, WireEvent):
            feed_wire_event(session, entry)
    session.end("closed")
    traced = recorder.traced()
    for told in (*traced.spans, *traced.logs):
        for name, value in told.attributes.items():
            if isinstance(value, int | float):
                assert math.isfinite(value), name
                assert value >= 0, name
