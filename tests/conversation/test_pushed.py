"""Without turn detection: when the user began to speak is known only where audio had paused."""

from dataclasses import replace

import pytest
from conversation.call import BYTES_PER_MS, MS, PUSH_TO_TALK, Call

from otel_realtime import events, semconv
from otel_realtime.records import DeadAirNoted, TurnNoted
from otel_realtime.telemetry import measures, summary_attributes
from otel_realtime.values import Fault, Item, ItemType

FAULT = Fault("busy")


def call_of(*sent: tuple[int, int]) -> Call:
    """User audio is sent in pieces of 20 ms, from and to these moments."""
    call = Call(PUSH_TO_TALK)
    call.events.pop()
    for begun, ended in sent:
        for at in range(begun, ended, 20):
            call.add(at, events.AudioSent, 20 * BYTES_PER_MS)
    return call


def commit(call: Call, at: int, item_id: str, after: str | None = None) -> None:
    call.add(at, events.InputCommitted, item_id)
    user = Item(item_id, ItemType.MESSAGE, "user", has_audio=True)
    call.add(at + 1, events.ItemAdded, user, after)
    call.add(at + 100, events.Transcribed, item_id, "one two three")


def two_turns(call: Call) -> Call:
    """Committed at 1000 and 9000; heard from 1700 to 4700 and from 9400 to 10400."""
    commit(call, 1000, "item_1")
    call.answer("resp_1", "item_2", 1050, 1700, 3000, after="item_1")
    commit(call, 9000, "item_3", "item_2")
    call.answer("resp_2", "item_4", 9050, 9400, 1000, after="item_3")
    return call


def windows(told) -> list[tuple[float, float]]:
    return [(facts.start / MS, facts.end / MS) for facts in told.inputs.values()]


def rates(told) -> list[float | None]:
    return [facts.speech_rate for facts in told.inputs.values()]


def turns(told) -> list[tuple[int, float]]:
    return [(turn.index, turn.ns / MS) for _, turn in told.notes(TurnNoted)]


def test_a_microphone_that_streams_all_the_time_does_not_tell_when_the_user_speaks() -> None:
    told = two_turns(call_of((0, 20_000))).play(20_000)
    assert windows(told) == [(0, 1000), (1020, 9000)]  # what was committed
    assert told.talk == {"user": 0, "agent": 4000, "overlap": 0, "silence": 16_000}
    assert (told.tally.unplaced, told.tally.agent_interruptions) == (2, 0)
    assert (rates(told), turns(told)) == ([None, None], [])
    assert [told.responses[each].wait.seconds for each in ("resp_1", "resp_2")] == [0.7, 0.4]


def test_what_is_not_known_is_not_measured() -> None:
    """That the user never spoke, and that nobody did the rest of the time, would be made up."""
    facts = two_turns(call_of((0, 20_000))).play(20_000).session
    measured = {name: value for name, value, _ in measures.of_session(facts) if value is not None}
    said = {
        name: value for name, value in summary_attributes.of_session(facts) if value is not None
    }
    assert measured[semconv.METRIC_TALK_DURATION] == 4  # the agent's
    for name in (
        semconv.METRIC_OVERLAP_DURATION,
        semconv.METRIC_SILENCE_DURATION,
        semconv.METRIC_TALK_RATIO,
        semconv.SESSION_TALK_USER,
        semconv.SESSION_TALK_RATIO,
        semconv.SESSION_OVERLAP,
        semconv.SESSION_SILENCE,
    ):
        assert name not in measured | said
    told = [labels for name, value, labels in measures.of_session(facts) if value == 4]
    assert told == [((semconv.SPEAKER, "agent"),)]


def test_who_commits_has_spoken_by_then_in_what_seems_to_be_silence() -> None:
    """Silence from 4700, a commit at 9000, an answer from 12000 to 13000: 3 s for the agent."""
    call = call_of((0, 20_000))
    commit(call, 1000, "item_1")
    call.answer("resp_1", "item_2", 1050, 1700, 3000, after="item_1")
    commit(call, 9000, "item_3", "item_2")
    call.answer("resp_2", "item_4", 9050, 12_000, 1000, after="item_3")
    told = call.play(14_000)
    awaited = [(at, note.ns / MS, note.awaited) for at, note in told.notes(DeadAirNoted)]
    assert awaited == [(12_000, 3000, "agent")]


def test_audio_that_is_sent_only_while_the_user_pushes_tells_it() -> None:
    told = two_turns(call_of((500, 1000), (7000, 9000))).play(12_000)
    assert windows(told) == [(500, 1000), (7000, 9000)]
    assert told.talk == {"user": 2500, "agent": 4000, "overlap": 0, "silence": 5500}
    assert (rates(told), turns(told)) == ([None, 90], [(1, 4200), (2, 3400)])


