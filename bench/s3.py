"""A local S3 server in a process of its own: rclone, which serves a folder; each bucket is one."""

import asyncio
import re
import shutil
import sysconfig
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

BUCKET = "recordings"
_KEY, _SECRET = "test", "test-secret"
_ADDRESS = re.compile(rb"\[(http://[^/\]]+)")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[dict[str, str] | None]:
    """Serve a folder; gives the environment by which it is reached, or None without rclone."""
    program = shutil.which("rclone", path=sysconfig.get_path("scripts")) or shutil.which("rclone")
    if program is None:
        yield None
        return
    (folder / BUCKET).mkdir(parents=True)
    process = await asyncio.create_subprocess_exec(
        *(program, "serve", "s3", "--config", "", "--auth-key", f"{_KEY},{_SECRET}"),
        *("--addr", "127.0.0.1:0", folder),
        stdin=DEVNULL,
        stderr=PIPE,
    )
    assert process.stderr is not None
    try:
        found = _ADDRESS.search(await process.stderr.readline())
        assert found is not None, "rclone does not say where it listens"
        yield {
            "AWS_ENDPOINT_URL": found[1].decode(),
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
        }
    finally:
        process.terminate()
        await process.communicate()
