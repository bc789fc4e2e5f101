"""Processes that fork: each records for itself, and takes nothing from the other."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from audio.around_archives import is_free, run, store_that
from audio.by_hand import (
    PATIENCE,
    archive_with,
    files,
    until,
)

TESTS = Path(__file__).resolve().parent.parent


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
