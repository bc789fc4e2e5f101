"""The time line: pieces where they were heard, resampled, cut, muted, side by side."""

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from audio.by_hand import pitch, tone
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime.audio.timeline import Piece, channel, cut, muted, sample_at, stereo
from otel_realtime.audio.track import Track

MS = 1_000_000
FRAME_MS = 20


@pytest.fixture
def recorded(tmp_path):
    """Gives a track with such audio."""

    def record(audio: bytes, rate: int = 24_000) -> Track:
        track = Track(tmp_path / f"{len(list(tmp_path.iterdir()))}.pcm", rate)
        track.append(audio)
        track.flush()
        return track

    return record


def all_of(track: Track, at_ms: float | None = None) -> Piece:
    return Piece(track, 0, track.length, None if at_ms is None else int(at_ms * MS))


def joined(blocks) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int16), *blocks])


def test_gaps_are_where_they_were(recorded):
    first, second = recorded(tone(300, 500)), recorded(tone(600, 500))
    heard = joined(channel([all_of(first, 250), all_of(second, 1000)], 24_000, 48_000))
    assert len(heard) == 48_000
    assert not heard[:6000].any()
    assert heard[6000:18_000].tobytes() == tone(300, 500)
    assert not heard[18_000:24_000].any()
    assert heard[24_000:36_000].tobytes() == tone(600, 500)
    assert not heard[36_000:].any()


def test_what_would_overlap_in_one_channel_is_heard_one_after_the_other(recorded):
    first, second = recorded(tone(300, 500)), recorded(tone(600, 500))
    heard = joined(channel([all_of(first, 0), all_of(second, 100)], 24_000))
    assert heard.tobytes() == tone(300, 500) + tone(600, 500)


def test_without_a_time_it_follows(recorded):
    first, second = recorded(tone(300, 500)), recorded(tone(600, 500))
    heard = joined(channel([all_of(first, 100), all_of(second)], 24_000))
    assert heard[2400:].tobytes() == tone(300, 500) + tone(600, 500)


def test_a_channel_is_at_least_as_long_as_asked(recorded):
    track = recorded(tone(300, 500))
    assert len(joined(channel([all_of(track, 0)], 24_000, 100))) == 12_000
    assert len(joined(channel([], 24_000, 100))) == 100
    assert len(joined(channel([], 24_000))) == 0


