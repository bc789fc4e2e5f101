"""The state machine itself: its table, its deadline, its memory, its end."""

from typing import get_args

import pytest

from otel_realtime import events
from otel_realtime.conversation import HANDLERS, Conversation
from otel_realtime.conversation._state import Memory
from otel_realtime.facts import Facts
from otel_realtime.frozen import frozen
from otel_realtime.records import SESSION, Closed, Key, Kind, Note, Opened
from otel_realtime.telemetry import logs, spans
from otel_realtime.values import AudioFormat, Item, ItemType, SessionConfig

S = 1_000_000_000
CONFIG = SessionConfig(output_format=AudioFormat("audio/pcm", 24000), transcription=True)


def all_events() -> set[type]:
    found = {each for each in vars(events).values() if isinstance(each, type)}
    return {each for each in found if issubclass(each, events.Event)} - {events.Event}


def begun(**settings) -> Conversation:
    conversation = Conversation(**settings)
    conversation.feed(events.SessionStarted(0, CONFIG))
    return conversation


def test_every_event_has_a_handler_and_every_handler_an_event() -> None:
    assert set(HANDLERS) == all_events()


def test_every_kind_and_every_note_is_known_to_the_consumers() -> None:
    assert set(spans._SPAN_NAMES) == set(spans._CLOSING) == set(Kind)  # noqa: SLF001
    assert set(logs._NOTES) | logs._NO_EVENTS == set(get_args(Note))  # noqa: SLF001
    assert len(Kind) == len(get_args(Facts))


def test_an_event_of_an_unknown_type_is_an_error() -> None:
    @frozen
    class Sneezed(events.Event):
        pass

    with pytest.raises(KeyError):
        Conversation().feed(Sneezed(0))


def test_a_conversation_opens_with_whatever_comes_first_and_says_nothing_after_its_end() -> None:
    conversation = Conversation()
    (opened,) = conversation.feed(events.TimePassed(5))
    assert isinstance(opened, Opened)
    assert (opened.key, opened.at) == (SESSION, 5)
    (closed,) = conversation.feed(events.SessionEnded(9, "closed"))
    assert isinstance(closed, Closed)
    assert (closed.key, closed.at) == (SESSION, 9)
    assert conversation.over
    assert conversation.feed(events.SpeechStopped(10, "item_1", 5)) == []
    assert conversation.deadline is None


def test_the_end_closes_the_innermost_first() -> None:
    conversation = begun()
    conversation.feed(events.ResponseStarted(1, "resp_1"))
    conversation.feed(events.SpeechStarted(2, "item_1", None))
    conversation.feed(events.ToolRequested(3, "call_1", "look", None, "item_2", "resp_1"))
    conversation.feed(events.ToolStarted(4, "call_1"))
    closed = [
        record.key
        for record in conversation.feed(events.SessionEnded(9, "closed"))
        if isinstance(record, Closed)
    ]
    assert closed == [
        Key(Kind.TOOL, "call_1"),
        Key(Kind.RESPONSE, "resp_1"),
        Key(Kind.INPUT, "item_1"),
        SESSION,
    ]


def test_the_deadline_is_that_of_the_first_thing_waited_for() -> None:
    conversation = begun(transcript_wait=10 * S, playback_wait=4 * S)
    assert conversation.deadline is None
    conversation.feed(events.SpeechStopped(1 * S, "item_1", 900))
    assert conversation.deadline == 11 * S
    conversation.feed(events.InputCommitted(2 * S, "item_1"))
    assert conversation.deadline == 12 * S
    conversation.feed(events.AudioStarted(3 * S, "resp_1", "item_2", 0, 48_000 * 2))
    assert conversation.deadline == 12 * S
    conversation.feed(events.ResponseDone(3 * S + 1, "resp_1", "completed"))
    assert conversation.deadline == 5 * S  # two seconds of audio
    assert conversation.feed(events.TimePassed(5 * S - 1)) == []
    (heard,) = conversation.feed(events.TimePassed(5 * S))
    assert heard.key == Key(Kind.RESPONSE, "resp_1")
    assert heard.at == 3 * S + 1
    assert conversation.deadline == 12 * S
    _, given_up = conversation.feed(events.TimePassed(12 * S))
    assert given_up.key == Key(Kind.INPUT, "item_1")
    assert given_up.facts.transcription == "missing"
    assert conversation.deadline is None


def test_deltas_are_taken_once_their_part_has_begun() -> None:
    conversation = begun(keep_text=True)
    assert not conversation.audio_parts
    conversation.feed(events.AudioStarted(1, "resp_1", "item_1", 0, 4800))
    conversation.audio_parts["item_1"].byte_count += 4800
    assert not conversation.text_parts
    conversation.feed(events.TextStarted(2, "resp_1", "item_1", 0, "Hel"))
    conversation.text_parts["item_1"].fragments.append("lo.")
    assert list(conversation.audio_parts) == list(conversation.text_parts) == ["item_1"]
    *_, response, _ = conversation.feed(events.SessionEnded(S, "closed"))
    assert response.facts.generated_ms == 200
    assert [output.text for output in response.facts.outputs] == ["Hello."]
    assert not conversation.audio_parts
    assert not conversation.text_parts


