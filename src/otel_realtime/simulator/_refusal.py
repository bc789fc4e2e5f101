"""Refuses a connection: answers the websocket handshake with an error of the API."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from ._scenario import Refusal

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Response


def refuse(websocket: "ServerConnection", refusal: Refusal) -> "Response":
    """Build the answer: the status, and the error object that the API has in the body."""
    status = HTTPStatus(refusal.status)
    error = {**_usual(status), **refusal.error}
    response = websocket.respond(status, json.dumps({"error": error}))
    del response.headers["Content-Type"]  # these headers add up: another one would be the second
    response.headers["Content-Type"] = "application/json"
    return response


def _usual(status: HTTPStatus) -> dict[str, str | None]:
    kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    return {"message": f"{status.phrase}.", "type": kind, "param": None, "code": None}
