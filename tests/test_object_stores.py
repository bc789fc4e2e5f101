"""The object store servers of the tests: each works with obstore, the bad one is bad as told."""

import asyncio
import time
from datetime import timedelta

import obstore
import pytest
from bad_store import BadStore
from object_stores import PREFIX, SERVERS, SHORT_RETRIES, StoreUnderTest, google
from obstore.exceptions import GenericError, PermissionDeniedError
from obstore.store import from_url

SMALL = b"RIFF and some more"
LARGE = b"".join(n.to_bytes(4) for n in range(11 * 2**20 // 4))  # three parts of 5 MiB
WAV = {"Content-Type": "audio/wav"}
NAME = "2026-11-20/call one & ünïque.wav"
BOUND = 10.0  # s: what a request that fails may take, on a busy machine


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory):
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as one:
        yield one


@pytest.fixture
def bad():
    with BadStore() as one:
        yield one


@pytest.fixture
def large_file(tmp_path):
    file = tmp_path / "large.wav"
    file.write_bytes(LARGE)
    return file


def test_a_server_keeps_bytes(server: StoreUnderTest):
    obstore.put(server.store, NAME, SMALL, attributes=WAV)
    came = obstore.get(server.store, NAME)
    assert bytes(came.bytes()) == SMALL
    assert came.attributes["Content-Type"] == "audio/wav"
    stored = server.read(f"{PREFIX}/{NAME}")
    assert stored.data == SMALL
    assert stored.content_type in {"audio/wav", None}
    assert f"{PREFIX}/{NAME}" in server.keys()  # noqa: SIM118 - no mapping
    assert NAME in {each["path"] for each in obstore.list(server.store).collect()}


def test_a_server_keeps_a_file_of_several_parts(server, large_file):
    obstore.put(server.store, "large.wav", large_file, attributes=WAV)
    came = obstore.get(server.store, "large.wav")
    assert bytes(came.bytes()) == LARGE
    assert came.attributes["Content-Type"] == "audio/wav"
    stored = server.read(f"{PREFIX}/large.wav")
    assert stored.data == LARGE
    assert stored.content_type in {"audio/wav", None}
    [kept] = filter(lambda key: "large" in key, server.keys())
    assert kept == f"{PREFIX}/large.wav"
    assert obstore.head(server.store, "large.wav")["size"] == len(LARGE)


def test_a_server_is_reached_by_its_url_and_the_environment_alone(server, monkeypatch):
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    obstore.put(from_url(server.url), "by_url.txt", SMALL)
    assert server.read(f"{PREFIX}/by_url.txt").data == SMALL


def test_a_server_takes_back_what_was_deleted(server):
    obstore.put(server.store, "gone.txt", SMALL)
    obstore.delete(server.store, "gone.txt")
    assert f"{PREFIX}/gone.txt" not in server.keys()  # noqa: SIM118 - no mapping


def test_a_server_has_no_other_bucket(server, monkeypatch):
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    elsewhere = from_url(server.url.replace(server.bucket, "nowhere"), retry_config=SHORT_RETRIES)
    with pytest.raises(FileNotFoundError):
        obstore.put(elsewhere, "a.wav", SMALL)


def test_google_has_a_server_with_or_without_go(tmp_path):
    with google(tmp_path) as one:
        obstore.put(one.store, "a.wav", SMALL)
        assert one.read(f"{PREFIX}/a.wav").data == SMALL


def test_a_good_store_keeps_bytes_and_files_of_several_parts(bad, large_file):
    store = bad.store(timeout=timedelta(seconds=BOUND))
    obstore.put(store, NAME, SMALL, attributes=WAV)
    obstore.put(store, "large.wav", large_file, attributes=WAV)
    assert bad.objects == {
        f"{PREFIX}/{NAME}": (SMALL, "audio/wav"),
        f"{PREFIX}/large.wav": (LARGE, "audio/wav"),
    }
    assert bad.uploads == {}
    assert bytes(obstore.get(store, "large.wav").bytes()) == LARGE
    assert {each["path"] for each in obstore.list(store).collect()} == {NAME, "large.wav"}
    obstore.delete(store, NAME)
    assert list(bad.objects) == [f"{PREFIX}/large.wav"]


def test_it_is_reached_by_its_url_and_the_environment_alone(bad, monkeypatch):
    for name, value in bad.environ.items():
        monkeypatch.setenv(name, value)
    obstore.put(from_url(bad.url), "a.wav", SMALL)
    assert bad.objects[f"{PREFIX}/a.wav"].data == SMALL


@pytest.mark.parametrize("mode", ["500", "503", "cut"])
def test_what_fails_twice_is_tried_again(bad, mode):
    bad.misbehave(mode, times=2)
    obstore.put(bad.store(), "a.wav", SMALL)
    assert bad.objects[f"{PREFIX}/a.wav"].data == SMALL
    assert bad.requests == [f"PUT /calls/{PREFIX}/a.wav"] * 3


@pytest.mark.parametrize("mode", ["500", "503", "cut"])
def test_a_part_that_fails_twice_is_tried_again(bad, large_file, mode):
    bad.misbehave(mode, times=2)
    obstore.put(bad.store(timeout=timedelta(seconds=BOUND)), "large.wav", large_file)
    assert bad.objects[f"{PREFIX}/large.wav"].data == LARGE
    assert len(bad.requests) == 7  # begun, three parts, completed; two of them again


@pytest.mark.parametrize(
    ("mode", "error", "words", "requests"),
    [
        ("500", GenericError, "500 Internal Server Error", 3),
        ("503", GenericError, "503 Service Unavailable", 3),
        ("cut", GenericError, "error sending request", 3),
        ("deny", PermissionDeniedError, "AccessDenied", 1),
        ("missing", FileNotFoundError, "NoSuchBucket", 1),
    ],
)
def test_what_goes_on_failing_is_told(bad, mode, error, words, requests):
    bad.mode = mode
    started = time.monotonic()
    with pytest.raises(error, match=words):
        obstore.put(bad.store(), "a.wav", SMALL)
    assert time.monotonic() - started < BOUND
    assert len(bad.requests) == requests
    assert bad.objects == {}
    bad.mode = "ok"
    obstore.put(bad.store(), "a.wav", SMALL)
    assert list(bad.objects) == [f"{PREFIX}/a.wav"]


def test_what_hangs_is_given_up_after_its_timeout(bad):
    bad.mode = "hang"
    started = time.monotonic()
    with pytest.raises(GenericError, match="TimedOut"):
        obstore.put(bad.store(timeout=timedelta(milliseconds=200)), "a.wav", SMALL)
    assert time.monotonic() - started < BOUND
    assert bad.objects == {}


async def test_what_hangs_is_answered_when_it_is_released(bad):
    bad.mode = "hang"
    putting = asyncio.ensure_future(
        obstore.put_async(bad.store(timeout=timedelta(seconds=BOUND)), "a.wav", SMALL)
    )
    await asyncio.to_thread(bad.wait_for_requests, 1)
    assert bad.objects == {}
    bad.release()
    await putting
    assert bad.objects[f"{PREFIX}/a.wav"].data == SMALL
    assert bad.mode == "ok"


def test_a_slow_store_takes_its_time(bad):
    bad.mode, bad.bytes_per_second = "slow", 1_000_000
    started = time.monotonic()
    obstore.put(bad.store(timeout=timedelta(seconds=BOUND)), "a.wav", LARGE[:300_000])
    assert 0.3 <= time.monotonic() - started < BOUND
    assert bad.objects[f"{PREFIX}/a.wav"].data == LARGE[:300_000]
