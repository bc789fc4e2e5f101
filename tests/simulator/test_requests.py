"""Every client event, and every mistake a client can make with one."""

import json

import pytest

PLAIN = "{audio_speed: 0, conversation: [user: A, agent: One two three]}"
MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}


async def test_an_unknown_type_is_an_error_that_names_the_event(join):
    client = await join(PLAIN)
    await client.send("session.explode", event_id="mine")
    error = (await client.until("error"))["error"]
    assert error["type"] == "invalid_request_error"
    assert error["code"] == "invalid_value"
    assert error["param"] == "type"
    assert error["event_id"] == "mine"
    assert "'session.update'" in error["message"]


@pytest.mark.parametrize(
    "frame", ["{not json", '"text"', "[1, 2]", "null", "5", "{}", '{"type":5}']
)
async def test_frames_that_are_no_events_are_errors(join, frame):
    client = await join(PLAIN)
    await client.websocket.send(frame)
    assert (await client.until("error"))["error"]["type"] == "invalid_request_error"
    await client.type_text()
    assert (await client.until("response.done"))["response"]["status"] == "completed"


WRONG = [
    ("session.update", {}, "missing_required_parameter"),
    ("session.update", {"session": {"audio": {"input": []}}}, "invalid_type"),
    ("input_audio_buffer.append", {}, "missing_required_parameter"),
    ("input_audio_buffer.append", {"audio": 5}, "invalid_type"),
    ("input_audio_buffer.append", {"audio": "*** no base64 ***"}, "invalid_value"),
    ("input_audio_buffer.commit", {}, "input_audio_buffer_commit_empty"),
    ("conversation.item.create", {"item": {}}, "missing_required_parameter"),
    ("conversation.item.create", {"item": {"type": "message"}}, "missing_required_parameter"),
    ("conversation.item.create", {"item": MESSAGE | {"content": [1]}}, "invalid_type"),
    ("conversation.item.create", {"item": MESSAGE | {"id": 5}}, "invalid_type"),
    (
        "conversation.item.create",
        {"item": MESSAGE, "previous_item_id": "gone"},
        "item_create_invalid_previous_item_id",
    ),
    (
        "conversation.item.create",
        {"item": {"type": "function_call_output", "call_id": "gone", "output": ""}},
        "invalid_tool_call_id",
    ),
    ("conversation.item.delete", {"item_id": "gone"}, "item_delete_invalid_item_id"),
    ("conversation.item.retrieve", {"item_id": "gone"}, "item_retrieve_invalid_item_id"),
    (
        "conversation.item.truncate",
        {"item_id": "gone", "content_index": 0, "audio_end_ms": 0},
        "item_truncate_invalid_item_id",
    ),
    ("response.create", {"response": "now"}, "invalid_type"),
    ("response.create", {"response": {"output_modalities": 5}}, "invalid_type"),
    ("response.cancel", {}, "response_cancel_not_active"),
    ("response.cancel", {"response_id": "gone"}, "response_cancel_not_active"),
    ("response.cancel", {"response_id": {}}, "invalid_type"),
]


@pytest.mark.parametrize(("event_type", "fields", "code"), WRONG)
async def test_mistakes_are_answered_as_the_real_server_does(join, event_type, fields, code):
    client = await join(PLAIN)
    await client.send(event_type, event_id="mine", **fields)
    error = (await client.until("error"))["error"]
    assert (error["code"], error["event_id"]) == (code, "mine")
    await client.type_text()
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_items_are_created_where_asked_retrieved_and_deleted(join):
    client = await join(PLAIN)
    for item_id, after in (("one", None), ("three", None), ("two", "one"), ("zero", "root")):
        where = {"previous_item_id": after} if after else {}
        await client.send("conversation.item.create", item=MESSAGE | {"id": item_id}, **where)
        await client.until("conversation.item.done")
    previous = [event["previous_item_id"] for event in client.of("conversation.item.added")]
    assert previous == [None, "one", "one", None]
    await client.send("conversation.item.create", item=MESSAGE | {"id": "two"})
    assert (await client.until("error"))["error"]["code"] == "item_create_duplicate_item_id"
    await client.send("conversation.item.retrieve", item_id="two")
    found = (await client.until("conversation.item.retrieved"))["item"]
    assert found == MESSAGE | {"id": "two", "status": "completed"}
    await client.send("conversation.item.delete", item_id="two")
    assert (await client.until("conversation.item.deleted"))["item_id"] == "two"
    await client.send("conversation.item.delete", item_id="two")
    assert (await client.until("error"))["error"]["code"] == "item_delete_invalid_item_id"


