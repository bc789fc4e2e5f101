"""Faults, as a client meets them."""

import asyncio
import json
import time

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK


def mid_response(happening):
    return f"""
        audio_speed: 0
        conversation:
          - user: A
          - agent: {{say: One two three four, during: [{{at: 300, {happening}}}]}}
        """


@pytest.mark.parametrize(
    ("code", "error"),
    [(1000, ConnectionClosedOK), (1001, ConnectionClosedOK), (1011, ConnectionClosedError)],
)
async def test_the_connection_is_closed_in_mid_response(join, code, error):
    client = await join(mid_response(f"disconnect: {code}"))
    await client.type_text()
    with pytest.raises(error) as caught:
        await client.until("response.done")
    assert caught.value.rcvd.code == code
    assert len(client.of("response.output_audio.delta")) == 3
    await client.session.wait_closed()
    assert client.session.close_code == code


async def test_the_tcp_connection_is_reset(join):
    client = await join(mid_response("disconnect: abort"))
    await client.type_text()
    with pytest.raises(ConnectionClosedError) as caught:
        await client.until("response.done")
    assert caught.value.rcvd is None
    await client.session.wait_closed()
    assert client.session.close_code == 1006


async def test_a_silent_server_never_answers_the_close_frame(join):
    client = await join(mid_response("disconnect: silent"))
    await client.type_text()
    await client.until("response.output_audio.delta", 3)
    await client.websocket.close()  # its close_timeout is one second
    assert client.websocket.close_code == 1006
    assert client.of("response.done") == []


async def test_a_call_can_break_right_at_its_start(join):
    client = await join("{conversation: [disconnect: 1011]}")
    with pytest.raises(ConnectionClosedError):
        await client.until("session.updated")


async def test_an_error_event(join):
    client = await join("{audio_speed: 0, conversation: [agent: B, error: {code: odd}, agent: C]}")
    await client.send("response.create")
    error = (await client.until("error"))["error"]
    assert (error["code"], error["type"], error["event_id"]) == ("odd", "server_error", None)
    await client.send("response.create")
    assert (await client.until("response.done"))["response"]["status"] == "completed"


@pytest.mark.parametrize("kind", ["not_json", "not_object", "unknown_type", "missing_fields"])
async def test_malformed_frames(join, kind):
    client = await join(f"{{audio_speed: 0, conversation: [agent: B, malformed: {kind}]}}")
    await client.send("response.create")
    await client.until("rate_limits.updated")
    async with asyncio.timeout(10):
        frame = await client.websocket.recv()
    if kind == "not_json":
        with pytest.raises(ValueError, match="Expecting"):
            json.loads(frame)
    else:
        shape = {"not_object": ["an", "array"], "missing_fields": {"type": "response.done"}}
        unknown = {"type": "simulator.unheard_of", "event_id": "event_unheard_of"}
        assert json.loads(frame) == shape.get(kind, unknown)
    assert client.session.sent[-1] == {"raw": frame}


@pytest.mark.parametrize("which", ["last", "response.done"])
async def test_duplicates_have_the_same_event_id(join, which):
    client = await join(
        f"{{audio_speed: 0, rate_limits: none, conversation: [agent: B, duplicate: {which}]}}"
    )
    await client.send("response.create")
    await client.until("response.done", 2)
    first, second = client.of("response.done")
    assert first == second


async def test_dtmf_rate_limits_and_any_event(join):
    client = await join("""
        rate_limits: none
        conversation:
          - dtmf: "#"
          - rate_limits: [{name: tokens, remaining: 0}]
          - send: {type: conversation.created, conversation: {id: conv_mine}}
          - user: A
        """)
    pressed = await client.until("input_audio_buffer.dtmf_event_received")
    assert pressed["event"] == "#"
    assert abs(pressed["received_at"] - time.time()) < 60
    limits = await client.until("rate_limits.updated")
    assert limits["rate_limits"] == [{"name": "tokens", "remaining": 0}]
    sent = await client.until("conversation.created")
    assert sent["conversation"] == {"id": "conv_mine"}
    assert sent["event_id"]


async def test_things_after_a_user_step_happen_before_the_answer(join):
    client = await join("{audio_speed: 0, conversation: [user: A, dtmf: 5, agent: B]}")
    await client.speak()
    await client.until("response.done")
    pressed = client.types.index("input_audio_buffer.dtmf_event_received")
    assert client.types[pressed - 1 : pressed + 2 : 2] == [
        "conversation.item.done",
        "response.created",
    ]
