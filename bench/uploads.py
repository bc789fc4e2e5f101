"""How fast recordings get from the spool to the store, beside a loop of nothing but obstore's puts.

The same clips, just written as those of a call that has ended, by as many threads, each put with
the same options, into an empty place; by turns, in a process of its own. The time runs from the
first put to the last object that is there; ours has removed each clip from the spool by then.
"""

import asyncio
import filecmp
import json
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.store import LocalStore, from_url

from bench.pairs import Spread
from bench.s3 import BUCKET, serving
from otel_realtime.audio.archive import Archive
from otel_realtime.audio.options import ArchiveOptions
from otel_realtime.audio.report import LoggedReport
from otel_realtime.audio.store import Store

CLIPS = 200
_BYTES = 1_000_000
_ROUNDS = 8
_PARTS_AT_A_TIME = 1  # of one object, as ours
_LONG_S = 120.0
_MIME_TYPE = "audio/wav"
_HEAD = b"RIFF"
_SPAN = (1, 1)

FOLDER = "a local folder"
S3 = "a local S3 server"


async def compare() -> dict[str, tuple[Spread, Spread]]:
    """By the kind of store: megabytes a second of the bare loop, and ours as a ratio to it."""
    found = {}
    with TemporaryDirectory(prefix="otel-realtime-bench-") as place:
        here = Path(place)
        (here / "folder").mkdir()
        _make_clips(here / "clips")
        found[FOLDER] = await _one((here / "folder").as_uri(), here / "folder", here, {})
        async with serving(here / "buckets") as environ:
            if environ is not None:
                bucket = here / "buckets" / BUCKET
                found[S3] = await _one(f"s3://{BUCKET}", bucket, here, environ)
    return found


async def _one(
    url: str, objects: Path, here: Path, environ: dict[str, str]
) -> tuple[Spread, Spread]:
    """Run the process that measures; `objects` is where the store's objects lie as files."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.uploads", url, objects, here / "clips", here / "spool"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environ},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, f"uploads to {url} could not be measured"
    _first, *pairs = json.loads(output)  # which has warmed up
    megabytes = CLIPS * _BYTES / 1_000_000
    bare = Spread.of([megabytes / without for without, _ in pairs])
    return bare, Spread.of([without / with_ for without, with_ in pairs])


def _make_clips(folder: Path) -> None:
    folder.mkdir()
    source = random.Random(4)  # noqa: S311 - clips that are the same in every run
    for place in range(CLIPS):
        (folder / f"{place:03d}.wav").write_bytes(_HEAD + source.randbytes(_BYTES - len(_HEAD)))


def _measure(url: str, objects: Path, clips: Path, spool: Path) -> Iterator[tuple[float, float]]:
    """Upload all clips by turns without and with us; the seconds that each took."""
    options = ArchiveOptions(spool=spool)
    archive = Archive(Store(url), options)
    archive.start()
    is_ready = archive.flush(_LONG_S)
    assert is_ready
    paths = sorted(clips.iterdir())
    with ThreadPoolExecutor(options.uploads) as threads:
        ways = (_bare(url, paths, clips.with_name("bare"), threads), _ours(archive, paths))
        for place in range(_ROUNDS + 1):
            took = {}
            for each in (0, 1) if place % 2 else (1, 0):
                took[each] = ways[each]()
                _check(paths, objects)
            yield took[0], took[1]
    archive.close()


def _bare(
    url: str, paths: list[Path], own: Path, threads: ThreadPoolExecutor
) -> Callable[[], float]:
    """Nothing but puts, from a folder of its own."""
    own.mkdir(exist_ok=True)
    kept = [own / path.name for path in paths]
    folder = urlsplit(url).path if url.startswith("file:") else None
    store = LocalStore(folder) if folder is not None else from_url(url)
    told: Any = {} if folder is not None else {"attributes": {"Content-Type": _MIME_TYPE}}

    def put(path: Path) -> None:
        obstore.put(store, path.name, path, max_concurrency=_PARTS_AT_A_TIME, **told)

    def run() -> float:
        _write(paths, kept)
        start = perf_counter()
        for _ in threads.map(put, kept):
            pass
        took = perf_counter() - start
        for path in kept:
            path.unlink()
        return took

    return run


def _ours(archive: Archive, paths: list[Path]) -> Callable[[], float]:
    """From the spool, as when a call has ended: the spool is empty after it."""
    keeping = archive.keeping
    assert keeping is not None, "there is no spool"

    def adopt(kept: list[Path]) -> None:
        for path in kept:
            keeping.adopt(path.name, path, _MIME_TYPE, LoggedReport(), _SPAN)

    def run() -> float:
        kept = [keeping.spool.file_for(path.name) for path in paths]
        _write(paths, kept)
        start = perf_counter()
        archive.leave((adopt, kept))
        archive.wake()
        is_done = archive.flush(_LONG_S)
        took = perf_counter() - start
        assert is_done, "not everything was uploaded"
        assert not any(path.exists() for path in kept), "the spool is not empty"
        return took

    return run


def _write(paths: list[Path], kept: list[Path]) -> None:
    """Write the clips anew: what was just written is slower to copy than what rests."""
    for source, target in zip(paths, kept, strict=True):
        shutil.copyfile(source, target)


def _check(paths: list[Path], objects: Path) -> None:
    """See that everything is in the store as it was, and remove it."""
    for path in paths:
        target = objects / path.name
        assert filecmp.cmp(path, target, shallow=False), f"{path.name} is not as it was"
        target.unlink()


if __name__ == "__main__":
    print(json.dumps(list(_measure(sys.argv[1], *map(Path, sys.argv[2:5])))))
