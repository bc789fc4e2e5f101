"""A report as lines of text: what each says, and in which tone.

Whatever is not known says so, and a sum says of how many calls it is, where that is not all.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from otel_realtime import semconv as names
from otel_realtime.summary._calls import Call
from otel_realtime.summary._numbers import Total
from otel_realtime.summary._parts import WAIT_PARTS
from otel_realtime.summary._report import PartMean, Report
from otel_realtime.tree._text import one_line

UNKNOWN: Final = "not known"
INDENT: Final = 2
_LABEL_WIDTH: Final = 24
_PART_WIDTHS: Final = (12, 7)
_BARE: Final = "-"
_TELLING_SHARE: Final = 0.1
"""A part of a wait that was less of it is not told among the worst."""
_GROUP_NAMES: Final = {
    "all": "all turns",
    "without_tool": "without a tool",
    "with_tool": "with a tool",
}
_S_TO_MS: Final = 1000
_MINUTE: Final = 60
_MANY_DOLLARS: Final = 100


class Line(NamedTuple):
    """One line: stretches of text, each with a tone, behind an indent that a wrapped rest keeps.

    Tones are `title`, `label`, `plain`, `quiet` and `url`.
    """

    stretches: tuple[tuple[str, str], ...] = ()
    indent: int = 0

    @property
    def text(self) -> str:
        """Without tones."""
        return (" " * self.indent + "".join(text for text, _ in self.stretches)).rstrip()


def report_lines(report: Report) -> Iterator[Line]:
    """All lines, an empty one between sections."""
    yield from figure_lines(report)
    yield from _section("Worst calls, by their longest wait", _worst(report))


def figure_lines(report: Report) -> Iterator[Line]:
    """The same without the worst calls."""
    yield from _overview(report)
    yield from _section("Voice-to-voice latency in ms", _latency(report))
    yield from _section("What the user waited for in ms", _waits(report))
    yield from _section("Turn-taking", _facts(_turn_taking(report)))
    yield from _section("Trouble", _facts(_trouble(report)))
    yield from _section("Cost in US dollars", _facts(_cost(report)))


def _section(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    yield Line()
    yield Line(((title, "title"),))
    yield from lines


def _overview(report: Report) -> Iterator[Line]:
    total, finished = len(report.calls), report.finished
    more = f", {total - finished} not finished" if finished < total else ""
    yield Line(((f"{counted(total, 'call')}{more}", "title"),))
    begun = [call.start for call in report.calls if call.start is not None]
    facts = [("begun", UNKNOWN)]
    if begun:
        first, last = shown_moment(min(begun)), shown_moment(max(begun))
        facts = [("begun", first if first == last else f"{first} to {last}")]
    minutes = f"{(report.seconds.value or 0) / _MINUTE:.1f} minutes"
    facts.append(("lasted", _of(report.seconds, minutes, finished, "finished calls")))
    turns = _sum(report, names.SESSION_TURNS)
    facts.append(("turns", f"{turns}; latency known of {len(report.turns)}"))
    if report.without_summary:
        told = (
            f"of {counted(report.without_summary, 'finished call')}: summed up from spans and logs"
        )
        told = counted(report.without_summary, "finished call")
        facts.append(("no summary", f"of {told}: summed up from spans and logs"))
    yield from _facts(facts)


def _latency(report: Report) -> Iterator[Line]:
    rows = {_GROUP_NAMES[name]: spread for name, spread in report.turn_latency.items()}
    rows |= {"medians of calls": report.call_medians, "worst turns of calls": report.call_slowest}
    yield _row("", ("count", "p50", "p90", "p95", "p99", "max"), "quiet")
    for label, spread in rows.items():
        told = (
            ("0", *[_BARE] * 5) if spread is None else (str(spread.count), *map(ms, spread.cells))
        )
        yield _row(label, told)


def _waits(report: Report) -> Iterator[Line]:
    yield _row("", tuple(_GROUP_NAMES.values()), "quiet", (_PART_WIDTHS[0], 3 * _PART_WIDTHS[1]))
    yield _row("", ("turns", "mean", "share") * len(_GROUP_NAMES), "quiet", _PART_WIDTHS)
    for part in WAIT_PARTS:
        cells = [cell for name in _GROUP_NAMES for cell in _part_cells(report.waits[name][part])]
        yield _row(part, cells, widths=_PART_WIDTHS)


def _part_cells(told: PartMean | None) -> tuple[str, str, str]:
    if told is None:
        return "0", _BARE, _BARE
    return str(told.turns), ms(told.mean), _BARE if told.share is None else f"{told.share:.0%}"


def _turn_taking(report: Report) -> Iterator[tuple[str, str]]:
    yield "interruptions", _sum(report, names.SESSION_INTERRUPTIONS)
    yield "  of them false", _sum(report, names.SESSION_FALSE_BARGE_INS)
    yield "missed barge-ins", _sum(report, names.SESSION_MISSED_BARGE_INS)
    yield "agent interrupted user", _sum(report, names.SESSION_AGENT_INTERRUPTIONS)
    yield "overlap", _seconds(report, names.SESSION_OVERLAP)
    yield "dead air", _sum(report, names.SESSION_DEAD_AIR_COUNT)
    yield "  awaiting the agent", _seconds(report, names.SESSION_DEAD_AIR_AGENT)
    yield "  awaiting the user", _seconds(report, names.SESSION_DEAD_AIR_USER)
    ratio = report.talk_ratio
    yield "agent's share of talk", UNKNOWN if ratio is None else f"{ratio:.0%}"


def _trouble(report: Report) -> Iterator[tuple[str, str]]:
    calls = _sum(report, names.SESSION_TOOL_CALLS)
    yield "tool calls", calls
    yield "  of them with an error", _sum(report, names.SESSION_TOOL_ERRORS)
    yield "errors", _sum(report, names.SESSION_ERRORS)
    yield "guardrail trips", _sum(report, names.SESSION_GUARDRAIL_TRIPS)
    ends = sorted(report.end_reasons.items(), key=lambda each: (-each[1], str(each[0])))
    told = ", ".join(f"{one_line(reason or UNKNOWN)} {count}" for reason, count in ends)
    yield "ended", told or UNKNOWN


def _cost(report: Report) -> Iterator[tuple[str, str]]:
    for label, key in (
        ("total", names.SESSION_COST),
        ("  of it transcription", names.SESSION_COST_TRANSCRIPTION),
        ("  of it never heard", names.SESSION_COST_UNHEARD),
    ):
        total = report.totals[key]
        yield label, _of(total, money(total.value or 0), len(report.calls))
    rate = report.cost_per_minute
    yield "per minute", UNKNOWN if rate is None else money(rate)
    yield "without a price", _sum(report, names.SESSION_COST_UNPRICED)


def _worst(report: Report) -> Iterator[Line]:
    if not report.worst:
        yield Line(((UNKNOWN, "quiet"),), INDENT)
    for rank, call in enumerate(report.worst, 1):
        yield Line(((f"{rank}. ", "quiet"), (why(call), "plain")), INDENT)
        begun = UNKNOWN if call.start is None else shown_moment(call.start)
        yield Line(((f"{begun}, {outcome(call)}", "plain"),), INDENT + 3)
        for label, known in (
            ("agent ", call.agent),
            ("trace ", call.trace_id),
            ("session ", call.session_id),
        ):
            if known is not None:
                yield Line(((label, "quiet"), (one_line(known), "plain")), INDENT + 3)
        if call.recording is not None:
            yield Line(((one_line(call.recording), "url"),), INDENT + 3)


def why(call: Call) -> str:
    """Why a call is among the worst: `4210 ms in turn 7: tool 2900 ms, model 800 ms`."""
    slowest = call.slowest
    if slowest is None:
        return UNKNOWN
    where = "in a turn" if slowest.index is None else f"in turn {slowest.index}"
    told = f"{ms(slowest.latency)} ms {where}"
    parts = () if slowest.turn is None else slowest.turn.parts.items()
    large = [each for each in parts if each[1] > _TELLING_SHARE * slowest.latency]
    named = (f"{part} {ms(waited)} ms" for part, waited in sorted(large, key=lambda each: -each[1]))
    return ": ".join(filter(None, (told, ", ".join(named))))


def outcome(call: Call) -> str:
    """How long a call lasted and how it ended."""
    if not call.is_finished:
        return "not finished"
    lasted = "length not known" if call.seconds is None else f"{call.seconds / _MINUTE:.1f} minutes"
    return f"{lasted}, ended {one_line(call.end_reason)}" if call.end_reason else lasted


def ms(seconds: float) -> str:
    """Whole milliseconds."""
    return f"{seconds * _S_TO_MS:.0f}"


def money(usd: float) -> str:
    """US dollars, in four digits behind the point while they are few."""
    return f"{usd:.2f}" if usd >= _MANY_DOLLARS else f"{usd:.4f}"


def shown_moment(ns: int) -> str:
    """A moment to the second, in UTC."""
    try:
        moment = datetime.fromtimestamp(ns // 1_000_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return UNKNOWN
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _facts(facts: Iterable[tuple[str, str]]) -> Iterator[Line]:
    for label, told in facts:
        tone = "quiet" if told == UNKNOWN else "plain"
        yield Line(((label.ljust(_LABEL_WIDTH), "label"), (told, tone)), INDENT)


def _row(
    label: str,
    cells: Sequence[str],
    tone: str = "plain",
    widths: tuple[int, int] = (_LABEL_WIDTH, 8),
) -> Line:
    """A row of a table; `widths` are those of the label and of a cell."""
    numbers = "".join(cell.rjust(widths[1]) for cell in cells)
    return Line(((label.ljust(widths[0]), "label"), (numbers, tone)), INDENT)


def _sum(report: Report, key: str) -> str:
    total = report.totals[key]
    return _of(total, f"{total.value or 0:.0f}", len(report.calls))


def _seconds(report: Report, key: str) -> str:
    total = report.totals[key]
    return _of(total, f"{total.value or 0:.1f} s", len(report.calls))


def _of(total: Total, told: str, calls: int, which: str = "calls") -> str:
    """A sum, and of how many calls where some do not tell."""
    if total.value is None:
        return UNKNOWN
    return told if total.calls == calls else f"{told} ({total.calls} of {calls} {which} tell)"


def counted(number: int, what: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
