"""Offsets that are missing, negative or in disorder, and clocks that jump: nothing is invented."""

from dataclasses import replace

import pytest
from conversation.call import MS, Call, Told

from otel_realtime import events
from otel_realtime.records import LeftOutNoted


def left_out(told) -> list[tuple[str, str]]:
    return [(note.what, note.why) for _, note in told.notes(LeftOutNoted)]


def utterance(first: int | None, last: int | None) -> Call:
    """The server speaks of it at 1000 and at 2000."""
    call = Call()
    call.add(1000, events.SpeechStarted, "item_1", first)
    call.add(2000, events.SpeechStopped, "item_1", last)
    call.add(2010, events.InputCommitted, "item_1")
    call.add(2100, events.Transcribed, "item_1", "one two three")
    call.answer("resp_1", "item_2", 2200, 2500, 500, after="item_1")
    return call


def test_offsets_that_are_sound() -> None:
    told = utterance(650, 1950).play(5000)
    facts = told.inputs["item_1"]
    assert (facts.onset, facts.acoustic_end) == (950 * MS, 1750 * MS)
    assert (facts.acoustic_start_ms, facts.acoustic_end_ms) == (950, 1750)
    assert left_out(told) == []


def test_at_the_very_beginning_there_may_be_less_padding_than_asked_for() -> None:
    facts = utterance(0, 1950).play(5000).inputs["item_1"]
    assert (facts.onset, facts.acoustic_start_ms) == (None, None)
    assert facts.acoustic_end_ms == 1750


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (-5, 1950, [("input.audio_offset", "negative")]),
        (650, -5, [("input.audio_offset", "negative")]),
        (-5, -5, [("input.audio_offset", "negative")] * 2),
        (1950, 650, [("input.acoustic_end", "the audio ends before the speech begins")]),
        (500, 600, [("input.acoustic_end", "the audio ends before the speech begins")]),
        (None, 1950, []),
        (650, None, []),
        (None, None, []),
        (650, 90_000_000, []),  # more than was ever sent
        (
            90_000_000,
            90_000_100,
            [("input.acoustic_end", "the audio ends before the speech begins")],
        ),
    ],
)
def test_offsets_that_are_not(first, last, why) -> None:
    told = utterance(first, last).play(5000)
    facts = told.inputs["item_1"]
    assert left_out(told) == why
    assert 0 <= facts.start <= facts.end <= 2000 * MS
    assert facts.acoustic_end is None or facts.start <= facts.acoustic_end <= facts.end
    for ms in (facts.audio_start_ms, facts.audio_end_ms):
        assert ms is None or ms >= 0
    assert facts.endpointing_delay is None or 0 <= facts.endpointing_delay <= 1
    wait = told.responses["resp_1"].wait
    assert 0.5 <= wait.seconds <= 1.5
    assert sum(told.talk[name] for name in ("user", "agent", "silence")) == 5000
    assert 0 <= told.talk["user"] <= 2000


@pytest.mark.parametrize("from_ms", [5500, 6255, 6500, 6720, 7500])
def test_a_clock_that_is_put_back_measures_nothing_negative(from_ms) -> None:
    """By four seconds, in mid-speech, before and after the answer: told once, and no more."""
    call = Call()
    call.say("item_1", 5000, 6000)
    call.answer("resp_1", "item_2", 6300, 6700, 1000, after="item_1")
    call.say("item_3", 9000, 9500, after="item_2")
    call.answer("resp_2", "item_4", 10_000, 10_200, 1000, after="item_3")
    call.add(13_000, events.SessionEnded, "closed")
    records = []
    for event in sorted(call.events, key=lambda event: event.at):
        back = 4000 * MS if event.at >= from_ms * MS else 0
        records += call.conversation.feed(replace(event, at=event.at - back))
    told = Told(call.conversation, records)
    assert left_out(told).count(("order of events", "the clock ran backwards")) == 1
    assert min(told.talk.values()) >= 0
    user, agent, overlap, silence = told.talk.values()
    assert user + agent - overlap + silence == 9000
    assert all(seconds >= 0 for seconds in told.tally.latencies)
    for facts in told.responses.values():
        for seconds in (facts.start_delay, facts.model_time_to_first_audio, facts.stop_time):
            assert seconds is None or seconds >= 0
