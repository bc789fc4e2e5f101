import wave

import numpy as np
import pytest

from otel_realtime.simulator._speech import read_wav, speech, spoken_ms, tone, words


def write_wav(path, *, rate=24_000, channels=1, width=2):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(bytes(range(96)))
    return path


def test_words_join_to_the_text():
    text = "Well,  hello\nthere: friend!"
    assert "".join(words(text)) == text
    assert len(words(text)) == 4


def test_a_text_takes_as_long_as_at_160_words_a_minute():
    assert spoken_ms("one two three four five six seven eight") == 3000
    assert len(speech("one two", None)) == 24_000 * 750 // 1000


def test_the_tone_is_audible_and_does_not_clip():
    samples = tone(1000).astype(float)
    assert np.sqrt((samples**2).mean()) > 1000
    assert abs(samples).max() < 32_000


def test_a_wav_file_is_read(tmp_path):
    path = write_wav(tmp_path / "a.wav")
    assert read_wav(path).astype("<i2").tobytes() == bytes(range(96))
    assert (speech("ignored", path) == read_wav(path)).all()


@pytest.mark.parametrize("wrong", [{"rate": 16_000}, {"channels": 2}, {"width": 1}])
def test_a_wav_file_of_another_kind_is_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="must be 16-bit mono at 24000 Hz, but is"):
        read_wav(write_wav(tmp_path / "a.wav", **wrong))


def test_what_is_no_wav_file_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"hello")
    for name in ("a.wav", "missing.wav"):
        with pytest.raises(ValueError, match="cannot be read as a WAV file"):
            read_wav(tmp_path / name)
