"""What the client sent: exact by position, and true on the time line."""

import base64

import numpy as np
import pytest
from audio.by_hand import (
    MULAW,
    PCM,
    HandCall,
    Heard,
    Told,
    archive_with,
    files,
    kind_of,
    silence,
    tone,
)
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from otel_realtime.audio.call import CallAudio
from otel_realtime.audio.clips import CallHeader
from otel_realtime.audio.pcm import alaw_table, mulaw_table
from otel_realtime.facts import InputFacts, SessionFacts
from otel_realtime.scenario import EPOCH
from otel_realtime.settings import AudioCapture
from otel_realtime.values import AudioFormat

MS = 1_000_000
SLOW = AudioFormat("audio/pcm", 16_000)
ALAW = AudioFormat("audio/pcma")
SPAN = "cd" * 8


class Line:
    """A call of which only what the client sends is told, by when and in which format."""

    def __init__(self, archive) -> None:
        self.told = Told()
        self.call = CallAudio(
            archive,
            CallHeader("ab" * 16, "ef" * 8, "line", EPOCH, is_redacted=False),
            SessionFacts(),
            open_parts={},
            capture=AudioCapture.BOTH,
            clock=lambda: EPOCH,
            report=self.told,
        )
        self._utterances = 0

    def send(self, at_ms: float, audio: bytes | str, told: AudioFormat | None = PCM) -> None:
        self.call.take_input(EPOCH + round(at_ms * MS), audio, told)

    def utterance(self, from_ms: float, to_ms: float) -> None:
        self._utterances += 1
        start = EPOCH + self._utterances * MS  # what its name sorts by
        facts = InputFacts("u", "speech", start=start, audio_span=(from_ms, to_ms))
        self.call.close_input(facts, f"{self._utterances:016x}")

    def end(self, at_ms: float) -> None:
        self.call.close_call(SessionFacts(started_at=EPOCH, ended_at=EPOCH + round(at_ms * MS)))


@pytest.fixture
def record(spool, kept):
    """Has a line's audio recorded: gives its utterances in order, and the call."""

    def recorded(tell) -> tuple[list[Heard], Heard]:
        with archive_with(audio_store=kept.as_uri(), audio_spool=spool) as archive:
            line = Line(archive)
            tell(line)
            assert archive.flush(10)
            assert line.told.problems == []
        kinds = [(kind_of(path), Heard.of(path)) for path in files(kept)]
        [session] = [heard for kind, heard in kinds if kind == "session"]
        return [heard for kind, heard in kinds if kind == "input"], session

    return recorded


def as_base64(audio: bytes) -> str:
    return base64.b64encode(audio).decode()


def test_an_utterance_is_cut_to_the_sample(record):
    audio = np.arange(1, 24_001, dtype="<i2").tobytes()

    def tell(line):
        for start in range(0, 1000, 20):
            line.send(start, audio[start * 48 : (start + 20) * 48])
        line.utterance(100, 350)
        line.utterance(350, 1000)
        line.end(1000)

    [first, second], session = record(tell)
    assert first.samples.tobytes() == audio[100 * 48 : 350 * 48]
    assert second.samples.tobytes() == audio[350 * 48 :]
    assert session.at(0, 1000).tobytes() == audio


@pytest.mark.parametrize("size", [1, 7, 999, 1280, 4097])
def test_pieces_of_odd_sizes_as_bytes_and_as_base64(record, size):
    audio = tone(300, 500)
    if size == 1:
        audio = audio[:2000]

    def tell(line):
        for number, start in enumerate(range(0, len(audio), size)):
            piece = audio[start : start + size]
            line.send(start / 48, as_base64(piece) if number % 2 else piece)
        line.utterance(0, len(audio) / 48)
        line.end(len(audio) / 48)

    [heard], session = record(tell)
    assert heard.samples.tobytes() == audio
    assert session.samples[:, 0].tobytes() == audio


