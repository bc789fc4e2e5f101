"""Measures what it costs, in one run, as ratios to the same calls of the SDK alone.

`--check` fails where a target is missed by more than noise; `--peers` measures other
instrumentations of the Agents SDK too, if they are installed.
"""

import argparse
import asyncio
import logging
import platform
import sys
from importlib.metadata import version

from bench import apart, audio, closing, dialects, hour, imports, memory, pairs, peers, requests
from bench.report import Report
from bench.server import running
from bench.turns import Kind
from bench.variants import (
    CONTENT,
    INSTRUMENTED,
    INSTRUMENTED_PRICED,
    INSTRUMENTED_RECORDED,
    OURS,
    RECORDED,
    SHOWN,
    SHOWN_APART,
)
from otel_realtime.settings import Dialect

_TARGETS: dict[str, float] = {Kind.AUDIO: 1.05, Kind.TRANSCRIPT: 1.10, Kind.OTHER: 1.40}
_RECORDED_TARGETS: dict[str, float] = {Kind.AUDIO: 1.08}
_TARGETS_OF = {
    OURS: _TARGETS,
    CONTENT: _TARGETS,
    RECORDED: _RECORDED_TARGETS,
    INSTRUMENTED: _TARGETS,
    INSTRUMENTED_PRICED: _TARGETS,
    INSTRUMENTED_RECORDED: _RECORDED_TARGETS,
}
_MOST_MB = 2.0
_MOST_STALL_MS = 5.0
_MOST_MS = 60.0
_MOST_SLOWER = 1.2
_MOST_KEPT_MB = 1.0


async def _ratios(report: Report, rounds: int) -> None:
    async with running() as url:
        await pairs.in_process(url, OURS, 2)
        for variant, shown in SHOWN.items():
            found = await pairs.in_process(url, variant, rounds)
            targets = _TARGETS_OF.get(variant, {})
            report.section(shown)
            for kind, ratio in pairs.ratios(found).items():
                if kind is not Kind.PLAYED:
                    report.ratio(kind, ratio, targets.get(kind))
            report.ratio("all of a turn", pairs.whole(found))
            received = await pairs.over_socket(url, variant, rounds // 2)
            report.ratio("over a websocket, all", received)


async def _instrumented(report: Report) -> None:
    async with running() as url:
        for variant, shown in SHOWN_APART.items():
            targets = _TARGETS_OF.get(variant, {})
            report.section(shown)
            couples = apart.COUPLES if targets else apart.FEW
            for what, ratio in (await apart.compare(url, variant, couples)).items():
                if what != Kind.PLAYED:
                    report.ratio(what, ratio, targets.get(what))


async def _closing(report: Report) -> None:
    report.section(f"closing {closing.SESSIONS} sessions at once, with the instrumentor")
    async with running() as url:
        found = await closing.compare(url, INSTRUMENTED)
    report.spread("longest stall of the loop, the SDK alone", found.alone, "ms")
    report.spread("longest stall of the loop", found.stall, "ms")
    report.spread("beyond the SDK alone", found.beyond, "ms", _MOST_STALL_MS)
    report.ratio("until all are closed", found.slower)


async def _audio(report: Report) -> None:
    async with running() as url:
        await audio.compare(
            report, url, INSTRUMENTED_RECORDED, SHOWN_APART[INSTRUMENTED_RECORDED], checked=True
        )
    await audio.throughput(report)


async def _memory(report: Report) -> None:
    report.section(f"memory after {memory.DELTAS:,} audio deltas in one session, beyond the SDK's")
    for shape, shown in ((memory.RESPONSE, "one response"), (memory.TURNS, "300 turns")):
        for variant, mb in (await memory.compare((OURS, CONTENT), shape, 3)).items():
            report.figure(f"{shown}, {SHOWN[variant]}", mb, "MB", _MOST_MB)


async def _hour(report: Report) -> None:
    report.section(f"a call of an hour with {hour.TURNS:,} turns, content captured")
    found = await asyncio.to_thread(hour.measure)
    report.figure(
        "an event of the last turns, to one of the first", found.slower, "x", _MOST_SLOWER
    )
    report.figure("what its session keeps in memory", found.kept_mb, "MB", _MOST_KEPT_MB)


async def _dialects(report: Report) -> None:
    report.section("a finished span said in a dialect, beyond passing it on")
    for each in Dialect:
        found = await asyncio.to_thread(dialects.measure, each)
        report.figure(str(each), found.beyond, "µs", dialects.MOST_US)


async def _requests(report: Report) -> None:
    report.section("the largest OTLP request of a call of an hour, content captured")
    for title, found in await asyncio.to_thread(lambda: list(requests.cases())):
        report.figure(f"{title}, in the pace of the call", found.in_pace, "kB", requests.MOST_KB)
        report.figure(f"{title}, 512 at once", found.at_once, "kB", requests.MOST_KB)


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
        "Medians of interleaved pairs, each the same with and without what is measured, "
        "and their quartiles.\n"
    )
    report.head()
    await _ratios(report, options.rounds)
    await _instrumented(report)
    await _closing(report)
    await _memory(report)
    await _hour(report)
    await _audio(report)
    await _dialects(report)
    await _requests(report)
    await _imports(report)
    if options.peers:
        await peers.compare(report)
    return report


def main() -> int:
    """Measure, print, and say whether the targets are met."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measures what it costs to be observed."
    )
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    parser.add_argument("--peers", action="store_true", help="measure other instrumentations too")
    parser.add_argument(
        "--rounds",
        type=int,
        default=25,
        help="calls for each line of the listener's; more is finer (%(default)s)",
    )
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # what the SDK says of a call that is cut short
    report = asyncio.run(_measure(options))
    print(f"\n{report.verdict()}\nAgain: {' '.join(['python -m bench', *sys.argv[1:]])}")
    return 1 if options.check and report.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
