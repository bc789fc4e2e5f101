"""The spool: its owner's alone, each process's own, bounded; and its lock."""

import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from audio.by_hand import PATIENCE, HandCall, archive_with, tone

from otel_realtime.audio import lock
from otel_realtime.audio.spool import Spool, SpoolError, default_folder

posix_only = pytest.mark.skipif(not hasattr(os, "getuid"), reason="of users on POSIX")
STORE = "s3://bucket/prefix"
LIMIT = 1000


def modes(folder: Path) -> dict[str, int]:
    return {
        "folder" if path.is_dir() else "file": stat.S_IMODE(path.stat().st_mode)
        for path in [folder, *folder.rglob("*")]
    }


# -- who may read it


@posix_only
def test_all_that_is_in_it_is_its_owners_alone(spool, kept):
    settings = {"audio_store": kept.as_uri(), "audio_spool": spool}
    before = os.umask(0)  # the most careless there is
    try:
        with archive_with(**settings) as archive:
            call = HandCall(**settings)
            call.say("u", tone(300, 500))
            call.generate("r", tone(600, 500))
            archive.flush(10)
            own = archive.keeping.spool
            own.file_for("2026/a.wav").write_bytes(b"")
            seen = [path for path in spool.rglob("*") if path.name != "a.wav"]
            assert {path.suffix for path in seen} == {"", ".pcm", ".jsonl"}
            for path in [spool, *seen]:
                wanted = 0o700 if path.is_dir() else 0o600
                assert stat.S_IMODE(path.stat().st_mode) == wanted, path
            (own.ready / "2026/a.wav").unlink()
            call.end()
    finally:
        os.umask(before)


