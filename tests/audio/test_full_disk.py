"""Calls go on where the disk is full, and what is left is told."""

import json
import os
import subprocess
import sys

import pytest
from audio.around_archives import run
from audio.by_hand import (
    RATE,
)

FULL_DISK = """
import json, sys
from contextlib import suppress
from pathlib import Path
from audio.by_hand import (
    HandCall, Heard, archive_with, dropped, files, kind_of, silence, tone, until
)
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
from audio.by_hand import HandCall, Heard, archive_with, dropped, files, kind_of, tone, until
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
