"""What a killed process left behind is in the store after the next one's start."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from audio.by_hand import Heard, archive_with, files, kind_of
from audio.killed_call import (
    ANSWER_MS,
    CUT_SPEECH_MS,
    PITCHES,
    SPEECH_MS,
    STARTED_AGO_MS,
    UNFINISHED_AT_MS,
)
from bad_store import BadStore
from object_stores import PREFIX

from otel_realtime.audio.spool import Abandoned

TESTS = Path(__file__).resolve().parent.parent
HALF_A_FRAME = 0.05  # ms; positions are rounded to samples
KILLED = -signal.SIGKILL


def kill_a_call(spool, environ=None, **settings) -> None:
    """Have a process record a call that is killed in its midst."""
    script = TESTS / "audio" / "killed_call.py"
    command = [sys.executable, script, spool, json.dumps({k: str(v) for k, v in settings.items()})]
    environ = {**os.environ, **(environ or {}), "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, env=environ, capture_output=True, check=False, timeout=60)
    assert done.returncode == KILLED, done.stderr.decode()


def killed_at_ms(spool) -> float:
    """How long the call went on, as far as the disk knows."""
    journal = next(spool.rglob("journal.jsonl"))
    told = json.loads(journal.read_text().splitlines()[0])["call"]
    last = max(path.stat().st_mtime_ns for path in journal.parent.iterdir())
    return (last - told["started_at"]) / 1e6


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The spool of a killed call whose store took nothing, and that store, which takes all now."""
    spool = tmp_path_factory.mktemp("killed") / "spool"
    with BadStore("deny") as store:
        kill_a_call(spool, store.environ, audio_store=store.url)
        store.mode = "ok"
        yield spool, store


@pytest.fixture
def recovered(killed, tmp_path, monkeypatch):
    """What the next process uploads, by the end of its key, and how long the call went on."""
    left, store = killed
    spool = tmp_path / "spool"
    shutil.copytree(left, spool)  # with the times of its files
    store.objects.clear()
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    ms = killed_at_ms(spool)
    with archive_with(audio_store=store.url, audio_spool=spool) as archive:
        archive.start()
        assert archive.flush(10)
    return dict(store.objects), ms, spool


def of_kind(objects, kind) -> list[Heard]:
    """The recordings of a kind, by when they begin."""
    keys = sorted(key for key in objects if kind_of(key) == kind)
    assert all(objects[key].content_type == "audio/wav" for key in keys)
    return [Heard.of(objects[key].data) for key in keys]


def test_recordings_that_were_not_uploaded_are(recovered):
    objects, *_ = recovered
    first, second = of_kind(objects, "input")
    assert [first.ms, second.ms] == [SPEECH_MS, SPEECH_MS]
    assert first.pitch(0, SPEECH_MS) == PITCHES[0]
    assert second.pitch(0, SPEECH_MS) == PITCHES[2]
    first, second, _ = of_kind(objects, "output")
    assert [first.ms, second.ms] == [ANSWER_MS, ANSWER_MS]
    assert first.pitch(0, ANSWER_MS) == pytest.approx(PITCHES[1], abs=2)
    assert second.pitch(0, ANSWER_MS) == pytest.approx(PITCHES[3], abs=2)


def test_a_response_that_was_not_over_is_kept_as_far_as_it_was_heard(recovered):
    objects, ended_ms, _ = recovered
    *_, last = of_kind(objects, "output")
    heard_ms = ended_ms - UNFINISHED_AT_MS - CUT_SPEECH_MS
    assert last.ms == pytest.approx(heard_ms, abs=HALF_A_FRAME)
    assert last.channels == 1
    assert last.pitch(0, 1000) == PITCHES[5]


