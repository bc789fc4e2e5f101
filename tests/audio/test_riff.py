"""WAV files whose header promises other than what is there, and base64 of them."""

import base64
import binascii
import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime.audio.payload import decoded
from otel_realtime.audio.riff import Repaired, RiffError, repaired

UNKNOWN = 0xFFFF_FFFF


def wav(samples: bytes, channels: int = 1, width: int = 2) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(24_000)
        file.writeframes(samples)
    return target.getvalue()


def read(data: bytes) -> bytes:
    """All samples of a file whose sizes are true."""
    assert struct.unpack_from("<I", data, 4) == (len(data) - 8,)
    with wave.open(io.BytesIO(data)) as file:
        samples = file.readframes(file.getnframes())
        assert len(samples) == file.getnframes() * file.getnchannels() * file.getsampwidth()
    return samples


def with_sizes(data: bytes, riff: int | None = None, audio: int | None = None) -> bytes:
    """A file as `wave` writes it, that says other sizes."""
    sizes = [data[4:8] if riff is None else struct.pack("<I", riff)]
    sizes += [data[40:44] if audio is None else struct.pack("<I", audio)]
    return data[:4] + sizes[0] + data[8:40] + sizes[1] + data[44:]


SAMPLES = bytes(range(1, 201))
WAV = wav(SAMPLES)
TAGS = b"LIST" + struct.pack("<I", 4) + b"INFO"


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_what_was_cut_off_ends_with_its_last_whole_sample(channels, width):
    frame = channels * width
    samples = bytes(range(frame)) * 9
    data = wav(samples, channels, width)
    for lost in range(1, 8 * frame):
        left = (len(samples) - lost) // frame * frame
        new = repaired(data[: len(data) - lost])
        assert new.is_cut
        assert read(new.data) == samples[:left]


@pytest.mark.parametrize("length", [12, 20, 36, 43, 44, 45])
def test_what_was_cut_off_before_its_first_sample_is_no_file(length):
    with pytest.raises(RiffError) as caught:
        repaired(WAV[:length])
    assert str(caught.value) == f"cut off: {length} of {len(WAV)} bytes"


@pytest.mark.parametrize(
    "data",
    [
        WAV,
        wav(b""),
        wav(b"\1\2\3", width=1),
        with_sizes(wav(b"\1\2\3", width=1), 40),  # with a byte of padding, that is left out
        with_sizes(wav(b"\1\2\3", width=1), 40) + b"\0",
        WAV + b"anything",
        b"fLaC" + WAV[4:-9],
        b"RIFX" + WAV[4:-9],
        b"RIFF",
        b"",
        b"RIFF" + struct.pack("<I", 4) + b"AVI LIST",
        b"RIFF" + struct.pack("<I", UNKNOWN) + b"WAVE",
    ],
)
def test_what_is_whole_or_no_wav_is_the_same(data):
    new = repaired(data)
    assert new == Repaired(data, is_cut=False)
    assert new.data is data


@pytest.mark.parametrize(
    ("riff", "audio"),
    [
        (UNKNOWN, UNKNOWN),
        (0, 0),
        (UNKNOWN, 0),
        (0x7FFF_0024, 0x7FFF_0000),
        (36, 0),  # what `wave` writes before anything else
        (len(WAV) - 8, UNKNOWN),
        (0, None),
        (UNKNOWN, None),
    ],
)
def test_what_was_streamed_gets_true_sizes_and_is_not_cut(riff, audio):
    assert repaired(with_sizes(WAV, riff, audio)) == Repaired(WAV, is_cut=False)


def test_what_was_streamed_and_is_empty_is_an_empty_file():
    new = repaired(with_sizes(wav(b""), UNKNOWN, UNKNOWN))
    assert (read(new.data), new.is_cut) == (b"", False)


def test_no_size_of_audio_before_other_chunks_is_what_it_says():
    data = with_sizes(wav(b"") + TAGS, 36 + len(TAGS))
    assert repaired(data).data is data


@pytest.mark.parametrize("before", [b"", TAGS])
def test_what_was_cut_off_behind_the_audio_goes(before):
    audio = WAV + before + TAGS
    cut = with_sizes(audio, len(audio) - 8)[:-3]
    new = repaired(cut)
    assert (read(new.data), new.is_cut) == (SAMPLES, False)
    assert new.data == with_sizes(WAV + before, len(WAV + before) - 8)


def test_chunks_before_the_audio_stay():
    data = b"RIFF" + struct.pack("<I", len(WAV) + len(TAGS) - 8) + b"WAVE" + TAGS + WAV[12:]
    new = repaired(data[:-50])
    assert new.is_cut
    assert TAGS in new.data
    assert read(new.data) == SAMPLES[:-50]


def test_a_file_without_a_format_is_cut_where_it_ends():
    data = b"RIFF" + struct.pack("<I", 100) + b"WAVE" + b"data" + struct.pack("<I", 50) + b"abc"
    new = repaired(data)
    assert new.is_cut
    assert new.data.endswith(struct.pack("<I", 3) + b"abc\0")


@given(st.binary(), st.booleans())
def test_nothing_else_is_ever_raised(data, is_wav):
    head = b"RIFF" + data[:4].ljust(4, b"\0") + b"WAVE" if is_wav else b""
    try:
        new = repaired(head + data)
    except RiffError:
        return
    assert new.data[:4] == (head + data)[:4]


@given(st.integers(0, len(WAV) - 1))
def test_every_cut_is_a_valid_file_or_none(length):
    try:
        new = repaired(WAV[:length])
    except RiffError:
        assert 12 <= length < 46
    else:
        assert length < 12 or read(new.data) == SAMPLES[: (length - 44) // 2 * 2]


# Base64


@given(st.binary(max_size=300), st.integers(0, 3))
def test_base64_is_decoded_strictly(data, spoilt):
    text = base64.b64encode(data).decode()
    assert decoded(text) == Repaired(data, is_cut=False)
    if spoilt and text:
        with pytest.raises(ValueError):  # noqa: PT011 - binascii's words differ by version
            decoded(text[:-spoilt])


def test_much_base64_is_decoded_piece_by_piece_and_as_strictly():
    data = bytes(range(256)) * 4000
    text = base64.b64encode(data).decode()
    assert decoded(text) == Repaired(data, is_cut=False)
    for spoilt in ("=", "\n", "-", "ä"):
        for at in (0, (1 << 18) - 1, 1 << 18, len(text) - 9):
            with pytest.raises(ValueError):  # noqa: PT011 - binascii's words differ by version
                decoded(text[:at] + spoilt + text[at + 1 :])
    with pytest.raises(binascii.Error):
        decoded(text[: (1 << 18) - 4] + "aGk=" + text[1 << 18 :])


@pytest.mark.parametrize("lost", range(1, 30))
def test_a_wav_may_be_cut_off_anywhere_in_its_text(lost):
    text = base64.b64encode(WAV).decode()
    new = decoded(text[:-lost])
    assert new.is_cut
    there = (len(text) - lost) // 4 * 3 - 44
    assert read(new.data) == SAMPLES[: there // 2 * 2]


def test_only_a_wav_that_is_cut_off_there_may_end_in_midst_of_a_quantum():
    text = base64.b64encode(WAV + b"\0").decode()  # one byte more than it promises
    with pytest.raises(binascii.Error):
        decoded(text + "aG")
    with pytest.raises(binascii.Error):
        decoded(base64.b64encode(SAMPLES).decode()[:-1])


def test_bytes_are_taken_as_they_are():
    assert decoded(WAV) == Repaired(WAV, is_cut=False)
    assert decoded(WAV[:-10]).is_cut
