"""The audio clock: which moment belongs to which position of the sent audio."""

import pytest

from otel_realtime.conversation._clock import AudioClock

MS = 1_000_000


def stream(clock: AudioClock, at_ms: float, chunks: int, *, chunk_ms: float = 20, step_ms=None):
    """Send `chunks` of audio, `step_ms` apart: in real time unless told otherwise."""
    step = chunk_ms if step_ms is None else step_ms
    for number in range(chunks):
        clock.sent(int((at_ms + number * step) * MS), chunk_ms)


def test_nothing_is_known_before_anything_was_sent() -> None:
    clock = AudioClock()
    assert clock.moment(0) is None
    assert clock.position_ms == 0


def test_audio_in_real_time_needs_one_anchor_for_an_hour() -> None:
    clock = AudioClock()
    stream(clock, 1000, 3600 * 50)
    assert clock.position_ms == 3_600_000
    assert clock.moment(0) == 1000 * MS
    assert clock.moment(1_234_567) == (1000 + 1_234_567) * MS
    assert clock.moment(3_600_000.1) is None
    assert len(clock._moments) == 1  # noqa: SLF001 - memory is what this is about


def test_small_jitter_does_not_move_the_clock() -> None:
    clock = AudioClock()
    for number in range(100):
        clock.sent((number * 20 + number % 3 * 5) * MS, 20)
    assert clock.moment(1000) == 1000 * MS


def test_what_is_sent_after_a_pause_lies_after_it() -> None:
    clock = AudioClock()
    stream(clock, 0, 50)  # 0 to 1000 ms
    stream(clock, 5000, 50)
    assert clock.moment(999) == 999 * MS
    assert clock.moment(1000) == 5000 * MS
    assert clock.moment(1500) == 5500 * MS


def test_what_is_sent_in_a_burst_was_sent_by_then() -> None:
    clock = AudioClock()
    stream(clock, 100, 25, chunk_ms=40, step_ms=0)
    stream(clock, 2000, 1)
    assert clock.moment(0) == 100 * MS
    assert clock.moment(500) == 100 * MS
    assert clock.moment(999) == (100 + 39) * MS  # within the last chunk, as if it were live
    assert clock.moment(1000) == 2000 * MS


@pytest.mark.parametrize("step_ms", [0, 5, 19, 21, 40, 100])
def test_moments_never_run_backwards(step_ms) -> None:
    clock = AudioClock()
    stream(clock, 0, 300, step_ms=step_ms)
    moments = [clock.moment(position) for position in range(0, 6000, 7)]
    assert moments == sorted(moments)
    assert None not in moments


def test_anchors_are_bounded_and_the_oldest_are_forgotten() -> None:
    clock = AudioClock()
    stream(clock, 0, 5000, step_ms=100)  # a pause between any two chunks
    assert len(clock._moments) <= 1024  # noqa: SLF001
    assert clock.moment(0) is None
    assert clock.moment(4999 * 20) == 4999 * 100 * MS