def test_the_call_is_recorded_up_to_the_kill(recovered):
    objects, ended_ms, _ = recovered
    [call] = of_kind(objects, "session")
    assert (call.rate, call.channels) == (24_000, 2)
    assert ended_ms > STARTED_AGO_MS
    assert call.ms == pytest.approx(ended_ms, abs=HALF_A_FRAME)
    at = 0
    for said, answered in ((PITCHES[0], PITCHES[1]), (PITCHES[2], PITCHES[3])):
        assert call.pitch(at, at + SPEECH_MS, 0) == said
        assert call.is_silent(at + 5, at + SPEECH_MS, 1)
        at += SPEECH_MS
        assert call.is_silent(at, at + ANSWER_MS, 0)
        assert call.pitch(at, at + ANSWER_MS, 1) == pytest.approx(answered, abs=2)
        at += ANSWER_MS
    assert call.pitch(at, at + CUT_SPEECH_MS, 0) == PITCHES[4]
    assert call.is_silent(at, at + CUT_SPEECH_MS, 1)
    at += CUT_SPEECH_MS
    assert call.is_silent(at, ended_ms, 0)
    assert call.pitch(at, at + 1000, 1) == PITCHES[5]
    assert call.pitch(ended_ms - 500, ended_ms, 1) == pytest.approx(PITCHES[5], abs=2)


def test_nothing_is_left_in_the_spool(recovered):
    *_, spool = recovered
    assert files(spool) == []
    assert list(spool.rglob("*.unfinished")) == []


def test_keys_lead_to_the_session(recovered):
    objects, *_ = recovered
    assert len(objects) == 2 + 3 + 1
    folders = {key.rpartition("/")[0] for key in objects}
    [folder] = folders
    assert folder.startswith(f"{PREFIX}/20")
    assert folder.endswith("/killed")
    names = [key.rpartition("/")[2].split("_") for key in sorted(objects)]
    assert len({name[1] for name in names}) == 1
    by_kind = {tuple(name[2:]) for name in names}
    [session] = [span for span, kind in by_kind if kind == "session.wav"]
    unfinished = max(key for key in objects if kind_of(key) == "output")
    assert session in unfinished


def test_a_killed_call_is_recovered_into_a_folder(spool, kept):
    kill_a_call(spool, audio_store=kept.as_uri())
    with archive_with(audio_store=kept.as_uri(), audio_spool=spool) as archive:
        archive.start()
        assert archive.flush(10)
    kinds = [kind_of(path) for path in files(kept)]
    assert sorted(kinds) == ["input"] * 2 + ["output"] * 3 + ["session"]
    assert files(spool) == []


@pytest.fixture
def first_is_gone(monkeypatch):
    """The first recording is uploaded by its closed owner as the next one takes over."""
    found = Abandoned.recordings

    def recordings(abandoned):
        first, *others = list(found(abandoned))
        first[1].unlink()
        yield from (first, *others)

    monkeypatch.setattr(Abandoned, "recordings", recordings)


@pytest.mark.usefixtures("first_is_gone")
def test_what_its_owner_uploads_after_all_keeps_nothing_else_back(request):
    objects, *_ = request.getfixturevalue("recovered")
    assert sorted(map(kind_of, objects)) == ["input"] + ["output"] * 3 + ["session"]


def a_call_left_behind(spool, kept) -> Path:
    """The folder of a killed call."""
    kill_a_call(spool, audio_store=kept.as_uri())
    for file in files(kept):
        file.unlink()  # what was uploaded in time
    [journal] = spool.rglob("journal.jsonl")
    return journal.parent


def recover_into(kept, spool, **settings) -> list[Path]:
    with archive_with(audio_store=kept.as_uri(), audio_spool=spool, **settings) as archive:
        archive.start()
        archive.flush(10)
    return files(kept)


