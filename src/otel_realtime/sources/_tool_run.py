"""The run of a tool, where the application says itself when it runs one."""

import json
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from otel_realtime.events import ToolEnded, ToolStarted
from otel_realtime.session import SessionTelemetry


class ToolRun:
    """One run of a tool: a context manager, for `with` in synchronous and asynchronous code.

    Attributes:
        output: What the tool gave, for the span to show; a text, or what becomes one as JSON. Set
            it inside the block.
    """

    def __init__(self, session: SessionTelemetry | None, call_id: str) -> None:
        """Nothing runs yet; without a session nothing is recorded."""
        self.output: Any = None
        self._session = session
        self._call_id = call_id
        self._current = ExitStack()

    def __enter__(self) -> Self:
        """Open the call's span and make it current."""
        session = self._session
        if session is not None:
            try:
                session.feed(ToolStarted(session.clock(), self._call_id))
                self._current.enter_context(session.use_tool(self._call_id))
            except Exception as error:  # noqa: BLE001 - the guard
                session.guard.caught("tool_run", error)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the span; what the block raised is recorded and passes through."""
        session = self._session
        if session is None:
            return
        at = session.clock()
        session.feed(ToolEnded(at, self._call_id, self._shown(session), error))
        self._current.close()

    def _shown(self, session: SessionTelemetry) -> str | None:
        if self.output is None or not session.keeps_content:
            return None
        try:
            if isinstance(self.output, str):
                return self.output
            return json.dumps(self.output, ensure_ascii=False, default=str)
        except Exception as error:  # noqa: BLE001 - the guard: the output is the application's
            session.guard.caught("tool_run", error)
            return None
