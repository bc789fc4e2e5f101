"""What a provider opens without end is let go of, closed once, and told."""

import pytest

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
