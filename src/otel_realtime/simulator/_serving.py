"""Serves one websocket: reads the client's frames until it is gone."""

import json
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from ._config import DEFAULT_MODEL, SessionConfig
from ._connection import Connection
from ._items import Items
from ._link import Link
from ._requests import answer
from ._scenario import Scenario
from ._session import SimulatorSession
from ._stage import Stage
from ._usage import Meter
from ._wire import ClientMistake, Event, Ids, error_object


def open_stage(websocket: ServerConnection, scenario: Scenario) -> tuple[Stage, SimulatorSession]:
    """Prepare what one connection needs."""
    request = websocket.request
    path = "" if request is None else request.path
    query = parse_qs(urlsplit(path).query)
    model = query.get("model", query.get("deployment", [DEFAULT_MODEL]))[0]
    ids = Ids()
    session = SimulatorSession(ids.only("sess"), path)
    config, items = SessionConfig(session.id, model), Items()
    link = Link(websocket, session, ids)
    meter = Meter(config, items)
    return Stage(link, config, items, ids, meter, scenario), session


async def serve_one(websocket: ServerConnection, stage: Stage, session: SimulatorSession) -> None:
    """Play the scenario with one client until the connection is closed."""
    connection = Connection(stage)
    try:
        await connection.begin()
        async for frame in websocket:
            await _take(connection, session, frame)
    except ConnectionClosed:
        pass  # the client is gone, or a fault of the scenario closed the connection
    finally:
        await stage.stop()
        await websocket.wait_closed()
        session.end(websocket.close_code)


async def _take(connection: Connection, session: SimulatorSession, frame: str | bytes) -> None:
    event_id = None
    try:
        event = _parse(frame, session)
        event_id = event.get("event_id") if isinstance(event, dict) else None
        await answer(connection, event)
    except ClientMistake as mistake:
        await connection.stage.link.send("error", error=error_object(mistake, event_id))


def _parse(frame: str | bytes, session: SimulatorSession) -> Event:
    try:
        event = json.loads(frame)
    except ValueError as error:
        session.record("received", {"raw": str(frame)})
        code, message = "invalid_json", "The frame is not valid JSON."
        raise ClientMistake(code, message) from error
    session.record("received", event if isinstance(event, dict) else {"raw": str(frame)})
    return event  # type: ignore[no-any-return]  # `answer` checks that it is an object
