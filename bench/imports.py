"""What importing costs beyond what it stands on: fresh processes, by turns."""

import asyncio
import sys
from statistics import median

_PROBE = """
import sys
from importlib import import_module
from time import perf_counter_ns
target, stands_on = sys.argv[1], sys.argv[2].split(",")
if sys.argv[3] == "list":
    import_module(target)
    ours = [name for name in sys.modules if name.partition(".")[0] in stands_on]
    print(",".join(ours))
else:
    for name in sys.argv[3].split(","):
        import_module(name)
    start = perf_counter_ns()
    import_module(target)
    print((perf_counter_ns() - start) / 1e6)
"""

TARGETS = {
    "otel_realtime": "opentelemetry",
    "otel_realtime.sources.agents": "opentelemetry,wrapt,agents",
}
"""What is imported, and the packages whose part of the time is not counted."""


async def milliseconds(times: int) -> dict[str, float]:
    """The time that each target takes when what it stands on is there already: medians."""
    stands_on = {target: await _run(target, below, "list") for target, below in TARGETS.items()}
    found: dict[str, list[float]] = {target: [] for target in TARGETS}
    for _ in range(times):
        for target, below in TARGETS.items():
            found[target].append(float(await _run(target, below, stands_on[target] or "sys")))
    return {target: median(each) for target, each in found.items()}


async def _run(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROBE, *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, "an import failed"
    return output.decode().strip()
