"""Barge-ins: what is one, what was a false one, what was missed, and when the agent fell silent."""

import pytest
from conversation.call import SEMANTIC_VAD, Call

from otel_realtime import events
from otel_realtime.records import (
    AgentInterruptionNoted,
    FalseBargeInNoted,
    InterruptionNoted,
    MissedBargeInNoted,
)
from otel_realtime.values import Item, ItemType


def barge_in(ended: int = 3000, text: str | None = "no, wait", config=None, **settings) -> Call:
    """The agent is heard from 1500 on, for 4 s; the user speaks from 2500; it is cut at 2560."""
    call = Call(**({"config": config} if config else {}), **settings)
    call.answer("resp_1", "item_1", 1000, 1500, 4000, after=None)
    call.say("item_2", 2500, ended, after="item_1", text=text)
    call.cut("resp_1", 2560)
    return call


def judged(told) -> tuple[int, int, int]:
    tally = told.tally
    assert len(told.notes(FalseBargeInNoted)) == tally.false_barge_ins
    assert len(told.notes(MissedBargeInNoted)) == tally.missed_barge_ins
    return tally.interruptions, tally.false_barge_ins, tally.missed_barge_ins


def test_a_barge_in() -> None:
    """By the clock: it fell silent when the server told of the user, 50 ms after the onset."""
    told = barge_in().play(9000)
    facts = told.responses["resp_1"]
    assert judged(told) == (1, 0, 0)
    assert (facts.interrupted, facts.interrupted_by) == (True, "item_2")
    assert (facts.heard_ms, facts.heard_source) == (1050, "clock")
    assert facts.stop_time == 0.05
    assert told.inputs["item_2"].interrupted == "resp_1"
    assert facts.discarded_ms == 2950
    assert told.talk == {"user": 500, "agent": 1050, "overlap": 50, "silence": 7500}
    assert len(told.notes(InterruptionNoted)) == 1


def test_the_stop_time_by_truncation() -> None:
    call = barge_in()
    call.add(2600, events.OutputTruncated, "item_1", 0, 1090)
    facts = call.play(9000).responses["resp_1"]
    assert (facts.heard_ms, facts.heard_source, facts.stop_time) == (1090, "truncation", 0.09)


def test_the_stop_time_by_the_tracker() -> None:
    """It had begun to play at 1700: by 2550, when the user is told of, 850 ms; it stopped there."""
    call = barge_in()
    call.add(2549, events.PlaybackReported, "item_1", 0, 849.0)
    call.add(2555, events.PlaybackReported, "item_1", 0, 855.0)
    told = call.play(9000)
    facts = told.responses["resp_1"]
    assert (facts.heard_ms, facts.heard_source) == (855, "tracker")
    assert facts.playback_at == 1_700_000_000
    assert facts.stop_time == 0.055
    assert told.talk["agent"] == 855


def test_the_stop_time_is_never_negative() -> None:
    """The tracker had stopped before the user began."""
    call = barge_in()
    call.add(2100, events.PlaybackReported, "item_1", 0, 600.0)
    call.add(2549, events.PlaybackReported, "item_1", 0, 700.0)
    call.add(2555, events.PlaybackReported, "item_1", 0, 700.0)
    facts = call.play(9000).responses["resp_1"]
    assert facts.heard_ms == 700
    assert facts.stop_time is not None
    assert facts.stop_time >= 0


@pytest.mark.parametrize(
    ("ended", "text", "is_false"),
    [
        (3000, "no, wait", False),
        (3000, "", True),
        (3000, " … ", True),
        (3000, None, True),  # its transcription failed
        (2799, "uh", True),  # shorter than 300 ms
        (2800, "uh", False),
        (3000, "待って", False),  # words that cannot be counted are words
    ],
)
def test_a_false_barge_in(ended, text, is_false) -> None:
    told = barge_in(ended, text).play(12_000)
    assert judged(told) == (1, int(is_false), 0)
    if is_false:
        ((at, note),) = told.notes(FalseBargeInNoted)
        assert (note.facts.response_id, note.given.item_id) == ("resp_1", "item_2")
        assert at == 2550  # on the interruption that it judges


