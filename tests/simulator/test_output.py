"""What responses put out: speech, text, tool calls, hosted MCP calls."""

import asyncio
import base64
import wave

import numpy as np


async def test_words_come_one_by_one_and_audio_lasts_as_long_as_they_take(join):
    client = await join("{audio_speed: 0, conversation: [agent: One two three four]}")
    await client.send("response.create")
    await client.until("response.done")
    deltas = [event["delta"] for event in client.of("response.output_audio_transcript.delta")]
    assert deltas == ["One", " two", " three", " four"]
    audio = [base64.b64decode(event["delta"]) for event in client.of("response.output_audio.delta")]
    assert [len(piece) for piece in audio] == [4800] * 15
    interleaved = [kind for kind in client.types if kind.endswith("delta")]
    assert interleaved[1] == "response.output_audio.delta"
    assert interleaved.index("response.output_audio_transcript.delta", 1) > 2


async def test_audio_is_sent_at_the_scenario_s_speed(join):
    client = await join("{conversation: [agent: {say: One two three four, audio_speed: 5}]}")
    clock = asyncio.get_running_loop().time
    await client.send("response.create")
    await client.until("response.output_audio.delta")
    began = clock()
    await client.until("response.done")
    assert clock() - began >= 1.5 / 5 - 0.03


async def test_a_wav_file_is_the_model_s_voice(join, tmp_path):
    samples = (np.arange(24_000 // 4) % 2000).astype("<i2")
    with wave.open(str(tmp_path / "hello.wav"), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    client = await join(
        "{audio_speed: 0, conversation: [agent: {say: One two three, audio: hello.wav}]}"
    )
    await client.send("response.create")
    await client.until("response.done")
    pieces = [base64.b64decode(e["delta"]) for e in client.of("response.output_audio.delta")]
    assert b"".join(pieces) == samples.tobytes()
    done = client.of("response.output_audio_transcript.done")[0]
    assert done["transcript"] == "One two three"


async def test_text_sessions_get_text(join):
    client = await join("text_only")
    await client.configure(output_modalities=["text"])
    await client.type_text("What can you do?")
    done = (await client.until("response.done"))["response"]
    text = "I can answer questions about the weather."
    assert done["output"][0]["content"] == [{"type": "output_text", "text": text}]
    assert "".join(event["delta"] for event in client.of("response.output_text.delta")) == text
    assert client.of("response.output_text.done")[0]["text"] == text
    assert not any("audio" in event_type for event_type in client.types)
    assert done["usage"]["output_token_details"]["audio_tokens"] == 0


async def test_words_and_calls_keep_the_order_of_the_file(join):
    client = await join("""
        audio_speed: 0
        conversation:
          - agent: {calls: [a, b: {x: 1}], say: Wait.}
        """)
    await client.send("response.create")
    output = (await client.until("response.done"))["response"]["output"]
    assert [item["type"] for item in output] == ["function_call", "function_call", "message"]
    assert [item.get("arguments") for item in output] == ["{}", '{"x": 1}', None]
    done = client.of("response.function_call_arguments.done")
    assert [event["output_index"] for event in done] == [0, 1]
    assert len({event["call_id"] for event in done}) == 2
    deltas = [e["delta"] for e in client.of("response.function_call_arguments.delta")]
    assert "".join(deltas) == '{}{"x": 1}'


async def test_hosted_mcp_calls(join):
    client = await join("""
        audio_speed: 0
        conversation:
          - agent:
              mcp:
                - {server: docs, tool: search, arguments: {q: x}, output: found, duration_ms: 20}
                - {server: docs, tool: fetch, error: gone}
              say: I found it.
        """)
    await client.send("response.create")
    found, failed, said = (await client.until("response.done"))["response"]["output"]
    assert (found["output"], found["error"], found["arguments"]) == ("found", None, '{"q": "x"}')
    assert failed["error"] == {"type": "tool_execution_error", "message": "gone"}
    assert failed["output"] is None
    assert said["type"] == "message"
    kinds = [kind for kind in client.types if "mcp" in kind]
    call = ["response.mcp_call_arguments.delta", "response.mcp_call_arguments.done"]
    call.append("response.mcp_call.in_progress")
    ends = ["response.mcp_call.completed"], ["response.mcp_call.failed"]
    assert kinds == [*call, *ends[0], *call, *ends[1]]
