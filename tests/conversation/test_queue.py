"""A client's queue: what waits behind an answer, and what becomes of it when the user barges in.

A tool's turn has a preamble, heard from 1700 on for 8 s, and the answer after the tool, which waits
behind it; the user barges in at 4000, and is answered: 0.7 s after the end of what they said.
"""

import pytest
from conversation.call import MS, SECOND, Call, Told

from otel_realtime import events
from otel_realtime.records import InterruptionNoted, TurnNoted
from otel_realtime.values import Usage

PREAMBLE, LONG = 8000, 8000


def barge_in_before_what_waits(*, done: int = 3300) -> Call:
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer(
        "resp_1", "item_2", 1300, 1700, PREAMBLE, after="item_1", done=2000, calls=("call_1",)
    )
    call.run("call_1", 2000, 2300, after="item_of_call_1")
    call.answer("resp_2", "item_3", 2400, 2700, LONG, after="out_call_1", done=done)
    call.say("item_4", 4000, 5000, after="item_3")
    call.answer("resp_3", "item_5", 5300, 5700, 1000, after="item_4")
    return call


def assert_only_the_preamble_was_cut(told: Told) -> None:
    preamble, waiting, answer = (told.responses[f"resp_{number}"] for number in (1, 2, 3))
    assert (preamble.interrupted, preamble.interrupted_by) == (True, "item_4")
    assert (preamble.heard_ms, preamble.stop_time) == (2350, 0.05)
    assert (waiting.interrupted, waiting.heard_ms, waiting.discarded_ms) == (False, 0, LONG)
    assert waiting.playback_at is None
    assert answer.playback_at == 5700 * MS
    assert [told.responses[f"resp_{number}"].wait for number in (1, 3)] != [None, None]
    assert preamble.wait is not None
    assert answer.wait is not None
    assert (preamble.wait.seconds, answer.wait.seconds) == (0.7, 0.7)
    assert waiting.wait is None
    assert len(told.notes(InterruptionNoted)) == told.tally.interruptions == 1
    assert told.tally.heard_ms == 2350 + 1000
    assert told.tally.discarded_ms == PREAMBLE - 2350 + LONG
    assert told.talk["agent"] == 2350 + 1000


def test_what_waits_behind_an_answer_that_is_truncated_was_never_heard() -> None:
    call = barge_in_before_what_waits()
    call.add(4060, events.OutputTruncated, "item_2", 0, 2350)
    assert_only_the_preamble_was_cut(call.play(30_000))


def test_what_is_cancelled_while_it_waits_was_never_heard() -> None:
    call = barge_in_before_what_waits(done=9000)
    call.cut("resp_2", 4055)
    call.add(4060, events.OutputTruncated, "item_2", 0, 2350)
    assert_only_the_preamble_was_cut(call.play(30_000))


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_to_truncate_what_waits_is_to_cut_off_what_is_heard(is_cancelled) -> None:
    """So does the Agents SDK without a tracker: it truncates the item that came last."""
    call = barge_in_before_what_waits(done=9000 if is_cancelled else 3300)
    if is_cancelled:
        call.cut("resp_2", 4055)
    call.add(4060, events.OutputTruncated, "item_3", 0, 1350)
    told = call.play(30_000)
    facts = told.responses["resp_1"]
    assert facts.heard_until is not None
    assert facts.heard_until / MS == 4050  # when the server told of the user
    assert_only_the_preamble_was_cut(told)


def test_what_is_told_to_play_was_not_thrown_away() -> None:
    """The provider says that the second is heard: the first, of which nothing is told, is over."""
    call = barge_in_before_what_waits()
    call.add(2750, events.PlaybackStarted, "resp_2")
    call.add(4060, events.OutputTruncated, "item_2", 0, 1000)
    facts = call.play(30_000).responses["resp_2"]
    assert (facts.playback_source, facts.playback_at) == ("playback", 2750 * MS)
    assert facts.heard_ms == LONG


