import asyncio

import pytest

from otel_realtime.simulator import SimulatorError, SimulatorSession


@pytest.fixture
def session():
    return SimulatorSession("sess_1", "/v1/realtime")


async def test_both_directions_are_recorded_with_audio_as_its_size(join):
    client = await join("{audio_speed: 0, conversation: [user: A, agent: B]}")
    await client.speak(500)
    await client.until("response.done")
    appended = [e for e in client.session.received if e["type"] == "input_audio_buffer.append"]
    assert [event["audio"] for event in appended] == [4800] * 12
    assert sum(e["delta"] for e in client.session.sent if e["type"].endswith("audio.delta")) == (
        18_000  # one word: 375 ms of 24 kHz PCM16
    )
    sent = [event["type"] for event in client.session.sent]
    assert sent[: len(client.types)] == client.types


def test_what_is_recorded_does_not_change_later(session):
    event = {"type": "x", "item": {"status": "in_progress"}}
    session.record("sent", event)
    event["item"]["status"] = "completed"
    assert session.sent == [{"type": "x", "item": {"status": "in_progress"}}]


@pytest.mark.parametrize(("audio", "size"), [("", 0), ("QQ==", 1), ("QUI=", 2), ("QUJD", 3)])
def test_the_size_of_base64_is_exact(session, audio, size):
    session.record("received", {"type": "input_audio_buffer.append", "audio": audio})
    assert session.received[0]["audio"] == size


async def test_what_was_already_seen_is_returned_at_once(session):
    session.record("sent", {"type": "x", "n": 1})
    session.record("sent", {"type": "x", "n": 2})
    assert (await session.wait_for("x", 2))["n"] == 2
    assert (await session.wait_for("x"))["n"] == 1


async def test_several_can_wait_for_one_event(session):
    async with asyncio.TaskGroup() as group:
        waits = [group.create_task(session.wait_for("x", direction="received")) for _ in range(3)]
        await asyncio.sleep(0)
        session.record("sent", {"type": "x", "n": 1})
        session.record("received", {"type": "x", "n": 2})
    assert [wait.result()["n"] for wait in waits] == [2, 2, 2]


async def test_a_wait_that_is_too_long_says_what_was_seen(session):
    session.record("sent", {"type": "y"})
    with pytest.raises(TimeoutError, match=r"no 1 x x sent in 0.01 s; the last were \['y'\]"):
        await session.wait_for("x", timeout=0.01)
    session.end(1000)  # with no one left who waits


async def test_a_wait_ends_with_the_session(session):
    waiting = asyncio.create_task(session.wait_for("x"))
    await asyncio.sleep(0)
    session.end(1006)
    with pytest.raises(SimulatorError, match=r"ended \(1006\) before 1 x x sent"):
        await waiting
    with pytest.raises(SimulatorError, match="ended after 0 of 1 x x"):
        await session.wait_for("x")
    await session.wait_closed()
    assert session.close_code == 1006


def test_events_without_a_type_are_kept(session):
    session.record("received", {"raw": "[]"})
    session.record("received", {"type": 5})
    assert session.received == [{"raw": "[]"}, {"type": 5}]
