"""The archive: never in the way of anybody, and what it gives up it counts and tells."""

import logging
import time
from pathlib import Path

import pytest
from audio.around_archives import PCM24, a_bare_call, is_free, run, store_that, stuck
from audio.by_hand import (
    PATIENCE,
    RATE,
    HandCall,
    Heard,
    archive_with,
    dropped,
    files,
    kind_of,
    kinds_in,
    path_of,
    silence,
    tone,
    until,
)

from otel_realtime import events, semconv
from otel_realtime.facts import SessionFacts
from otel_realtime.scenario import EPOCH

MB = 1 << 20
MINUTE_MS = 60_000


@pytest.fixture(autouse=True)
def warnings_are_seen(caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")


def a_turn(call: HandCall, number: int = 0) -> None:
    call.say(f"u{number}", tone(300, 500))
    call.answer(f"r{number}", tone(600, 500), 500)


# -- a store that hangs


def test_flush_and_close_take_no_longer_than_told(spool, monkeypatch):
    with store_that("hang", monkeypatch) as store:
        settings = {"audio_store": store.url, "audio_spool": spool}
        with archive_with(**settings) as archive:
            call = HandCall(**settings)
            a_turn(call)
            call.end()
            store.wait_for_requests(1)
            began = time.monotonic()
            assert not archive.flush(0.2)
            assert 0.2 <= time.monotonic() - began < 2
            began = time.monotonic()
            archive.close(0.2)
            assert 0.2 <= time.monotonic() - began < 2
        assert kinds_in(spool) == ["input", "output", "session"]
        until(lambda: is_free(*spool.glob("*/*/lock")))
        store.release()
        with archive_with(**settings) as archive:
            archive.start()
            assert archive.flush(10)
        assert sorted(map(kind_of, store.objects)) == ["input", "output", "session"]
        assert files(spool) == []


def test_a_process_ends_in_the_time_told_with_a_store_that_hangs(spool, monkeypatch):
    script = f"""
import sys, time
from audio.by_hand import HandCall, tone
settings = {{"audio_store": sys.argv[1], "audio_spool": {str(spool)!r}, "audio_flush_timeout": 0.3}}
call = HandCall(**settings)
call.say("u", tone(300, 500))
call.end()
print(time.monotonic())
"""
    with store_that("hang", monkeypatch) as store:
        done = run(script, store.url)
        assert time.monotonic() - float(done.stdout) < 3
        assert (done.returncode, done.stderr) == (0, "")
    assert kinds_in(spool) == ["input", "session"]


def test_an_archive_that_nobody_used_has_nothing_to_wait_for(spool, kept):
    with archive_with(audio_store=kept.as_uri(), audio_spool=spool) as archive:
        assert archive.flush(0)
        archive.close(0)
    assert not spool.exists()


def test_it_goes_on_after_it_was_closed(spool, kept):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        for number in (1, 2):
            call = HandCall(**settings)
            a_turn(call)
            call.end()
            archive.close(PATIENCE)
            assert len(files(kept)) == 3 * number
            assert files(spool) == []


# -- a spool that is full


def test_the_oldest_is_given_up_where_the_spool_is_full(spool, monkeypatch, caplog):
    with store_that("deny", monkeypatch) as store:
        settings = {"audio_store": store.url, "audio_spool": spool, "audio_spool_limit": 1}
        with archive_with(**settings, audio_uploads=1) as archive:
            call = HandCall(**settings, audio_uploads=1)
            for number in range(20):
                a_turn(call, number)
                archive.flush(10)
            left = files(archive.keeping.spool.ready)
            clips = sum(path.stat().st_size for path in left)
            assert clips <= archive.keeping.spool.used <= 1 * MB
            whole = 20 * 2 * (RATE + 44)  # two clips of half a second each turn
            assert dropped(call) == {"spool_full": whole - clips}
            newest = call.recorder.traced().spans[-1].attributes[semconv.OUTPUT_AUDIO_URL]
            assert Path(newest).name == left[-1].name
            call.end()
            told = [each.getMessage() for each in caplog.records if "more room" in each.message]
            assert len(told) == 1
            assert "audio_spool_limit is 1 MB" in told[0]


def test_a_call_gives_up_its_own_beginning_where_nothing_else_is_left(spool, kept, caplog):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool, "audio_spool_limit": 1}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        for response_id, ms in (("r1", 9000), ("r2", 5000)):
            call.generate(response_id, tone(600, ms))
            call.session.feed(events.ResponseDone(call.clock(), response_id, "completed"))
            call.pass_time(300)
            call.session.feed(events.OutputTruncated(call.clock(), f"{response_id}-item", 0, 300))
            assert archive.flush(10)
        with stuck(archive):
            call.send(tone(300, 8400))  # with it, more than a megabyte
        until(lambda: dropped(call))
        call.say("u1", tone(500, 500))
        call.end()
        assert archive.flush(10)
        assert dropped(call) == {"spool_full": (9000 + 5000 + 8400) * RATE // 1000 * 2}
        by_kind = {kind_of(path): Heard.of(path) for path in files(kept)}
        assert by_kind["generated"].ms == 5000  # it was in the store by then
        assert by_kind["input"].pitch(0, 500) == 500
        # What is left is where it was.
        session = by_kind["session"]
        assert session.ms == 9500
        assert session.is_silent(0, 9000)
        assert session.pitch(9000, 9500) == 500
        assert session.is_silent(0, 9500, 1)
        assert archive.keeping.spool.used == 0
    assert sum("more room" in each.message for each in caplog.records) == 1
    spans = {span.name: span for span in call.recorder.traced().spans}
    for name in ("user_input", "invoke_agent"):
        assert spans[name].attributes[semconv.AUDIO_DROPPED] == "spool_full"


# -- no spool


@pytest.mark.parametrize("settings", [{"audio_store": "memory:///"}])
def test_a_spool_that_cannot_be_made_is_told_and_spans_have_no_links(tmp_path, caplog, settings):
    (tmp_path / "file").write_text("")
    settings = {**settings, "audio_spool": tmp_path / "file" / "spool"}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        until(lambda: archive.is_broken)
        a_turn(call)
        call.end()
        assert archive.flush(1)
        HandCall(**settings).end()
    [record] = [each for each in caplog.records if "No audio is kept" in each.message]
    assert "cannot be used: Not a directory" in record.getMessage()
    for span in call.recorder.traced().spans:
        assert semconv.INPUT_AUDIO_URL not in span.attributes
        assert semconv.OUTPUT_AUDIO_URL not in span.attributes
        assert span.attributes[semconv.AUDIO_DROPPED] == "disk_error"


def test_a_job_that_fails_is_told_once_and_the_next_ones_are_done(spool, kept, caplog):
    def fail() -> None:
        message = "she said her number is 12345"
        raise KeyError(message)

    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        for _ in range(3):
            archive.leave((fail,))
        a_turn(call)
        call.end()
        assert archive.flush(10)
    assert len(files(kept)) == 3
    [record] = caplog.records
    assert "KeyError" in record.getMessage()
    assert "12345" not in record.getMessage()


# -- what does not become a recording


def test_a_call_in_which_nothing_was_heard_leaves_nothing(spool, kept):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        call.pass_time(1000)
        call.end()
        assert archive.flush(10)
    assert files(kept) == []
    assert files(spool) == []


def test_what_waited_and_was_thrown_away_is_kept_whole_and_not_heard_in_the_call(spool, kept):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        call.generate("r1", tone(300, 2000))
        call.session.feed(events.ResponseDone(call.clock(), "r1", "completed"))
        call.generate("r2", tone(600, 1000))
        call.pass_time(500)
        call.session.feed(events.OutputTruncated(call.clock(), "r1-item", 0, 500))
        call.session.feed(events.ResponseDone(call.clock(), "r2", "cancelled", "turn_detected"))
        call.pass_time(1500)
        call.end()
        assert archive.flush(10)
    sounds = [(kind_of(path), Heard.of(path)) for path in files(kept)]
    kinds = sorted(kind for kind, _ in sounds)
    assert kinds == ["generated", "generated", "output", "session"]
    found = dict(sounds)
    assert found["output"].ms == 500
    assert sorted(sound.ms for kind, sound in sounds if kind == "generated") == [1000, 2000]
    assert found["session"].at(0, 500, 1).tobytes() == tone(300, 500)
    assert found["session"].is_silent(500, 2000, 1)


def test_audio_that_is_no_base64_is_told_and_the_rest_is_kept(spool, kept):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call, told = a_bare_call(archive)
        call.take_input(EPOCH, "not base64 at all!", PCM24)
        call.take_input(EPOCH, tone(300, 500), PCM24)
        facts = SessionFacts(started_at=EPOCH, ended_at=EPOCH + 500_000_000)
        call.close_call(facts)
        assert archive.flush(10)
    [(where, error)] = told.problems
    assert where == "audio"
    assert isinstance(error, ValueError)
    assert Heard.of(path_of(facts.audio.url)).pitch(0, 500) == 300


def test_minutes_of_silence_take_no_room(spool, kept):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        call.send(silence(10 * MINUTE_MS))
        archive.flush(10)
        call.send(silence(100))
        archive.flush(10)
        on_disk = sum(path.stat().st_blocks * 512 for path in spool.rglob("*.pcm"))
        assert on_disk == 0
        call.say("u", tone(300, 500))
        call.end()
        assert archive.flush(10)
        by_kind = {kind_of(path): Heard.of(path) for path in files(kept)}
        assert by_kind["input"].pitch(0, 500) == 300
        assert by_kind["session"].ms == 10 * MINUTE_MS + 600
