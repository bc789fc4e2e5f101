"""How responses begin and end."""

import asyncio

import pytest


async def test_a_failed_response_says_why(join):
    client = await join("""
        conversation:
          - user: A
          - agent: {fails: {code: overloaded, message: Try again.}}
        """)
    await client.type_text()
    done = (await client.until("response.done"))["response"]
    assert done["status"] == "failed"
    error = {"type": "server_error", "code": "overloaded", "message": "Try again."}
    assert done["status_details"] == {"type": "failed", "error": error}
    assert done["output"] == []


@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
async def test_an_incomplete_response_says_why(join, reason):
    client = await join(f"""
        audio_speed: 0
        conversation:
          - user: A
          - agent: {{say: I was about to, incomplete: {reason}}}
        """)
    await client.type_text()
    done = (await client.until("response.done"))["response"]
    assert done["status"] == "incomplete"
    assert done["status_details"] == {"type": "incomplete", "reason": reason}
    assert done["output"][0]["status"] == "incomplete"


async def test_delays_are_kept(join):
    client = await join("""
        audio_speed: 0
        response_delay_ms: 120
        conversation:
          - user: A
          - agent: {say: B, first_audio_delay_ms: 130}
        """)
    clock = asyncio.get_running_loop().time
    await client.type_text()
    asked = clock()
    await client.until("response.created")
    created = clock()
    await client.until("response.output_audio.delta")
    assert created - asked >= 0.11
    assert clock() - created >= 0.12


async def test_a_response_cut_off_before_it_began_is_announced_and_cancelled(join):
    client = await join("{response_delay_ms: 60000, conversation: [user: A, agent: B]}")
    await client.type_text()
    await client.until("conversation.item.done")
    await client.session.wait_for("response.create", direction="received")
    await client.send("response.cancel")
    created = await client.until("response.created")
    done = (await client.until("response.done"))["response"]
    assert done["id"] == created["response"]["id"]
    assert (done["status"], done["output"]) == ("cancelled", [])


async def test_what_the_request_asks_for_is_in_the_response(join):
    client = await join("{audio_speed: 0, conversation: [agent: B]}")
    request = {"metadata": {"a": "b"}, "max_output_tokens": 50, "output_modalities": ["text"]}
    await client.send("response.create", response=request)
    done = (await client.until("response.done"))["response"]
    assert {key: done[key] for key in request} == request
    assert done["conversation_id"].startswith("conv_")


async def test_things_happen_at_their_moment(join):
    client = await join("""
        audio_speed: 0
        conversation:
          - user: A
          - agent:
              say: One two three
              during:
                - {at: done, send: {type: test.done}}
                - {at: 300, send: {type: test.at_300}}
                - {at: first_audio, send: {type: test.first}}
                - {at: 99999, send: {type: test.beyond}}
                - send: {type: test.created}
        """)
    await client.type_text()
    await client.until("response.done")
    types = client.types
    assert types[types.index("test.created") - 1] == "response.created"
    assert types[types.index("test.first") - 1] == "response.content_part.added"
    assert types[: types.index("test.at_300")].count("response.output_audio.delta") == 3
    assert types[-3:] == ["test.done", "test.beyond", "response.done"]


async def test_rate_limits_follow_each_response(join):
    client = await join("{audio_speed: 0, conversation: [agent: B, agent: C]}")
    left = []
    for _ in range(2):
        await client.send("response.create")
        done = await client.until("response.done")
        (limit,) = (await client.until("rate_limits.updated"))["rate_limits"]
        left.append((limit["remaining"], done["response"]["usage"]["total_tokens"]))
    (first, spent), (second, also_spent) = left
    assert first == 40_000 - spent
    assert second == first - also_spent


async def test_rate_limits_are_what_the_scenario_says(join):
    client = await join("""
        audio_speed: 0
        rate_limits: [{name: requests, limit: 100, remaining: 7, reset_seconds: 1.5}]
        conversation: [agent: B]
        """)
    await client.send("response.create")
    limits = (await client.until("rate_limits.updated"))["rate_limits"]
    assert limits == [{"name": "requests", "limit": 100, "remaining": 7, "reset_seconds": 1.5}]


async def test_rate_limits_can_be_left_out(join):
    client = await join("{audio_speed: 0, rate_limits: none, conversation: [agent: B, agent: C]}")
    for _ in range(2):
        await client.send("response.create")
        await client.until("response.done")
    assert "rate_limits.updated" not in client.types
