"""What all parts of one connection share."""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed

from ._config import SessionConfig
from ._items import Items
from ._link import Link
from ._scenario import Scenario
from ._usage import Meter
from ._wire import Ids


@dataclass(slots=True)
class Stage:
    """One connection's wire, settings, items and scenario, and the tasks that act on them."""

    link: Link
    config: SessionConfig
    items: Items
    ids: Ids
    meter: Meter
    scenario: Scenario
    open_calls: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside the connection; a lost connection just ends it."""
        task = asyncio.create_task(_until_closed(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """End all that still runs."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _until_closed(work: Coroutine[Any, Any, None]) -> None:
    # Whoever serves the connection notices it too, and ends the session.
    with contextlib.suppress(ConnectionClosed):
        await work