@pytest.mark.parametrize(
    ("rate", "to"), [(16_000, 24_000), (8000, 24_000), (48_000, 24_000), (24_000, 16_000)]
)
def test_another_rate_is_resampled_and_pitch_and_length_stay(recorded, rate, to):
    track = recorded(tone(440, 2000, rate), rate)
    heard = joined(channel([all_of(track, 500)], to))
    ms = len(heard) * 1000 / to
    assert ms == pytest.approx(2500, abs=FRAME_MS)
    assert not heard[: to // 2].any()
    middle = heard[to // 2 + to // 10 : to // 2 + to]
    assert pitch(middle, to) == pytest.approx(440, abs=2)
    # As loud as it was.
    assert np.abs(middle).max() == pytest.approx(8000, rel=0.02)


def test_after_what_was_resampled_the_next_is_where_it_was(recorded):
    slow = recorded(tone(440, 999, 16_000), 16_000)
    fast = recorded(tone(600, 500))
    heard = joined(channel([all_of(slow, 0), all_of(fast, 1500)], 24_000))
    assert heard[36_000:].tobytes() == tone(600, 500)
    assert not heard[25_000:36_000].any()


def test_a_channel_of_any_length_comes_in_blocks(recorded):
    track = recorded(tone(300, 10_000))
    blocks = list(channel([all_of(track, 3_600_000)], 24_000))
    assert max(len(block) for block in blocks) <= 1 << 16
    assert sum(len(block) for block in blocks) == 24_000 * 3610


def test_two_channels_side_by_side_are_as_long_as_the_longer(recorded):
    left, right = recorded(tone(300, 700)), recorded(tone(600, 2000))
    both = np.concatenate(
        list(stereo(channel([all_of(left, 0)], 24_000), channel([all_of(right, 100)], 24_000)))
    )
    assert both.shape == (2100 * 24, 2)
    assert both[: 700 * 24, 0].tobytes() == tone(300, 700)
    assert not both[700 * 24 :, 0].any()
    assert not both[: 100 * 24, 1].any()
    assert both[100 * 24 :, 1].tobytes() == tone(600, 2000)
    assert list(stereo(iter(()), iter(()))) == []


def test_ranges_are_muted_across_blocks_and_the_source_stays_as_it_was():
    blocks = [np.arange(1, 11, dtype=np.int16) for _ in range(3)]
    for block in blocks:
        block.flags.writeable = False
    heard = joined(muted(iter(blocks), [(5, 15), (28, 1000), (3, 3), (7, 2)]))
    expected = joined(blocks)
    expected[5:15] = expected[28:] = 0
    assert heard.tolist() == expected.tolist()
    columns = [np.ones((10, 2), np.int16)]
    assert np.concatenate(list(muted(columns, [(2, 4)]))).sum() == 16


def test_a_cut_goes_over_pieces_of_several_rates(recorded):
    slow, fast = recorded(tone(300, 1000, 8000), 8000), recorded(tone(600, 1000))
    pieces = [all_of(slow), all_of(fast)]
    assert list(cut(pieces, 250, 750)) == [Piece(slow, 2000, 6000)]
    assert list(cut(pieces, 750, 1250)) == [Piece(slow, 6000, 8000), Piece(fast, 0, 6000)]
    assert list(cut(pieces, 1500, 9999)) == [Piece(fast, 12_000, 24_000)]
    assert list(cut(pieces, 2000, 9999)) == []
    assert list(cut(pieces, 700, 700)) == []
    assert list(cut(pieces, 800, 700)) == []
    assert list(cut(pieces, -100, 100)) == [Piece(slow, 0, 800)]
    assert list(cut([Piece(fast, 2400, 12_000)], 100, 200)) == [Piece(fast, 4800, 7200)]


RATES = st.sampled_from([8000, 16_000, 24_000])


@given(
    st.lists(st.tuples(RATES, st.integers(1, 500)), min_size=1, max_size=5),
    st.lists(st.floats(0, 300), max_size=6),
)
def test_what_is_cut_into_consecutive_parts_is_all_there_once(told, at):
    """No sample is lost or doubled where one part ends and the next begins."""
    with tempfile.TemporaryDirectory() as folder:
        pieces = []
        for number, (rate, length) in enumerate(told):
            track = Track(Path(folder) / f"{number}.pcm", rate)
            track.append(np.ones(length, "<i2").tobytes())
            pieces.append(all_of(track))
        total_ms = sum(length * 1000 / rate for rate, length in told)
        stops = [0.0, *sorted(min(each, total_ms) for each in at), total_ms + 1]
        parts = [part for first, last in pairwise(stops) for part in cut(pieces, first, last)]
    samples = [(part.track, each) for part in parts for each in range(part.start, part.stop)]
    assert samples == [(piece.track, each) for piece in pieces for each in range(piece.stop)]


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 40_000)), max_size=4),
    st.integers(0, 100_000),
)
def test_lengths_add_up(told, total):
    """A channel is as long as its silence and its pieces, or as was asked."""
    with tempfile.TemporaryDirectory() as folder:
        pieces, position = [], 0
        for number, (at_ms, length) in enumerate(sorted(told)):
            track = Track(Path(folder) / f"{number}.pcm", 24_000)
            track.append(np.full(length, 1000, "<i2").tobytes())
            track.flush()
            pieces.append(all_of(track, at_ms))
            position = max(position, at_ms * 24) + length
        heard = joined(channel(pieces, 24_000, total))
        both = list(stereo(channel(pieces, 24_000), channel([], 24_000, total)))
    assert len(heard) == max(position, total)
    assert np.count_nonzero(heard) == sum(length for _, length in told)
    assert sum(len(block) for block in both) == max(position, total)


def test_positions_are_rounded_to_the_nearest_sample():
    assert [sample_at(ms, 24_000) for ms in (0, 1, 0.02, 0.03, 1000 / 3)] == [0, 24, 0, 1, 8000]
