"""When the transcript of what the user said comes."""

import pytest

PREFIX = "conversation.item.input_audio_transcription"
WHISPER = {"input": {"transcription": {"model": "whisper-1"}}}


def scenario(user):
    return f"{{audio_speed: 0, conversation: [user: {user}, agent: B]}}"


async def test_there_is_none_unless_the_session_asks_for_it(join):
    client = await join(scenario("{says: Hello there, transcript_delay_ms: 0}"))
    await client.speak()
    await client.until("rate_limits.updated")
    assert not any(PREFIX in event_type for event_type in client.types)


async def test_it_comes_in_deltas_and_lands_on_the_utterance(join):
    client = await join(scenario("Hello there"))
    await client.configure(audio=WHISPER)
    await client.speak(1500)
    completed = await client.until(f"{PREFIX}.completed")
    assert completed["transcript"] == "Hello there"
    assert completed["usage"] == {"type": "duration", "seconds": 2}
    assert [event["delta"] for event in client.of(f"{PREFIX}.delta")] == ["Hello", " there"]
    item_id = client.of("input_audio_buffer.committed")[0]["item_id"]
    assert completed["item_id"] == item_id
    await client.send("conversation.item.retrieve", item_id=item_id)
    found = (await client.until("conversation.item.retrieved"))["item"]
    assert found["content"][0]["transcript"] == "Hello there"


async def test_other_models_are_billed_by_token(join):
    client = await join(scenario("Hello there"))
    await client.configure(audio={"input": {"transcription": {"model": "gpt-4o-transcribe"}}})
    await client.speak(500)
    usage = (await client.until(f"{PREFIX}.completed"))["usage"]
    assert usage == {
        "type": "tokens",
        "total_tokens": 13,
        "input_tokens": 10,
        "input_token_details": {"text_tokens": 0, "audio_tokens": 10},
        "output_tokens": 3,
    }


@pytest.mark.parametrize(
    ("when", "first", "then"),
    [
        ("first", f"{PREFIX}.completed", "response.created"),
        ("late", "response.done", f"{PREFIX}.completed"),
    ],
)
async def test_it_can_come_before_or_after_the_response(join, when, first, then):
    client = await join(scenario(f"{{says: Hello, transcript: {when}, transcript_delay_ms: 30}}"))
    await client.configure(audio=WHISPER)
    await client.speak()
    await client.until(then)
    assert client.types.index(first) < client.types.index(then)


async def test_it_can_fail(join):
    client = await join(scenario("{says: Hello, transcript: failed}"))
    await client.configure(audio=WHISPER)
    await client.speak()
    failed = await client.until(f"{PREFIX}.failed")
    assert failed["error"]["code"] == "audio_unintelligible"
    assert failed["item_id"] == client.of("input_audio_buffer.committed")[0]["item_id"]


async def test_it_can_be_missing(join):
    client = await join("""
        {audio_speed: 0, transcript_delay_ms: 0,
         conversation: [user: {says: A, transcript: never}, agent: B, user: C, agent: D]}
        """)
    await client.configure(audio=WHISPER)
    for _ in range(2):
        await client.speak()
        await client.until("response.done")
    if not client.of(f"{PREFIX}.completed"):
        await client.until(f"{PREFIX}.completed")
    assert [event["transcript"] for event in client.of(f"{PREFIX}.completed")] == ["C"]
