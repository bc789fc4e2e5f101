"""Audio of a media type as a file that can be played."""

import io
import wave

import numpy as np
import pytest
from audio.by_hand import Heard, tone

from otel_realtime.audio.files import AudioFile, as_file, duration_ms, silenced
from otel_realtime.audio.pcm import alaw_table, mulaw_table

TONE = tone(440, 500)
SAMPLES = np.frombuffer(TONE, "<i2")


@pytest.mark.parametrize(
    "mime_type",
    [
        "audio/pcm;rate=24000",
        "Audio/PCM; rate=24000",
        'audio/pcm;bitrate=1;rate="24000"',
        "audio/L16;codec=pcm;rate=24000",
        "audio/pcm;rate=24000;channels=1",
    ],
)
def test_raw_samples_that_tell_their_rate_become_a_wav(mime_type):
    file = as_file(TONE, mime_type)
    heard = Heard.of(file.data)
    assert file[1:] == ("audio/wav", "wav")
    assert (heard.rate, heard.ms, heard.channels) == (24_000, 500, 1)
    assert np.array_equal(heard.samples[:, 0], SAMPLES)


def test_samples_of_l16_are_big_endian():
    heard = Heard.of(as_file(SAMPLES.astype(">i2").tobytes(), "audio/L16;rate=16000").data)
    assert (heard.rate, len(heard.samples)) == (16_000, len(SAMPLES))
    assert np.array_equal(heard.samples[:, 0], SAMPLES)


def test_channels_lie_side_by_side():
    heard = Heard.of(as_file(TONE + b"odd", "audio/pcm;rate=48000;channels=2").data)
    assert (heard.rate, heard.ms, heard.channels) == (48_000, 125, 2)
    assert np.array_equal(heard.samples[:, 1], SAMPLES[1::2])


@pytest.mark.parametrize(
    ("mime_type", "table"),
    [
        ("audio/pcmu", mulaw_table),
        ("audio/basic", mulaw_table),
        ("audio/PCMA", alaw_table),
        ("audio/pcma;rate=8000", alaw_table),
    ],
)
def test_g711_is_of_8_khz_unless_it_says_otherwise(mime_type, table):
    codes = bytes(range(256)) * 4
    file = as_file(codes, mime_type)
    heard = Heard.of(file.data)
    assert (file.extension, heard.rate, heard.ms) == ("wav", 8000, 128)
    assert np.array_equal(heard.samples[:256, 0], table())
    assert Heard.of(as_file(codes, f"{mime_type.partition(';')[0]};rate=16000").data).ms == 64


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_an_odd_byte_at_the_end_is_no_sample(length):
    heard = Heard.of(as_file(b"\1\2\3"[:length], "audio/pcm;rate=24000").data)
    assert len(heard.samples) == length // 2


@pytest.mark.parametrize(
    ("mime_type", "extension"),
    [
        ("audio/pcm", "pcm"),
        ("audio/pcm;rate=0", "pcm"),
        ("audio/pcm;rate=fast", "pcm"),
        ("audio/pcm;rate=99999999999", "pcm"),
        ("audio/pcm;rate=24000;channels=0", "pcm"),
        ("audio/pcm;samplerate=24000", "pcm"),
        ("audio/L16", "pcm"),
        ("audio/flac", "flac"),
        ("audio/ogg;codecs=opus", "ogg"),
        ("audio/mpeg", "mp3"),
        ("audio/wav;codecs=1", "wav"),
        ("audio/strange", "bin"),
        ("application/octet-stream", "bin"),
        ("", "bin"),
    ],
)
def test_everything_else_stays_as_it_is(mime_type, extension):
    assert as_file(TONE, mime_type) == AudioFile(TONE, mime_type, extension)


@pytest.mark.parametrize(
    ("beginning", "mime_type", "extension"),
    [
        (b"RIFF", "audio/wav", "wav"),
        (b"fLaC", "audio/flac", "flac"),
        (b"OggS", "audio/ogg", "ogg"),
        (b"ID3\4", "audio/mpeg", "mp3"),
    ],
)
def test_what_does_not_say_what_it_is_is_known_by_its_beginning(beginning, mime_type, extension):
    data = beginning + TONE
    assert as_file(data, "application/octet-stream") == AudioFile(data, mime_type, extension)
    assert as_file(data, "audio/mp4").mime_type == "audio/mp4"


def wav(width: int, channels: int, samples: bytes) -> AudioFile:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(1000)
        file.writeframes(samples)
    return AudioFile(target.getvalue(), "audio/wav", "wav")


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_stretches_are_silenced(width, channels):
    frame = width * channels
    file = wav(width, channels, b"\x55" * 100 * frame)
    assert duration_ms(file) == 100
    ranges = [(-5.0, 10.0), (20.4, 30.0), (50.0, 40.0), (90.0, float("inf")), (200.0, 300.0)]
    new = silenced(file, ranges)
    assert new[1:] == file[1:]
    assert len(new.data) == len(file.data)
    with wave.open(io.BytesIO(new.data)) as opened:
        samples = opened.readframes(100)
    quiet = b"\x80" if width == 1 else b"\0"
    for at in range(100):
        is_quiet = at < 10 or 20 <= at < 30 or at >= 90
        expected = (quiet if is_quiet else b"\x55") * frame
        assert samples[at * frame : (at + 1) * frame] == expected, at


@pytest.mark.parametrize("data", [b"", b"fLaC", b"RIFF\0\0\0\0WAVE", TONE])
def test_only_a_wav_has_a_length_and_can_be_silenced(data):
    file = AudioFile(data, "audio/wav", "wav")
    assert duration_ms(file) is None
    with pytest.raises((wave.Error, EOFError)):
        silenced(file, [(0.0, 1.0)])
