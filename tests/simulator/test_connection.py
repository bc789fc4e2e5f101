"""Whole turns, over a bare websocket."""

from simulator.voice import loud, quiet

SPOKEN_TURN = [
    "session.created",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]


def in_order(types):
    """Leave out repeated deltas, so that the order of events can be compared."""
    seen = []
    for event_type in types:
        if not (event_type.endswith(".delta") and event_type in seen):
            seen.append(event_type)
    return seen


async def test_a_spoken_turn_has_the_events_of_a_real_one_in_order(join):
    client = await join("{audio_speed: 0, conversation: [user: Hello, agent: Hi. How are you.]}")
    await client.speak()
    await client.until("rate_limits.updated")
    assert in_order(client.types) == SPOKEN_TURN


async def test_speech_times_are_true_to_the_input(join):
    client = await join("answer")
    await client.say(quiet(1000) + loud(800) + quiet(700))
    started = await client.until("input_audio_buffer.speech_started")
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert started["audio_start_ms"] == 1000 - 300
    assert stopped["audio_end_ms"] == 1800 + 500
    assert started["item_id"] == stopped["item_id"]


async def test_items_are_chained(join):
    client = await join("{audio_speed: 0, conversation: [user: A, agent: B, user: C, agent: D]}")
    for _ in range(2):
        await client.speak()
        await client.until("response.done")
    added = client.of("conversation.item.added")
    ids = [event["item"]["id"] for event in added]
    assert [event["previous_item_id"] for event in added] == [None, *ids[:-1]]
    done = client.of("conversation.item.done")
    assert [event["previous_item_id"] for event in done] == [None, *ids[:-1]]


