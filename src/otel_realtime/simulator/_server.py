"""The server: listens on a port, and keeps the record of every connection."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ._errors import MISSING_EXTRA, SimulatorError
from ._files import load_scenario
from ._refusal import refuse
from ._scenario import Scenario
from ._session import SimulatorSession

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

_LARGEST_EVENT = 16 * 1024 * 1024  # bytes; the real server takes 15 MB of audio in one event


class RealtimeSimulator:
    """A local server that speaks the OpenAI Realtime protocol and plays a scenario.

    Use it as an asynchronous context manager. Each connection plays the scenario from its start.

    Attributes:
        scenario: what it plays.
        sessions: the connections there were, in order.
        refused: how many connections were refused, by the scenario's `refuse`.
    """

    def __init__(
        self, scenario: Scenario | str | Path, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Prepare to play a scenario.

        Args:
            scenario: a scenario, the path of a scenario file, or the name of a built-in one.
            host: the address to listen on.
            port: the port to listen on; 0 takes a free one.

        Raises:
            ScenarioError: the file is not there, or says something that is not understood.
            SimulatorError: PyYAML is missing.
        """
        if not isinstance(scenario, Scenario):
            scenario = load_scenario(scenario)
        self.scenario = scenario
        self.sessions: list[SimulatorSession] = []
        self.refused = 0
        self._host = host
        self._port = port
        self._server: Server | None = None
        self._links: set[ServerConnection] = set()
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        """The websocket URL, such as `ws://127.0.0.1:8080/v1/realtime`.

        Raises:
            SimulatorError: the simulator is not running.
        """
        return f"{self.base_url}/realtime"

    @property
    def base_url(self) -> str:
        """What `AsyncOpenAI(websocket_base_url=...)` takes, such as `ws://127.0.0.1:8080/v1`.

        Raises:
            SimulatorError: the simulator is not running.
        """
        if self._server is None:
            problem = "The simulator is not running: start it with `async with` or `start()`."
            raise SimulatorError(problem)
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"ws://{host}:{self._port}/v1"

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            SimulatorError: websockets is missing, or the port cannot be used.
        """
        try:
            from websockets.asyncio.server import serve
        except ImportError as error:
            raise SimulatorError(MISSING_EXTRA) from error
        try:
            self._server = await serve(
                self._serve,
                self._host,
                self._port,
                process_request=self._let_in,
                compression=None,
                max_size=_LARGEST_EVENT,
                ping_interval=None,
            )
        except (OSError, OverflowError) as error:
            problem = (
                f"The simulator cannot listen on {self._host}:{self._port} ({error}); "
                "choose another port, or port=0 for a free one."
            )
            raise SimulatorError(problem) from error
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and close all connections (1001), also those that fell silent."""
        if self._server is None:
            return
        server, self._server = self._server, None
        for websocket in self._links:
            if not websocket.transport.is_reading():
                websocket.transport.abort()
        server.close()
        await server.wait_closed()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    async def wait_for_session(
        self,
        count: int = 1,
        *,
        timeout: float = 10.0,  # noqa: ASYNC109 - the message says what there was instead
    ) -> SimulatorSession:
        """Wait for the `count`-th connection and return it.

        Raises:
            TimeoutError: there were fewer within `timeout` seconds.
        """
        try:
            async with asyncio.timeout(timeout), self._arrived:
                await self._arrived.wait_for(lambda: len(self.sessions) >= count)
        except TimeoutError:
            problem = f"{len(self.sessions)} of {count} sessions in {timeout} s"
            raise TimeoutError(problem) from None
        return self.sessions[count - 1]

    def _let_in(self, websocket: "ServerConnection", request: "Request") -> "Response | None":
        if not request.path.partition("?")[0].rstrip("/").endswith("/realtime"):
            sentence = "The simulator serves /v1/realtime only.\n"
            return websocket.respond(HTTPStatus.NOT_FOUND, sentence)
        refusal = self.scenario.refuse
        if refusal is None or (refusal.times is not None and self.refused >= refusal.times):
            return None
        self.refused += 1
        return refuse(websocket, refusal)

    async def _serve(self, websocket: "ServerConnection") -> None:
        from ._serving import open_stage, serve_one

        stage, session = open_stage(websocket, self.scenario)
        self._links.add(websocket)
        self.sessions.append(session)
        async with self._arrived:
            self._arrived.notify_all()
        try:
            await serve_one(websocket, stage, session)
        finally:
            self._links.discard(websocket)
