"""The spool: a folder on disk that holds audio until it is in the store, bounded and owner-only.

    <spool>/<store>/<process>/lock             held as long as the process lives
    <spool>/<store>/<process>/calls/<trace>/   tracks of a call that goes on, and its journal
    <spool>/<store>/<process>/ready/<key>      recordings to be uploaded

What a process that was killed left behind is found by the next one for the same store: nobody holds
its lock any more.
"""

import hashlib
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

from otel_realtime.audio import lock

_OWNER_ONLY: Final = 0o700
_LOCK: Final = "lock"


class SpoolError(OSError):
    """The spool's folder cannot be used; the message says why."""


def default_folder() -> Path:
    """Where the spool is if nobody says: in the system's temporary folder, one for each user."""
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"otel-realtime-spool-{owner}"


class Spool:
    """One process's part of the spool for one store.

    Args:
        folder: The folder of all spools.
        store: What tells the store from others: recordings for one never go to another.
        limit: How many bytes all that is in it may take.

    Raises:
        SpoolError: The folder cannot be made, or others can read or replace what is in it.
    """

    def __init__(self, folder: Path, store: str, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._guard = Lock()
        self._store = folder / hashlib.sha256(store.encode()).hexdigest()[:16]
        try:
            _make(folder)
            _make(self._store)
            self._folder, self._lock = self._own()
        except OSError as error:
            if isinstance(error, SpoolError):
                raise
            message = f"the audio spool {folder} cannot be used: {error.strerror or error}"
            raise SpoolError(message) from error

    @property
    def used(self) -> int:
        """How many bytes are in it."""
        return self._used

    @property
    def ready(self) -> Path:
        """The folder of recordings to be uploaded; below it, their keys."""
        return self._folder / "ready"

    def call_folder(self, trace_id: str) -> Path:
        """Make the folder of a call that begins."""
        return self._below("calls", f"{trace_id}-{uuid.uuid4().hex[:8]}")

    def add(self, size: int) -> bool:
        """Count bytes that are written, or, negative, freed; False if it is too full by now."""
        with self._guard:
            self._used += size
            return self._used <= self.limit

    def file_for(self, key: str) -> Path:
        """Where a recording is written before it is uploaded; the folders are made."""
        *folders, name = key.split("/")
        return self._below("ready", *folders) / name

    def left_behind(self) -> Iterator["Abandoned"]:
        """What processes left behind that are no more, each once: it is this one's to empty."""
        for folder in sorted(self._store.iterdir()):
            if folder.name.startswith(_GONE):
                shutil.rmtree(folder, ignore_errors=True)
            if folder == self._folder or folder.name.startswith(_GONE) or not folder.is_dir():
                continue
            try:
                taken = lock.take(folder / _LOCK)
            except OSError:
                continue  # none of ours, or another process has just removed it
            if taken is not None:  # else its process lives
                yield Abandoned(folder, taken)

    def close(self) -> None:
        """Let go of it; what is left in it may be taken over by another process."""
        if not _has_files(self._folder):
            _remove(self._folder)
        self.let_go()

    def let_go(self) -> None:
        """Let go of the lock; a forked child does so, and its parent has it still."""
        taken, self._lock = self._lock, None
        if taken is not None:
            lock.let_go(taken)

    def _below(self, *names: str) -> Path:
        """Make folders in one another; only the last one's mode could be told all at once."""
        folder = self._folder
        for name in names:
            folder = folder / name
            folder.mkdir(exist_ok=True, mode=_OWNER_ONLY)
        return folder

    def _own(self) -> tuple[Path, int | None]:
        """Make a folder that is this process's. One that another takes for abandoned is left."""
        while True:
            folder = self._store / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
            with suppress(FileNotFoundError):
                _make(folder)
                taken = lock.take(folder / _LOCK)
                if taken is not None and lock.is_there(taken):
                    return folder, taken
                if taken is not None:
                    lock.let_go(taken)


class Abandoned:
    """What a process left behind that is no more."""

    def __init__(self, folder: Path, taken: int) -> None:
        self._folder = folder
        self._lock = taken

    def calls(self) -> list[Path]:
        """The folders of calls that were going on."""
        calls = self._folder / "calls"
        return sorted(calls.iterdir()) if calls.is_dir() else []

    def recordings(self) -> Iterator[tuple[str, Path]]:
        """The recordings that were not uploaded: their keys and their files, the oldest first."""
        ready = self._folder / "ready"
        for path in sorted(ready.rglob("*")):
            if path.is_file() and path.suffix != UNFINISHED:
                yield path.relative_to(ready).as_posix(), path

    def remove(self) -> None:
        """Remove what is left of it, if nothing is that anybody needs."""
        if not any(self.recordings()) and not self.calls():
            _remove(self._folder)
        lock.let_go(self._lock)


UNFINISHED: Final = ".unfinished"
"""What the name of a file ends in while it is written."""


_GONE: Final = "."
"""What the name of a folder begins with that is being removed."""


def _remove(folder: Path) -> None:
    """Remove a process's folder; at once, so that nobody takes what is left of it for abandoned."""
    gone = folder.with_name(_GONE + folder.name)
    with suppress(OSError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file that is there as a whole or not at all: gives where to write it.

    Raises:
        OSError: It could not be put into its place.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        yield unfinished
        unfinished.chmod(0o600)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _has_files(folder: Path) -> bool:
    return any(path.is_file() and path.name != _LOCK for path in folder.rglob("*"))


def _make(folder: Path) -> None:
    """Make a folder that is its owner's alone, or see that it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY)
    if not hasattr(os, "getuid"):
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        message = f"the audio spool {folder} is not a folder of this user"
        raise SpoolError(message)
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(_OWNER_ONLY)
