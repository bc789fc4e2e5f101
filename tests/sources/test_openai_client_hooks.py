"""The raw client is wrapped while somebody follows it; what is not followed is left alone."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import json

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from sources.conftest import in_sdk, is_as_before
from sources.phone import Trace, reason
from sources.raw_client import (
    MODEL,
    ask,
    asynchronous,
    openai,
    simulated,
    synchronous,
    turn_async,
    turn_in_thread,
    until,
)
from sources.switchboard import instrumented
from websockets.asyncio.server import serve

from otel_realtime import observe, semconv
from otel_realtime.sources._openai_hooks import HOOKS


async def test_every_function_is_there_and_both_names_of_enter_are_wrapped(recorder):
    with instrumented(recorder):
        assert [getattr(now, "__wrapped__", None) for now in in_client()] == BEFORE
    assert is_as_before(in_sdk())


def in_client() -> list[object]:
    return [hook.found() for hook in HOOKS]


BEFORE = in_client()


def test_the_client_has_them_all():
    assert None not in BEFORE
    assert len(BEFORE) == len(set(BEFORE)) + 2  # the two that are `enter` as well


async def test_uninstrument_in_mid_call_ends_the_trace_and_not_the_call(recorder, counter):
    with instrumented(recorder) as instrumentor:
        async with simulated("typed") as simulator, asynchronous(simulator) as connection:
            await until(connection, "session.created")
            assert trace.get_current_span().is_recording()
            instrumentor.uninstrument()
            assert trace.get_current_span() is trace.INVALID_SPAN
            assert is_as_before(in_sdk())
            assert reason(Trace(recorder)) == ("uninstrumented", None)
            await ask(connection)
            await until(connection, "response.done")
            instrumentor.instrument(**recorder.providers)
            instrumentor.instrument(**recorder.providers)
            async with asynchronous(simulator) as other:
                await ask(other)
                await until(other, "response.done")
    traced = Trace(recorder)
    assert [each.attributes[semconv.END_REASON] for each in traced.named("invoke_agent")] == [
        "uninstrumented",
        "closed",
    ]
    assert len(traced.named("chat")) == 1


async def test_uninstrument_while_it_connects(recorder, counter):
    with instrumented(recorder) as instrumentor:
        async with simulated("typed") as simulator:
            connecting = asyncio.create_task(asynchronous(simulator).enter())
            await asyncio.sleep(0)
            instrumentor.uninstrument()
            connection = await connecting
            await until(connection, "session.created")
            await connection.close()
    assert reason(Trace(recorder)) == ("uninstrumented", None)


async def test_a_manager_that_is_entered_again(recorder, counter):
    with instrumented(recorder):
        async with simulated("typed") as simulator:
            manager = asynchronous(simulator)
            for _ in range(2):
                async with manager as connection:
                    await ask(connection)
                    await until(connection, "response.done")
    traced = Trace(recorder)
    ends = [each.attributes[semconv.END_REASON] for each in traced.named("invoke_agent")]
    assert ends == ["closed", "closed"]
    assert len(traced.named("chat")) == 2


async def test_two_connections_at_once_never_cross(recorder, counter):
    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            talks = [turn_async(asynchronous(simulator)) for _ in range(5)]
            talks += [asyncio.to_thread(turn_in_thread, synchronous(simulator)) for _ in range(2)]
            await asyncio.gather(*talks)
    traced = Trace(recorder)
    sessions = traced.named("invoke_agent")
    assert len(sessions) == len({each.trace_id for each in sessions}) == 7
    for session in sessions:
        names = sorted(each.name for each in traced.all.spans if each.trace_id == session.trace_id)
        assert names == sorted(
            ["invoke_agent", "user_input", *[f"chat {MODEL}"] * 2, "execute_tool look_up"]
        )


async def test_suppressed(recorder):
    with instrumented(recorder):
        async with simulated("typed") as simulator:
            with suppress_instrumentation():
                async with asynchronous(simulator) as connection:
                    await ask(connection)
                    await until(connection, "response.done")
                observed = observe(asynchronous(simulator), **recorder.providers)
                async with observed as connection:
                    await ask(connection)
                    await until(connection, "response.done")
    assert Trace(recorder).all.spans == ()


async def test_what_cannot_be_used_does_not_hold_up_the_call(recorder, counter, caplog):
    strange = [
        {"type": "nobody.knows", "text": "secret"},
        {"type": "response.done", "text": "secret"},
        {"type": "response.output_audio.delta"},
        {"type": "response.output_audio.delta", "delta": 7, "item_id": [], "content_index": {}},
        {"type": ["secret"]},
        {"kind": "secret"},
        ["secret"],
        "secret",
        None,
    ]
    with instrumented(recorder):
        async with simulated("typed") as simulator, asynchronous(simulator) as connection:
            for each in strange:
                connection.parse_event(json.dumps(each))
            with pytest.raises(json.JSONDecodeError):
                connection.parse_event("secret")
            await connection.send_raw("[1, 2]")
            await connection.send({"type": "input_audio_buffer.append", "audio": ""})
            await ask(connection)
            await until(connection, "response.done")
    assert reason(Trace(recorder)) == ("closed", None)
    assert len(Trace(recorder).named("chat")) == 1
    assert "nobody.knows" in caplog.text
    assert "secret" not in caplog.text


BETA = [
    {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
    {"type": "response.audio_transcript.delta", "item_id": "i", "content_index": 0, "delta": "Yes"},
    {"type": "response.audio_transcript.delta", "item_id": "i", "content_index": 0, "delta": "."},
    {"type": "response.audio.delta", "item_id": "i", "content_index": 0, "delta": "AAAA" * 1600},
    {"type": "response.audio.delta", "item_id": "i", "content_index": 0, "delta": "AAAA" * 1600},
]


async def test_deltas_of_names_that_the_client_does_not_know(recorder, counter):
    with instrumented(recorder):
        async with simulated("typed") as simulator, asynchronous(simulator) as connection:
            await until(connection, "session.created")
            for event in BETA:
                connection.parse_event(json.dumps({"response_id": "r", "output_index": 0, **event}))
    said = Trace(recorder).one("chat")
    assert said.attributes[semconv.GENERATED_MS] == 200
    assert '"Yes."' in said.attributes[semconv.OUTPUT_MESSAGES]


async def test_connections_of_other_kinds_are_left_alone(recorder):
    """Newer clients have a base class for the connections to all of their endpoints."""
    pytest.importorskip("openai.resources.realtime.translations", reason="is newer")
    received = []

    async def listen(websocket) -> None:
        received.extend([message async for message in websocket])

    text = '{"type": "input_audio_buffer.append", "audio": "AAAA"}'
    async with serve(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = openai.AsyncOpenAI(websocket_base_url=f"ws://127.0.0.1:{port}", api_key="x")
        with instrumented(recorder):
            async with client.realtime.translations.connect(model="x") as connection:
                await connection.send_raw(text)
    assert received == [text]
    assert Trace(recorder).all.spans == ()


async def test_a_session_of_transcription_only(recorder, counter):
    session = {"type": "transcription", "id": "sess_1", "audio": {"input": {}}}
    item = {"item_id": "i", "content_index": 0}
    kind = "conversation.item.input_audio_transcription"
    with instrumented(recorder):
        async with simulated("typed") as simulator, asynchronous(simulator) as connection:
            for event in (
                {"type": "session.created", "session": session},
                {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 0},
                {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 9},
                {"type": "input_audio_buffer.committed", "item_id": "i"},
                {"type": f"{kind}.delta", "delta": "Hello", **item},
                {"type": f"{kind}.completed", "transcript": "Hello", **item},
            ):
                connection.parse_event(json.dumps(event))
    traced = Trace(recorder)
    assert traced.outline() == ["invoke_agent", "  user_input"]
    assert '"Hello"' in traced.one("user_input").attributes[semconv.INPUT_MESSAGES]


async def test_handlers_of_the_client_are_called_in_the_session(recorder, counter):
    tracer = recorder.tracer_provider.get_tracer("app")

    def talk(manager) -> None:
        def on_done(event) -> None:
            with tracer.start_as_current_span("handle"):
                connection.close()

        with manager as connection:
            connection.on("response.done", on_done)
            connection.response.create()
            connection.dispatch_events()

    with instrumented(recorder):
        async with simulated("greeting") as simulator:
            await asyncio.to_thread(talk, synchronous(simulator))
    traced = Trace(recorder)
    assert traced.parent(traced.one("handle")) == traced.one("invoke_agent")
    assert reason(traced) == ("closed", None)
