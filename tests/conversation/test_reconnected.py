"""A connection that is lost in mid-speech: what came after that nobody knows."""

from dataclasses import replace

import pytest
from conversation.call import BYTES_PER_MS, MS, SERVER_VAD, Call

from otel_realtime import events
from otel_realtime.values import Item, ItemType


def lost_in_mid_speech(lost_at: int | None, again_at: int | None = 6000) -> Call:
    """The agent is heard from 1700 on, of 5000 ms; the user speaks again at 3000 and goes on.

    Their next words, on the next socket, are spoken from 1500 to 2000 ms after it is there.
    """
    call = Call(replace(SERVER_VAD, session_id="sess_1"))
    call.say("item_1", 500, 1000)
    call.begin("resp_1", "item_2", 1300, after="item_1")
    call.add(1700, events.AudioStarted, "resp_1", "item_2", 0, 5000 * BYTES_PER_MS)
    call.add(3050, events.SpeechStarted, "item_3", 2700)
    if lost_at is not None:
        call.add(lost_at, events.ConnectionLost)
    if again_at is not None:
        call.add(again_at, events.SessionStarted, replace(SERVER_VAD, session_id="sess_2"))
        call.add(again_at, events.AudioSent, 60_000 * BYTES_PER_MS)
        call.add(again_at + 1550, events.SpeechStarted, "item_4", 1200)
        call.add(again_at + 2250, events.SpeechStopped, "item_4", 2200)
        call.add(again_at + 2260, events.InputCommitted, "item_4")
        spoken = Item("item_4", ItemType.MESSAGE, "user", has_audio=True)
        call.add(again_at + 2261, events.ItemAdded, spoken, None)
        call.add(again_at + 2400, events.Transcribed, "item_4", "one two three")
    return call


def window(told, item_id: str) -> tuple[float, float]:
    facts = told.inputs[item_id]
    return facts.start / MS, facts.end / MS


@pytest.mark.parametrize(
    ("lost_at", "ended", "user", "overlap"),
    [(4500, 4500, 2500, 1500), (3100, 3100, 1100, 100), (None, 3050, 1050, 50)],
    ids=["later", "at once", "nobody tells when"],
)
def test_speech_is_known_until_the_connection_is_lost(lost_at, ended, user, overlap) -> None:
    """500 ms before, 500 ms after it; nobody tells when: then no more than its onset is known."""
    told = lost_in_mid_speech(lost_at).play(12_000)
    assert window(told, "item_3") == (2700, ended)
    assert told.inputs["item_3"].end_reason == "reconnected"
    assert (told.talk["user"], told.talk["overlap"]) == (user, overlap)
    assert window(told, "item_4") == (7200, 8200)
    assert told.tally.missed_barge_ins == (overlap > 1000)


def test_so_it_is_where_it_does_not_come_back() -> None:
    told = lost_in_mid_speech(4500, None).play(12_000, "connection_lost")
    assert window(told, "item_3") == (2700, 4500)
    assert told.inputs["item_3"].end_reason == "connection_lost"
    assert told.talk["user"] == 2000


def test_what_was_said_before_is_as_it_was() -> None:
    call = Call(replace(SERVER_VAD, session_id="sess_1"))
    call.say("item_1", 500, 1000, text=None)
    call.events = [each for each in call.events if not isinstance(each, events.TranscriptionFailed)]
    call.add(2000, events.ConnectionLost)
    call.add(6000, events.SessionStarted, replace(SERVER_VAD, session_id="sess_2"))
    told = call.play(8000)
    assert window(told, "item_1") == (200, 1200)
    assert told.talk["user"] == 500
