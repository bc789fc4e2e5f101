"""Who was heard when: sums, dead air and memory; and the same sums from a raster."""

import pytest
from conversation.call import MS, PUSH_TO_TALK, SECOND, Call
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime import events
from otel_realtime.conversation._talk import _MOST_PENDING, Stretch, Talk
from otel_realtime.facts import InputFacts, ResponseFacts, Tally
from otel_realtime.records import DeadAirNoted
from otel_realtime.values import Item, ItemType


def dead_airs(told) -> list[tuple[float, float, str]]:
    """When it was over, how long it was, and who was awaited."""
    found = [(at, note.ns / MS, note.awaited) for at, note in told.notes(DeadAirNoted)]
    assert told.tally.dead_airs == len(found)
    total = told.tally.dead_air_agent_ns + told.tally.dead_air_user_ns
    assert total / MS == sum(ms for _, ms, _ in found)
    return found


def test_the_sums_of_a_turn() -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 1000, after="item_1")
    told = call.play(4000)
    assert told.talk == {"user": 500, "agent": 1000, "overlap": 0, "silence": 2500}
    assert told.tally.talk_ratio == 1000 / 1500


@pytest.mark.parametrize(("audio_at", "found"), [(3000, []), (3001, [(3001, 2001, "agent")])])
def test_the_agent_is_awaited_after_the_user(audio_at, found) -> None:
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, audio_at, 1000, after="item_1")
    assert dead_airs(call.play(5000)) == found


def test_the_user_is_awaited_after_the_agent() -> None:
    call = Call()
    call.answer("resp_1", "item_1", 100, 500, 1000, after=None)
    call.say("item_2", 6000, 7000, after="item_1")
    told = call.play(8000)
    assert dead_airs(told) == [(6000, 4500, "user")]


