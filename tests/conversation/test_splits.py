"""A pause taken for the end of what the user says: one turn, though it came in two parts."""

from conversation.call import Call

from otel_realtime import events
from otel_realtime.records import TurnNoted
from otel_realtime.values import Item, ItemType


def split(*, cancelled: int = 1460) -> Call:
    """The user pauses from 1000 to 1400; the answer to the first part is cancelled unheard."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.begin("resp_1", "item_2", 1300, after="item_1")
    call.add(cancelled, events.ResponseDone, "resp_1", "cancelled", "turn_detected")
    call.say("item_3", 1400, 2500, after="item_2")
    call.answer("resp_2", "item_4", 2800, 3200, 1000, after="item_3")
    return call


def test_an_utterance_in_two_parts_is_one_turn() -> None:
    told = split().play(9000)
    assert [told.inputs[item].turn for item in ("item_1", "item_3")] == [1, 1]
    assert [each.turn for each in told.responses.values()] == [1, 1]
    assert told.tally.turns == 1
    wait = told.responses["resp_2"].wait
    assert wait is not None
    assert wait.seconds == 0.7
    ((_, note),) = told.notes(TurnNoted)
    assert (note.index, note.ns / 1e6) == (1, 3700)


def test_a_turn_goes_on_too_where_its_answer_was_cancelled_before_the_user_spoke_again() -> None:
    told = split(cancelled=1310).play(9000)
    assert (told.inputs["item_3"].turn, told.tally.turns) == (1, 1)


def test_what_the_user_says_after_the_next_turn_is_counted_on() -> None:
    call = split()
    call.say("item_5", 5000, 5500, after="item_4")
    call.answer("resp_3", "item_6", 5800, 6200, 1000, after="item_5")
    told = call.play(9000)
    assert (told.inputs["item_5"].turn, told.responses["resp_3"].turn) == (2, 2)
    assert told.tally.turns == 2
    assert [note.index for _, note in told.notes(TurnNoted)] == [1, 2]


def test_an_answer_that_was_there_answers_though_it_is_cancelled() -> None:
    call = split()
    call.add(1350, events.AudioStarted, "resp_1", "item_2", 0, 480)
    told = call.play(9000)
    assert (told.inputs["item_3"].turn, told.tally.turns) == (2, 2)


def test_a_call_of_a_tool_answers_though_it_is_cancelled() -> None:
    call = split()
    item = Item("item_9", ItemType.TOOL_CALL, call_id="call_1", name="look")
    call.add(1320, events.OutputAdded, "resp_1", item)
    call.add(1321, events.OutputFinished, "resp_1", item)
    told = call.play(9000)
    assert (told.inputs["item_3"].turn, told.tally.turns) == (2, 2)


def test_typed_words_that_are_told_already_stay_a_turn_of_their_own() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.begin("resp_1", "item_2", 1300, after="item_1")
    typed = Item("item_3", ItemType.MESSAGE, "user", texts=("and?",))
    call.add(1400, events.ItemAdded, typed, "item_2")
    call.add(1460, events.ResponseDone, "resp_1", "cancelled", "client_cancelled")
    told = call.play(9000)
    assert (told.inputs["item_3"].turn, told.tally.turns) == (2, 2)
