"""Turns and waits, to the millisecond: what belongs to what, and what the user waited for."""

from dataclasses import replace

import pytest
from conversation.call import PUSH_TO_TALK, SEMANTIC_VAD, SERVER_VAD, Call

from otel_realtime import events
from otel_realtime.records import LeftOutNoted, TurnNoted
from otel_realtime.values import Item, ItemType, SessionConfig


def waited(told, response_id) -> tuple[float, str]:
    wait = told.responses[response_id].wait
    return wait.seconds, wait.origin


def test_a_plain_turn() -> None:
    """E 1000, S 1250, C 1260, R 1300, A = P 1700, heard until 2700."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 1000, after="item_1")
    told = call.play(4000)
    facts = told.responses["resp_1"]
    assert waited(told, "resp_1") == (0.7, "acoustic")
    assert told.steps("resp_1") == [("endpointing", 250), ("queue", 50), ("model", 400)]
    assert facts.wait.unknown == ("playback",)
    assert facts.wait.part("playback") is None
    assert facts.wait.part("tool") == 0
    assert not facts.wait.had_tool
    assert (facts.start_delay, facts.model_time_to_first_audio) == (0.04, 0.4)
    assert facts.time_to_first_audio == (0.45, "speech_stopped")
    assert told.inputs["item_1"].endpointing_delay == 0.25
    assert told.inputs["item_1"].transcription_delay == 0.1
    assert (facts.turn, told.inputs["item_1"].turn, told.tally.turns) == (1, 1, 1)
    ((at, turn),) = told.notes(TurnNoted)
    assert (at, turn.index, turn.ns) == (2700, 1, 2_200_000_000)


def test_a_greeting_is_no_wait_and_no_turn() -> None:
    call = Call()
    call.answer("resp_1", "item_1", 40, 300, 500, after=None)
    call.say("item_2", 1500, 2000, after="item_1")
    call.answer("resp_2", "item_3", 2300, 2600, 500, after="item_2")
    told = call.play(5000)
    greeting, answer = told.responses["resp_1"], told.responses["resp_2"]
    assert (greeting.is_greeting, greeting.greeting_latency, greeting.wait) == (True, 0.3, None)
    assert (greeting.turn, answer.turn) == (0, 1)
    assert not answer.is_greeting
    assert waited(told, "resp_2") == (0.6, "acoustic")
    assert list(told.tally.latencies) == [0.6]


def test_who_speaks_after_the_user_has_begun_does_not_greet() -> None:
    call = Call()
    call.begin("resp_1", "item_1", 40, after=None)
    call.say("item_2", 400, 700, after="item_1")
    call.add(500, events.AudioStarted, "resp_1", "item_1", 0, 100 * 48)
    call.add(550, events.ResponseDone, "resp_1", "completed")
    greeting = call.play(3000).responses["resp_1"]
    assert (greeting.turn, greeting.wait) == (0, None)
    assert (greeting.is_greeting, greeting.greeting_latency) == (False, None)


def test_two_utterances_before_one_answer_are_one_turn() -> None:
    """The user goes on: what is waited for begins with the end of the last words."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.say("item_2", 1600, 2000, after="item_1")
    call.answer("resp_1", "item_3", 2300, 2600, 400, after="item_2")
    told = call.play(5000)
    assert {each.turn for each in told.inputs.values()} == {1}
    assert told.tally.turns == 1
    assert waited(told, "resp_1") == (0.6, "acoustic")
    ((_, turn),) = told.notes(TurnNoted)
    assert turn.ns == 2_500_000_000  # 500 to 3000


def tool_turn(preamble: int) -> Call:
    """R1 1300 to D1 1600, two tools 1600-1900 and 1650-2400, R2 2450, A2 2800."""
    call = Call()
    call.say("item_1", 500, 1000)
    calls = ("call_1", "call_2")
    if preamble:
        call.answer(
            "resp_1", "item_2", 1300, 1400, preamble, after="item_1", done=1600, calls=calls
        )
    else:
        call.call_tools("resp_1", 1300, 1600, calls, after="item_1")
    call.run("call_1", 1600, 1900, after="item_of_call_2")
    call.run("call_2", 1650, 2400, after="out_call_1")
    call.answer("resp_2", "item_3", 2450, 2800, 1000, after="out_call_2")
    return call


def test_a_turn_with_tools_is_waited_for_across_both_responses() -> None:
    told = tool_turn(0).play(6000)
    assert told.responses["resp_1"].wait is None
    facts = told.responses["resp_2"]
    assert (facts.turn, facts.trigger) == (1, "tool")
    assert told.steps("resp_2") == [
        ("endpointing", 250),
        ("queue", 50),
        ("model", 300),
        ("tool", 800),
        ("queue", 50),
        ("model", 350),
    ]
    assert waited(told, "resp_2") == (1.8, "acoustic")
    assert facts.wait.had_tool
    assert facts.wait.part("tool") == 0.8
    assert facts.tool_turn_overhead == 0.4  # from the end of the last of the two
    assert {tool.turn for tool in told.tools.values()} == {1}
    assert len(told.tally.latencies) == 1


