"""A call's state stays small: what is opened without end, an hour of turns, and what they cost."""

import sys
import time
from statistics import median

import pytest
from conversation.call import Call

from otel_realtime import events
from otel_realtime.conversation import Conversation
from otel_realtime.conversation._state import FORGOTTEN, MOST_OPEN
from otel_realtime.records import Closed, Opened

MANY = MOST_OPEN + 40

OPENINGS = {
    "tools never answered": lambda at: events.ToolRequested(at, f"call_{at}", "f", "{}"),
    "responses never done": lambda at: events.ResponseStarted(at, f"resp_{at}"),
    "speech that never stops": lambda at: events.SpeechStarted(at, f"item_{at}", None),
}


@pytest.mark.parametrize("opening", OPENINGS.values(), ids=OPENINGS)
def test_the_oldest_is_let_go(opening) -> None:
    conversation = Conversation()
    told = [record for at in range(1, MANY) for record in conversation.feed(opening(at))]
    closed = [record for record in told if isinstance(record, Closed)]
    assert len(closed) == MANY - 1 - MOST_OPEN
    told += conversation.feed(events.SessionEnded(MANY, "closed"))
    for kind in (Opened, Closed):
        keys = [record.key for record in told if isinstance(record, kind)]
        assert len(keys) == len(set(keys)) == MANY  # all of them, and the session


def test_it_says_why() -> None:
    conversation = Conversation()
    told = [
        record
        for at in range(1, MANY)
        for record in conversation.feed(events.ResponseStarted(at, f"resp_{at}"))
    ]
    reasons = {record.facts.end_reason for record in told if isinstance(record, Closed)}
    assert reasons == {FORGOTTEN}


# An hour in a thousand turns: a question, a tool every other time, an answer, every third one cut.

TURNS, TURN_MS = 1000, 3600
MOST_BYTES = 1_000_000


def an_hour() -> Call:
    call = Call(keep_text=True)
    after = None
    for number in range(TURNS):
        start = TURN_MS * number + 500
        said, answer = f"said_{number}", f"answer_{number}"
        call.say(said, start, start + 600, after=after, text=f"question {number} " * 20)
        after, created = said, start + 870
        if number % 2:
            name = f"call_{number}"
            call.call_tools(f"asking_{number}", created, created + 100, (name,), after=said)
            call.run(name, created + 110, created + 400, after=f"item_of_{name}")
            after, created = f"out_{name}", created + 450
        response_id = f"resp_{number}"
        length = 4000 if number % 3 == 0 else 900
        call.answer(response_id, answer, created, created + 300, length, after=after)
        call.add(created + 310, events.TextFinished, response_id, answer, 0, "an answer " * 30)
        if number % 3 == 0:
            call.cut(response_id, TURN_MS * (number + 1) + 560)
        after = answer
    return call


def size_of(value: object, seen: set[int]) -> int:
    """All that hangs on it, in bytes; what is no data of ours is not followed."""
    if id(value) in seen or isinstance(value, type):
        return 0
    seen.add(id(value))
    inside: list[object] = []
    if isinstance(value, dict):
        inside = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inside = list(value)
    for owner in type(value).__mro__:
        names = vars(owner).get("__slots__", ())
        names = (names,) if isinstance(names, str) else names
        inside += [getattr(value, name, None) for name in names]
    return sys.getsizeof(value) + sum(size_of(each, seen) for each in inside)


def fed_in_turns() -> tuple[Call, list[float], int]:
    """Seconds that each turn's events took, and the most bytes of state at the end of one."""
    call = an_hour()
    turns: list[list] = [[] for _ in range(TURNS + 1)]
    for event in sorted(call.events, key=lambda event: event.at):
        turns[event.at // (TURN_MS * 1_000_000)].append(event)
    taken, most = [], 0
    conversation = call.conversation
    for number, of_turn in enumerate(turns[:TURNS]):
        begun = time.perf_counter()
        for event in of_turn:
            conversation.feed(event)
        taken.append((time.perf_counter() - begun) / len(of_turn))
        if number % 100 == 99:
            most = max(most, size_of(conversation._state, set()))  # noqa: SLF001 - its size is meant
    return call, taken, most


def test_an_hour_of_a_thousand_turns_stays_small_and_does_not_get_slower() -> None:
    runs = [fed_in_turns() for _ in range(3)]
    call, _, most = runs[0]
    assert most < MOST_BYTES
    call.conversation.feed(events.SessionEnded(TURNS * TURN_MS * 1_000_000, "closed"))
    tally = call.conversation.session.tally
    assert (tally.turns, len(tally.latencies)) == (TURNS, TURNS)
    assert (tally.interruptions, tally.tool_calls) == (TURNS // 3, TURNS // 2)
    assert tally.user_ns == TURNS * 600 * 1_000_000
    taken = [min(each) for each in zip(*(seconds for _, seconds, _ in runs), strict=True)]
    first, last = median(taken[6:106]), median(taken[-100:])
    assert last < 1.5 * first
