"""The wire tables: every event the API sends is known, and what is malformed is skipped."""

import pytest

from otel_realtime import events
from otel_realtime.guard import SkippedEventError
from otel_realtime.sources._openai_deltas import DELTAS
from otel_realtime.sources._openai_values import base64_size, session_config
from otel_realtime.sources.openai_wire import (
    CLIENT_EVENTS,
    SERVER_EVENTS,
    client_event,
    server_event,
)
from otel_realtime.values import AudioFormat, Fault, RateLimit

# The server events of the GA API, and the older names still met.
GA = """
    session.created session.updated conversation.created conversation.item.created
    conversation.item.added conversation.item.done conversation.item.retrieved
    conversation.item.deleted conversation.item.truncated
    conversation.item.input_audio_transcription.delta
    conversation.item.input_audio_transcription.segment
    conversation.item.input_audio_transcription.completed
    conversation.item.input_audio_transcription.failed
    input_audio_buffer.committed input_audio_buffer.cleared input_audio_buffer.speech_started
    input_audio_buffer.speech_stopped input_audio_buffer.timeout_triggered
    input_audio_buffer.dtmf_event_received output_audio_buffer.started output_audio_buffer.stopped
    output_audio_buffer.cleared response.created response.done response.output_item.added
    response.output_item.done response.content_part.added response.content_part.done
    response.output_text.delta response.output_text.done response.output_audio.delta
    response.output_audio.done response.output_audio_transcript.delta
    response.output_audio_transcript.done response.function_call_arguments.delta
    response.function_call_arguments.done response.mcp_call_arguments.delta
    response.mcp_call_arguments.done response.mcp_call.in_progress response.mcp_call.completed
    response.mcp_call.failed mcp_list_tools.in_progress mcp_list_tools.completed
    mcp_list_tools.failed rate_limits.updated error
""".split()  # noqa: SIM905 - a list of 46 lines is harder to read
BETA = """
    response.audio.delta response.audio.done response.text.delta response.text.done
    response.audio_transcript.delta response.audio_transcript.done
""".split()  # noqa: SIM905


def test_every_server_event_is_known_and_in_one_table() -> None:
    assert len(GA) == len(set(GA)) == 46
    assert set(GA) | set(BETA) <= set(SERVER_EVENTS) | set(DELTAS)
    assert not set(SERVER_EVENTS) & set(DELTAS)
    assert set(SERVER_EVENTS) | set(DELTAS) == {
        *GA,
        *BETA,
        "transcription_session.created",
        "transcription_session.updated",
    }


# What says something, or nothing, by its name alone.
BARE = {"input_audio_buffer.cleared", "rate_limits.updated"}


@pytest.mark.parametrize("kind", sorted(SERVER_EVENTS))
def test_an_event_without_its_fields_is_skipped_or_says_what_it_can(kind) -> None:
    if kind in BARE or SERVER_EVENTS[kind] is SERVER_EVENTS["response.content_part.added"]:
        assert len(list(server_event({"type": kind}, 7))) == (kind in BARE)
    else:
        with pytest.raises(SkippedEventError, match="has no usable"):
            server_event({"type": kind}, 7)


@pytest.mark.parametrize("data", [None, 5, "text", [1, 2], b"bytes"])
def test_what_is_no_object_is_skipped(data) -> None:
    with pytest.raises(SkippedEventError, match=f"no object but {type(data).__name__}"):
        server_event(data, 7)


@pytest.mark.parametrize("kind", [None, 5, ["error"], {}, "response.sung", "x" * 500])
def test_an_unknown_type_is_skipped_and_its_name_is_short(kind) -> None:
    with pytest.raises(SkippedEventError, match="unknown type") as caught:
        server_event({"type": kind}, 7)
    assert len(str(caught.value)) < 150


def test_a_skipped_event_names_the_field_and_no_value() -> None:
    data = {"type": "input_audio_buffer.committed", "item_id": {"secret": "secret"}}
    with pytest.raises(SkippedEventError) as caught:
        server_event(data, 7)
    assert str(caught.value) == "input_audio_buffer.committed has no usable 'item_id'"


@pytest.mark.parametrize(
    ("given", "expected"), [(5, 5), (5.9, 5), (0, 0), (-1, -1), (-0.5, -1), (True, None),
                            ("5", None), (None, None), (float("nan"), None), (float("inf"), None)]
)  # fmt: skip
def test_numbers_are_read_or_left_out(given, expected) -> None:
    data = {
        "type": "input_audio_buffer.speech_started",
        "item_id": "item_1",
        "audio_start_ms": given,
    }
    assert list(server_event(data, 7)) == [events.SpeechStarted(7, "item_1", expected)]


