"""A clock that is put back within a second: each measure that there cannot be is counted."""

from dataclasses import replace

import pytest
from conversation.call import MS, Call, Told

from otel_realtime import events
from otel_realtime.records import LeftOutNoted

BACK_MS = 800
"""So little that it might be events of two tasks that cross."""


def a_call() -> Call:
    """E 1000, S 1250, C 1260, its transcript 1360; R 1300, A 1700, D 1750; a tool 2000 to 2300."""
    call = Call()
    call.say("item_1", 500, 1000)
    call.answer("resp_1", "item_2", 1300, 1700, 500, after="item_1")
    call.add(2000, events.ToolStarted, "call_1", "look_up")
    call.add(2300, events.ToolEnded, "call_1")
    call.add(5000, events.SessionEnded, "closed")
    return call


def put_back(call: Call, from_ms: float, back_ms: float = BACK_MS) -> Told:
    """Feed it with a clock that is put back at a moment of the call."""
    records = []
    for event in sorted(call.events, key=lambda event: event.at):
        back = round(back_ms * MS) if event.at >= from_ms * MS else 0
        records += call.conversation.feed(replace(event, at=event.at - back))
    return Told(call.conversation, records)


def left_out(told: Told) -> list[str]:
    return sorted(note.what for _, note in told.notes(LeftOutNoted))


@pytest.mark.parametrize(
    ("from_ms", "what"),
    [
        (6000, []),
        (2300, ["tool.duration"]),  # 2000 to 1500
        (2000, []),
        (1750, ["response.duration"]),  # 1300 to 950
        (
            1700,  # A at 900
            [
                "model.time_to_first_audio",  # from R
                "response.duration",
                "response.time_to_first_audio",  # from S
                "response.time_to_first_chunk",  # from R
                "voice_to_voice.latency",  # from E
            ],
        ),
        (
            1350,  # the same, and the transcript at 560
            [
                "model.time_to_first_audio",
                "response.duration",
                "response.time_to_first_audio",
                "response.time_to_first_chunk",
                "transcription.delay",
                "voice_to_voice.latency",
            ],
        ),
        (
            1300,  # R at 500, A at 900, D at 950
            [
                "response.start_delay",
                "response.time_to_first_audio",
                "transcription.delay",
                "voice_to_voice.latency",
            ],
        ),
    ],
)
def test_what_cannot_be_measured_is_counted(from_ms, what) -> None:
    told = put_back(a_call(), from_ms)
    assert left_out(told) == what
    facts, tool = told.responses["resp_1"], told.tools["call_1"]
    measured = {
        "response.start_delay": facts.start_delay,
        "response.time_to_first_audio": facts.time_to_first_audio,
        "model.time_to_first_audio": facts.model_time_to_first_audio,
        "transcription.delay": told.inputs["item_1"].transcription_delay,
        "voice_to_voice.latency": facts.wait,
    }
    assert {name for name, value in measured.items() if value is None} == {*what} & {*measured}
    assert (tool.ended_at < tool.started_at) == ("tool.duration" in what)


def test_a_session_that_ends_before_it_began() -> None:
    call = Call()
    call.events = [
        events.SessionOpened(900 * MS),
        *(replace(event, at=1000 * MS) for event in call.events),
        events.SessionEnded(1500 * MS, "closed"),
    ]
    told = put_back(call, 1500)
    assert left_out(told) == ["session.duration"]
    assert left_out(put_back(a_call(), 5000, 900)) == []
