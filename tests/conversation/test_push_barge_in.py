"""Push-to-talk barge-ins: the audio that is sent tells when the user began to speak."""

import pytest
from conversation.call import BYTES_PER_MS, MS, PUSH_TO_TALK, Call

from otel_realtime import events
from otel_realtime.values import Item, ItemType


def pushed(*, cut_at: float = 3005) -> Call:
    """The agent is heard from 1700 on, for 5 s; the user pushes from 3000 to 4000."""
    call = Call(PUSH_TO_TALK)
    call.events = [each for each in call.events if not isinstance(each, events.AudioSent)]
    push(call, "item_1", 500, 1000, after=None)
    call.answer("resp_1", "item_2", 1050, 1700, 5000, after="item_1", done=2500)
    call.add(cut_at, events.OutputTruncated, "item_2", 0, 1300)
    push(call, "item_3", 3000, 4000, after="item_2")
    call.answer("resp_2", "item_4", 4050, 4400, 1000, after="item_3")
    return call


def push(call: Call, item_id: str, begun: int, ended: int, *, after: str | None) -> None:
    for at in range(begun, ended, 20):
        call.add(at, events.AudioSent, 20 * BYTES_PER_MS)
    call.add(ended, events.InputCommitted, item_id)
    user = Item(item_id, ItemType.MESSAGE, "user", has_audio=True)
    call.add(ended + 1, events.ItemAdded, user, after)
    call.add(ended + 100, events.Transcribed, item_id, "one two three")


def test_who_pushes_while_the_agent_is_heard_barges_in() -> None:
    told = pushed().play(12_000)
    facts = told.responses["resp_1"]
    assert (facts.interrupted, facts.by_user, facts.heard_ms) == (True, True, 1300)
    assert facts.stop_time == 0.0
    assert told.inputs["item_3"].interrupted == "resp_1"
    assert told.inputs["item_1"].interrupted is None
    assert told.tally.interruptions == 1


def test_a_cut_while_nobody_pushes_is_the_applications() -> None:
    told = pushed(cut_at=2800).play(12_000)
    facts = told.responses["resp_1"]
    assert (facts.interrupted, facts.by_user) == (True, False)
    assert told.inputs["item_3"].interrupted is None
    assert told.tally.interruptions == 0


def test_a_cut_long_after_the_push_was_not_brought_about_by_it() -> None:
    call = pushed()
    for each in call.events:
        if isinstance(each, events.OutputTruncated):
            call.events.remove(each)
            break
    call.add(4000 + 990, events.OutputTruncated, "item_2", 0, 3290)
    told = call.play(12_000)
    facts = told.responses["resp_1"]
    assert (facts.interrupted, facts.by_user) == (True, False)
    assert facts.playback_at == 1700 * MS


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_an_answer_that_becomes_audible_after_the_push_interrupts_and_is_not(is_cancelled) -> None:
    """The user pushes from 1550 to 3000; the agent is heard from 1700, and cut off at 1900."""
    call = Call(PUSH_TO_TALK)
    call.events = [each for each in call.events if not isinstance(each, events.AudioSent)]
    push(call, "item_1", 500, 1000, after=None)
    call.answer("resp_1", "item_2", 1050, 1700, 5000, after="item_1", done=1750)
    if is_cancelled:
        call.cut("resp_1", 1900)
    else:
        call.add(1900, events.OutputTruncated, "item_2", 0, 200)
    push(call, "item_3", 1550, 3000, after="item_2")
    told = call.play(9000)
    facts = told.responses["resp_1"]
    assert (facts.heard_ms, facts.interrupted, facts.by_user) == (200, True, False)
    assert (told.tally.interruptions, told.tally.agent_interruptions) == (0, 1)


@pytest.mark.parametrize("ended", [3600, 4500])
def test_a_push_names_what_it_cut_off_however_short_it_is(ended) -> None:
    """The answer is cancelled at 3020; the client sends no truncation."""
    call = Call(PUSH_TO_TALK)
    call.events = [each for each in call.events if not isinstance(each, events.AudioSent)]
    push(call, "item_1", 500, 1000, after=None)
    call.answer("resp_1", "item_2", 1050, 1700, 5000, after="item_1", done=9000)
    call.cut("resp_1", 3020, "client_cancelled")
    push(call, "item_3", 3000, ended, after="item_2")
    assert call.play(9000).inputs["item_3"].interrupted == "resp_1"