@pytest.mark.parametrize(("given", "expected"), [(5, 5), (-1, None), (-0.5, None), (5.9, 5)])
def test_where_nobody_judges_a_negative_number_it_is_left_out(given, expected) -> None:
    limits = [{"name": "tokens", "remaining": given}]
    (event,) = server_event({"type": "rate_limits.updated", "rate_limits": limits}, 7)
    assert event.limits[0].remaining == expected


def test_an_error_in_full() -> None:
    error = {"type": "t", "code": "c", "message": "m", "param": "p", "event_id": "e"}
    assert list(server_event({"type": "error", "error": error}, 7)) == [
        events.FaultReported(7, Fault("t", "c", "m", "p", "e"))
    ]


def test_rate_limits_leave_out_what_is_malformed() -> None:
    limits = [{"name": "tokens", "limit": 5, "remaining": 0, "reset_seconds": 0.5}, {}, 3]
    assert list(server_event({"type": "rate_limits.updated", "rate_limits": limits}, 7)) == [
        events.RateLimitsUpdated(7, (RateLimit("tokens", 5, 0, 0.5),))
    ]


def test_the_place_of_an_item_is_known_only_where_it_is_told() -> None:
    item = {"id": "item_1", "type": "message", "role": "user"}
    kind = "conversation.item.added"
    (untold,) = server_event({"type": kind, "item": item}, 7)
    (first,) = server_event({"type": kind, "item": item, "previous_item_id": None}, 7)
    assert (untold.placed, first.placed, first.previous_item_id) == (False, True, None)


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ({"audio": {"input": {"transcription": None}}}, (False, None)),
        ({"audio": {"input": {"transcription": {"model": "w"}}}}, (True, "w")),
        ({"audio": {"input": {}}}, (None, None)),
        ({"input_audio_transcription": None}, (False, None)),
        ({"input_audio_transcription": {"model": "w"}}, (True, "w")),
        ({}, (None, None)),
    ],
)
def test_whether_speech_is_transcribed(session, expected) -> None:
    config = session_config(session)
    assert (config.transcription, config.transcription_model) == expected


@pytest.mark.parametrize(
    ("told", "expected", "bytes_per_ms"),
    [
        ({"type": "audio/pcm", "rate": 24000}, AudioFormat("audio/pcm", 24000), 48),
        ({"type": "audio/pcmu"}, AudioFormat("audio/pcmu", 8000), 8),
        ({"type": "audio/pcma"}, AudioFormat("audio/pcma", 8000), 8),
        ({"type": "audio/opus"}, AudioFormat("audio/opus"), None),
        ({"type": "audio/pcm"}, AudioFormat("audio/pcm"), None),
        ("loud", None, None),
        ({"rate": 5}, None, None),
    ],
)
def test_audio_formats(told, expected, bytes_per_ms) -> None:
    config = session_config({"audio": {"output": {"format": told}}})
    assert config.output_format == expected
    assert (expected.bytes_per_ms if expected else None) == bytes_per_ms


@pytest.mark.parametrize(
    ("told", "rate"), [("pcm16", 24000), ("g711_ulaw", 8000), ("g711_alaw", 8000)]
)
def test_audio_formats_of_the_beta(told, rate) -> None:
    assert session_config({"input_audio_format": told}).input_format.rate == rate


@pytest.mark.parametrize(
    ("encoded", "size"), [("", 0), ("AA==", 1), ("AAA=", 2), ("AAAA", 3), ("AAAAAA==", 4)]
)
def test_base64_is_counted_without_decoding(encoded, size) -> None:
    assert base64_size(encoded) == size


def test_what_the_client_sends() -> None:
    output = {"type": "function_call_output", "call_id": "call_1", "output": "fog"}
    append = {"type": "input_audio_buffer.append", "audio": "AAAA"}
    truncate = {"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 5}
    message = {"type": "message", "role": "user"}
    assert list(client_event(append, 7)) == [events.AudioSent(7, 3)]
    assert list(client_event({"type": "conversation.item.create", "item": output}, 7)) == [
        events.ToolAnswered(7, "call_1", "fog")
    ]
    assert list(client_event(truncate, 7)) == [events.OutputTruncated(7, "i", 0, 5)]
    assert list(client_event({"type": "conversation.item.create", "item": message}, 7)) == []
    assert list(client_event({"type": "response.create"}, 7)) == []
    for kind in CLIENT_EVENTS:
        with pytest.raises(SkippedEventError):
            client_event({"type": kind}, 7)
