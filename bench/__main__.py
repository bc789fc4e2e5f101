"""Measures what listening costs, in one run, as ratios to the same calls without a listener.

`--check` fails where a target is missed by more than noise; `--peers` measures other
instrumentations of the Agents SDK too, if they are installed.
"""

import argparse
import asyncio
import logging
import platform
import sys
from importlib.metadata import version

from bench import imports, memory, pairs, peers
from bench.report import Report
from bench.server import running
from bench.turns import Kind
from bench.variants import CONTENT, OURS, SHOWN

_TARGETS = {Kind.AUDIO: 1.05, Kind.TRANSCRIPT: 1.10, Kind.OTHER: 1.35}
_MOST_MB = 2.0
_MOST_MS = 60.0


async def _ratios(report: Report, rounds: int) -> None:
    async with running() as url:
        await pairs.in_process(url, OURS, 2)
        for variant, shown in SHOWN.items():
            found = await pairs.in_process(url, variant, rounds)
            checked = variant in {OURS, CONTENT}
            report.section(shown)
            for kind, ratio in pairs.ratios(found).items():
                if kind is not Kind.PLAYED:
                    report.ratio(kind, ratio, _TARGETS.get(kind) if checked else None)
            report.ratio("all of a turn", pairs.whole(found))
            received = await pairs.over_socket(url, variant, rounds // 2)
            report.ratio("over a websocket, all", received)


async def _memory(report: Report) -> None:
    report.section(f"memory after {memory.DELTAS:,} audio deltas in one session, beyond the SDK's")
    for shape, shown in ((memory.RESPONSE, "one response"), (memory.TURNS, "300 turns")):
        for variant, mb in (await memory.compare((OURS, CONTENT), shape, 3)).items():
            report.figure(f"{shown}, {SHOWN[variant]}", mb, "MB", _MOST_MB)


async def _imports(report: Report) -> None:
    report.section("import, beyond the OpenTelemetry packages")
    found = await imports.milliseconds(5)
    targets = (_MOST_MS, None)
    for (target, ms), most in zip(found.items(), targets, strict=True):
        report.figure(target, ms, "ms", most)


async def _measure(options: argparse.Namespace) -> Report:
    report = Report()
    print(
        f"Python {platform.python_version()}, openai-agents {version('openai-agents')}, "
        f"opentelemetry-sdk {version('opentelemetry-sdk')}\n"
        "Medians of interleaved pairs, each the same turns with and without the listener, "
        "and their quartiles.\n"
    )
    report.head()
    await _ratios(report, options.rounds)
    await _memory(report)
    await _imports(report)
    if options.peers:
        await peers.compare(report)
    return report


def main() -> int:
    """Measure, print, and say whether the targets are met."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measures what listening costs."
    )
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    parser.add_argument("--peers", action="store_true", help="measure other instrumentations too")
    parser.add_argument(
        "--rounds", type=int, default=25, help="calls for each line; more is finer (%(default)s)"
    )
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # what the SDK says of a call that is cut short
    report = asyncio.run(_measure(options))
    print(f"\n{report.verdict()}\nAgain: {' '.join(['python -m bench', *sys.argv[1:]])}")
    return 1 if options.check and report.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