@pytest.mark.parametrize(("told", "table"), [(MULAW, mulaw_table), (ALAW, alaw_table)])
def test_g711_is_decoded_at_its_own_rate(record, told, table):
    audio = bytes(range(256)) * 20

    def tell(line):
        line.send(0, as_base64(audio[:1001]), told)
        line.send(125, audio[1001:], told)
        line.utterance(100, 500)
        line.end(640)

    [heard], session = record(tell)
    assert (heard.rate, session.rate) == (8000, 8000)
    expected = [table()[code] for code in audio]
    assert heard.samples[:, 0].tolist() == expected[800:4000]
    assert session.at(0, 640).tolist() == expected


def test_what_comes_before_its_format_is_known_waits_for_it(record):
    audio = tone(300, 1000)

    def tell(line):
        for at in (0, 100, 200):
            line.send(at, audio[at * 48 : (at + 100) * 48], None)
        line.send(300, audio[300 * 48 :])
        line.utterance(0, 1000)
        line.end(1000)

    [heard], session = record(tell)
    assert heard.samples.tobytes() == audio
    assert session.at(0, 1000).tobytes() == audio


def test_a_format_that_changes_in_mid_session_moves_no_position(record):
    def tell(line):
        line.send(0, tone(300, 500, 16_000), SLOW)
        line.send(500, tone(600, 500), PCM)
        line.send(1000, bytes([0xFF, 0x00]) * 2000, MULAW)
        line.utterance(100, 500)
        line.utterance(500, 1000)
        line.utterance(1000, 1500)
        line.utterance(250, 750)
        line.end(1500)

    [slow, fast, phone, both], session = record(tell)
    assert (slow.rate, slow.ms, slow.pitch(0, 400)) == (16_000, 400, 300)
    assert (fast.rate, fast.ms, fast.pitch(0, 500)) == (24_000, 500, 600)
    assert (phone.rate, phone.ms) == (8000, 500)
    assert phone.samples[:2, 0].tolist() == [0, -32124]
    assert both.rate == 16_000
    assert both.ms == pytest.approx(500, abs=1)
    assert both.pitch(20, 230) == pytest.approx(300, abs=5)
    assert both.pitch(270, 480) == pytest.approx(600, abs=5)
    assert session.rate == 24_000
    assert session.ms == pytest.approx(1500, abs=1)
    assert session.pitch(20, 480) == pytest.approx(300, abs=3)
    assert session.at(500, 1000).tobytes() == tone(600, 500)


def test_the_same_format_told_anew_changes_nothing(record):
    audio = tone(300, 500)

    def tell(line):
        line.send(0, audio[:1001], AudioFormat("audio/pcm", 24_000))
        line.send(21, audio[1001:], AudioFormat("audio/pcm", 24_000))
        line.utterance(0, 500)
        line.end(500)

    [heard], session = record(tell)
    assert heard.samples.tobytes() == audio
    assert session.at(0, 500).tobytes() == audio


def test_of_a_format_that_nobody_knows_nothing_is_recorded(spool, kept):
    with archive_with(audio_store=kept.as_uri(), audio_spool=spool) as archive:
        line = Line(archive)
        line.send(0, b"OggS and what follows", AudioFormat("audio/opus"))
        line.utterance(0, 100)
        line.end(1000)
        assert archive.flush(10)
    assert files(kept) == []
    assert line.told.problems == []


def test_on_another_socket_positions_count_anew(record):
    def tell(line):
        line.send(0, tone(300, 500))
        line.utterance(0, 500)
        line.call.restart_input()
        line.send(2000, tone(600, 500))
        line.utterance(0, 500)
        line.utterance(100, 200)
        line.end(2500)

    [first, second, part], session = record(tell)
    assert first.samples.tobytes() == tone(300, 500)
    assert second.samples.tobytes() == tone(600, 500)
    assert part.ms == 100
    assert session.at(0, 500).tobytes() == tone(300, 500)
    assert session.is_silent(500, 2000)
    assert session.at(2000, 2500).tobytes() == tone(600, 500)


