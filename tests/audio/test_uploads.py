"""Uploads to a store that misbehaves: again until it works, the oldest first, told once."""

import logging
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from audio.by_hand import PATIENCE, HandCall, Told, archive_with, files, kind_of, tone, until
from bad_store import BadStore
from object_stores import PREFIX

from otel_realtime import semconv
from otel_realtime.audio.recordings import Recording
from otel_realtime.audio.store import Store
from otel_realtime.audio.uploads import Uploads

SPAN = (7, 9)


@pytest.fixture
def bad():
    with BadStore() as one:
        yield one


class Bench:
    """Uploads to a store, with recordings of a few bytes."""

    def __init__(self, store, folder, concurrency: int = 4) -> None:
        self.told = Told()
        self.freed: list[int] = []
        self.uploads = Uploads(Store(store), concurrency, self.freed.append)
        self._folder = folder
        self._numbers = count(1)

    def add(self, name: str | None = None) -> Recording:
        name = name or f"{next(self._numbers):03}.wav"
        path = self._folder / name
        path.write_bytes(f"this is {name}".encode())
        size = path.stat().st_size
        recording = Recording(f"calls/{name}", path, "audio/wav", size, self.told, SPAN)
        self.uploads.add(recording)
        return recording

    def wait(self, seconds: float = PATIENCE) -> bool:
        return self.uploads.wait(time.monotonic() + seconds)


@contextmanager
def bench(bad, folder, concurrency: int = 4, **options):
    one = Bench(bad.store(**options), folder, concurrency)
    try:
        yield one
    finally:
        bad.release()
        one.uploads.stop()


def keys(bad) -> list[str]:
    return [key.removeprefix(f"{PREFIX}/calls/") for key in bad.objects]


def test_a_recording_is_uploaded_and_removed(bad, tmp_path):
    with bench(bad, tmp_path) as one:
        recording = one.add()
        assert one.wait()
    [(data, mime_type)] = bad.objects.values()
    assert (data, mime_type) == (b"this is 001.wav", "audio/wav")
    assert not recording.path.exists()
    assert one.freed == one.told.uploads == [recording.size]
    assert one.told.failures == []