def test_a_wait_ends_at_the_words_before_the_tools() -> None:
    told = tool_turn(500).play(6000)
    assert waited(told, "resp_1") == (0.4, "acoustic")
    assert not told.responses["resp_1"].wait.had_tool
    assert told.responses["resp_2"].wait is None
    assert told.responses["resp_2"].tool_turn_overhead == 0.4
    assert list(told.tally.latencies) == [0.4]


def test_tools_whose_run_is_not_seen_count_as_on_their_spans() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.call_tools("resp_1", 1300, 1600, ("call_1",), after="item_1")
    output = Item("out_1", ItemType.TOOL_OUTPUT, call_id="call_1")
    call.add(2100, events.ItemAdded, output, "item_of_call_1")
    call.answer("resp_2", "item_3", 2200, 2500, 500, after="out_1")
    told = call.play(5000)
    assert told.tools["call_1"].outcome == "answered"
    assert told.steps("resp_2") == [
        ("endpointing", 250),
        ("queue", 50),
        ("model", 290),
        ("tool", 510),
        ("queue", 100),
        ("model", 300),
    ]
    assert told.responses["resp_2"].wait.had_tool


def test_semantic_detection_does_not_tell_the_acoustic_end() -> None:
    call = Call(SEMANTIC_VAD)
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 1000, after="item_1")
    told = call.play(4000)
    assert waited(told, "resp_1") == (0.45, "event")
    assert told.responses["resp_1"].wait.unknown == ("endpointing", "playback")
    assert told.responses["resp_1"].wait.part("endpointing") is None
    assert told.inputs["item_1"].endpointing_delay is None
    assert told.steps("resp_1") == [("queue", 50), ("model", 400)]


def test_without_the_client_the_acoustic_end_is_not_known() -> None:
    """WebRTC: nobody here sees the audio; it would be no more than S less what was configured."""
    call = Call(replace(SERVER_VAD, output_format=None))
    call.events = [each for each in call.events if not isinstance(each, events.AudioSent)]
    call.say("item_1", 500, 1000)
    call.begin("resp_1", "item_2", 1300, after="item_1")
    call.add(1700, events.PlaybackStarted, "resp_1")
    call.add(1800, events.ResponseDone, "resp_1", "completed")
    call.add(2700, events.PlaybackStopped, "resp_1")
    told = call.play(4000)
    wait = told.responses["resp_1"].wait
    assert (wait.seconds, wait.origin) == (0.45, "event")
    assert wait.unknown == ("endpointing", "playback")
    assert told.inputs["item_1"].endpointing_delay is None
    assert told.talk["agent"] == 1000


def test_push_to_talk_waits_for_no_endpointing() -> None:
    call = Call(PUSH_TO_TALK)
    call.events.pop()
    call.add(500, events.AudioSent, 500 * 48)
    call.add(1000, events.InputCommitted, "item_1")
    call.add(1001, events.ItemAdded, Item("item_1", ItemType.MESSAGE, "user", has_audio=True))
    call.answer("resp_1", "item_2", 1050, 1400, 1000, after="item_1")
    told = call.play(4000)
    assert waited(told, "resp_1") == (0.4, "event")
    assert told.steps("resp_1") == [("queue", 50), ("model", 350)]
    assert told.responses["resp_1"].wait.unknown == ("playback",)
    assert told.responses["resp_1"].time_to_first_audio == (0.4, "committed")


def test_the_tracker_tells_a_late_start() -> None:
    """The first audio came at 1700; by 2300 the application had played 200 ms of it."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 1000, after="item_1")
    call.add(2300, events.PlaybackReported, "item_2", 0, 200.0)
    told = call.play(5000)
    facts = told.responses["resp_1"]
    assert waited(told, "resp_1") == (1.1, "acoustic")
    assert told.steps("resp_1")[-1] == ("playback", 400)
    assert facts.wait.unknown == ()
    assert facts.playback_source == "tracker"
    assert facts.heard_until == 3_100_000_000


def test_an_answer_that_queues_behind_another_is_heard_after_it() -> None:
    """Two answers to one utterance: the wait ends with the first; the turn with the second."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 1000, after="item_1")
    call.answer("resp_2", "item_3", 1800, 2000, 600, after="item_2")
    told = call.play(5000)
    assert list(told.tally.latencies) == [0.7]
    assert told.responses["resp_2"].playback_at == 2_700_000_000
    assert told.responses["resp_2"].wait is None
    assert told.talk == {"user": 500, "agent": 1600, "overlap": 0, "silence": 2900}