def working(**between) -> Call:
    """The agent says that it will look, from 1500 to 2000; its tool runs from 1600 to 7000."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1500, 500, after="item_1", calls=("call_1",))
    call.run("call_1", 1600, 7000, after="item_of_call_1")
    if between:
        call.say("item_9", **between)
    return call


def test_the_agent_is_awaited_while_its_tool_runs() -> None:
    call = working()
    call.answer("resp_2", "item_3", 7100, 7500, 500, after="out_call_1")
    assert dead_airs(call.play(9000)) == [(7500, 5500, "agent")]


def test_the_agent_is_awaited_though_the_user_asks_meanwhile() -> None:
    call = working(begun=5000, ended=5500, after="item_of_call_1")
    assert dead_airs(call.play(6000)) == [(5000, 3000, "agent")]


def test_the_agent_is_awaited_to_the_end_if_its_tool_still_runs_then() -> None:
    assert dead_airs(working().play(6000)) == [(6000, 4000, "agent")]


def test_the_user_is_awaited_until_the_provider_has_the_agent_speak() -> None:
    call = Call()
    call.add(5200, events.IdleTimedOut, "item_1", 0, 5200)
    silence = Item("item_1", ItemType.MESSAGE, "user", has_audio=True)
    call.add(5201, events.ItemAdded, silence, None)
    call.answer("resp_1", "item_2", 5210, 5500, 500, after="item_1")
    assert dead_airs(call.play(7000)) == [(5500, 5500, "user")]


@pytest.mark.parametrize("breaks", ["nobody", "user", "agent"])
def test_the_agent_is_awaited_where_the_user_spoke_over_it(breaks) -> None:
    """What was said from 2500 to 3000 is not answered by what is heard from 1500 to 4500."""
    call = Call()
    call.answer("resp_1", "item_1", 1000, 1500, 3000, after=None)
    call.say("item_2", 2500, 3000, after="item_1")
    if breaks == "user":
        call.say("item_3", 8000, 8500, after="item_2")
    elif breaks == "agent":
        call.answer("resp_2", "item_3", 3300, 8000, 500, after="item_2")
    told = call.play(8500 if breaks != "nobody" else 8000)
    assert dead_airs(told) == [(8000, 3500, "agent")]


def test_silence_before_the_session_is_ready_is_no_dead_air() -> None:
    call = Call()
    call.events[0] = events.SessionOpened(0)
    call.add(5000, events.SessionStarted, call.conversation.session.config)
    call.say("item_1", 6500, 7000)
    told = call.play(8000)
    assert dead_airs(told) == []
    assert told.talk["silence"] == 8000 - told.talk["user"]


def test_a_call_in_which_nobody_speaks_awaits_nobody() -> None:
    told = Call().play(60_000)
    assert dead_airs(told) == []
    assert told.talk == {"user": 0, "agent": 0, "overlap": 0, "silence": 60_000}


def test_typed_words_end_a_silence_and_begin_another() -> None:
    call = Call()
    call.answer("resp_1", "item_1", 100, 500, 1000, after=None)
    item = Item("item_2", ItemType.MESSAGE, "user", texts=("Hello?",))
    call.add(4000, events.ItemAdded, item, "item_1")
    call.answer("resp_2", "item_3", 4100, 6500, 500, after="item_2")
    assert dead_airs(call.play(8000)) == [(4000, 2500, "user"), (6500, 2500, "agent")]


def test_what_the_user_says_counts_without_an_answer() -> None:
    """Nobody ever answers: the time line is swept all the same, and keeps nothing."""
    call = Call()
    for number in range(1000):
        call.say(f"item_{number}", 1000 + 3000 * number, 2000 + 3000 * number)
    told = call.play(3_001_000)
    assert told.talk == {"user": 1_000_000, "agent": 0, "overlap": 0, "silence": 2_001_000}
    assert dead_airs(told) == []


def test_nothing_is_kept_of_what_has_been_swept() -> None:
    call = Call()
    most = 0
    for number in range(300):
        call.say(f"item_{number}", 1000 + 3000 * number, 2000 + 3000 * number)
    talk = call.conversation._state.talk  # noqa: SLF001 - its size is what this is about
    for event in sorted(call.events, key=lambda event: event.at):
        call.conversation.feed(event)
        most = max(most, len(talk.pending))
    assert most <= 4


def test_push_to_talk_is_swept_while_nothing_is_pushed() -> None:
    call = Call(PUSH_TO_TALK)
    call.events.pop()
    call.add(500, events.AudioSent, 500 * 48)
    call.add(1000, events.InputCommitted, "item_1")
    call.add(1001, events.ItemAdded, Item("item_1", ItemType.MESSAGE, "user", has_audio=True))
    after = "item_1"
    for number in range(20):
        at = 2000 + 5000 * number
        call.answer(f"resp_{number}", f"said_{number}", at, at + 100, 500, after=after)
        after = f"said_{number}"
    call.add(101_000, events.TimePassed)
    for event in sorted(call.events, key=lambda event: event.at):
        call.conversation.feed(event)
    assert len(call.conversation._state.talk.pending) <= 2  # noqa: SLF001 - as above
    assert call.play(102_000).tally.user_ns == 500 * MS


# The sweep beside a raster of milliseconds.

spans = st.tuples(st.integers(0, 60), st.integers(0, 25))
people = st.lists(st.tuples(spans, st.booleans()), max_size=12)


def facts_of(number: int, *, is_user: bool) -> InputFacts | ResponseFacts:
    name = f"id_{number}"
    return InputFacts(name, "speech") if is_user else ResponseFacts(name)


def raster(stretches, end: int) -> tuple[int, int, int, int]:
    """The sums, counted millisecond by millisecond."""
    user = {ms for (start, length), by in stretches if by for ms in range(start, start + length)}
    agent = {
        ms for (start, length), by in stretches if not by for ms in range(start, start + length)
    }
    whole = set(range(end))
    user, agent = user & whole, agent & whole
    return len(user), len(agent), len(user & agent), len(whole - user - agent)


def swept(tally: Tally) -> tuple[int, int, int, int]:
    sums = (tally.user_ns, tally.agent_ns, tally.overlap_ns, tally.silence_ns)
    return tuple(ns // MS for ns in sums)


@given(people, st.integers(0, 90), st.lists(st.integers(0, 90), max_size=6), st.randoms())
def test_the_sweep_and_the_raster_agree_whatever_the_order(stretches, end, sweeps, random) -> None:
    """Each stretch is told at any time before the sweep has come to its start."""
    talk, plan = Talk(Tally()), []
    talk.begin(0)
    for number, ((start, length), is_user) in enumerate(stretches):
        told = random.randint(0, start)
        plan.append((told, 0, number, start, start + length, is_user))
    plan += [(at, 1, 0, 0, 0, False) for at in sweeps]
    random.shuffle(plan)
    for at, is_sweep, number, start, stop, is_user in sorted(plan, key=lambda each: each[:2]):
        if is_sweep:
            list(talk.advance(min(at, end) * MS))
        else:
            facts = facts_of(number, is_user=is_user)
            talk.add(Stretch(start * MS, stop * MS, facts))
        assert min(swept(talk.tally)) >= 0
        user, agent, overlap, silence = swept(talk.tally)
        assert user + agent - overlap + silence == (talk.at or 0) // MS
    end = max(end, (talk.at or 0) // MS)
    list(talk.finish(end * MS))
    assert swept(talk.tally) == raster(stretches, end)
    assert talk.pending == []
    assert talk.overlaps == {}


@given(people, st.integers(1, 90), st.lists(st.integers(-5, 95), max_size=6), st.randoms())
def test_the_sums_add_up_even_if_the_past_is_told_late(stretches, end, sweeps, random) -> None:
    """What reaches behind the sweep is cut off there: never counted twice, never negative."""
    talk = Talk(Tally())
    talk.begin(0)
    plan = [("add", each) for each in enumerate(stretches)] + [("sweep", at) for at in sweeps]
    random.shuffle(plan)
    for what, told in plan:
        if what == "sweep":
            list(talk.advance(told * MS))
        else:
            number, ((start, length), is_user) = told
            facts = facts_of(number, is_user=is_user)
            talk.add(Stretch(start * MS, (start + length) * MS, facts))
            if random.random() < 0.3:
                talk.retract(facts)
                talk.add(Stretch(start * MS, (start + length // 2) * MS, facts))
    list(talk.finish(end * MS))
    user, agent, overlap, silence = swept(talk.tally)
    assert min(user, agent, overlap, silence) >= 0
    assert overlap <= min(user, agent)
    assert user + agent - overlap + silence == (talk.at or 0) // MS
    tally = talk.tally
    assert tally.dead_air_agent_ns + tally.dead_air_user_ns <= tally.silence_ns


def gaps(stretches, end: int) -> list[int]:
    """Silences between what is said and what is said next, counted in a raster."""
    instants = {start for (start, length), _ in stretches if not length}
    found, run = [], 0
    for ms in range(end):
        if ms in instants:
            found, run = [*found, run], 0
        loud = any(start <= ms < start + length for (start, length), _ in stretches)
        if loud:
            found, run = [*found, run], 0
        else:
            run += 1
    return [gap for gap in [*found, run] if gap]


@given(people, st.integers(86, 120))
def test_dead_air_is_every_silence_that_is_too_long(stretches, end) -> None:
    """A millisecond of the raster stands for 200 here: more than 10 of them are dead air."""
    talk = Talk(Tally())
    talk.begin(0)
    for number, ((start, length), is_user) in enumerate(stretches):
        facts = facts_of(number, is_user=is_user)
        talk.add(Stretch(start * 200 * MS, (start + length) * 200 * MS, facts))
    list(talk.finish(end * 200 * MS))
    long = [gap for gap in gaps(stretches, end) if gap > 10]
    if not stretches:
        long = []  # nobody is awaited
    assert talk.tally.dead_airs == len(long)
    dead = talk.tally.dead_air_agent_ns + talk.tally.dead_air_user_ns
    assert dead == sum(long) * 200 * MS


def test_what_is_open_for_very_long_does_not_fill_the_memory() -> None:
    """The user is taken to speak for hours: the time line moves on all the same."""
    call = Call()
    call.add(1000, events.SpeechStarted, "item_1", 700)
    for number in range(1000):
        at = 2000 + 3000 * number
        call.answer(f"resp_{number}", f"said_{number}", at, at + 100, 500, after=None)
    talk = call.conversation._state.talk  # noqa: SLF001 - as above
    most = 0
    for event in sorted(call.events, key=lambda event: event.at):
        call.conversation.feed(event)
        most = max(most, len(talk.pending))
    assert most <= _MOST_PENDING + 1
    tally = call.conversation.session.tally
    call.conversation.feed(events.SessionEnded(3600 * SECOND, "closed"))
    assert tally.agent_ns == 500 * SECOND
    assert tally.user_ns + tally.agent_ns - tally.overlap_ns + tally.silence_ns == 3600 * SECOND
