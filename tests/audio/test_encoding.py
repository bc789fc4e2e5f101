"""Samples become files that players open."""

import wave

import numpy as np
import pytest
from audio.by_hand import HandCall, Heard, archive_with, files, kind_of, pitch, tone

from otel_realtime.audio.encoding import FORMATS
from otel_realtime.settings import AudioFileFormat

soundfile = pytest.importorskip("soundfile", reason="needs the extra `formats`")

MONO = np.frombuffer(tone(440, 1000), "<i2")
STEREO = np.stack([MONO, np.frombuffer(tone(880, 1000), "<i2")], axis=1)
LOSSLESS = ("wav", "flac")


def in_blocks(samples, size: int = 4096):
    return (samples[start : start + size] for start in range(0, len(samples), size))


@pytest.mark.parametrize("samples", [MONO, STEREO], ids=["mono", "stereo"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_has_the_rate_the_channels_the_length_and_the_pitch(tmp_path, name, samples):
    path = tmp_path / f"a.{FORMATS[name].extension}"
    channels = samples.ndim
    FORMATS[name].write(path, in_blocks(samples), 24_000, channels)
    read, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate == 24_000
    assert read.shape == (24_000, channels)
    for column, hertz in zip(read.T, (440, 880), strict=False):
        assert pitch(column) == pytest.approx(hertz, abs=1)
    if name in LOSSLESS:
        assert read.tobytes() == samples.tobytes()
    told = soundfile.info(path)
    assert told.format == {"wav": "WAV", "flac": "FLAC", "opus": "OGG"}[name]
    assert told.subtype == {"wav": "PCM_16", "flac": "PCM_16", "opus": "OPUS"}[name]


def test_the_standard_library_reads_a_wav(tmp_path):
    FORMATS["wav"].write(tmp_path / "a.wav", in_blocks(STEREO), 24_000, 2)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (2, 2, 24_000, 24_000)
        assert file.readframes(24_000) == STEREO.tobytes()


def test_nothing_is_a_file_too(tmp_path):
    path = tmp_path / "a.wav"
    FORMATS["wav"].write(path, iter(()), 8000, 1)
    assert soundfile.info(path).frames == 0
    assert soundfile.info(path).samplerate == 8000


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000])
def test_opus_takes_the_rates_of_the_telephone_and_of_realtime(tmp_path, rate):
    samples = np.frombuffer(tone(440, 1000, rate), "<i2")
    FORMATS["opus"].write(tmp_path / "a.opus", in_blocks(samples), rate, 1)
    read, told = soundfile.read(tmp_path / "a.opus", dtype="int16")
    assert len(read) / told == pytest.approx(1, abs=0.02)
    assert pitch(read, told) == pytest.approx(440, abs=1)


def test_each_format_of_the_settings_is_there():
    assert set(FORMATS) == {each.value for each in AudioFileFormat}


@pytest.mark.parametrize(("name", "mime_type"), [("flac", "audio/flac"), ("opus", "audio/ogg")])
def test_a_call_is_kept_in_another_format(spool, kept, name, mime_type):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool, "audio_format": name}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        call.say("u", tone(300, 500))
        call.answer("r", tone(600, 500), 500)
        call.end()
        assert archive.flush(10)
    found = {kind_of(path): path for path in files(kept)}
    assert {path.suffix for path in found.values()} == {f".{name}"}
    told = {kind: soundfile.info(path) for kind, path in found.items()}
    assert {kind: (each.channels, each.duration) for kind, each in told.items()} == {
        "input": (1, 0.5),
        "output": (1, 0.5),
        "session": (2, 1.0),
    }
    assert call.link("chat", "output.audio.mime_type") == mime_type
    assert call.link("chat").endswith(f"_output.{name}")
    with pytest.raises(wave.Error):
        Heard.of(found["input"])
