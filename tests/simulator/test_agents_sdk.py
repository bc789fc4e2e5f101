"""The unmodified OpenAI Agents SDK, through whole conversations."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from simulator.voice import loud, quiet

from otel_realtime.simulator import RealtimeSimulator, SimulatorSession, parse_scenario

agents = pytest.importorskip("agents", reason="the OpenAI Agents SDK is an extra")
realtime = pytest.importorskip("agents.realtime", reason="the OpenAI Agents SDK is an extra")


class Call:
    """One session of the SDK, with what its user sees and what the simulator saw."""

    def __init__(self, session, record: SimulatorSession) -> None:
        self.session = session
        self.record = record
        self.events: list = []
        self._arrived = asyncio.Condition()

    async def speak(self, duration_ms: int = 500) -> None:
        audio = loud(duration_ms) + quiet(700)
        for offset in range(0, len(audio), 4800):
            await self.session.send_audio(audio[offset : offset + 4800])

    async def done(self, count: int) -> dict:
        """Return the `count`-th response of the session, once it is done."""
        return (await self.record.wait_for("response.done", count))["response"]

    async def read(self) -> None:
        async for event in self.session:
            async with self._arrived:
                self.events.append(event)
                self._arrived.notify_all()

    async def until(self, event_type: str) -> None:
        """Wait until the user of the SDK has seen an event."""
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(lambda: event_type in [e.type for e in self.events])


@asynccontextmanager
async def calling(scenario: str, agent) -> AsyncIterator[Call]:
    if ":" in scenario:
        scenario = parse_scenario(scenario)
    async with RealtimeSimulator(scenario) as simulator:
        config = {"url": simulator.url, "api_key": "simulator"}
        session = await realtime.RealtimeRunner(agent).run(model_config=config)
        async with session:
            call = Call(session, await simulator.wait_for_session())
            reading = asyncio.create_task(call.read())
            await call.record.wait_for("session.updated", 2)
            yield call
        await reading
    assert [event for event in call.events if event.type == "error"] == []


def spoken(response: dict) -> str:
    return response["output"][0]["content"][0]["transcript"]


@agents.function_tool
async def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"rain in {city}"


ASSISTANT = realtime.RealtimeAgent(name="Assistant", instructions="Help.", tools=[get_weather])


async def test_a_spoken_answer():
    async with calling("answer", ASSISTANT) as call:
        await call.speak()
        assert spoken(await call.done(1)).startswith("Yes, I can hear you")
        await call.record.wait_for("conversation.item.retrieve", direction="received")
        for event_type in ("audio", "audio_end", "history_updated"):
            await call.until(event_type)


async def test_a_tool_call_and_its_follow_up():
    async with calling("tools", ASSISTANT) as call:
        await call.speak()
        (item,) = (await call.done(1))["output"]
        assert (item["name"], item["arguments"]) == ("get_weather", '{"city": "London"}')
        assert spoken(await call.done(2)) == "It is raining in London."
    outputs = [
        event["item"]["output"]
        for event in call.record.received
        if event["type"] == "conversation.item.create"
    ]
    assert outputs == ["rain in London"]


async def test_two_parallel_tools_that_finish_apart():
    first_is_answered = asyncio.Event()

    @agents.function_tool
    async def get_weather(city: str) -> str:
        if city == "Rome":
            await first_is_answered.wait()
        return f"rain in {city}"

    agent = realtime.RealtimeAgent(name="Assistant", tools=[get_weather])
    scenario = """
        audio_speed: 0
        conversation:
          - user: In Paris and Rome?
          - agent:
              calls: [get_weather: {city: Paris}, get_weather: {city: Rome}]
              while_waiting: Still looking.
          - agent: Rain in both.
        """.replace("Rome?", "Rome")
    async with calling(scenario, agent) as call:
        await call.speak()
        assert len((await call.done(1))["output"]) == 2
        assert spoken(await call.done(2)) == "Still looking."
        first_is_answered.set()
        assert spoken(await call.done(3)) == "Rain in both."


async def test_a_barge_in():
    async with calling("barge_in", ASSISTANT) as call:
        await call.speak()
        await call.record.wait_for("response.output_audio.delta", 5)
        await call.speak()
        assert (await call.done(1))["status_details"]["reason"] == "turn_detected"
        truncate = await call.record.wait_for("conversation.item.truncate", direction="received")
        truncated = await call.record.wait_for("conversation.item.truncated")
        assert truncated["audio_end_ms"] == truncate["audio_end_ms"] <= 600
        assert spoken(await call.done(2)) == "Of course. I have stopped."
        await call.until("audio_interrupted")


async def test_a_handoff():
    billing = realtime.RealtimeAgent(name="Billing", instructions="You do bills.")
    desk = realtime.RealtimeAgent(name="Desk", handoffs=[billing])
    async with calling("handoff", desk) as call:
        await call.speak()
        assert (await call.done(1))["output"][0]["name"] == "transfer_to_billing"
        assert spoken(await call.done(2)).startswith("Hello, this is billing.")
        await call.until("handoff")
    updated = [event for event in call.record.sent if event["type"] == "session.updated"]
    assert updated[-1]["session"]["instructions"] == "You do bills."


async def test_typed_text_in_a_text_session():
    async with RealtimeSimulator("text_only") as simulator:
        config = {
            "url": simulator.url,
            "api_key": "simulator",
            "initial_model_settings": {"modalities": ["text"]},
        }
        session = await realtime.RealtimeRunner(ASSISTANT).run(model_config=config)
        async with session:
            record = await simulator.wait_for_session()
            await session.send_message("What can you do?")
            done = (await record.wait_for("response.done"))["response"]
    assert done["output"][0]["content"][0]["type"] == "output_text"


async def test_one_conversation_with_everything():
    billing = realtime.RealtimeAgent(name="Billing")
    agent = realtime.RealtimeAgent(name="Desk", tools=[get_weather], handoffs=[billing])
    scenario = """
        audio_speed: 0
        conversation:
          - user: Hello.
          - agent: Hello to you.
          - user: The weather in London, please.
          - agent: {calls: [get_weather: {city: London}]}
          - agent: Rain.
          - user: Tell me a story.
          - agent: {say: Once upon a time there was a clock, audio_speed: 1}
          - user: Stop.
          - agent: I stop.
          - user: {says: Did you get that, transcript: late}
          - agent: I did.
          - user: Billing, please.
          - agent: {calls: transfer_to_billing}
          - agent: Billing here.
        """
    async with calling(scenario, agent) as call:
        for last in (1, 3):
            await call.speak()
            await call.done(last)
        await call.speak()
        await call.record.wait_for("response.created", 4)
        heard = len([e for e in call.record.sent if e["type"] == "response.output_audio.delta"])
        await call.record.wait_for("response.output_audio.delta", heard + 3)
        for last in (5, 6, 8):
            await call.speak()
            await call.done(last)
        statuses = [(await call.done(count))["status"] for count in range(1, 9)]
    assert statuses == ["completed"] * 3 + ["cancelled"] + ["completed"] * 4
    said = [event["transcript"] for event in call.record.sent if _is_transcript(event)]
    assert said == ["Hello to you.", "Rain.", said[2], "I stop.", "I did.", "Billing here."]


def _is_transcript(event: dict) -> bool:
    return event.get("type") == "response.output_audio_transcript.done"


@pytest.mark.parametrize(
    ("how", "closed_well"), [("1000", True), ("1001", True), ("1011", False), ("abort", False)]
)
async def test_a_lost_connection(how, closed_well):
    if closed_well and not hasattr(realtime.model_events, "RealtimeModelEndOfStreamEvent"):
        pytest.skip("the session ends at a clean close since openai-agents 0.21.1")
    scenario = f"""
        audio_speed: 0
        conversation:
          - user: A
          - agent: {{say: One two three four, during: [{{at: 300, disconnect: {how}}}]}}
        """
    from websockets.exceptions import ConnectionClosedError

    async with RealtimeSimulator(parse_scenario(scenario)) as simulator:
        config = {"url": simulator.url, "api_key": "simulator"}
        session = await realtime.RealtimeRunner(ASSISTANT).run(model_config=config)
        async with session:
            call = Call(session, await simulator.wait_for_session())
            await call.speak()
            if closed_well:
                await call.read()
            else:
                with pytest.raises(ConnectionClosedError):
                    await call.read()
            await call.record.wait_closed()
