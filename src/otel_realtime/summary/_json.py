"""A report as JSON values, for machines. Keys do not change within one `version`.

Durations are seconds, money US dollars, moments ISO 8601 in UTC; what is not known is null.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from otel_realtime.summary._calls import Call
from otel_realtime.summary._numbers import Spread, Total
from otel_realtime.summary._parts import MEASURES, Turn
from otel_realtime.summary._report import PartMean, Report

VERSION: Final = 1
_PREFIX: Final = "otel_realtime.session."


def report_values(report: Report) -> dict[str, object]:
    """What `json.dumps` takes."""
    return {
        "version": VERSION,
        "calls": {
            "count": len(report.calls),
            "finished": report.finished,
            "not_finished": len(report.calls) - report.finished,
            "without_summary": report.without_summary,
        },
        "seconds": _total(report.seconds),
        "latency": {
            "turns": {name: _spread(each) for name, each in report.turn_latency.items()},
            "call_medians": _spread(report.call_medians),
            "call_slowest": _spread(report.call_slowest),
        },
        "wait": {
            name: {part: _part(mean) for part, mean in parts.items()}
            for name, parts in report.waits.items()
        },
        "totals": {_short(key): _total(total) for key, total in report.totals.items()},
        "talk_ratio": report.talk_ratio,
        "cost_per_minute": report.cost_per_minute,
        "end_reasons": [
            {"end_reason": reason, "calls": count} for reason, count in report.end_reasons.items()
        ],
        "worst": [_call(call) for call in report.worst],
        "each_call": [_call(call) for call in report.calls],
    }


def _call(call: Call) -> dict[str, object]:
    slowest = call.slowest
    return {
        "trace_id": call.trace_id,
        "session_id": call.session_id,
        "agent": call.agent,
        "start": _moment(call.start),
        "seconds": call.seconds,
        "finished": call.is_finished,
        "has_summary": call.has_summary,
        "end_reason": call.end_reason,
        "recording": call.recording,
        "latency": _spread(call.spread),
        "median": call.median,
        "slowest": None if slowest is None else slowest.latency,
        "slowest_turn": None if slowest is None else slowest.index,
        "slowest_wait": _turn(None if slowest is None else slowest.turn),
        "measures": {_short(key): call.measures.get(key) for key in MEASURES},
    }


def _turn(turn: Turn | None) -> Mapping[str, object] | None:
    if turn is None:
        return None
    return {"origin": turn.origin, "had_tool": turn.had_tool, "parts": dict(turn.parts)}


def _spread(spread: Spread | None) -> Mapping[str, float] | None:
    return None if spread is None else asdict(spread)


def _part(mean: PartMean | None) -> Mapping[str, float | None] | None:
    return None if mean is None else mean._asdict()


def _total(total: Total) -> Mapping[str, float | None]:
    return total._asdict()


def _short(key: str) -> str:
    return key.removeprefix(_PREFIX)


def _moment(ns: int | None) -> str | None:
    if ns is None:
        return None
    try:
        moment = datetime.fromtimestamp(ns // 1_000_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.replace(microsecond=ns % 1_000_000_000 // 1000).isoformat()