def test_a_microphone_that_pauses_leaves_a_gap(record):
    def tell(line):
        line.send(1000, tone(300, 500))
        line.send(3000, tone(600, 500))
        line.utterance(500, 1000)
        line.end(5000)

    [heard], session = record(tell)
    assert heard.samples.tobytes() == tone(600, 500)  # positions know no pause
    assert session.ms == 5000
    assert session.is_silent(0, 1000)
    assert session.at(1000, 1500).tobytes() == tone(300, 500)
    assert session.is_silent(1500, 3000)
    assert session.at(3000, 3500).tobytes() == tone(600, 500)
    assert session.is_silent(3500, 5000)


def test_jitter_leaves_no_gap(record):
    audio = tone(300, 1000)

    def tell(line):
        late = 0
        for start in range(0, 1000, 20):
            late = (late + 37) % 90
            line.send(start + late, audio[start * 48 : (start + 20) * 48])
        line.end(1100)

    _, session = record(tell)
    assert session.at(37, 1037).tobytes() == audio


def test_a_burst_is_heard_one_after_the_other_and_then_in_time_again(record):
    def tell(line):
        for start in range(0, 2000, 100):
            line.send(100, tone(300, 2000)[start * 48 : (start + 100) * 48])
        line.send(5000, tone(600, 500))
        line.end(6000)

    _, session = record(tell)
    assert session.at(100, 2100).tobytes() == tone(300, 2000)
    assert session.is_silent(2100, 5000)
    assert session.at(5000, 5500).tobytes() == tone(600, 500)


def test_the_call_is_as_long_as_what_was_sent_if_that_came_faster_than_it_is(record):
    def tell(line):
        line.send(0, tone(300, 3000))
        line.end(1000)

    _, session = record(tell)
    assert session.ms == 3000


@pytest.mark.parametrize(("first", "second"), [(SLOW, PCM), (PCM, SLOW)])
def test_a_quiet_channel_and_another_rate_beside_it(spool, kept, first, second):
    """16 kHz beside 24 kHz: each where and as high as it was."""
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(user=first, agent=second, **settings)
        call.say("u", tone(300, 1000, first.rate), first.rate * 2 / 1000)
        call.answer("r", tone(600, 1000, second.rate), 1000)
        call.send(silence(500, first.rate), first.rate * 2 / 1000)
        call.end()
        assert archive.flush(10)
    found = {kind_of(path): Heard.of(path) for path in files(kept)}
    assert found["input"].rate == first.rate
    assert found["output"].rate == second.rate
    session = found["session"]
    assert session.rate == 24_000
    assert session.ms == pytest.approx(2500, abs=1)
    assert session.pitch(50, 950, 0) == pytest.approx(300, abs=2)
    assert session.pitch(1050, 1950, 1) == pytest.approx(600, abs=2)
    assert session.is_silent(0, 990, 1)
    assert np.abs(session.at(1050, 2500, 0)).max() <= 2  # resampled silence is dithered


@searched(max_examples=40)  # each is a call of its own
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 2000)), min_size=1, max_size=12))
def test_whatever_comes_when_nothing_is_lost_or_doubled(tmp_path_factory, told):
    """`told`: how many milliseconds after the one before a piece comes, and its samples."""
    folder = tmp_path_factory.mktemp("line")
    spool, kept = folder / "spool", folder / "kept"
    total = sum(count for _, count in told)
    audio = (np.arange(total, dtype="<i2") + 9).astype("<i2")
    with archive_with(audio_store=kept.as_uri(), audio_spool=spool) as archive:
        line, at, sent = Line(archive), 0, 0
        for wait, count in told:
            at += wait
            line.send(at, audio[sent : sent + count].tobytes())
            sent += count
        line.utterance(0, sent / 24)
        line.end(at)
        assert archive.flush(10)
    found = {kind_of(path): Heard.of(path) for path in files(kept)}
    assert found["input"].samples[:, 0].tolist() == audio.tolist()
    on_line = found["session"].samples[:, 0]
    assert on_line[on_line != 0].tolist() == audio.tolist()
    assert not found["session"].samples[:, 1].any()
