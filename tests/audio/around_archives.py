"""What tests of archives need around them: stores, stuck writers, programs of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from audio.by_hand import PATIENCE, RATE, Told
from bad_store import BadStore

from otel_realtime.audio import lock
from otel_realtime.audio.call import CallAudio
from otel_realtime.audio.clips import CallHeader
from otel_realtime.facts import SessionFacts
from otel_realtime.scenario import EPOCH
from otel_realtime.settings import AudioCapture
from otel_realtime.values import AudioFormat

TESTS = Path(__file__).resolve().parent.parent
PCM24 = AudioFormat("audio/pcm", RATE)


@contextmanager
def store_that(mode, patch) -> Iterator[BadStore]:
    with BadStore(mode) as store:
        for name, value in store.environ.items():
            patch.setenv(name, value)
        yield store


def is_free(path) -> bool:
    """Whether nobody has a lock on it."""
    taken = lock.take(path)
    if taken is not None:
        lock.let_go(taken)
    return taken is not None


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


def run(script: str, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *given],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