async def test_truncation_shortens_the_audio_and_drops_the_transcript(join):
    client = await join(PLAIN)
    await client.type_text()
    item_id = (await client.until("response.done"))["response"]["output"][0]["id"]
    where = {"item_id": item_id, "content_index": 0}
    await client.send("conversation.item.truncate", **where, audio_end_ms=400)
    truncated = await client.until("conversation.item.truncated")
    assert truncated["audio_end_ms"] == 400
    await client.send("conversation.item.truncate", **where, audio_end_ms=500)
    error = (await client.until("error"))["error"]
    assert error["message"] == "Audio content of 400ms is already shorter than 500ms"
    await client.send("conversation.item.retrieve", item_id=item_id)
    found = (await client.until("conversation.item.retrieved"))["item"]
    assert found["content"] == [{"type": "output_audio"}]


async def test_truncation_during_the_response_leaves_the_stream_whole(join):
    client = await join("{audio_speed: 4, conversation: [user: A, agent: One two three four]}")
    await client.type_text()
    delta = await client.until("response.output_audio.delta")
    await client.send(
        "conversation.item.truncate", item_id=delta["item_id"], content_index=0, audio_end_ms=50
    )
    await client.until("conversation.item.truncated")
    done = await client.until("response.output_audio_transcript.done")
    assert done["transcript"] == "One two three four"
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_a_second_response_create_is_refused_while_one_is_under_way(join):
    client = await join("{audio_speed: 1, conversation: [user: A, agent: One two three]}")
    await client.type_text()
    created = await client.until("response.created")
    await client.send("response.create", event_id="mine")
    error = (await client.until("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert created["response"]["id"] in error["message"]
    assert error["event_id"] == "mine"


async def test_response_cancel_ends_the_response(join):
    client = await join("{audio_speed: 1, conversation: [user: A, agent: One two three four]}")
    await client.type_text()
    response_id = (await client.until("response.output_audio.delta"))["response_id"]
    await client.send("response.cancel", response_id=response_id)
    done = (await client.until("response.done"))["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert done["output"][0]["status"] == "incomplete"


async def test_output_audio_buffer_clear_is_confirmed(join):
    client = await join(PLAIN)
    await client.type_text()
    response_id = (await client.until("response.done"))["response"]["id"]
    await client.send("output_audio_buffer.clear")
    assert (await client.until("output_audio_buffer.cleared"))["response_id"] == response_id


async def test_hosted_mcp_servers_are_listed_once(join):
    client = await join("""
        mcp_servers: {docs: [search, fetch], broken: fails}
        conversation: [user: A, agent: B]
        """)
    tools = [{"type": "mcp", "server_label": label} for label in ("docs", "broken")]
    await client.configure(tools=tools)
    listed = await client.until("conversation.item.done")
    assert [tool["name"] for tool in listed["item"]["tools"]] == ["search", "fetch"]
    await client.until("mcp_list_tools.completed")
    await client.until("mcp_list_tools.failed")
    await client.configure(tools=tools)
    assert len(client.of("mcp_list_tools.in_progress")) == 2


async def test_the_sdk_s_second_update_for_tracing_keeps_the_rest(join):
    client = await join(PLAIN)
    await client.configure(instructions="Be brief.")
    session = await client.configure(tracing="auto", model="gpt-realtime")
    assert session["tracing"] == "auto"
    assert session["instructions"] == "Be brief."


async def test_binary_frames_of_json_are_read_too(join):
    client = await join(PLAIN)
    await client.websocket.send(json.dumps({"type": "response.create"}).encode())
    assert (await client.until("response.done"))["response"]["status"] == "completed"