def test_after_a_barge_in_that_nothing_tells_of_nobody_is_taken_to_wait() -> None:
    """The client throws away the 20 s that it plays, and tells nobody."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 20_000, after="item_1", done=3000)
    call.say("item_3", 5000, 6000, after="item_2")
    call.answer("resp_2", "item_4", 6300, 6700, 1000, after="item_3")
    told = call.play(30_000)
    wait = told.responses["resp_2"].wait
    assert wait is not None
    assert (wait.seconds, wait.unknown) == (0.7, ("playback",))
    assert (told.responses["resp_1"].heard_ms, told.responses["resp_2"].heard_ms) == (5000, 1000)
    assert told.talk["agent"] == 6000
    assert told.tally.interruptions == 0


def test_nor_to_wait_behind_what_waited_then() -> None:
    """As before, but with an answer behind the preamble that nobody tells to be thrown away."""
    told = barge_in_before_what_waits().play(40_000)
    preamble, waiting, answer = (told.responses[f"resp_{number}"] for number in (1, 2, 3))
    assert (preamble.heard_ms, waiting.heard_ms, answer.heard_ms) == (4000, 0, 1000)
    assert answer.wait is not None
    assert answer.wait.seconds == 0.7
    assert told.tally.interruptions == 0


@pytest.mark.parametrize("item_id", ["item_2", "item_3"])
def test_a_truncation_that_comes_twice_cuts_nothing_that_came_after_the_first(item_id) -> None:
    call = barge_in_before_what_waits()
    call.add(4060, events.OutputTruncated, "item_2", 0, 2350)
    call.add(5900, events.OutputTruncated, item_id, 0, 2350)
    assert_only_the_preamble_was_cut(call.play(30_000))


def test_what_is_told_to_play_after_all_was_heard() -> None:
    call = barge_in_before_what_waits()
    call.add(4060, events.OutputTruncated, "item_2", 0, 2350)
    call.add(4500, events.PlaybackReported, "item_3", 0, 400.0)
    facts = call.play(5600).responses["resp_2"]
    assert (facts.playback_source, facts.playback_at) == ("tracker", 4100 * MS)
    assert facts.heard_source == "tracker"
    call = barge_in_before_what_waits(done=4500)
    call.add(4060, events.OutputTruncated, "item_2", 0, 2350)
    call.add(4100, events.PlaybackStarted, "resp_2")
    call.add(5000, events.PlaybackStopped, "resp_2", cleared=True)
    facts = call.play(5600).responses["resp_2"]
    assert (facts.heard_ms, facts.heard_source) == (900, "playback")


def test_what_is_not_done_as_another_is_heard_is_closed_when_it_is_done() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer(
        "resp_1", "item_2", 1300, 1700, 5000, after="item_1", done=5000, usage=Usage(10, 5, 15)
    )
    call.say("item_3", 3000, 3600, after="item_2")
    call.answer("resp_2", "item_4", 3900, 4300, 1000, after="item_3")
    facts = call.play(20_000).responses["resp_1"]
    assert (facts.status, facts.heard_ms) == ("completed", 2600)
    assert facts.usage is not None


def test_a_turn_lasts_until_the_end_that_a_late_truncation_tells() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 2000, after="item_1")
    call.add(3840, events.OutputTruncated, "item_2", 0, 1740)
    ((_, note),) = call.play(12_000).notes(TurnNoted)
    assert note.ns == 2940 * MS


def test_what_is_apart_from_the_conversation_holds_nothing_up() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.begin("apart", "item_9", 1310, after=None, out_of_band=True)
    call.add(1400, events.AudioStarted, "apart", "item_9", 0, 800 * 48)
    call.add(1500, events.ResponseDone, "apart", "completed")
    call.answer("resp_1", "item_2", 1300, 1700, 1000, after="item_1")
    told = call.play(6000)
    assert told.responses["apart"].playback_at == 1400 * MS
    wait = told.responses["resp_1"].wait
    assert wait is not None
    assert wait.seconds == 0.7


def test_who_barges_in_as_the_client_still_plays_what_the_clock_takes_to_be_over() -> None:
    """By the clock it was heard from 1700 to 3700; the client began 400 ms later."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 2000, after="item_1")
    call.say("item_3", 3780, 5000, after="item_2")
    call.add(3840, events.OutputTruncated, "item_2", 0, 1740)
    told = call.play(12_000)
    facts = told.responses["resp_1"]
    assert (facts.interrupted, facts.interrupted_by) == (True, "item_3")
    assert told.inputs["item_3"].interrupted == "resp_1"
    assert (told.tally.interruptions, told.tally.heard_ms) == (1, 1740)


def test_who_is_answered_when_they_speak_again_was_interrupted_and_did_not_interrupt() -> None:
    """The user goes on at 1600; the agent is heard from 1640 on; the server tells of it at 1650."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1640, 3000, after="item_1", done=3000)
    call.say("item_3", 1600, 3000, after="item_2")
    call.cut("resp_1", 1660)
    told = call.play(9000)
    facts = told.responses["resp_1"]
    assert (facts.interrupted, facts.interrupted_by, facts.stop_time) == (True, None, None)
    assert (told.tally.interruptions, told.tally.agent_interruptions) == (0, 1)


def test_an_onset_long_after_an_answer_has_nothing_to_do_with_it() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 2000, after="item_1")
    call.say("item_3", 4800, 5500, after="item_2")
    call.add(4860, events.OutputTruncated, "item_2", 0, 1740)
    told = call.play(12_000)
    assert told.tally.interruptions == 0
    assert told.responses["resp_1"].heard_until == 1700 * MS + round(1.74 * SECOND)
