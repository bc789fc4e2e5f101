"""Which marks count: those of what a response answers, and no older ones."""

from conversation.call import MS, SECOND, SERVER_VAD, Call

from otel_realtime import events
from otel_realtime.facts import SessionFacts
from otel_realtime.values import Item, ItemType


def measured(facts) -> tuple[str | None, float | None, float | None]:
    return facts.trigger, facts.start_delay, facts.tool_turn_overhead


def test_a_tool_answered_long_ago_does_not_trigger_the_answer_to_new_words() -> None:
    """Its output was added and no response asked for; the user speaks 10 s later: C 12760."""
    call = Call(keep_text=True)
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 1500, after="item_1", done=2000, calls=("call_1",))
    call.run("call_1", 2000, 2100, after="item_of_call_1")
    call.say("item_3", 12_000, 12_500, after="out_call_1")
    call.answer("resp_2", "item_4", 12_800, 13_200, 1000, after="item_3")
    facts = call.play(16_000).responses["resp_2"]
    assert measured(facts) == ("speech", 0.04, None)
    assert [answer.call_id for answer in facts.answers] == ["call_1"]  # it is new to the model
    assert facts.turn == 2


def test_a_follow_up_that_the_user_cut_off_leaves_nothing_to_the_answer_to_the_new_words() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.call_tools("resp_1", 1300, 1600, ("call_1",), after="item_1")
    call.run("call_1", 1600, 2000, after="item_of_call_1")
    call.add(2050, events.ResponseStarted, "resp_2")
    call.add(2360, events.ResponseDone, "resp_2", "cancelled", "turn_detected")
    call.say("item_3", 2300, 6000, after="out_call_1")
    call.answer("resp_3", "item_4", 6300, 6700, 1000, after="item_3")
    facts = call.play(9000).responses["resp_3"]
    assert measured(facts) == ("speech", 0.04, None)
    assert [given.item_id for given in facts.inputs] == ["item_1", "item_3"]


def test_nor_what_an_idle_timeout_brings() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1400, 500, after="item_1", calls=("call_1",))
    call.run("call_1", 1500, 1600, after="item_of_call_1")
    call.add(12_000, events.IdleTimedOut, "item_3", 5000, 12_000)
    silence = Item("item_3", ItemType.MESSAGE, "user", has_audio=True)
    call.add(12_001, events.ItemAdded, silence, "out_call_1")
    call.answer("resp_2", "item_4", 12_010, 12_300, 500, after="item_3")
    facts = call.play(15_000).responses["resp_2"]
    assert measured(facts) == ("idle_timeout", None, None)
    assert facts.wait is None


def test_a_tool_that_ends_after_the_new_words_triggers_what_goes_on_from_it() -> None:
    """Tool 1600 to 5000; E 3000, S 3250, R 5100, A 5500: the user waits for the tool."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.call_tools("resp_1", 1300, 1600, ("call_1",), after="item_1")
    call.run("call_1", 1600, 5000, after="item_3")
    call.say("item_3", 2500, 3000, after="item_of_call_1")
    call.answer("resp_2", "item_4", 5100, 5500, 1000, after="out_call_1")
    told = call.play(9000)
    facts = told.responses["resp_2"]
    assert (facts.turn, *measured(facts)) == (2, "tool", None, 0.5)
    assert told.steps("resp_2") == [
        ("endpointing", 250),
        ("tool", 1750),
        ("queue", 100),
        ("model", 400),
    ]
    assert facts.wait.had_tool


def test_nobody_waits_for_a_tool_that_the_answer_does_not_go_on_from() -> None:
    """A tool of the turn before runs on, while the agent answers the new words without it."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1400, 500, after="item_1", done=1600, calls=("call_1",))
    call.run("call_1", 1600, 9000, after="item_4")
    call.say("item_3", 2500, 3000, after="item_of_call_1")
    call.answer("resp_2", "item_4", 3300, 3700, 1000, after="item_3")
    told = call.play(12_000)
    assert told.steps("resp_2") == [("endpointing", 250), ("queue", 50), ("model", 400)]
    assert not told.responses["resp_2"].wait.had_tool


def test_a_tool_counts_whose_run_is_not_seen_but_whose_output_ends_the_wait() -> None:
    """As on its span: from the call at 1590 to its output at 5001."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.call_tools("resp_1", 1300, 1600, ("call_1",), after="item_1")
    call.say("item_3", 2500, 3000, after="item_of_call_1")
    output = Item("out_call_1", ItemType.TOOL_OUTPUT, call_id="call_1")
    call.add(5001, events.ItemAdded, output, "item_3")
    call.answer("resp_2", "item_4", 5101, 5501, 1000, after="out_call_1")
    told = call.play(9000)
    assert told.steps("resp_2")[1:] == [("tool", 1751), ("queue", 100), ("model", 400)]


def test_the_first_audio_is_waited_for_since_the_last_input_only() -> None:
    """Speech that nobody answered, S 1250; a text typed at 11000, C; A 11400."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.add(1300, events.ResponseStarted, "resp_1")
    call.add(1350, events.ResponseDone, "resp_1", "cancelled", "client_cancelled")
    typed = Item("item_2", ItemType.MESSAGE, "user", texts=("hello",))
    call.add(11_000, events.ItemAdded, typed, "item_1")
    call.answer("resp_2", "item_3", 11_050, 11_400, 500, after="item_2")
    facts = call.play(14_000).responses["resp_2"]
    assert [given.item_id for given in facts.inputs] == ["item_1", "item_2"]
    assert facts.time_to_first_audio == (0.4, "committed")
    assert facts.start_delay == 0.05


def test_an_input_whose_marks_nothing_tells_leaves_the_wait_to_the_response() -> None:
    """Audio that is added as an item has neither S nor C: those of older words are not its own."""
    call = Call()
    call.say("item_1", 500, 1000)
    spoken = Item("item_2", ItemType.MESSAGE, "user", has_audio=True)
    call.add(11_000, events.ItemAdded, spoken, "item_1")
    call.answer("resp_1", "item_3", 11_050, 11_400, 500, after="item_2")
    facts = call.play(14_000).responses["resp_1"]
    assert facts.time_to_first_audio == (0.35, "response_created")
    assert facts.start_delay is None


def opened(*between: str) -> SessionFacts:
    """The client's settings are first confirmed after five minutes, or at once."""
    call = Call()
    call.events = [
        events.SessionOpened(0, None, None, "gpt-realtime"),
        events.SessionStarted(150 * MS, SERVER_VAD),
    ]
    if "user" in between:
        call.say("item_1", 500, 1000)
    if "agent" in between:
        call.answer("resp_1", "item_2", 1300, 1700, 500, after=None)
    if "at once" in between:
        call.add(180, events.SessionChanged, SERVER_VAD)
    call.add(300_000, events.SessionChanged, SERVER_VAD)
    call.play(310_000)
    return call.conversation.session


def test_settings_that_are_confirmed_before_anybody_speaks_are_the_setup() -> None:
    assert opened("at once", "user", "agent").configured_at == 180 * MS
    assert opened("at once").configured_at == 180 * MS
    assert opened().configured_at == 300 * SECOND  # nothing has happened: it was set up then


def test_settings_that_change_in_mid_call_are_no_setup() -> None:
    assert opened("user").configured_at is None
    assert opened("agent").configured_at is None
    assert opened("user", "agent").configured_at is None
