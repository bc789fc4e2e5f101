"""What 18,000 audio deltas in one session leave behind: one process per measurement."""

import asyncio
import gc
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from bench.call import calling
from bench.server import running
from bench.turns import audio_deltas, turn
from bench.variants import BARE, LISTENERS, Providers

DELTAS = 18_000
RESPONSE = "response"
TURNS = "turns"
_LONG_TURN = 30  # of deltas, before the measurement begins: all code has run once
_CHUNK = 100
BYTES_PER_MB = 1_000_000
_PAGE_SIZE_FIELD = 1


async def compare(variants: Iterable[str], shape: str, times: int) -> dict[str, float]:
    """How many MB more a process grows with each listener than without one: medians of `times`.

    All of them run at once: what is measured is no time.
    """
    names = (BARE, *variants)
    async with running() as url:
        rows = [
            await asyncio.gather(*(_one(url, name, shape) for name in names)) for _ in range(times)
        ]
    grown = {
        name: median(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    return {name: grown[name] - grown[BARE] for name in variants}


async def _one(url: str, variant: str, shape: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.memory",
        url,
        variant,
        shape,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, "a measurement failed"
    return float(output)


def resident() -> int:
    """The resident memory of this process in bytes; its peak where the system tells only that."""
    status = Path("/proc/self/statm")
    if status.exists():
        import os

        pages = int(status.read_text().split()[_PAGE_SIZE_FIELD])
        return pages * os.sysconf("SC_PAGE_SIZE")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


async def _grow(url: str, variant: str, shape: str) -> float:
    """Play `DELTAS` audio deltas in one response, or in the turns of a long call with its words."""
    providers = Providers()
    async with calling(url, LISTENERS[variant](providers), variant) as call:
        for number in (1, 2):
            await call.play(turn(number, tool=number == 2, deltas=_LONG_TURN))  # noqa: PLR2004
        providers.flush()
        gc.collect()
        before = resident()
        if shape == TURNS:
            for number in range(3, 3 + DELTAS // 60):
                await call.play(turn(number, tool=number % 2 == 0))
                providers.flush()  # turns of a call in real time are further apart than batches
        else:
            await call.play_long(turn(3), audio_deltas(3, DELTAS), _CHUNK)
        providers.flush()
        gc.collect()
        after = resident()
    providers.shutdown()
    return (after - before) / BYTES_PER_MB


if __name__ == "__main__":
    print(asyncio.run(_grow(*sys.argv[1:4])))
