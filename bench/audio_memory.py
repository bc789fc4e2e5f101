"""One response of 30 minutes whose audio is kept: how a process grows, and how long its loop stops.

Deltas of 100 ms come so many times as fast as they are spoken, in bursts of a second of audio, and
in between the loop rests; or one after the other as fast as the SDK handles them, with a round of
the loop between any two. The process is watched from the first of them until the call is closed and
its recordings are in the store.
"""

import asyncio
import gc
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from bench.apart import answer, by_turns, couple
from bench.call import calling
from bench.memory import BYTES_PER_MB, DELTAS, resident
from bench.pairs import Spread, settle
from bench.pulse import Pulse
from bench.recordings import Recordings
from bench.turns import DELTA_MS, audio_deltas, audio_said, turn
from bench.variants import (
    BARE,
    FOLLOWED,
    Providers,
    instrument,
    keep_all_audio,
    listener_for,
    providers_for,
)

SPEED = 100
"""How many times as fast as it is spoken: models are faster than speech, but not that much."""
FLAT_OUT = 0
_TIMES = 4
_BURST = 10
_PULSE_MS = 1.0
_MS_PER_S = 1000
_BEGUN = 30  # deltas of the turns before, so that all code has run once
_ALL = DELTAS + 60  # with those that the turn has anyway
_AFTERWARDS_S = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """What is beyond the SDK alone.

    Attributes:
        peak: Megabytes by which the process had grown when it was largest.
        left: Megabytes by which it had grown in the end.
        stall: Milliseconds that the loop was held up at most, that of the SDK alone left out.
        alone: Milliseconds that the loop of the SDK alone was held up at most.
    """

    peak: Spread
    left: Spread
    stall: Spread
    alone: Spread


async def compare(url: str, name: str, speed: int, times: int = _TIMES) -> Found:
    """Play it with variant `name` and with the SDK alone, each time in new processes, by turns.

    Args:
        url: Of the server.
        name: The variant.
        speed: How many times as fast as it is spoken, or `FLAT_OUT`.
        times: How often.
    """
    pairs = []
    for _ in range(times):
        async with couple("bench.audio_memory", url, name, str(speed)) as (bare, other):
            pairs += [each async for each in by_turns(bare, other, 1)]
    beyond = {
        what: Spread.of([with_[what] - without[what] for without, with_ in pairs])
        for what in ("peak", "left", "stall")
    }
    return Found(**beyond, alone=Spread.of([without["stall"] for without, _ in pairs]))


async def _measure(url: str, name: str, providers: Providers, speed: int) -> dict[str, float]:
    recordings = providers.recordings
    async with calling(url, listener_for(name, providers), name) as call:
        assert call.is_followed or name not in FOLLOWED, "nobody follows"
        for number in (1, 2):
            await call.play(turn(number, tool=number == 2, deltas=_BEGUN))  # noqa: PLR2004
        await settle(recordings)
        providers.flush()
        gc.collect()
        before = _begin_peak()
        pulse = Pulse(_PULSE_MS)
        long = replace(turn(3), played_ms=DELTA_MS * _ALL)
        await call.play_long(long, audio_deltas(3, DELTAS), *_pace(speed))
        call.hear(long)
    await settle(recordings)
    await asyncio.sleep(_AFTERWARDS_S)
    pulse.stop()
    peak = _peak()
    providers.flush()
    gc.collect()
    left = resident()
    if recordings is not None:
        _check(recordings, may_drop=speed == FLAT_OUT)
    return {
        "peak": (peak - before) / BYTES_PER_MB,
        "left": (left - before) / BYTES_PER_MB,
        "stall": pulse.longest_ms,
    }


def _check(recordings: Recordings, *, may_drop: bool) -> None:
    """See that all of it was kept as it was.

    No disk need follow a model a thousand times as fast as speech: then some may have been dropped.
    """
    longest = max(recordings.take("output"), key=lambda each: each.seconds)
    if may_drop and longest.seconds * _MS_PER_S < DELTA_MS * _ALL:
        return
    assert longest.seconds * _MS_PER_S == DELTA_MS * _ALL, f"{longest.seconds} s were kept"
    assert longest.samples == audio_said() + audio_said(DELTAS), "it is not as it was"


def _begin_peak() -> int:
    """Have the peak measured from here on, where the system can; give the resident memory."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
    return resident()


def _peak() -> int:
    """The largest resident memory since, in bytes; since the process began on other systems."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
        return int(kilobytes) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _pace(speed: int) -> tuple[int, float]:
    """How many deltas come at a time, and how many seconds later the next ones do."""
    return (_BURST, _BURST * DELTA_MS / _MS_PER_S / speed) if speed else (1, 0.0)


async def _serve(url: str, name: str, speed: str) -> None:
    providers = providers_for(name)
    keep_all_audio()
    instrument(name, providers)
    await answer(lambda: _measure(url, name, providers, int(speed)))
    providers.shutdown()
    assert bool(providers.spans) is (name != BARE), f"{name} was not heard"


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:4]))