def test_parts_of_one_item_may_take_turns() -> None:
    conversation = begun(keep_text=True)
    for at, index in enumerate((0, 1, 0, 1)):
        conversation.feed(events.AudioStarted(at, "resp_1", "item_1", index, 4800))
        conversation.feed(events.TextStarted(at, "resp_1", "item_1", index, "ab"[index]))
    *_, response, _ = conversation.feed(events.SessionEnded(S, "closed"))
    assert response.facts.generated_ms == 400
    assert [output.text for output in response.facts.outputs] == ["aabb"]


def test_text_that_is_not_wanted_is_not_kept() -> None:
    conversation = begun(keep_text=False)
    conversation.feed(events.TextStarted(1, "resp_1", "item_1", 0, "Hello"))
    assert conversation.text_parts["item_1"].fragments is None
    conversation.feed(events.TextFinished(2, "resp_1", "item_1", 0, "Hello there."))
    item = Item("item_1", ItemType.MESSAGE, "assistant", texts=("Hello there.",))
    (closed,) = conversation.feed(events.ResponseDone(3, "resp_1", "completed", items=(item,)))
    assert closed.facts.outputs == ()
    typed = Item("item_2", ItemType.MESSAGE, "user", texts=("Hello.",))
    _, given = conversation.feed(events.ItemAdded(4, typed))
    assert given.facts.text is None


def test_the_memory_forgets_the_oldest_first() -> None:
    memory: Memory[int, None] = Memory()
    for number in range(1000):
        memory.remember(number, None)
    assert len(memory) == 64
    assert min(memory) == 1000 - 64


def test_an_item_that_is_told_again_keeps_its_place() -> None:
    conversation = begun()
    asked = Item("item_1", ItemType.MESSAGE, "user", texts=("Hello.",))
    said = Item("item_2", ItemType.MESSAGE, "assistant")
    conversation.feed(events.ItemAdded(1, asked))
    conversation.feed(events.OutputAdded(2, "resp_1", said))
    conversation.feed(events.ItemAdded(3, said, "item_1"))
    conversation.feed(events.ItemAdded(4, said, None))
    (closed,) = conversation.feed(events.ResponseDone(5, "resp_1", "completed"))
    assert closed.facts.trigger == "text"
    assert [given.item_id for given in closed.facts.inputs] == ["item_1"]


def test_an_item_that_is_deleted_leaves_the_chain_whole() -> None:
    conversation = begun()
    for at, item_id, previous in ((1, "item_1", None), (2, "item_2", "item_1")):
        item = Item(item_id, ItemType.MESSAGE, "user", texts=("Hello.",))
        conversation.feed(events.ItemAdded(at, item, previous))
    said = Item("item_3", ItemType.MESSAGE, "assistant")
    conversation.feed(events.OutputAdded(3, "resp_1", said))
    conversation.feed(events.ItemAdded(4, said, "item_2"))
    conversation.feed(events.ItemRemoved(5, "item_2"))
    (closed,) = conversation.feed(events.ResponseDone(6, "resp_1", "completed"))
    assert [given.item_id for given in closed.facts.inputs] == ["item_1"]


def test_a_running_tool_ends_with_its_run_and_not_with_its_answer() -> None:
    conversation = begun(keep_text=True)
    conversation.feed(events.ToolRequested(1, "call_1", "look", "{}", "item_1", "resp_1"))
    conversation.feed(events.ToolStarted(2, "call_1"))
    assert conversation.feed(events.ToolAnswered(3, "call_1", "sent")) == []
    (closed,) = conversation.feed(events.ToolEnded(4, "call_1", "returned"))
    assert (closed.at, closed.facts.outcome, closed.facts.output) == (4, "completed", "returned")
    assert conversation.feed(events.ToolStarted(5, "call_1")) == []


def test_a_tool_that_is_cancelled_has_not_failed() -> None:
    conversation = begun()
    conversation.feed(events.ToolStarted(1, "call_1", "look"))
    (closed,) = conversation.feed(events.ToolEnded(2, "call_1", error=KeyboardInterrupt()))
    assert closed.facts.outcome == "cancelled"


def test_a_hosted_call_whose_end_is_told_before_its_start_ends_no_sooner() -> None:
    conversation = begun()
    conversation.feed(events.McpCallEnded(1, "mcp_1", failed=False))
    item = Item("mcp_1", ItemType.MCP_CALL, name="look", server_label="hotel")
    conversation.feed(events.OutputAdded(5, "resp_1", item))
    conversation.feed(events.McpCallStarted(6, "mcp_1"))
    opened, closed, *_ = conversation.feed(events.SessionEnded(9, "closed"))
    assert (opened.key, opened.parent) == (Key(Kind.TOOL, "mcp_1"), Key(Kind.RESPONSE, "resp_1"))
    assert (opened.at, closed.at, closed.facts.outcome) == (5, 5, "completed")


def test_a_call_that_was_heard_of_before_its_response_does_not_begin_before_it() -> None:
    conversation = Conversation()
    conversation.feed(events.ToolRequested(1, "call_1", "refund", None))
    conversation.feed(events.ToolRequested(2, "call_1", "refund", None, None, "resp_1"))
    records = conversation.feed(events.SessionEnded(3, "closed"))
    opened = next(each for each in records if each.key == Key(Kind.TOOL, "call_1"))
    assert (opened.at, opened.parent) == (2, Key(Kind.RESPONSE, "resp_1"))
