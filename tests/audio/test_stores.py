"""Real object stores, as a user names them: by URL and the environment, or as an object."""

import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import obstore
import pytest
from audio.by_hand import HandCall, Heard, archive_with, kind_of, path_of, tone
from bad_store import BadStore
from object_stores import PREFIX, SERVERS, SHORT_RETRIES, google
from obstore.store import LocalStore, MemoryStore, from_url

from otel_realtime.audio.store import Store, StoreError, signed_url, words_of

TO_TEST = {name: SERVERS[name] for name in ("moto", "rclone", "azurite")} | {"google": google}
SIGNS = ("moto", "rclone", "azurite")
WORDS = {"azurite": "ContainerNotFound", "moto": "NoSuchBucket", "rclone": "NoSuchBucket"}
"""Google says NoSuchBucket too, but the servers that play it do not."""
KEY = "2026/11/25/call/20261125T101112.345Z_ab_cd_input.wav"
DATA = b"RIFF and what follows"


@pytest.fixture(scope="module", params=TO_TEST)
def server(request, tmp_path_factory):
    with TO_TEST[request.param](tmp_path_factory.mktemp(request.param)) as one:
        yield one


@pytest.fixture
def environ(server, monkeypatch):
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(DATA)
    return path


def test_by_its_url_it_takes_a_file(environ, file):
    store = Store(environ.url)
    assert store.check() is None
    store.put(KEY, file, "audio/wav")
    stored = environ.read(f"{PREFIX}/{KEY}")
    assert stored.data == DATA
    assert stored.content_type in {"audio/wav", None}
    came = obstore.get(environ.store, KEY)
    assert came.attributes["Content-Type"] == "audio/wav"
    assert store.url(KEY) == f"{environ.url}/{KEY}"
    assert store.own_url == store.identity == environ.url


def test_as_an_object_it_takes_a_file_and_has_the_same_url(server, file):
    store = Store(server.store)
    store.put("by_object.wav", file, "audio/flac")
    came = obstore.get(server.store, "by_object.wav")
    assert bytes(came.bytes()) == DATA
    assert came.attributes["Content-Type"] == "audio/flac"
    assert store.url("by_object.wav") == f"{server.url}/by_object.wav"
    assert store.identity == server.url


def test_a_bucket_that_is_not_there_is_told_in_the_stores_words(environ, file):
    elsewhere = environ.url.replace(environ.bucket, "nowhere")
    store = Store(from_url(elsewhere, retry_config=SHORT_RETRIES))
    if environ.name in WORDS:
        assert WORDS[environ.name] in words_of(store.check())
    with pytest.raises(FileNotFoundError):
        store.put(KEY, file, "audio/wav")


def test_whoever_has_a_span_gets_a_link_that_anybody_can_open(environ, file):
    store = Store(environ.url)
    if environ.name not in SIGNS:  # it knows no service account that signs
        with pytest.raises(StoreError):
            signed_url(f"{environ.url}/a.wav", 60)
        return
    key = f"2026/{file.name}"
    store.put(key, file, "audio/wav")
    link = signed_url(store.url(key), 60)
    assert link.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(link) as answer:  # noqa: S310 - of the server under test
        assert answer.read() == DATA


