"""Connections that do not come about: what the client is answered, and how many."""

import json
from http import HTTPStatus

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from otel_realtime.simulator import RealtimeSimulator, parse_scenario


async def refused(url: str) -> tuple[int, dict]:
    """Try to connect; the status and the error object of the answer."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(url)
    response = caught.value.response
    assert response.headers.get_all("Content-Type") == ["application/json"]
    return response.status_code, json.loads(response.body)["error"]


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (401, "invalid_request_error", "Unauthorized."),
        (429, "invalid_request_error", "Too Many Requests."),
        (503, "server_error", "Service Unavailable."),
    ],
)
async def test_every_connection_is_refused(status, kind, message):
    async with RealtimeSimulator(parse_scenario(f"refuse: {status}")) as simulator:
        usual = {"message": message, "type": kind, "param": None, "code": None}
        for count in (1, 2):
            assert await refused(simulator.url) == (status, usual)
            assert simulator.refused == count
        assert simulator.sessions == []


async def test_the_error_is_the_scenarios():
    text = "refuse: {status: 429, message: Pay first., type: quota, code: insufficient_quota}"
    async with RealtimeSimulator(parse_scenario(text)) as simulator:
        status, error = await refused(simulator.url)
    assert status == HTTPStatus.TOO_MANY_REQUESTS
    wanted = {"message": "Pay first.", "type": "quota", "code": "insufficient_quota"}
    assert error == {**wanted, "param": None}


async def test_the_conversation_is_played_to_who_tries_often_enough():
    scenario = parse_scenario("{refuse: {status: 503, times: 2}, conversation: [agent: Hi.]}")
    async with RealtimeSimulator(scenario) as simulator:
        for _ in (1, 2):
            assert (await refused(simulator.url))[0] == HTTPStatus.SERVICE_UNAVAILABLE
        for _ in (1, 2):
            async with connect(simulator.url) as websocket:
                assert json.loads(await websocket.recv())["type"] == "session.created"
        assert (simulator.refused, len(simulator.sessions)) == (2, 2)


async def test_what_is_not_served_is_not_found_and_no_refusal():
    async with RealtimeSimulator(parse_scenario("refuse: 401")) as simulator:
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"{simulator.base_url}/chat")
        assert caught.value.response.status_code == HTTPStatus.NOT_FOUND
        assert simulator.refused == 0
