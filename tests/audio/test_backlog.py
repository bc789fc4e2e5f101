"""What waits for a disk that is slow is bounded, and positions stay right."""

import base64

import pytest
from audio.around_archives import PCM24, a_bare_call, stuck
from audio.by_hand import (
    MULAW,
    HandCall,
    Heard,
    archive_with,
    dropped,
    files,
    kind_of,
    path_of,
    tone,
)

from otel_realtime import events, semconv
from otel_realtime.facts import SessionFacts
from otel_realtime.scenario import EPOCH

MB = 1 << 20
SLACK = MB // 2
"""It is not looked after every piece how much waits."""


def share_memory(archive) -> list[HandCall]:
    """As many calls as leave a megabyte to each."""
    settings = {"audio_store": archive.store.own_url, "audio_spool": archive.options.spool}
    others = [HandCall(**settings) for _ in range(63)]
    archive.flush(10)
    assert archive.allowance == MB
    return others


FORMATS = {"pcm": ({}, 48.0), "mulaw": ({"user": MULAW, "agent": MULAW}, 8.0)}


@pytest.mark.parametrize("told", FORMATS.values(), ids=FORMATS)
def test_what_waits_for_the_disk_is_bounded_and_positions_stay_right(spool, kept, told):
    formats, per_ms = told
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(**settings, **formats)
        others = share_memory(archive)
        a_second = b"\x21" * round(1000 * per_ms)  # the same in all formats: it can be heard
        with stuck(archive):
            seconds = 0
            while not dropped(call):
                assert seconds * len(a_second) <= archive.allowance + SLACK
                call.send(a_second, per_ms)
                seconds += 1
            call.send(a_second, per_ms)
            lost = dropped(call)["backlog"]
        archive.flush(10)
        call.say("u", a_second, per_ms)
        for each in (call, *others):
            each.end()
        assert archive.flush(20)
        by_kind = {kind_of(path): Heard.of(path) for path in files(kept)}
        assert by_kind["input"].ms == 1000
        assert by_kind["input"].samples.all()
        session = by_kind["session"]
        assert session.ms == (seconds + 2) * 1000
        lost_ms = lost / per_ms
        assert lost_ms >= 1000
        whole_ms = (seconds + 1) * 1000
        assert session.at(0, whole_ms - lost_ms).all()
        assert session.is_silent(whole_ms - lost_ms, whole_ms)
        assert session.at(whole_ms, whole_ms + 1000).all()
    spans = {span.name: span for span in call.recorder.traced().spans}
    assert spans["user_input"].attributes[semconv.AUDIO_DROPPED] == "backlog"


def test_base64_of_any_size_leaves_whole_samples_where_it_could_not_wait(spool, kept):
    """A piece of 1280 bytes ends in padding: were that counted, what follows would be noise."""
    piece = tone(300, 40)[:1280]
    ms = len(piece) / 48
    with archive_with(audio_store=kept.as_uri(), audio_spool=spool) as archive:
        call, told = a_bare_call(archive)
        others = share_memory(archive)
        sent = 0

        def send() -> None:
            nonlocal sent
            text = base64.b64encode(piece).decode()
            call.take_input(EPOCH + round(sent * ms * 1e6), text, PCM24)
            sent += 1

        with stuck(archive):
            while len(told.losses) < 3:
                send()
        archive.flush(10)
        send()
        facts = SessionFacts(started_at=EPOCH, ended_at=EPOCH + round(sent * ms * 1e6))
        call.close_call(facts)
        for each in others:
            each.end()
        assert archive.flush(10)
    samples = Heard.of(path_of(facts.audio.url)).samples[:, 0].tobytes()
    assert samples == piece * (sent - 4) + bytes(3 * len(piece)) + piece


@pytest.mark.parametrize("told", FORMATS.values(), ids=FORMATS)
def test_a_response_has_silence_in_place_of_what_could_not_wait(spool, kept, told):
    formats, per_ms = told
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(**settings, **formats)
        others = share_memory(archive)
        a_second = b"\x21" * round(1000 * per_ms)
        seconds = 0
        with stuck(archive):
            while not dropped(call):
                call.generate("r", a_second)
                seconds += 1
        archive.flush(10)
        call.generate("r", a_second)
        seconds += 1
        call.session.feed(events.ResponseDone(call.clock(), "r", "completed"))
        call.pass_time(seconds * 1000)
        for each in (call, *others):
            each.end()
        assert archive.flush(20)
        [heard] = [Heard.of(path) for path in files(kept) if kind_of(path) == "output"]
        assert heard.ms == seconds * 1000
        assert heard.at(0, heard.ms - 2000).all()
        assert heard.is_silent(heard.ms - 2000, heard.ms - 1000)
        assert heard.at(heard.ms - 1000, heard.ms).all()


def test_calls_share_the_memory_for_what_waits(spool, kept):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        alone = archive.allowance
        calls = [HandCall(**settings) for _ in range(4)]
        archive.flush(10)
        assert archive.allowance == alone // 4
        for call in calls:
            call.end()
        archive.flush(10)
        assert archive.allowance == alone