@posix_only
def test_a_recording_that_waits_is_its_owners_alone(spool, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    settings = {"audio_store": blocked.as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        blocked.rmdir()
        blocked.write_text("no folder any more")
        call = HandCall(**settings)
        call.say("u", tone(300, 500))
        call.end()
        assert not archive.flush(10)
        waiting = list(spool.rglob("*.wav"))
        assert len(waiting) == 2
        assert {stat.S_IMODE(path.stat().st_mode) for path in waiting} == {0o600}


@posix_only
def test_a_folder_that_others_can_read_is_closed_to_them(spool):
    spool.mkdir(mode=0o755)
    Spool(spool, STORE, LIMIT).close()
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700


@posix_only
def test_a_symbolic_link_is_refused(spool, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    spool.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SpoolError, match="is not a folder of this user"):
        Spool(spool, STORE, LIMIT)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give away")
def test_a_folder_of_another_user_is_refused(spool):
    spool.mkdir(mode=0o700)
    os.chown(spool, 12345, 12345)
    with pytest.raises(SpoolError, match="is not a folder of this user"):
        Spool(spool, STORE, LIMIT)


def test_a_file_in_its_place_is_refused_in_the_systems_words(spool):
    spool.write_text("")
    with pytest.raises(SpoolError, match=r"the audio spool .*spool cannot be used: File exists"):
        Spool(spool, STORE, LIMIT)


@posix_only
def test_by_default_each_user_has_one():
    assert default_folder().name == f"otel-realtime-spool-{os.getuid()}"


# -- whose it is


def test_each_store_and_each_process_has_its_own(spool):
    spools = [Spool(spool, store, LIMIT) for store in (STORE, STORE, "gs://other")]
    try:
        folders = {each.ready.parent for each in spools}
        assert len(folders) == 3
        assert len({folder.parent for folder in folders}) == 2
        for each in spools:
            assert each.ready.parent.name.startswith(f"{os.getpid()}-")
    finally:
        for each in spools:
            each.close()


def test_what_is_empty_is_removed_and_what_is_not_is_left(spool):
    empty, full = Spool(spool, STORE, LIMIT), Spool(spool, STORE, LIMIT)
    full.file_for("2026/a.wav").write_bytes(b"x")
    empty.close()
    full.close()
    full.close()  # again, which changes nothing
    assert not empty.ready.parent.exists()
    assert (full.ready / "2026/a.wav").read_bytes() == b"x"


def test_what_a_process_has_that_lives_is_not_taken(spool):
    theirs, own = Spool(spool, STORE, LIMIT), Spool(spool, STORE, LIMIT)
    theirs.file_for("2026/b.wav").write_bytes(b"b")
    theirs.file_for("2026/a.wav").write_bytes(b"a")
    theirs.file_for("2026/c.wav.unfinished").write_bytes(b"c")
    theirs.call_folder("ab" * 16)
    assert list(own.left_behind()) == []
    theirs.close()
    [abandoned] = own.left_behind()
    assert list(own.left_behind()) == []  # it is this one's now
    assert [key for key, _ in abandoned.recordings()] == ["2026/a.wav", "2026/b.wav"]
    [folder] = abandoned.calls()
    abandoned.remove()  # there is still something of use in it
    assert folder.exists()
    [abandoned] = own.left_behind()
    for _, path in abandoned.recordings():
        path.unlink()
    folder.rmdir()
    abandoned.remove()
    assert not theirs.ready.parent.exists()
    own.close()


HOLDER = """
import sys
from pathlib import Path
from otel_realtime.audio.spool import Spool
spool = Spool(Path(sys.argv[1]), sys.argv[2], 1000)
spool.file_for("a.wav").write_bytes(b"a")
print(flush=True)
sys.stdin.read()
"""


def test_what_another_process_has_is_taken_once_that_is_killed(spool):
    own = Spool(spool, STORE, LIMIT)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, spool, STORE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        process.stdout.readline()
        assert list(own.left_behind()) == []
        process.kill()
        process.wait(PATIENCE)
    [abandoned] = own.left_behind()
    assert [key for key, _ in abandoned.recordings()] == ["a.wav"]
    for _, path in abandoned.recordings():
        path.unlink()
    abandoned.remove()
    own.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_a_child_that_ends_does_not_free_its_parents_lock(tmp_path):
    script = """
import os, sys
from pathlib import Path
from otel_realtime.audio import lock
path = Path(sys.argv[1])
held = lock.take(path)
child = os.fork()
if not child:
    if sys.argv[2] == "let go":
        lock.let_go(held)
    os._exit(0)
os.waitpid(child, 0)
assert lock.take(path) is None
lock.let_go(held)
assert lock.take(path) is not None
"""
    for how in ("exit", "let go"):
        command = [sys.executable, "-c", script, tmp_path / how, how]
        subprocess.run(command, check=True, timeout=30)


def test_processes_that_start_and_look_at_once_do_not_take_each_others(spool):
    """Each makes its own and, at the same time, removes what it takes for abandoned."""
    runners, rounds = 6, 60
    start = threading.Barrier(runners)

    def run(_: int) -> Exception | None:
        try:
            for _ in range(rounds):
                start.wait(PATIENCE)
                own = Spool(spool, STORE, LIMIT)
                for abandoned in own.left_behind():
                    abandoned.remove()
                # It is still there, and still its own.
                own.file_for("a.wav").write_bytes(b"a")
                assert lock.take(own.ready.parent / "lock") is None
                (own.ready / "a.wav").unlink()
                own.close()
        except threading.BrokenBarrierError:
            return None  # another one failed
        except (OSError, AssertionError) as error:
            start.abort()
            return error
        return None

    with ThreadPoolExecutor(runners) as pool:
        assert [error for error in pool.map(run, range(runners)) if error is not None] == []


# -- how much is in it


def test_it_counts_what_is_in_it(spool):
    own = Spool(spool, STORE, LIMIT)
    assert own.add(LIMIT)
    assert not own.add(1)
    assert own.used == LIMIT + 1
    assert own.add(-1)
    assert own.add(-LIMIT)
    assert own.used == 0
    own.close()