def test_a_call_is_uploaded(environ, spool):
    settings = {"audio_store": environ.url, "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(session_id=f"on {environ.name}", **settings)
        call.say("u", tone(300, 500))
        call.answer("r", tone(600, 400), 400)
        call.end()
        assert archive.flush(20)
    keys = [key for key in environ.keys() if "/on_" in key]  # noqa: SIM118 - no mapping
    recordings = {kind_of(key): Heard.of(environ.read(key).data) for key in keys}
    assert {kind: heard.ms for kind, heard in recordings.items()} == {
        "input": 500,
        "output": 400,
        "session": 900,
    }
    url = call.link("chat")
    assert url.startswith(f"{environ.url}/2023/11/14/on_")
    assert url.removeprefix(f"{environ.url}/") in {key.removeprefix(f"{PREFIX}/") for key in keys}


# -- without a server


def test_a_folder_is_made_and_its_urls_are_files(tmp_path, file):
    for given in ((tmp_path / "a b").as_uri(), tmp_path / "c d"):
        store = Store(given)
        assert store.check() is None
        file.write_bytes(DATA)
        store.put("2026/a.wav", file, "audio/wav")
        url = store.url("2026/a.wav")
        assert path_of(url).read_bytes() == DATA
        assert store.signed("2026/a.wav", 60) == url
        assert signed_url(url, 60) == url


def test_a_folder_as_an_object(tmp_path, file):
    store = Store(LocalStore(tmp_path / "kept", mkdir=True))
    store.put("a.wav", file, "audio/wav")
    assert path_of(store.url("a.wav")).read_bytes() == DATA


@pytest.mark.parametrize("url", ["memory:///", "memory://"])
def test_what_is_in_memory_has_no_link(file, url):
    of_user = MemoryStore()
    store, other = Store(of_user), Store(url)
    store.put("a.wav", file, "audio/wav")
    assert bytes(obstore.get(of_user, "a.wav").bytes()) == DATA
    assert store.url("a.wav") == "memory:///a.wav"
    assert other.url("a.wav") == "memory:///a.wav"
    assert store.identity != other.identity
    with pytest.raises(StoreError, match="no link"):
        store.signed("a.wav", 60)


def test_a_public_url_stands_in_for_the_stores_own(tmp_path):
    store = Store(tmp_path.as_uri(), "https://cdn.example.com/audio/")
    assert store.url("2026/a b.wav") == "https://cdn.example.com/audio/2026/a%20b.wav"
    assert store.own_url == tmp_path.as_uri()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("recordings", "it takes a URL such as"),
        ("s3:bucket", "it takes a URL such as"),
        ("://x", "it takes a URL such as"),
        ("nothing://bucket", "nothing://bucket: "),
        ("s3://", "s3://: "),
        (7, "a URL or a store of obstore, not int"),
        (None, "not NoneType"),
    ],
)
def test_what_is_no_store_is_refused(given, words):
    with pytest.raises(StoreError, match=words):
        Store(given)


@pytest.mark.parametrize("url", ["a.wav", "s3://bucket/", "", "nothing://bucket/a.wav"])
def test_what_is_no_url_of_a_recording_has_no_link(url):
    with pytest.raises(StoreError):
        signed_url(url, 60)


def test_credentials_that_are_refused_are_told_in_the_stores_words():
    with BadStore("deny") as bad:
        problem = Store(bad.store()).check()
    assert "Access Denied" in str(problem)


def test_a_store_that_nobody_answers_at_is_told():
    with BadStore() as bad:
        store = Store(bad.store())
    problem = store.check()
    assert "error sending request" in str(problem)
    assert Path(__file__).name not in str(problem)


def test_in_a_folder_on_the_same_disk_a_file_is_moved(tmp_path, file):
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o750)
    file.chmod(0o600)
    was = file.stat().st_ino
    Store(folder.as_uri()).put("one.wav", file, "audio/wav")
    kept = (folder / "one.wav").stat()
    assert not file.exists()
    assert kept.st_ino == was
    assert kept.st_mode & 0o777 == 0o640  # may be read by whom the folder may be read by


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no second disk here")  # noqa: S108
def test_in_a_folder_on_another_disk_a_file_is_copied(tmp_path):
    with TemporaryDirectory(dir="/dev/shm") as other:
        if Path(other).stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("there is no second disk here")
        file = Path(other, "a.wav")
        file.write_bytes(DATA)
        file.chmod(0o600)
        Store((tmp_path / "kept").as_uri()).put(KEY, file, "audio/wav")
        assert (tmp_path / "kept" / KEY).read_bytes() == DATA
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_no_plain_path_is_the_stores_affair(tmp_path, file):
    store = Store((tmp_path / "kept").as_uri())
    for key in ("../outside.wav", "a%2Fb.wav"):
        with suppress(Exception):
            store.put(key, file, "audio/wav")
        assert file.exists()
    assert not (tmp_path / "outside.wav").exists()