@pytest.mark.parametrize("text", [("What is the time?",), ()])
def test_typed_text_has_no_voice_to_voice_latency(text) -> None:
    call = Call()
    call.add(500, events.ItemAdded, Item("item_1", ItemType.MESSAGE, "user", texts=text))
    call.answer("resp_1", "item_2", 600, 900, 500, after="item_1")
    told = call.play(3000)
    assert (told.tally.turns, told.responses["resp_1"].turn) == (1, 1)
    assert told.responses["resp_1"].wait is None
    assert told.responses["resp_1"].start_delay == 0.1
    assert not told.tally.latencies


def test_a_response_out_of_band_answers_no_turn() -> None:
    """It is made beside the conversation, before the real answer: nobody waits for it."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.add(1300, events.ResponseStarted, "aside", out_of_band=True)
    call.add(1500, events.ResponseDone, "aside", "completed")
    call.say("item_2", 1700, 2000, after="item_1")
    call.answer("resp_1", "item_3", 2300, 2600, 500, after="item_2")
    told = call.play(5000)
    assert told.responses["aside"].wait is None
    assert told.responses["aside"].trigger == "out_of_band"
    assert told.tally.turns == 1  # not answered by it: the user went on
    assert waited(told, "resp_1") == (0.6, "acoustic")


def test_the_time_of_a_response_out_of_band_is_no_models() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.add(1270, events.ResponseStarted, "aside", out_of_band=True)
    call.add(1470, events.ResponseDone, "aside", "completed")
    call.answer("resp_1", "item_2", 1500, 1700, 500, after="item_1")
    told = call.play(4000)
    assert told.steps("resp_1") == [("endpointing", 250), ("queue", 250), ("model", 200)]


def test_nobody_waits_for_what_an_idle_timeout_brings() -> None:
    call = Call()
    call.answer("resp_1", "item_1", 40, 300, 500, after=None)
    call.add(8000, events.IdleTimedOut, "item_2", 1000, 8000)
    call.add(8001, events.InputCommitted, "item_2")
    silence = Item("item_2", ItemType.MESSAGE, "user", has_audio=True)
    call.add(8002, events.ItemAdded, silence, "item_1")
    call.answer("resp_2", "item_3", 8010, 8300, 500, after="item_2")
    told = call.play(10_000)
    facts = told.responses["resp_2"]
    assert (facts.trigger, facts.wait, facts.is_greeting) == ("idle_timeout", None, False)
    assert told.inputs == {}
    assert told.tally.turns == 0


def test_audio_before_the_user_has_ended_leaves_the_latency_out() -> None:
    """The agent answers what was said before, over what is said now: no negative wait."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.begin("resp_1", "item_3", 1300, after="item_1")
    call.say("item_2", 1400, 3000, after="item_1")
    call.add(1700, events.AudioStarted, "resp_1", "item_3", 0, 400 * 48)
    call.add(1750, events.ResponseDone, "resp_1", "completed")
    told = call.play(6000)
    assert waited(told, "resp_1") == (0.7, "acoustic")  # to what it answers, by id
    call = Call()
    call.say("item_1", 500, 3000)
    call.answer("resp_1", "item_2", 1300, 1700, 2000, after="item_1")
    told = call.play(6000)
    assert told.responses["resp_1"].wait is None
    assert [note.what for _, note in told.notes(LeftOutNoted)] == ["voice_to_voice.latency"]


def test_a_turn_of_a_response_met_in_its_middle_is_answered_by_it() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.add(1700, events.AudioStarted, "resp_1", "item_2", 0, 500 * 48)
    call.add(1800, events.ResponseDone, "resp_1", "completed")
    call.say("item_3", 3000, 3500)
    told = call.play(6000)
    assert [each.turn for each in told.inputs.values()] == [1, 2]


def test_the_slowest_turn_and_the_percentiles() -> None:
    call = Call()
    after = None
    for number, wait in enumerate((500, 900, 700, 1500, 600)):
        begun = 1000 + 5000 * number
        call.say(f"said_{number}", begun, begun + 500, after=after)
        audio_at = begun + 500 + wait
        after = f"item_{number}"
        call.answer(f"resp_{number}", after, audio_at - 100, audio_at, 300, after=f"said_{number}")
    tally = call.play(30_000).tally
    assert list(tally.latencies) == [0.5, 0.9, 0.7, 1.5, 0.6]
    assert (tally.latency(50), tally.latency(95), tally.latency(100)) == (0.7, 1.5, 1.5)
    assert (tally.slowest_turn, tally.longest) == (4, 1.5)


def test_nothing_is_made_up_where_nothing_is_told() -> None:
    call = Call(SessionConfig())
    call.add(1000, events.InputCommitted, "item_1")
    call.add(1300, events.ResponseStarted, "resp_1")
    call.add(1400, events.ResponseDone, "resp_1")
    told = call.play(2000)
    facts = told.responses["resp_1"]
    assert facts.wait is None
    assert facts.heard_ms is facts.stop_time is facts.words is facts.tool_turn_overhead is None
    assert told.tally.talk_ratio is None
    assert told.talk == {"user": 0, "agent": 0, "overlap": 0, "silence": 2000}
