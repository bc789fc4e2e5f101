"""What a line says of a log or an event behind its time.

To show an attribute of an event, add it to the table.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from otel_realtime import semconv as names
from otel_realtime.otlp_json import TraceLog
from otel_realtime.tree._details import Detail
from otel_realtime.tree._text import milliseconds, shown

LogFact: TypeAlias = Callable[[TraceLog], Iterator[Detail]]


def log_details(log: TraceLog) -> tuple[Detail, ...]:
    """The text of a log; of an event of ours its telling attributes."""
    told = [detail for fact in EVENT_FACTS.get(log.event_name or "", ()) for detail in fact(log)]
    if not told and log.body not in (None, ""):
        told = [Detail(shown(log.body))]
    return tuple(told)


def as_it_is(*keys: str) -> LogFact:
    """The values of attributes."""

    def values(log: TraceLog) -> Iterator[Detail]:
        for key in keys:
            if key in log.attributes:
                yield Detail(shown(log.attributes[key]))

    return values


def lasting(key: str, label: str) -> LogFact:
    """A duration, behind what it is one of."""

    def duration(log: TraceLog) -> Iterator[Detail]:
        seconds = log.attributes.get(key)
        if isinstance(seconds, int | float):
            yield Detail(f"{label} {milliseconds(seconds)}", "time")

    return duration


def turn(log: TraceLog) -> Iterator[Detail]:
    """The turn in which it happened."""
    if names.TURN_INDEX in log.attributes:
        yield Detail(f"turn {shown(log.attributes[names.TURN_INDEX])}")


def dead_air(log: TraceLog) -> Iterator[Detail]:
    """How long nobody spoke, and who should have."""
    seconds, whom = (
        log.attributes.get(key) for key in (names.DEAD_AIR_DURATION, names.DEAD_AIR_AWAITED)
    )
    if isinstance(seconds, int | float) and whom is not None:
        yield Detail(f"{milliseconds(seconds)} awaiting the {shown(whom)}", "time")


EVENT_FACTS: Final[Mapping[str, tuple[LogFact, ...]]] = {
    names.LOG_SESSION_ENDED: (as_it_is(names.END_REASON, names.CLOSE_CODE),),
    names.LOG_INTERRUPTED: (as_it_is(names.INTERRUPTION_REASON),),
    names.LOG_ERROR: (as_it_is(names.ERROR_TYPE, names.ERROR_CODE, names.ERROR_MESSAGE),),
    names.LOG_TRANSCRIPTION_FAILED: (
        as_it_is(names.ERROR_TYPE, names.ERROR_CODE, names.ERROR_MESSAGE),
    ),
    names.LOG_HANDOFF: (as_it_is(names.HANDOFF_FROM, names.HANDOFF_TO),),
    names.LOG_SESSION_UPDATED: (as_it_is(names.CHANGED_SETTINGS),),
    names.LOG_GUARDRAIL: (as_it_is(names.GUARDRAIL_KIND, names.GUARDRAIL_NAME),),
    names.LOG_APPROVAL: (as_it_is(names.TOOL_NAME, names.TOOL_APPROVAL),),
    names.LOG_DTMF: (as_it_is(names.DTMF_DIGIT),),
    names.LOG_AUDIO_UPLOAD_FAILED: (as_it_is(names.ERROR_TYPE),),
    names.LOG_MCP_TOOLS: (as_it_is(names.MCP_SERVER, names.MCP_OUTCOME),),
    names.LOG_DEAD_AIR: (dead_air,),
    names.LOG_MISSED_BARGE_IN: (turn, lasting(names.OVERLAP_DURATION, "overlap")),
    names.LOG_FALSE_BARGE_IN: (turn, lasting(names.STOP_TIME, "stopped after")),
    names.LOG_AGENT_INTERRUPTION: (turn,),
}
"""By event name, what is worth a place on the line."""