@pytest.mark.parametrize("mode", ["500", "503", "cut"])
def test_a_store_that_fails_for_a_while_gets_it_all(bad, tmp_path, mode, caplog):
    bad.misbehave(mode, times=2)
    with bench(bad, tmp_path, concurrency=1) as one:
        for _ in range(3):
            one.add()
        assert one.wait()
    assert keys(bad) == ["001.wav", "002.wav", "003.wav"]
    assert one.told.failures == []  # obstore itself has tried again
    assert caplog.records == []


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("500", "500 Internal Server Error"),
        ("503", "503 Service Unavailable"),
        ("cut", "error sending request"),
        ("deny", "Access Denied"),
        ("missing", "The specified bucket does not exist"),
    ],
)
def test_what_fails_waits_and_is_told_once_in_the_stores_words(bad, tmp_path, mode, words, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")
    bad.mode = mode
    with bench(bad, tmp_path) as one:
        recordings = [one.add() for _ in range(3)]
        assert not one.wait()
    assert all(each.path.exists() for each in recordings)
    assert [each.failures for each in recordings] == [1, 1, 1]
    assert one.freed == one.told.uploads == []
    assert [(span, is_first) for span, _, is_first in one.told.failures] == [(SPAN, True)] * 3
    [record] = caplog.records
    assert words in record.getMessage()
    assert f"s3://calls/{PREFIX}" in record.getMessage()
    assert "Debug source" not in record.getMessage()


def test_what_was_refused_is_uploaded_once_the_store_allows(bad, tmp_path):
    bad.mode = "deny"
    with bench(bad, tmp_path) as one:
        recordings = [one.add() for _ in range(2)]
        assert not one.wait()
        waits = [each.due - time.monotonic() for each in recordings]
        assert all(0 < wait <= 5 for wait in waits)
        bad.mode = "ok"
        until(lambda: len(one.told.uploads) == 2)
        assert one.wait(0)
    assert sorted(keys(bad)) == ["001.wav", "002.wav"]
    assert len(one.told.failures) == 2


def test_recordings_wait_in_the_spool_until_the_next_process_may_upload_them(
    bad, spool, monkeypatch, caplog
):
    caplog.set_level(logging.WARNING, "otel_realtime")
    for name, value in bad.environ.items():
        monkeypatch.setenv(name, value)
    settings = {"audio_store": bad.url, "audio_spool": spool}
    bad.mode = "deny"
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        call.say("u", tone(300, 500))
        call.end()
        assert not archive.flush(10)
    assert sorted(kind_of(path) for path in files(spool)) == ["input", "session"]
    [record] = [each for each in caplog.records if "uploaded" in each.message]
    assert "Access Denied" in record.getMessage()
    traced = call.recorder.traced()
    logs = [log for log in traced.logs if log.event_name == semconv.LOG_AUDIO_UPLOAD_FAILED]
    by_span = {span.span_id: span.name for span in traced.spans}
    assert sorted(by_span[log.span_id] for log in logs) == ["invoke_agent", "user_input"]
    bad.mode = "ok"
    with archive_with(**settings) as archive:
        archive.start()
        assert archive.flush(10)
    assert sorted(kind_of(key) for key in bad.objects) == ["input", "session"]
    assert files(spool) == []


def test_a_store_that_hangs_holds_up_nobody(bad, tmp_path):
    bad.mode = "hang"
    with bench(bad, tmp_path, timeout=timedelta(seconds=PATIENCE)) as one:
        one.add()
        bad.wait_for_requests(1)
        began = time.monotonic()
        assert not one.wait(0.1)
        assert 0.1 <= time.monotonic() - began < 2
        began = time.monotonic()
        one.uploads.stop()
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("concurrency", [1, 3])
def test_so_many_are_uploaded_at_a_time(bad, tmp_path, concurrency):
    bad.mode = "hang"
    options = {"timeout": timedelta(seconds=PATIENCE)}
    with bench(bad, tmp_path, concurrency, **options) as one:
        for number in range(1, concurrency + 1):
            one.add()
            bad.wait_for_requests(number)  # the others hang, and hold up none
        for _ in range(4):
            one.add()
        assert not one.wait(0.1)
        assert len(bad.requests) == concurrency
        bad.release()
        assert one.wait()
    assert len(bad.objects) == concurrency + 4


def test_what_was_finished_first_is_uploaded_first(bad, tmp_path):
    """Whatever it is called: the recording of a call is named by its beginning, and comes last."""
    bad.mode = "hang"
    options = {"timeout": timedelta(seconds=PATIENCE)}
    with bench(bad, tmp_path, concurrency=1, **options) as one:
        one.add("20260101_first.wav")
        bad.wait_for_requests(1)
        others = ["20260104.wav", "20260102.wav", "20260103.wav"]
        for name in others:
            one.add(name)
        bad.release()
        assert one.wait()
    names = ["20260101_first.wav", *others]
    assert [request.rpartition("/")[2] for request in bad.requests] == names


def test_the_first_that_is_not_under_way_is_given_up(bad, tmp_path):
    bad.mode = "hang"
    options = {"timeout": timedelta(seconds=PATIENCE)}
    with bench(bad, tmp_path, concurrency=1, **options) as one:
        assert one.uploads.drop_oldest() is None
        one.add("1.wav")
        bad.wait_for_requests(1)
        second, third = one.add("3.wav"), one.add("2.wav")
        assert one.uploads.drop_oldest() is second
        assert not second.path.exists()
        assert one.uploads.drop_oldest() is third
        assert one.uploads.drop_oldest() is None
        bad.release()
        assert one.wait()
    assert keys(bad) == ["1.wav"]


def test_whoever_waits_is_told_when_the_last_one_is_given_up(bad, tmp_path):
    with bench(bad, tmp_path) as one:
        one.uploads.stop()  # nobody takes it
        one.add()
        waited = []
        waiter = threading.Thread(target=lambda: waited.append(one.wait(PATIENCE)))
        waiter.start()
        until(lambda: one.uploads._went._waiters)  # noqa: SLF001 - it waits
        began = time.monotonic()
        assert one.uploads.drop_oldest() is not None
        waiter.join(PATIENCE)
        assert waited == [True]
        assert time.monotonic() - began < PATIENCE / 2


def test_a_file_that_somebody_removed_is_given_up(bad, tmp_path, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")
    bad.mode = "hang"
    options = {"timeout": timedelta(seconds=PATIENCE)}
    with bench(bad, tmp_path, concurrency=1, **options) as one:
        one.add()
        bad.wait_for_requests(1)
        removed = one.add()
        one.add()
        removed.path.unlink()
        bad.release()
        assert one.wait()
    assert keys(bad) == ["001.wav", "003.wav"]
    assert one.told.losses == [(removed.size, "disk_error")]
    assert len(one.freed) == 3  # nothing of it takes room in the spool


def test_after_the_end_no_upload_begins(bad, tmp_path):
    with bench(bad, tmp_path) as one:
        one.uploads.stop()
        recording = one.add()
        assert not one.wait(0.05)
    assert recording.path.exists()
    assert bad.requests == []
