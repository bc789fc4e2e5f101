"""What a call of an hour costs from its first to its last turn, and how much of it is kept.

The server's events of 1,000 turns are handed to one session's telemetry without the SDK, whose own
history grows with the call. Its clock is moved on by each turn, so an hour takes some seconds.
"""

import gc
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from time import thread_time_ns
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from bench.turns import Kind, Run, session_events, turn
from bench.variants import PlayedClock, Providers
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.sources._openai_deltas import take_server_event
from otel_realtime.telemetry.outlets import Telemetry

TURNS: Final = 1000
_FEW: Final = 100
_WARM_UP: Final = 20
_TURN_NS: Final = 3_600_000_000
_ROUNDS: Final = 3
_SHARED: Final = (type, ModuleType, FunctionType, BuiltinFunctionType)
_BYTES_PER_MB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    Attributes:
        slower: What an event of the last turns takes, as a ratio to one of the first.
        kept_mb: What the session has in memory after the last turn.
    """

    slower: float
    kept_mb: float


def measure() -> Found:
    """Hold some calls; the middle one of what they give."""
    found = [_hold() for _ in range(_ROUNDS)]
    return Found(median(each.slower for each in found), max(each.kept_mb for each in found))


def _hold() -> Found:
    providers = Providers()
    settings = Settings.read({"capture_content": True})
    session = SessionTelemetry(
        Telemetry.of(**providers.as_settings()), settings, clock=PlayedClock()
    )
    for text in session_events():
        take_server_event(session, json.loads(text))
    took = []
    for number in range(1, TURNS + 1):
        said = turn(number, tool=number % 2 == 0)
        took.append(_play(session, said.runs))
        clock = session.clock
        assert isinstance(clock, PlayedClock)
        clock.jump(_TURN_NS)
        session.wake()
        if number % _FEW == 0:
            providers.flush()
            gc.collect()
    assert session.conversation.session.tally.turns == TURNS, "not every turn was heard"
    kept = kept_bytes(session)
    session.end("closed")
    providers.shutdown()
    first, last = median(took[_WARM_UP : _WARM_UP + _FEW]), median(took[-_FEW:])
    return Found(last / first, kept / _BYTES_PER_MB)


def _play(session: SessionTelemetry, runs: Iterable[Run]) -> int:
    """The time that all events but deltas take."""
    spent = 0
    for run in runs:
        parsed = [json.loads(text) for text in run.texts]
        start = thread_time_ns()
        for data in parsed:
            take_server_event(session, data)
        spent += thread_time_ns() - start if run.kind is Kind.OTHER else 0
    return spent


def kept_bytes(session: SessionTelemetry) -> int:
    """The bytes of the state of a session: all that it holds and does not share with others."""
    seen: set[int] = {id(each) for each in (session.clock, session.guard)}
    waiting: list[Any] = [session.conversation, session.context._open, session.context._closed]  # noqa: SLF001
    total = 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, (*_SHARED, MethodType)):
            continue
        seen.add(id(each))
        total += sys.getsizeof(each)
        waiting += gc.get_referents(each)
    return total


if __name__ == "__main__":
    print(measure())
