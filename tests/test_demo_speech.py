"""The demo's speech is what its list says: real, level, small."""

import wave
from pathlib import Path

import numpy as np
import pytest
import yaml

import otel_realtime

SPEECH = Path(otel_realtime.__file__).with_name("demo") / "speech"
LINES = yaml.safe_load((SPEECH / "speech.yaml").read_text(encoding="utf-8"))


def test_the_list_names_every_file() -> None:
    assert sorted(line["name"] for line in LINES) == sorted(
        path.stem for path in SPEECH.glob("*.wav")
    )
    assert sum(path.stat().st_size for path in SPEECH.iterdir()) < 1_600_000


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["name"])
def test_a_file_is_speech_of_the_listed_length(line: dict) -> None:
    with wave.open(str(SPEECH / f"{line['name']}.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    assert line["duration_ms"] == round(len(samples) / 24)
    assert 0.05 < np.sqrt(np.mean(samples**2)) < 0.15  # as loud as a person on the telephone
    assert np.max(np.abs(samples)) < 0.95  # never clipped
    frames = np.sqrt(np.mean(samples[: len(samples) // 240 * 240].reshape(-1, 240) ** 2, axis=1))
    loud = np.flatnonzero(frames > 0.005)  # frames of 10 ms
    assert loud[0] < 5, "silence at the start"
    assert len(frames) - loud[-1] < 5, "silence at the end"
    # A pause of 500 ms, the usual setting, would end the caller's turn in the middle.
    assert np.max(np.diff(loud)) * 10 < 400
    assert len(line["text"].split()) < 5 * line["duration_ms"] / 1000 + 1  # words per second
