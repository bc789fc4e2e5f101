from otel_realtime.simulator import parse_scenario
from otel_realtime.simulator._scenario import Agent, Idle, Say, User
from otel_realtime.simulator._script import NOT_IN_SCENARIO, Script, turns_of


def script(conversation, **fields):
    return Script(parse_scenario(f"conversation: {conversation}"), **fields)


def said(act):
    return act.output[0].text


def test_steps_are_grouped_by_what_begins_a_turn():
    scenario = parse_scenario("conversation: [agent: G, user: A, agent: B, dtmf: 1, idle: 5]")
    assert [turn.begins for turn in turns_of(scenario)] == [None, User("A"), Idle(5)]
    assert [len(turn.acts) for turn in turns_of(scenario)] == [1, 2, 0]


def test_what_a_turn_left_unsaid_is_dropped_when_the_user_speaks():
    play = script("[user: A, agent: B, agent: C, user: D, agent: E]")
    assert play.user_speaks() == User("A")
    assert said(play.next_response()) == "B"
    assert play.user_speaks() == User("D")
    assert said(play.next_response()) == "E"


def test_where_the_script_has_nothing_it_says_so():
    play = script("[user: A]")
    assert said(play.next_response()) == play.scenario.otherwise
    assert play.user_speaks() == User("A")
    assert not play.has_answer()
    assert play.user_speaks() == User(NOT_IN_SCENARIO)
    assert play.has_answer()


def test_idle_comes_only_once_the_turn_is_played():
    play = script("[user: A, agent: B, idle: 5, agent: C]")
    play.user_speaks()
    assert play.next_idle() is None
    play.next_response()
    assert play.next_idle() == Idle(5)
    play.user_stays_silent()
    assert said(play.next_response()) == "C"
    play.user_stays_silent()
    assert said(play.next_response()) == play.scenario.otherwise


def test_happenings_are_taken_up_to_the_next_response():
    play = script("[dtmf: 1, dtmf: 2, agent: B, dtmf: 3]")
    assert [happening.value for happening in play.take_happenings()] == ["1", "2"]
    assert play.take_happenings() == []
    play.next_response()
    assert [happening.value for happening in play.take_happenings()] == ["3"]


def test_out_of_band_answers_come_in_turn():
    play = Script(parse_scenario("{conversation: [user: A], out_of_band: [one, two]}"))
    answers = [play.next_out_of_band() for _ in range(3)]
    assert [said(answer) for answer in answers] == ["one", "two", play.scenario.otherwise]
    assert answers[0] == Agent((Say("one"),))