@pytest.mark.parametrize(("begun", "is_false"), [(4000, False), (4899, False), (4900, True)])
def test_it_is_none_if_the_user_speaks_again_within_two_seconds(begun, is_false) -> None:
    """Its window ends at 2900, and `begun` is when the next one is told of."""
    call = barge_in(2700, "")
    call.say("item_3", begun - 50, begun + 500, after="item_2")
    assert judged(call.play(12_000)) == (1, int(is_false), 0)


@pytest.mark.parametrize(("typed_at", "is_false"), [(4800, False), (5000, True)])
def test_typed_words_within_two_seconds_are_words_too(typed_at, is_false) -> None:
    call = barge_in(2700, "")
    item = Item("item_3", ItemType.MESSAGE, "user", texts=("Stop.",))
    call.add(typed_at, events.ItemAdded, item, "item_2")
    assert judged(call.play(12_000)) == (1, int(is_false), 0)


def test_it_is_judged_when_its_transcript_comes_however_late() -> None:
    call = barge_in(3000, "")
    late = [each for each in call.events if isinstance(each, events.Transcribed)]
    call.events.remove(late[0])
    call.add(9000, events.Transcribed, "item_2", "")
    assert judged(call.play(12_000)) == (1, 1, 0)


def test_words_long_after_it_are_no_answer_to_whether_it_was_speech() -> None:
    """Its transcript, an empty one, comes after the next words, and these came 4 s after it."""
    call = barge_in(text="")
    for each in call.events:
        if isinstance(each, events.Transcribed):
            call.events.remove(each)
    call.add(9000, events.Transcribed, "item_2", "")
    call.say("item_3", 7400, 8000, after="item_2")
    assert judged(call.play(12_000)) == (1, 1, 0)


def test_a_transcript_that_never_comes_judges_nothing() -> None:
    call = barge_in(3000, "")
    call.events = [each for each in call.events if not isinstance(each, events.Transcribed)]
    assert judged(call.play(60_000)) == (1, 0, 0)


def test_the_end_of_the_call_judges_what_is_left() -> None:
    assert judged(barge_in(3000, "").play(3400)) == (1, 1, 0)


def test_how_short_it_was_is_not_known_to_semantic_detection() -> None:
    assert judged(barge_in(2600, "uh", SEMANTIC_VAD).play(12_000)) == (1, 0, 0)
    assert judged(barge_in(2600, "", SEMANTIC_VAD).play(12_000)) == (1, 1, 0)


def test_what_the_application_cuts_is_no_barge_in() -> None:
    call = Call()
    call.answer("resp_1", "item_1", 1000, 1500, 4000, after=None)
    call.cut("resp_1", 2560, "client_cancelled")
    told = call.play(9000)
    assert judged(told) == (0, 0, 0)
    assert told.responses["resp_1"].interrupted
    assert told.responses["resp_1"].stop_time is None


@pytest.mark.parametrize(("ended", "missed"), [(3500, 0), (3501, 1), (4500, 1), (6500, 1)])
def test_who_speaks_for_longer_than_a_second_and_is_not_heeded(ended, missed) -> None:
    call = Call()
    call.answer("resp_1", "item_1", 1000, 1500, 4000, after=None)
    call.say("item_2", 2500, ended, after="item_1")
    told = call.play(12_000)
    assert judged(told) == (0, 0, missed)
    for at, note in told.notes(MissedBargeInNoted):
        assert at == ended
        assert note.overlap_ns / 1e6 == min(ended, 5500) - 2500
        assert (note.facts.response_id, note.given.item_id) == ("resp_1", "item_2")


