"""Other instrumentations that see the Agents SDK's realtime sessions, if they are installed.

They patch the SDK's classes for the whole process. So each is measured in processes of its own, by
turns with processes without it; ours is measured once more in the same way.
"""

import asyncio
import gc
import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from statistics import median

from bench.call import calling
from bench.pairs import STRETCHES, TURNS, Ratio, stretch
from bench.report import Report
from bench.server import running
from bench.turns import Kind
from bench.variants import BARE, LISTENERS, OURS, Providers

_TIMES = 6
_ROUNDS = 8


def _instrumentor(module: str) -> Callable[[Providers], None]:
    def instrument(providers: Providers) -> None:
        made = import_module(module).OpenAIAgentsInstrumentor()
        made.instrument(tracer_provider=providers.tracers, meter_provider=providers.meters)

    return instrument


_OPENINFERENCE = "openinference.instrumentation.openai_agents"
_TRACELOOP = "opentelemetry.instrumentation.openai_agents"

PEERS = {
    "openinference-instrumentation-openai-agents": _OPENINFERENCE,
    "opentelemetry-instrumentation-openai-agents": _TRACELOOP,
}


async def compare(report: Report) -> None:
    """Measure each that is installed, and ours, beside processes without any."""
    async with running() as url:
        for name in (OURS, *PEERS):
            if name in PEERS and not _is_installed(PEERS[name]):
                print(f"\n{name} is not installed: pip install {name}")
                continue
            report.section(f"{name}, in a process of its own")
            found: dict[Kind, list[float]] = {}
            for even in (each % 2 == 0 for each in range(_TIMES)):
                order = (BARE, name) if even else (name, BARE)
                spent = {each: await _one(url, each) for each in order}
                for kind, ns in spent[name].items():
                    if spent[BARE][kind] and kind is not Kind.PLAYED:
                        found.setdefault(kind, []).append(ns / spent[BARE][kind])
            for kind, ratios in found.items():
                report.ratio(kind, Ratio.of(ratios))


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


async def _one(url: str, name: str) -> dict[Kind, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.peers", url, name, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, f"{name} could not be measured"
    return {Kind(kind): ns for kind, ns in json.loads(output.splitlines()[-1]).items()}


async def _spend(url: str, name: str) -> dict[Kind, float]:
    """Nanoseconds of a turn by kind: medians of many."""
    providers = Providers()
    if name in PEERS:
        _instrumentor(PEERS[name])(providers)
    spent: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    numbers = count(1)
    gc.collect()
    gc.freeze()
    gc.disable()
    for _ in range(_ROUNDS):
        listener = LISTENERS.get(name, LISTENERS[BARE])(providers)
        async with calling(url, listener, f"{name}{next(numbers)}") as call:
            for first in range(1, TURNS * STRETCHES, TURNS):
                for kind, took in (await stretch(call, first)).items():
                    spent[kind].append(took)
    providers.shutdown()
    assert bool(providers.spans) is (name != BARE), f"{name} was not heard"
    return {kind: median(each) for kind, each in spent.items()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_spend(*sys.argv[1:3]))))
