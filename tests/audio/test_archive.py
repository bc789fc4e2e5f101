"""The archive: never in the way of anybody, and what it gives up it counts and tells."""

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from audio.by_hand import (
    MULAW,
    PATIENCE,
    RATE,
    HandCall,
    Heard,
    Told,
    archive_with,
    files,
    kind_of,
    path_of,
    silence,
    tone,
    until,
)
from bad_store import BadStore

from otel_realtime import events, semconv
from otel_realtime.audio import lock
from otel_realtime.audio.call import CallAudio
from otel_realtime.audio.clips import CallHeader
from otel_realtime.facts import SessionFacts
from otel_realtime.scenario import EPOCH
from otel_realtime.settings import AudioCapture
from otel_realtime.values import AudioFormat

TESTS = Path(__file__).resolve().parent.parent
MB = 1 << 20
SLACK = MB // 2
"""It is not looked after every piece how much waits."""
MINUTE_MS = 60_000


@pytest.fixture(autouse=True)
def warnings_are_seen(caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")


@contextmanager
def store_that(mode, patch) -> Iterator[BadStore]:
    with BadStore(mode) as store:
        for name, value in store.environ.items():
            patch.setenv(name, value)
        yield store


def dropped(call: HandCall) -> dict[str, float]:
    """The bytes that were given up, by why."""
    points = call.recorder.traced().metrics
    return {
        str(point.attributes[semconv.AUDIO_DROPPED]): point.value
        for point in points
        if point.name == semconv.METRIC_AUDIO_DROPPED
    }


def kinds_in(folder) -> list[str]:
    return sorted(kind_of(path) for path in files(folder))


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
        assert len(store.objects) == 3
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


def run(script: str, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *given],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def is_free(path) -> bool:
    """Whether nobody has a lock on it."""
    taken = lock.take(path)
    if taken is not None:
        lock.let_go(taken)
    return taken is not None


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


# -- a disk that is full


FULL_DISK = """
import json, sys
from contextlib import suppress
from pathlib import Path
from audio.by_hand import HandCall, Heard, archive_with, files, kind_of, silence, tone, until
from audio.test_archive import dropped
from otel_realtime import semconv

spool, kept, filler = (Path(each) for each in sys.argv[1:4])
settings = {"audio_store": kept.as_uri(), "audio_spool": spool}


def fill():
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


with archive_with(**settings) as archive:
    call = HandCall(**settings)
    call.say("u0", tone(300, 500))
    assert archive.flush(10)
    fill()
    for number in range(5):
        call.say(f"full{number}", tone(400, 500))
        call.answer(f"r{number}", tone(600, 500), 500)
        archive.flush(10)
    until(lambda: dropped(call))
    filler.unlink()
    call.say("u1", tone(500, 500))
    call.end()
    archive.flush(10)
print(json.dumps(dropped(call)))
for path in files(kept):
    heard = Heard.of(path)
    print(kind_of(path), heard.ms, sep=" ")
spans = call.recorder.traced().spans
told = [span.attributes.get(semconv.AUDIO_DROPPED) for span in spans if span.name == "user_input"]
print(json.dumps(told))
"""


@pytest.fixture
def small_disk(tmp_path):
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)  # noqa: S607 - wherever it is


def test_a_call_goes_on_where_the_disk_is_full(small_disk, kept):
    done = run(FULL_DISK, str(small_disk / "spool"), str(kept), str(small_disk / "filler"))
    assert done.returncode == 0, done.stderr
    lost, *clips, spans = done.stdout.splitlines()
    assert json.loads(lost)["disk_error"] >= RATE
    assert clips.count("input 500.0") >= 2  # before and after
    assert "session 6000.0" in clips
    first, *others = json.loads(spans)
    assert first is None
    assert others[-1]
    assert done.stderr.count("more room") <= 1
    assert done.stderr.count("(No space left on device)") == 1, done.stderr
    assert list(json.loads(lost)) == ["disk_error"]


LIMITED = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
import logging, sys
from audio.by_hand import HandCall, Heard, archive_with, files, kind_of, tone, until
from audio.test_archive import dropped
from pathlib import Path
spool, kept = (Path(each) for each in sys.argv[1:])
settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
with archive_with(**settings) as archive:
    call = HandCall(**settings)
    call.say("u0", tone(300, 500))
    archive.flush(10)
    call.say("u1", tone(300, 5000))
    archive.flush(10)
    until(lambda: dropped(call))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    call.say("u2", tone(500, 500))
    call.end()
    archive.flush(10)
print(sorted(dropped(call)))
for path in files(kept):
    heard = Heard.of(path)
    print(kind_of(path), heard.ms)
"""


def test_a_call_goes_on_where_a_file_cannot_grow(spool, kept):
    done = run(LIMITED, str(spool), str(kept))
    assert done.returncode == 0, done.stderr
    lost, *clips = done.stdout.splitlines()
    assert lost == "['disk_error']"
    assert sorted(clips) == ["input 500.0", "input 500.0", "session 6000.0"]
    assert done.stderr.count("(File too large)") == 1, done.stderr


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


# -- a writer that is behind


@contextmanager
def stuck(archive) -> Iterator[Event]:
    """Have the writer do nothing until the event is set."""
    reached, go_on = Event(), Event()

    def wait() -> None:
        reached.set()
        go_on.wait(PATIENCE)

    archive.start()
    archive.leave((wait,))
    archive.wake()
    assert reached.wait(PATIENCE)
    try:
        yield go_on
    finally:
        go_on.set()


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


PCM24 = AudioFormat("audio/pcm", RATE)


def a_bare_call(archive) -> tuple[CallAudio, Told]:
    told = Told()
    call = CallAudio(
        archive,
        CallHeader("ab" * 16, "cd" * 8, "bare", EPOCH, is_redacted=False),
        SessionFacts(),
        open_parts={},
        capture=AudioCapture.BOTH,
        clock=lambda: EPOCH,
        report=told,
    )
    return call, told


# -- processes that fork


FORKED = """
import json, os, sys
from pathlib import Path
from audio.by_hand import HandCall, archive_with, files, kind_of, tone
spool, kept = (Path(each) for each in sys.argv[1:])
settings = {"audio_store": kept.as_uri(), "audio_spool": spool}