def test_a_line_of_the_journal_that_was_cut_off_is_left_out(spool, kept):
    folder = a_call_left_behind(spool, kept)
    with (folder / "journal.jsonl").open("a") as journal:
        journal.write('{"said": {"file": "input-1.p')
    kinds = [kind_of(path) for path in recover_into(kept, spool)]
    assert kinds.count("session") == 1
    assert files(spool) == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe nothing at all \n\n",
        b'{"call": {"nobody": "knows"}}\n',
        b'{"call": 7}\n',
        b'{"what": {}}\n',
        b'{"said": {"file": "input-1.pcm"}}\n',
        b"[1, 2]\n",
        b'{"call"',
    ],
)
def test_a_journal_of_garbage_stays_and_does_no_harm(killed, tmp_path, caplog, garbage):
    spool = tmp_path / "spool"
    left, store = killed
    shutil.copytree(left, spool)
    [journal] = spool.rglob("journal.jsonl")
    journal.write_bytes(garbage)
    # Beside it is what is whole: another process's call for the same store.
    [whole] = left.glob("*/*/calls")
    shutil.copytree(whole, journal.parents[3] / "99999-whole" / "calls")
    before = files(journal.parent)
    caplog.set_level(logging.WARNING, "otel_realtime")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in store.environ.items():
            patch.setenv(name, value)
        store.objects.clear()
        with archive_with(audio_store=store.url, audio_spool=spool) as archive:
            archive.start()
            assert archive.flush(10)
    assert files(spool) == before
    kinds = [kind_of(key) for key in store.objects]
    assert kinds.count("session") == 1
    assert kinds.count("output") == 3
    assert len(caplog.records) <= 1


def test_a_folder_in_which_nothing_was_written_yet_is_removed(spool, kept, caplog):
    folder = a_call_left_behind(spool, kept)
    for file in folder.iterdir():
        file.unlink()
    caplog.set_level(logging.WARNING, "otel_realtime")
    recover_into(kept, spool)
    assert not folder.exists()
    assert caplog.records == []


def silence_nothing(_clip) -> None:
    """Asked, and content with everything."""


def test_what_was_to_be_redacted_waits_for_somebody_who_can(spool, kept, caplog):
    settings = {"redact_audio": "audio.test_recovery:silence_nothing"}
    kill_a_call(spool, audio_store=kept.as_uri(), **settings)
    [journal] = spool.rglob("journal.jsonl")
    for file in files(kept):
        file.unlink()
    before = files(journal.parent)
    caplog.set_level(logging.WARNING, "otel_realtime")
    kinds = [kind_of(path) for path in recover_into(kept, spool)]
    assert "session" not in kinds
    assert files(journal.parent) == before
    [record] = caplog.records
    assert "LookupError" in record.getMessage()
    kinds = [kind_of(path) for path in recover_into(kept, spool, redact_audio=silence_nothing)]
    assert kinds.count("session") == 1
    assert files(spool) == []


def test_what_was_to_be_redacted_is(spool, kept):
    settings = {"redact_audio": "audio.test_recovery:silence_nothing"}
    kill_a_call(spool, audio_store=kept.as_uri(), **settings)
    for file in files(kept):
        file.unlink()

    def redact(clip):
        return [(0, 100)] if clip.kind == "output" else [(0, 500), (UNFINISHED_AT_MS, 1e6)]

    found = {
        kind_of(path): Heard.of(path) for path in recover_into(kept, spool, redact_audio=redact)
    }
    assert found["output"].is_silent(0, 100)
    assert found["output"].pitch(100, 1000) == pytest.approx(PITCHES[5], abs=2)
    call = found["session"]
    assert call.is_silent(0, 500)
    assert call.at(501, 510).any()
    assert call.is_silent(UNFINISHED_AT_MS, call.ms, 0)
    assert call.is_silent(UNFINISHED_AT_MS, call.ms, 1)


def test_what_is_no_folder_of_a_process_is_let_be(killed, spool, kept):
    [of_store] = killed[0].iterdir()
    with archive_with(audio_store=kept.as_uri(), audio_spool=spool) as archive:
        archive.start()
        archive.flush(10)
        [own] = spool.iterdir()
    (own / "00000-odd" / "lock").mkdir(parents=True)
    (own / "file").write_text("what somebody left here")
    [whole] = of_store.iterdir()
    shutil.copytree(whole, own / "99999-whole")
    assert "session" in [kind_of(path) for path in recover_into(kept, spool)]
    assert (own / "file").exists()
