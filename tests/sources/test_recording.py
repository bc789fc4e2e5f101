"""Recorded wire logs: both forms, and what is said of files that are wrong."""

import json

import pytest

from otel_realtime.scenario import traced_recording
from otel_realtime.sources.recording import (
    RecordedClock,
    RecordingError,
    WireEvent,
    read_recording,
)
from otel_realtime.tree import render

TURN = [
    (0, {"type": "session.created", "session": {"id": "sess_1", "model": "gpt-realtime"}}),
    (20, {"type": "conversation.item.done", "item": {"id": "item_1", "type": "message",
          "role": "user", "content": [{"type": "input_text", "text": "one\u2028two\u0085"}]}}),
    (40.5, {"type": "response.created", "response": {"id": "resp_1"}}),
    (90, {"type": "response.done", "response": {"id": "resp_1", "status": "completed"}}),
]  # fmt: skip
TREE = """\
invoke_agent  0–90 ms  ended closed
  user_input  20–20 ms  turn 1, text
  chat gpt-realtime  41–90 ms"""


def lines(*entries: object) -> str:
    return "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)


def test_lines_of_json_become_a_trace(tmp_path) -> None:
    path = tmp_path / "call.jsonl"
    wire = ({"at_ms": at, "direction": "received", "data": data} for at, data in TURN)
    path.write_text(f"\n{lines(*wire)}\n\n", encoding="utf-8")
    told = read_recording(path)
    assert told == [WireEvent(float(at), "received", data) for at, data in TURN]
    assert render(traced_recording(path).spans) == TREE


def test_yaml_events_are_10_ms_apart_and_no_sooner_than_the_speech_they_name(tmp_path) -> None:
    path = tmp_path / "call.yaml"
    path.write_text(
        """\
interactions:
  - {direction: sent, data: {type: response.create}}
  - {direction: received, data: {type: input_audio_buffer.speech_started, audio_start_ms: 500}}
  - {direction: received, data: {type: input_audio_buffer.speech_stopped, audio_end_ms: 300}}
  - direction: sent
    data: {type: input_audio_buffer.commit, audio_end_ms: 9000}
  - {direction: received, data: {type: error, audio_start_ms: soon}}
  - {direction: received, data: not an event}
""",
        encoding="utf-8",
    )
    assert [event.at_ms for event in read_recording(path)] == [0, 500, 510, 520, 530, 540]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n", "call.jsonl, line 1: this is no JSON"),
        (lines({"at_ms": 1, "direction": "sent", "data": {}}, 5), "line 2: this is no object"),
        ("[" * 100_000, "line 1: this is no JSON"),
        (lines({"at_ms": 1, "data": {}}), "line 1: `direction` is to be one of"),
        (lines({"at_ms": 1, "direction": "up", "data": {}}), "line 1: `direction`"),
        (lines({"at_ms": 1, "direction": ["sent"], "data": {}}), "line 1: `direction`"),
        (lines({"at_ms": 1, "direction": "sent"}), "line 1: `data`, the event, is missing"),
        (lines({"direction": "sent", "data": {}}), "line 1: `at_ms` is to be a number"),
        (lines({"at_ms": True, "direction": "sent", "data": {}}), "line 1: `at_ms`"),
        (lines({"at_ms": "1", "direction": "sent", "data": {}}), "line 1: `at_ms`"),
        ('{"at_ms": NaN, "direction": "sent", "data": {}}', "line 1: `at_ms`"),
        ('{"at_ms": -Infinity, "direction": "sent", "data": {}}', "line 1: `at_ms`"),
        ('{"at_ms": 1%s, "direction": "sent", "data": {}}' % ("0" * 400), "line 1: `at_ms`"),
        (lines({"at_ms": 1, "direction": "sent", "data": {"a": 1}}), "there is no event of the"),
        ("", "there is no event of the OpenAI Realtime API"),
    ],
)  # fmt: skip
def test_wrong_lines_are_named(tmp_path, text, message) -> None:
    path = tmp_path / "call.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError) as caught:
        read_recording(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: }", "line 2: this is no YAML"),
        ("a: 2026-99-99", "this is no YAML"),
        ("just text", "there is no list of `interactions`"),
        ("", "there is no list of `interactions`"),
        ("interactions: {a: 1}", "there is no list of `interactions`"),
        ("interactions:\n- direction: sent\n  data: {type: a}\n- 5", "line 4: this is no object"),
        ("interactions:\n\n- data: {type: a}", "line 3: `direction` is to be one of"),
        ("interactions:\n- direction: sent", "line 2: `data`, the event, is missing"),
        ("interactions:\n- {direction: sent, at_ms: .nan, data: {}}", "line 2: `at_ms`"),
        ("interactions: []", "there is no event of the OpenAI Realtime API"),
    ],
)
def test_wrong_yaml_is_named(tmp_path, text, message) -> None:
    path = tmp_path / "call.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError) as caught:
        read_recording(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_file_that_is_no_text(tmp_path) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecordingError, match="no text file in UTF-8"):
        read_recording(path)
    with pytest.raises(FileNotFoundError):
        read_recording(tmp_path / "absent.jsonl")


def test_the_recorded_clock_never_goes_back() -> None:
    clock = RecordedClock(1_000)
    clock.move_to(2.5)
    assert clock() == 2_501_000
    clock.move_to(1)
    assert clock() == 2_501_000