@pytest.mark.parametrize(("pause", "user"), [(499, 0), (500, 2000)])
def test_half_a_second_is_a_pause(pause, user) -> None:
    call = call_of((1000 + pause, 3000 + pause))
    call.add(0, events.AudioSent, 400 * BYTES_PER_MS)
    commit(call, 1000, "item_1")
    commit(call, 3000 + pause, "item_2", "item_1")
    assert call.play(6000).talk["user"] == user


@pytest.mark.parametrize("opening", ["connecting", "joined late"])
def test_so_is_what_comes_before_the_first_commit(opening) -> None:
    """Who streams from when the session is ready at 900, or joined, has not begun to speak then."""
    call = call_of((1000, 20_000))
    call.events[0] = (
        events.SessionOpened(0)
        if opening == "connecting"
        else events.FaultReported(900 * MS, FAULT)
    )
    if opening == "connecting":
        call.add(900, events.SessionStarted, PUSH_TO_TALK)
    else:
        call.add(901, events.SessionChanged, PUSH_TO_TALK)
    commit(call, 9000, "item_1")
    told = call.play(20_000)
    assert windows(told) == [(1000, 9000)]
    assert told.talk["user"] == 0


def test_a_clear_tells_where_what_is_said_begins() -> None:
    """As an application clears the buffer when its own detection finds that the user speaks."""
    call = call_of((0, 20_000))
    call.add(8000, events.InputCleared)
    told = two_turns(call).play(20_000)
    assert windows(told)[1] == (8020, 9000)
    assert told.talk["user"] == 980
    assert turns(told) == [(2, 2380)]  # 8020 to 10400; of the first turn it is not known


def test_the_first_of_a_turn_tells_when_it_began_or_nothing_does() -> None:
    """The user goes on after a pause, before any answer: that is not where the turn began."""
    call = call_of((0, 1000), (3000, 4000))
    commit(call, 1000, "item_1")
    commit(call, 4000, "item_2", "item_1")
    call.answer("resp_1", "item_3", 4050, 4400, 500, after="item_2")
    told = call.play(8000)
    assert told.talk["user"] == 1000
    assert turns(told) == []
    call = call_of((1000, 2000), (2020, 4000))
    commit(call, 2000, "item_1")
    commit(call, 4000, "item_2", "item_1")
    call.answer("resp_1", "item_3", 4050, 4400, 500, after="item_2")
    told = call.play(8000)
    assert told.talk["user"] == 1000
    assert turns(told) == [(1, 3900)]  # 1000 to 4900


def test_audio_that_is_not_seen_does_not_tell_when_a_turn_began() -> None:
    told = two_turns(call_of()).play(12_000)
    assert windows(told) == [(1000, 1000), (9000, 9000)]
    assert (told.talk["user"], turns(told)) == (0, [])


def test_the_microphone_runs_on_across_a_reconnection() -> None:
    """The next socket is there at 5000, and the audio goes on: it counts from the first again."""
    call = call_of((500, 1000), (5000, 9000))
    call.events[0] = events.SessionStarted(0, replace(PUSH_TO_TALK, session_id="sess_1"))
    call.events.append(
        events.SessionStarted(5000 * MS - 1, replace(PUSH_TO_TALK, session_id="sess_2"))
    )
    told = two_turns(call).play(12_000)
    assert windows(told) == [(500, 1000), (5000, 9000)]
    assert told.talk["user"] == 500
    assert turns(told) == [(1, 4200)]


def test_who_pushes_for_long_is_not_swept_over() -> None:
    """From 3000 to 12000, over the agent until 4700; at 9000 something else is done."""
    call = call_of((500, 1000), (3000, 12_000))
    commit(call, 1000, "item_1")
    call.answer("resp_1", "item_2", 1050, 1700, 3000, after="item_1")
    call.add(8900, events.ResponseStarted, "aside", out_of_band=True)
    call.add(9000, events.ResponseDone, "aside", "completed")
    commit(call, 12_000, "item_3", "item_2")
    told = call.play(14_000)
    assert told.talk == {"user": 9500, "agent": 3000, "overlap": 1700, "silence": 3200}


def test_what_streams_all_the_time_is_swept_between_two_commits() -> None:
    call = call_of((0, 60_000))
    commit(call, 1000, "item_1")
    after = "item_1"
    for number in range(10):
        at = 2000 + 5000 * number
        call.answer(f"resp_{number}", f"said_{number}", at, at + 100, 500, after=after)
        after = f"said_{number}"
    for event in sorted(call.events, key=lambda event: event.at):
        call.conversation.feed(event)
    assert len(call.conversation._state.talk.pending) <= 2  # noqa: SLF001 - its size is what this is about