async def test_a_barge_in_cancels_the_response(join):
    client = await join("barge_in")
    await client.speak()
    await client.until("response.output_audio.delta", 3)
    await client.speak()
    done = (await client.until("response.done"))["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    (item,) = done["output"]
    assert item["status"] == "incomplete"
    said = item["content"][0]["transcript"]
    assert 0 < len(said.split()) < 10
    assert 0 < done["usage"]["output_token_details"]["audio_tokens"] < 40
    closing = ["response.output_audio.done", "response.output_audio_transcript.done"]
    closing += ["response.content_part.done", "conversation.item.done", "response.output_item.done"]
    assert client.types[-7:] == ["input_audio_buffer.speech_started", *closing, "response.done"]
    answer = (await client.until("response.done"))["response"]
    assert answer["output"][0]["content"][0]["transcript"] == "Of course. I have stopped."


async def test_without_interrupt_response_the_model_talks_on(join):
    client = await join("{audio_speed: 4, conversation: [user: A, agent: One two three, user: B]}")
    detection = {"type": "server_vad", "interrupt_response": False}
    await client.configure(audio={"input": {"turn_detection": detection}})
    await client.speak()
    await client.until("response.output_audio.delta")
    await client.speak()
    await client.until("input_audio_buffer.speech_started")
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_speech_over_a_response_that_goes_on_is_answered_by_an_error(join):
    client = await join(
        "{audio_speed: 1, conversation: [user: A, agent: B c d, user: E, agent: F]}"
    )
    detection = {"type": "server_vad", "interrupt_response": False}
    await client.configure(audio={"input": {"turn_detection": detection}})
    await client.speak()
    await client.until("response.output_audio.delta")
    await client.speak()
    error = (await client.until("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"


async def test_without_create_response_the_client_asks(join):
    client = await join("{audio_speed: 0, conversation: [user: A, agent: B]}")
    detection = {"type": "server_vad", "create_response": False}
    await client.configure(audio={"input": {"turn_detection": detection}})
    await client.speak()
    await client.until("conversation.item.done")
    assert "response.created" not in client.types
    await client.send("response.create")
    done = (await client.until("response.done"))["response"]
    assert done["output"][0]["content"][0]["transcript"] == "B"


async def test_one_utterance_can_be_split_in_two(join):
    client = await join("""
        audio_speed: 1
        conversation:
          - user: {says: I would like, split_after_ms: 400}
          - user: to go home
          - agent: Then go.
        """)
    await client.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
    await client.speak(1000)
    await client.until("conversation.item.input_audio_transcription.completed", 2)
    started = client.of("input_audio_buffer.speech_started")
    stopped = client.of("input_audio_buffer.speech_stopped")
    assert [event["audio_start_ms"] for event in started] == [0, 100]
    assert [event["audio_end_ms"] for event in stopped] == [400, 1500]
    assert len(client.of("response.created")) == 1


async def test_push_to_talk(join):
    client = await join("{audio_speed: 0, conversation: [user: A, agent: B]}")
    await client.configure(audio={"input": {"turn_detection": None}})
    await client.say(loud(300))
    await client.send("input_audio_buffer.clear")
    await client.until("input_audio_buffer.cleared")
    await client.send("input_audio_buffer.commit")
    error = (await client.until("error"))["error"]
    assert error["code"] == "input_audio_buffer_commit_empty"
    await client.say(loud(300))
    await client.send("input_audio_buffer.commit")
    await client.until("conversation.item.done")
    assert "response.created" not in client.types
    assert "input_audio_buffer.speech_started" not in client.types
    await client.send("response.create")
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_a_greeting_comes_before_any_turn_of_the_user(join):
    client = await join("{audio_speed: 0, conversation: [agent: Welcome., user: A, agent: B]}")
    await client.send("response.create")
    greeting = (await client.until("response.done"))["response"]
    assert greeting["output"][0]["content"][0]["transcript"] == "Welcome."
    await client.speak()
    answer = (await client.until("response.done"))["response"]
    assert answer["output"][0]["content"][0]["transcript"] == "B"


async def test_the_follow_up_waits_for_all_tool_outputs(join):
    client = await join("""
        audio_speed: 0
        conversation:
          - user: Look.
          - agent: {calls: [look: {at: a}, look: {at: b}], while_waiting: One moment.}
          - agent: I saw both.
        """)
    await client.type_text()
    calls = (await client.until("response.done"))["response"]["output"]
    assert [call["arguments"] for call in calls] == ['{"at": "a"}', '{"at": "b"}']
    said = []
    for call in reversed(calls):
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": "ok"}
        await client.send("conversation.item.create", item=item)
        await client.send("response.create")
        done = await client.until("response.done")
        said.append(done["response"]["output"][0]["content"][0]["transcript"])
    assert said == ["One moment.", "I saw both."]


async def test_after_the_script_the_model_still_answers(join):
    client = await join("{audio_speed: 0, otherwise: Over., conversation: [user: A, agent: B]}")
    await client.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
    for expected in ("B", "Over.", "Over."):
        await client.speak()
        done = (await client.until("response.done"))["response"]
        assert done["output"][0]["content"][0]["transcript"] == expected
    await client.until("conversation.item.input_audio_transcription.completed", 3)
    spoken = client.of("conversation.item.input_audio_transcription.completed")
    assert [event["transcript"] for event in spoken] == ["A", *["(not in the scenario)"] * 2]


async def test_an_out_of_band_response_runs_beside_the_conversation(join):
    client = await join("""
        audio_speed: 1
        conversation: [user: A, agent: A rather long answer]
        out_of_band: [agent-less summary]
        """)
    await client.type_text()
    await client.until("response.output_audio.delta")
    request = {"conversation": "none", "metadata": {"topic": "x"}, "output_modalities": ["text"]}
    await client.send("response.create", response=request)
    beside = (await client.until("response.done"))["response"]
    assert beside["metadata"] == {"topic": "x"}
    assert beside["conversation_id"] is None
    assert beside["output"][0]["content"] == [{"type": "output_text", "text": "agent-less summary"}]
    main = (await client.until("response.done"))["response"]
    assert main["status"] == "completed"
    added = [event["item"]["id"] for event in client.of("conversation.item.added")]
    assert beside["output"][0]["id"] not in added


async def test_silence_after_an_answer_times_out(join):
    client = await join("""
        audio_speed: 0
        conversation: [user: A, agent: B, idle: 150, agent: Still there, user: Yes, agent: Good.]
        """)
    await client.speak()
    await client.until("response.done")
    triggered = await client.until("input_audio_buffer.timeout_triggered")
    committed = await client.until("input_audio_buffer.committed")
    assert committed["item_id"] == triggered["item_id"]
    assert triggered["audio_start_ms"] == triggered["audio_end_ms"] == 1200
    asked = (await client.until("response.done"))["response"]
    assert asked["output"][0]["content"][0]["transcript"] == "Still there"


async def test_an_idle_step_is_skipped_if_the_user_speaks(join):
    client = await join("""
        audio_speed: 0
        conversation: [user: A, agent: B, idle: 60000, agent: Still there, user: C, agent: D]
        """)
    for expected in ("B", "D"):
        await client.speak()
        done = (await client.until("response.done"))["response"]
        assert done["output"][0]["content"][0]["transcript"] == expected
    assert "input_audio_buffer.timeout_triggered" not in client.types


async def test_the_session_s_own_idle_timeout_is_honoured(join):
    client = await join("{audio_speed: 0, otherwise: Hello, conversation: [user: A, agent: B]}")
    detection = {"type": "server_vad", "idle_timeout_ms": 100}
    await client.configure(audio={"input": {"turn_detection": detection}})
    await client.speak()
    await client.until("input_audio_buffer.timeout_triggered")
    done = (await client.until("response.done"))["response"]
    assert done["output"][0]["content"][0]["transcript"] == "Hello"


async def test_g711_in_and_out(join):
    client = await join("{audio_speed: 0, conversation: [user: A, agent: One two three four]}")
    form = {"format": {"type": "audio/pcmu"}}
    await client.configure(audio={"input": form, "output": form})
    await client.say(b"\xff" * 8000 + b"\x00\x80" * 2000 + b"\xff" * 8000)
    started = await client.until("input_audio_buffer.speech_started")
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert started["audio_start_ms"] == 700
    assert stopped["audio_end_ms"] == 2000
    await client.until("response.done")
    record = [e for e in client.session.sent if e["type"] == "response.output_audio.delta"]
    assert {event["delta"] for event in record} == {800}  # bytes of 100 ms
    assert len(record) == 15  # four words at 160 a minute
