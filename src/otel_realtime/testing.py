"""For tests of your own agents: what was traced, as text, and a clock that you move."""

from collections.abc import Iterable
from typing import Any, Protocol

from opentelemetry.sdk.trace import ReadableSpan

from otel_realtime.otlp_json import from_log_records, from_readable_spans
from otel_realtime.scenario import EPOCH
from otel_realtime.tree import render

__all__ = ["FakeClock", "span_tree"]


class _FinishedSpans(Protocol):
    def get_finished_spans(self) -> Iterable[ReadableSpan]: ...


class _FinishedLogs(Protocol):
    def get_finished_logs(self) -> Iterable[Any]: ...


def span_tree(
    spans: _FinishedSpans | Iterable[ReadableSpan],
    logs: _FinishedLogs | Iterable[Any] | None = None,
    *,
    events: bool = False,
    times: bool = True,
) -> str:
    """Draw ended spans as a tree of text, to compare with the one that is expected.

    Args:
        spans: An `InMemorySpanExporter`, or ended spans.
        logs: An in-memory log exporter, or its records: each is listed under its span.
        events: Whether this package's own log events are listed too.
        times: Whether to show what a clock measured; without it a call looks the same each time.

    Returns:
        The text of `otel_realtime.tree.render`: a line for each span and log, without a final
        newline, times in ms from the beginning of the trace.
    """
    ended = spans if isinstance(spans, Iterable) else spans.get_finished_spans()
    records: Iterable[Any] = ()
    if logs is not None:
        records = logs if isinstance(logs, Iterable) else logs.get_finished_logs()
    return render(from_readable_spans(ended), from_log_records(records), events=events, times=times)


class FakeClock:
    """A clock for tests: call it to read it (ns since the epoch), `advance` to move it.

    Args:
        start: What it shows first, in ns since the epoch; by default 2023-11-14 22:13:20 UTC.
    """

    def __init__(self, start: int = EPOCH) -> None:
        self._now = start

    def __call__(self) -> int:
        """The time it shows, in ns since the epoch."""
        return self._now

    def advance(self, *, ms: float) -> int:
        """Move forward by `ms` milliseconds and return the new time in ns.

        Raises:
            ValueError: `ms` is negative: a clock does not go back.
        """
        if ms < 0:
            raise ValueError(f"a clock does not go back (ms={ms})")
        self._now += round(ms * 1_000_000)
        return self._now
