"""Why a session ended, by what was raised; and the wait for the end's telemetry."""

import asyncio
from typing import Final, NamedTuple

from otel_realtime.session import SessionTelemetry
from otel_realtime.telemetry.content import type_of

_ABNORMAL_CLOSURE: Final = 1006
_MOST_TURNS: Final = 1000
"""Of the loop, that a closing waits for its own telemetry."""


class Ending(NamedTuple):
    """Why a session ended; `fault_type` is set only where that is an error."""

    reason: str
    fault_type: str | None = None
    close_code: int | None = None


def reason_of(error: BaseException | None) -> str:
    """Why the block of a session was left, by the exception that leaves it."""
    if error is None:
        return "closed"
    if isinstance(error, GeneratorExit):
        return "broken_off"
    return "error" if isinstance(error, Exception) else "cancelled"


def closing(error: BaseException) -> Ending | None:
    """How the other side or the network closed the connection; None if `error` does not say so."""
    from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

    if not isinstance(error, ConnectionClosed):
        return None
    code = error.rcvd.code if error.rcvd else _ABNORMAL_CLOSURE
    if isinstance(error, ConnectionClosedOK):
        return Ending("server_closed", close_code=code)
    return Ending("connection_lost", type_of(error), code)


async def written(session: SessionTelemetry) -> None:
    """Wait until the telemetry of a session that has ended is written.

    In a burst of endings it may take a few turns of the loop; who flushes next is to find it.
    """
    for _ in range(_MOST_TURNS):
        if session.is_finished or not session.is_over:
            break
        await asyncio.sleep(0)
