import base64

import pytest
from simulator.voice import loud, quiet

from otel_realtime.simulator._config import SessionConfig
from otel_realtime.simulator._input import InputAudio
from otel_realtime.simulator._vad import SpeechStarted, SpeechStopped
from otel_realtime.simulator._wire import ClientMistake


def encoded(data):
    return base64.b64encode(data).decode()


@pytest.fixture
def config():
    return SessionConfig("sess_1", "gpt-realtime")


def test_samples_may_be_cut_in_two_by_appends(config):
    audio = InputAudio(config)
    data = quiet(200) + loud(300) + quiet(600)
    heard = []
    for offset in range(0, len(data), 333):
        heard += audio.append(encoded(data[offset : offset + 333]))
    assert heard == [SpeechStarted(200), SpeechStopped(500, 1000)]
    assert audio.position_ms == pytest.approx(1100)


def test_a_change_of_format_keeps_the_session_s_clock(config):
    audio = InputAudio(config)
    audio.append(encoded(quiet(500)))
    config.update({"audio": {"input": {"format": {"type": "audio/pcma"}}}})
    audio.configure()
    heard = audio.append(encoded(b"\xd5" * 800 + b"\x2a\xaa" * 800))
    assert heard == [SpeechStarted(600)]
    assert audio.position_ms == 800


def test_new_settings_do_not_lose_the_utterance_under_way(config):
    audio = InputAudio(config)
    assert audio.append(encoded(loud(300))) == [SpeechStarted(0)]
    detection = {"type": "server_vad", "silence_duration_ms": 200}
    config.update({"audio": {"input": {"turn_detection": detection}}})
    audio.configure()
    assert audio.speaking
    assert audio.append(encoded(quiet(240))) == [SpeechStopped(300, 500)]


def test_push_to_talk_hears_nothing_but_counts(config):
    config.update({"audio": {"input": {"turn_detection": None}}})
    audio = InputAudio(config)
    assert audio.append(encoded(loud(300) + quiet(700))) == []
    assert not audio.speaking
    assert audio.commit() == 1000
    with pytest.raises(ClientMistake, match=r"only has 0\.00ms of audio"):
        audio.commit()


def test_what_is_not_base64_is_refused(config):
    with pytest.raises(ClientMistake, match="base64"):
        InputAudio(config).append("%%%")
