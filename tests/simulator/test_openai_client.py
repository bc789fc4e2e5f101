"""The raw `openai` client, and the shapes of all events by its own types."""

import base64

import pytest
from simulator.voice import loud, quiet

from otel_realtime.simulator import RealtimeSimulator, load_scenario, parse_scenario

openai = pytest.importorskip("openai", reason="the openai client comes with an extra")
pydantic = pytest.importorskip("pydantic")


async def collect(connection, until):
    events = []
    async for event in connection:
        events.append(event)
        if event.type == until:
            return events
    raise AssertionError(events)


async def test_a_whole_turn_with_a_tool():
    async with (
        RealtimeSimulator("tools") as simulator,
        openai.AsyncOpenAI(websocket_base_url=simulator.base_url, api_key="simulator") as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(
            session={"type": "realtime", "output_modalities": ["text"], "instructions": "Hi."}
        )
        audio = base64.b64encode(loud(400) + quiet(700)).decode()
        await connection.input_audio_buffer.append(audio=audio)
        events = await collect(connection, "response.done")
        (call,) = events[-1].response.output
        assert call.name == "get_weather"
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
        await connection.conversation.item.create(item=output)
        await connection.response.create()
        events = await collect(connection, "response.done")
        assert events[-1].response.output[0].content[0].text == "It is raining in London."
        assert simulator.sessions[0].path == "/v1/realtime?model=gpt-realtime"


EVERYTHING = parse_scenario("""
    audio_speed: 0
    transcript_delay_ms: 0
    mcp_servers: {docs: [search], broken: fails}
    conversation:
      - dtmf: 5
      - agent: {mcp: [{server: docs, tool: a}, {server: docs, tool: b, error: gone}], say: Hello}
      - error: {code: odd}
      - user: {says: A, transcript: first}
      - agent: {fails: true, say: B}
      - user: {says: C, transcript: failed}
      - agent: {incomplete: content_filter, say: D, calls: [look: {at: e}]}
      - idle: 10
      - agent: F
    """)


@pytest.mark.parametrize("scenario", [EVERYTHING, load_scenario("tools")], ids=lambda s: s.name)
async def test_every_event_has_the_shape_of_the_api_s_types(join, scenario):
    from openai.types.realtime import RealtimeServerEvent

    adapter = pydantic.TypeAdapter(RealtimeServerEvent)
    client = await join(scenario)
    tools = [{"type": "mcp", "server_label": label} for label in ("docs", "broken")]
    transcription = {"input": {"transcription": {"model": "whisper-1"}}}
    await client.configure(audio=transcription, tools=tools, tracing="auto")
    await client.send("response.create")
    await client.until("response.done")
    for _ in range(2):
        await client.speak()
        await client.until("response.done")
    item_id = client.of("conversation.item.added")[-1]["item"]["id"]
    await client.send("conversation.item.retrieve", item_id=item_id)
    await client.send("conversation.item.delete", item_id=item_id)
    await client.send("input_audio_buffer.clear")
    await client.send("output_audio_buffer.clear")
    await client.until("output_audio_buffer.cleared")
    if scenario is EVERYTHING:
        await client.until("input_audio_buffer.timeout_triggered")
        await client.until("response.done")
    for event in client.events:
        adapter.validate_python({**event, "previous_item_id": event.get("previous_item_id") or ""})
    assert len(set(client.types)) > 20