def a_call(archive, session_id):
    call = HandCall(session_id=session_id, **settings)
    call.say("u0", tone(300, 500))
    call.end()
    return archive.flush(10)


with archive_with(**settings) as archive:
    open_call = HandCall(session_id="open", **settings)
    open_call.say("u0", tone(300, 500))
    archive.flush(10)
    [of_parent] = spool.glob("*/*")
    child = os.fork()
    if not child:
        status = 1
        try:
            open_call.say("u9", tone(300, 500))  # nobody waits for it
            a_call(archive, "child")  # its parent has talked to a store: it leaves it in the spool
            folders = set(spool.glob("*/*")) - {of_parent}
            assert len(folders) == 1, folders
            archive.close(10)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    # Its folder is its own still, and it goes on.
    from otel_realtime.audio import lock
    assert lock.take(of_parent / "lock") is None
    assert a_call(archive, "parent")
    open_call.say("u1", tone(400, 500))
    open_call.end()
    assert archive.flush(10)
with archive_with(**settings) as archive:
    archive.start()
    assert archive.flush(10)
for path in files(kept):
    print(path.parent.name, kind_of(path))
print("left", [path.name for path in files(spool)])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_a_forked_process_records_into_a_spool_of_its_own(spool, kept):
    done = run(FORKED, str(spool), str(kept))
    assert done.returncode == 0, done.stderr
    lines = sorted(done.stdout.splitlines())
    assert [line for line in lines if line.startswith("parent")] == [
        "parent input",
        "parent session",
    ]
    assert [line for line in lines if line.startswith("open")] == [
        "open input",
        "open input",
        "open session",
    ]
    assert [line for line in lines if line.startswith("child ")] == [
        "child input",
        "child session",
    ]
    assert "left []" in lines
    [told] = done.stderr.splitlines()
    assert "this process was forked from one that has talked to a store" in told


FORKED_TO_S3 = """
import os, sys
from audio.by_hand import HandCall, archive_with, tone
settings = {"audio_store": sys.argv[1], "audio_spool": sys.argv[2]}


def a_call(session_id):
    call = HandCall(session_id=session_id, **settings)
    call.say("u0", tone(300, 500))
    call.end()


with archive_with(**settings) as archive:
    a_call("parent")
    assert archive.flush(10)  # obstore has begun: its threads are not forked
    child = os.fork()
    if not child:
        a_call("child")
        archive.flush(0.5)
        archive.close(0.5)
        os._exit(0)
    os.waitpid(child, 0)
    a_call("parent")
    assert archive.flush(10)  # its child does not hold it up
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_what_a_forked_process_cannot_upload_is_uploaded_by_the_next_one(spool, monkeypatch):
    with store_that("ok", monkeypatch) as store:
        done = run(FORKED_TO_S3, store.url, str(spool))
        assert done.returncode == 0, done.stderr
        [told] = done.stderr.splitlines()
        assert "they wait in the spool" in told
        assert "this process was forked from one that has talked to a store" in told
        assert sum("/parent/" in key for key in store.objects) == 4
        with archive_with(audio_store=store.url, audio_spool=spool) as archive:
            archive.start()
            assert archive.flush(10)
        assert sum("/child/" in key for key in store.objects) == 2
    assert files(spool) == []


ORPHANED = """
import os, signal, sys
from pathlib import Path
from audio.by_hand import HandCall, archive_with, tone
spool, kept = (Path(each) for each in sys.argv[1:])
settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
with archive_with(**settings) as archive:
    HandCall(**settings)
    archive.flush(10)
    if not os.fork():
        sys.stdin.read()  # it lives on, until somebody lets it end
        os._exit(0)
    print("forked", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_a_forked_process_does_not_hold_the_spool_of_its_parent(spool, kept):
    process = subprocess.Popen(
        [sys.executable, "-c", ORPHANED, spool, kept],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout.readline() == b"forked\n"
        assert process.wait(PATIENCE) == -signal.SIGKILL
        until(lambda: is_free(*spool.glob("*/*/lock")))


UNSILENCED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from pathlib import Path
from audio.by_hand import HandCall, Heard, archive_with, files, kind_of, tone
spool, kept = (Path(each) for each in sys.argv[1:])
infinite = resource.RLIM_INFINITY

def redact(clip):
    is_call = clip.kind == "session"
    resource.setrlimit(resource.RLIMIT_FSIZE, (infinite if is_call else 0, infinite))
    return () if is_call else [(0, 100)]

settings = {"audio_store": kept.as_uri(), "audio_spool": spool, "redact_audio": redact}
with archive_with(**settings) as archive:
    call = HandCall(**settings)
    call.say("u0", tone(300, 500))
    call.end()
    archive.flush(10)
for path in files(kept):
    print(kind_of(path), abs(Heard.of(path).samples.astype(int)).max())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of files")
def test_what_could_not_be_silenced_is_given_up(spool, kept):
    done = run(UNSILENCED, str(spool), str(kept))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["session 0"]
