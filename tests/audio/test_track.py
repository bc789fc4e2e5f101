"""A track: samples on disk by position, and silence that takes no room there."""

import os
import stat
import tempfile
from pathlib import Path

import numpy as np
import pytest
from audio.by_hand import silence, tone
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime.audio.track import Track, append_text

RATE = 1000
"""Its frames are of 100 samples."""
FRAME = RATE // 10
QUIET = 8
MINUTE_MS = 60_000


@pytest.fixture
def track(tmp_path):
    return Track(tmp_path / "a.pcm", RATE)


def whole(track: Track, start: int = 0, stop: int | None = None) -> bytes:
    stop = track.length if stop is None else stop
    return b"".join(block.tobytes() for block in track.read(start, stop))


def on_disk(track: Track) -> int:
    return track.path.stat().st_blocks * 512


def test_what_was_appended_is_read_once_it_was_flushed(track):
    data = tone(100, 500, RATE)
    track.append(data[:400])
    track.append(data[400:])
    assert (track.length, track.pending, track.stored) == (500, 1000, 0)
    assert whole(track) == bytes(1000)
    assert track.flush() == 1000
    assert (track.pending, track.stored) == (0, 1000)
    assert whole(track) == data
    assert whole(track, 100, 200) == data[200:400]
    assert whole(track, 450, 600) == data[900:] + bytes(200)
    assert track.flush() == 0


def test_minutes_of_silence_take_no_room_and_speech_is_where_it_was(tmp_path):
    track = Track(tmp_path / "a.pcm", 24_000)
    for _ in range(20):
        track.append(silence(MINUTE_MS))
        assert track.flush() == 0
    assert track.stored == 0
    assert on_disk(track) == 0
    speech = tone(300, 1000)
    track.append(speech)
    track.flush()
    assert track.stored == len(speech)
    assert on_disk(track) <= len(speech) + 2 * 4096  # a block at each end is not filled
    first = 20 * 60 * 24_000
    assert whole(track, first, first + 24_000) == speech
    assert whole(track, first - 24_000, first) == bytes(48_000)


@pytest.mark.parametrize(("level", "is_kept"), [(QUIET, False), (QUIET + 1, True), (-9, True)])
def test_a_frame_is_silent_where_nothing_in_it_can_be_heard(track, level, is_kept):
    samples = np.zeros(3 * FRAME, "<i2")
    samples[FRAME + 7] = level
    track.append(samples.tobytes())
    assert track.flush() == (2 * FRAME if is_kept else 0)
    expected = samples.tobytes() if is_kept else bytes(6 * FRAME)
    assert whole(track) == expected


SAMPLES = st.one_of(
    st.lists(st.integers(-12, 12), max_size=250),
    st.lists(st.integers(-32768, 32767), max_size=250),
    st.builds(lambda count: [0] * count, st.integers(0, 500)),
)


@given(
    st.lists(
        st.one_of(
            SAMPLES.map(lambda samples: ("append", samples)),
            st.just(("flush", None)),
            st.tuples(st.integers(0, 1500), st.integers(0, 1500)).map(lambda at: ("read", at)),
            st.tuples(st.integers(0, 1500), st.integers(0, 1500)).map(lambda at: ("silence", at)),
            st.just(("anew", None)),
        ),
        max_size=20,
    )
)
def test_samples_come_back_as_they_were_unless_they_cannot_be_heard(steps):
    expected: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        track = Track(Path(folder) / "a.pcm", RATE)
        for what, told in steps:
            if what == "append":
                expected += told
                track.append(np.array(told, "<i2").tobytes())
                assert track.length == len(expected)
                continue
            track.flush()
            assert track.pending == 0
            if what == "silence":
                start, stop = sorted(told)
                track.silence(start, stop)
                stop = min(stop, len(expected))
                expected[start:stop] = [0] * max(stop - start, 0)
            if what == "anew":  # as another process finds it
                track = Track(track.path, RATE)
                assert track.length == len(expected)
            start, stop = sorted(told) if told else (0, len(expected))
            read = np.concatenate([np.zeros(0, np.int16), *track.read(start, stop)]).tolist()
            wanted = expected[start:stop] + [0] * (stop - max(start, len(expected)))
            wanted = wanted[: stop - start]
            assert len(read) == stop - start
            for value, sample in zip(read, wanted, strict=True):
                assert value == sample or (value == 0 and abs(sample) <= QUIET)


def test_what_is_silenced_is_gone_from_the_file(track):
    track.append(tone(100, 500, RATE))
    track.flush()
    track.silence(100, 200)
    data = track.path.read_bytes()
    assert not any(data[200:400])
    assert any(data[:200])
    assert any(data[400:])
    track.silence(400, 100_000)
    assert track.path.stat().st_size == 1000
    assert not any(track.path.read_bytes()[800:])


def test_what_was_never_written_can_be_silenced(track):
    track.silence(0, 1000)
    assert whole(track, 0, 100) == bytes(200)


def test_what_is_forgotten_is_silent_and_what_follows_is_where_it_was(track):
    track.append(tone(100, 500, RATE))
    track.flush()
    assert track.forget() == 1000
    assert (track.length, track.forgotten, track.stored) == (500, 500, 0)
    assert on_disk(track) == 0
    more = tone(200, 500, RATE)
    track.append(more)
    track.flush()
    assert whole(track) == bytes(1000) + more
    assert track.forget() == 1000
    assert Track(track.path.with_name("none"), RATE).forget() == 0


def test_a_track_that_another_process_left_is_as_long_and_takes_what_it_takes(tmp_path):
    path = tmp_path / "a.pcm"
    left = Track(path, 24_000)
    left.append(silence(10_000) + tone(300, 1000) + silence(5000))
    left.flush()
    found = Track(path, 24_000)
    assert found.length == left.length == 16 * 24_000
    assert found.stored <= left.stored + 8192
    assert whole(found, 10 * 24_000, 11 * 24_000) == tone(300, 1000)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="of users on POSIX")
def test_its_file_is_its_owners_alone(track):
    track.append(tone(100, 100, RATE))
    track.flush()
    append_text(track.path.with_name("text"), "a line\n")
    for path in (track.path, track.path.with_name("text")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_text_is_appended(tmp_path):
    append_text(tmp_path / "a", "one\n")
    append_text(tmp_path / "a", "zwei ü\n")
    assert (tmp_path / "a").read_text("utf-8") == "one\nzwei ü\n"
