import numpy as np
import pytest

from otel_realtime.simulator._vad import FRAME_MS, SpeechStarted, SpeechStopped, Vad, level

RATES = (24_000, 8_000)


def signal(rate, *parts):
    """Join (ms, amplitude) parts of noise."""
    noise = np.random.default_rng(7)
    pieces = [
        (noise.uniform(-1, 1, rate * ms // 1000) * amplitude).astype(np.int16)
        for ms, amplitude in parts
    ]
    return np.concatenate(pieces)


def hear(samples, rate, piece, **settings):
    vad = Vad(rate, **{"threshold": 0.5, "silence_ms": 200, **settings})
    return [
        heard
        for offset in range(0, len(samples), piece)
        for heard in vad.push(samples[offset : offset + piece])
    ]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("lead_ms", [0, 500, 507, 1013])
@pytest.mark.parametrize("speech_ms", [150, 333, 1200])
@pytest.mark.parametrize("piece", [160, 777, 4800, 100_000])
def test_bursts_are_found_to_within_one_frame(rate, lead_ms, speech_ms, piece):
    samples = signal(rate, (lead_ms, 20), (speech_ms, 9000), (600, 20))
    started, stopped = hear(samples, rate, piece)
    assert abs(started.onset_ms - lead_ms) <= FRAME_MS
    assert abs(stopped.speech_end_ms - (lead_ms + speech_ms)) <= FRAME_MS
    assert stopped.audio_end_ms - stopped.speech_end_ms == 200


def test_a_short_pause_does_not_end_speech_and_a_long_one_does():
    pause = [(400, 9000), (150, 0), (400, 9000), (250, 0), (400, 9000), (300, 0)]
    heard = hear(signal(24_000, *pause), 24_000, 4800)
    assert [type(event) for event in heard] == [SpeechStarted, SpeechStopped] * 2
    assert [event.onset_ms for event in heard[::2]] == [0, 1200]


def test_a_click_is_not_speech():
    assert hear(signal(24_000, (400, 0), (15, 20_000), (400, 0)), 24_000, 4800) == []


def test_the_threshold_is_in_steps_of_loudness():
    assert level(0.5) == pytest.approx(327.68)  # -40 dBFS
    whisper = signal(24_000, (500, 900), (500, 0))
    assert hear(whisper, 24_000, 4800, threshold=0.9) == []
    assert len(hear(whisper, 24_000, 4800, threshold=0.5)) == 2


def test_a_limit_splits_one_utterance_in_two():
    vad = Vad(24_000, threshold=0.5, silence_ms=200)
    vad.limit_ms = 300
    heard = vad.push(signal(24_000, (800, 9000), (300, 0)))
    assert heard == [
        SpeechStarted(0),
        SpeechStopped(300, 300),
        SpeechStarted(300),
        SpeechStopped(800, 1000),
    ]


def test_a_reset_forgets_the_utterance_under_way():
    vad = Vad(24_000, threshold=0.5, silence_ms=200)
    assert vad.push(signal(24_000, (300, 9000))) == [SpeechStarted(0)]
    assert vad.speaking
    vad.reset()
    assert vad.push(signal(24_000, (300, 0))) == []