def test_a_cut_that_takes_its_time_is_a_barge_in_if_the_user_still_speaks() -> None:
    """The application cuts it off, a second and a half after the onset."""
    call = Call()
    call.answer("resp_1", "item_1", 1000, 1500, 4000, after=None)
    call.say("item_2", 2500, 4500, after="item_1")
    call.cut("resp_1", 4000, "client_cancelled")
    told = call.play(12_000)
    assert judged(told) == (1, 0, 0)
    facts = told.responses["resp_1"]
    assert (facts.interrupted_by, facts.heard_ms, facts.stop_time) == ("item_2", 2500, 1.5)
    assert told.talk["overlap"] == 1500


def test_what_is_cut_when_the_user_is_silent_again_was_not_missed_and_no_barge_in() -> None:
    call = Call()
    call.answer("resp_1", "item_1", 1000, 1500, 4000, after=None)
    call.say("item_2", 2500, 4000, after="item_1")
    call.cut("resp_1", 4400, "client_cancelled")
    told = call.play(12_000)
    assert judged(told) == (0, 0, 0)
    assert told.responses["resp_1"].interrupted
    assert told.responses["resp_1"].interrupted_by is None


def test_what_only_a_later_utterance_cuts_was_missed_before() -> None:
    call = Call()
    call.answer("resp_1", "item_1", 1000, 1500, 8000, after=None)
    call.say("item_2", 2500, 4000, after="item_1")
    call.say("item_3", 6000, 7000, after="item_2")
    call.cut("resp_1", 6060)
    told = call.play(12_000)
    assert judged(told) == (1, 0, 1)
    ((_, note),) = told.notes(MissedBargeInNoted)
    assert note.given.item_id == "item_2"
    assert told.responses["resp_1"].interrupted_by == "item_3"


def test_an_answer_over_the_user_is_no_barge_in_of_the_users() -> None:
    """The agent becomes audible at 1500, while the user speaks; nobody is cut off."""
    call = Call()
    call.say("item_1", 1000, 3500)
    call.answer("resp_1", "item_2", 1100, 1500, 2500, after=None)
    told = call.play(9000)
    assert judged(told) == (0, 0, 0)
    ((at, note),) = told.notes(AgentInterruptionNoted)
    assert (at, note.facts.response_id, note.given.item_id) == (1500, "resp_1", "item_1")
    assert told.tally.agent_interruptions == 1
    assert told.talk == {"user": 2500, "agent": 2500, "overlap": 2000, "silence": 6000}


def test_who_goes_on_speaking_does_not_become_audible() -> None:
    """Two answers without a pause, the user over both: the second does not interrupt."""
    call = Call()
    call.answer("resp_1", "item_1", 1000, 1500, 2000, after=None)
    call.answer("resp_2", "item_2", 1600, 1800, 2000, after="item_1")
    call.say("item_3", 2500, 4500, after="item_2")
    told = call.play(12_000)
    assert told.responses["resp_2"].playback_at == 3_500_000_000
    assert told.tally.agent_interruptions == 0


def late_truncation(end_ms: int, at: float = 4600) -> Call:
    """The agent was taken to be heard from 1500 to 4500; then the client says how much it was."""
    call = Call()
    call.say("item_1", 500, 900)
    call.answer("resp_1", "item_2", 1200, 1500, 3000, after="item_1")
    call.add(at, events.OutputTruncated, "item_2", 0, end_ms)
    return call


def test_a_late_truncation_corrects_the_sums() -> None:
    told = late_truncation(1400).play(9000)
    assert told.responses["resp_1"].heard_ms == 1400
    assert told.talk == {"user": 400, "agent": 1400, "overlap": 0, "silence": 7200}
    assert (told.tally.generated_ms, told.tally.heard_ms) == (3000, 1400)
    assert told.tally.discarded_ms == 1600


def test_a_truncation_that_cuts_nothing_counts_nothing_twice() -> None:
    call = late_truncation(3000, at=4900)
    call.say("item_3", 3700, 4400, after="item_2")
    told = call.play(9000)
    assert judged(told) == (0, 0, 0)  # an overlap of 700 ms, not of twice that
    assert told.talk == {"user": 1100, "agent": 3000, "overlap": 700, "silence": 5600}
    assert told.tally.heard_ms == 3000
