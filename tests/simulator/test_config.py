import pytest

from otel_realtime.simulator._config import SessionConfig
from otel_realtime.simulator._wire import ClientMistake


@pytest.fixture
def config():
    return SessionConfig("sess_1", "gpt-realtime")


def test_the_session_begins_with_the_api_s_defaults(config):
    assert config.data["id"] == "sess_1"
    assert config.data["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert config.turn_detection["silence_duration_ms"] == 500
    assert config.transcription is None
    assert config.silence_ms == 500
    assert config.threshold == 0.5


def test_an_update_changes_what_it_names_and_nothing_else(config):
    config.update({"type": "realtime", "instructions": "Be brief.", "id": "mine"})
    config.update({"audio": {"output": {"voice": "ash"}}, "tracing": "auto"})
    assert config.data["instructions"] == "Be brief."
    assert config.data["id"] == "sess_1"
    assert config.data["audio"]["output"]["voice"] == "ash"
    assert config.data["audio"]["output"]["format"]["type"] == "audio/pcm"
    assert config.data["tracing"] == "auto"


def test_turn_detection_keeps_its_settings_within_one_type(config):
    config.update({"audio": {"input": {"turn_detection": {"silence_duration_ms": 200}}}})
    config.update({"audio": {"input": {"turn_detection": {"threshold": 0.7}}}})
    assert config.turn_detection["silence_duration_ms"] == 200
    assert config.threshold == 0.7
    config.update({"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}})
    assert config.turn_detection == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }
    config.update({"audio": {"input": {"turn_detection": {"eagerness": "low"}}}})
    assert config.turn_detection["type"] == "semantic_vad"
    config.update({"audio": {"input": {"turn_detection": None}}})
    assert config.turn_detection is None


def test_semantic_vad_waits_by_its_eagerness(config):
    detection = {"type": "semantic_vad", "eagerness": "low"}
    config.update({"audio": {"input": {"turn_detection": detection}}})
    assert config.silence_ms == 1000


def test_formats_and_transcription_take_the_api_s_shape(config):
    sides = {"input": {"format": {"type": "audio/pcmu"}, "transcription": {"model": "whisper-1"}}}
    config.update({"audio": {**sides, "output": {"format": {"type": "audio/pcma"}}}})
    assert config.input_format.name == "audio/pcmu"
    assert config.output_format.rate == 8000
    assert config.transcription == {"model": "whisper-1", "language": None, "prompt": None}


@pytest.mark.parametrize(
    "change",
    [
        {"audio": []},
        {"audio": {"input": "loud"}},
        {"audio": {"input": {"format": {"type": "audio/mp3"}}}},
        {"audio": {"input": {"format": "pcm16"}}},
        {"audio": {"input": {"turn_detection": "none"}}},
        {"audio": {"input": {"turn_detection": {"type": "psychic_vad"}}}},
        {"audio": {"input": {"turn_detection": {"threshold": "high"}}}},
        {"audio": {"input": {"transcription": "yes"}}},
        {"tools": {"a": 1}},
        {"tools": ["a"]},
        {"output_modalities": "audio"},
        {"instructions": 5},
    ],
)
def test_a_wrong_update_is_refused_and_changes_nothing(config, change):
    before = SessionConfig("sess_1", "gpt-realtime").data | {
        "expires_at": config.data["expires_at"]
    }
    with pytest.raises(ClientMistake):
        config.update({"model": "other", **change})
    assert config.data == before


def test_nulls_leave_what_must_have_a_value(config):
    config.update({"tools": None, "output_modalities": None, "model": None})
    assert config.data["tools"] == []
    assert config.data["output_modalities"] == ["audio"]
    assert config.data["model"] == "gpt-realtime"
