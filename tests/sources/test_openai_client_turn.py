"""A spoken question that a tool answers: the raw client, asynchronous and synchronous."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import json

import pytest
from goldens import compare
from opentelemetry import trace
from sources.phone import CALLS, Trace
from sources.raw_client import (
    MODEL,
    SESSION,
    SPEECH,
    asynchronous,
    openai,
    simulated,
    synchronous,
    turn_async,
    turn_in_thread,
    until,
    until_in_thread,
)
from sources.switchboard import instrumented

from otel_realtime import semconv
from otel_realtime.sources.openai import tool_run
from otel_realtime.tree import render


def golden(recorder, name: str) -> None:
    traced = recorder.traced()
    text = render(traced.spans, traced.logs, events=True, times=False)
    compare(text, CALLS / f"{name}.txt")


@pytest.mark.parametrize("run", [None, tool_run], ids=["no tool_run", "tool_run"])
async def test_asynchronous(recorder, counter, run):
    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            await turn_async(asynchronous(simulator), run)
    golden(recorder, "openai_client" if run else "openai_client_no_tool_run")


@pytest.mark.parametrize("run", [None, tool_run], ids=["no tool_run", "tool_run"])
async def test_synchronous(recorder, counter, run):
    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            await asyncio.to_thread(turn_in_thread, synchronous(simulator), run)
    golden(recorder, "openai_client" if run else "openai_client_no_tool_run")


async def test_what_is_known_of_the_session(recorder):
    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            await turn_async(asynchronous(simulator))
            host, port = simulator.base_url.split("/")[2].split(":")
            record = simulator.sessions[0]
    traced = Trace(recorder)
    session, said = traced.one("invoke_agent"), traced.named("chat")[-1]
    assert session.attributes[semconv.SERVER_ADDRESS] == host
    assert session.attributes[semconv.SERVER_PORT] == int(port)
    assert session.attributes[semconv.PROVIDER_NAME] == "openai"
    assert session.attributes[semconv.REQUEST_MODEL] == MODEL
    assert said.attributes[semconv.PROVIDER_NAME] == "openai"
    assert record.id in session.attributes.values()
    assert traced.value(semconv.METRIC_SETUP_DURATION) >= 1


async def test_the_users_window_is_when_the_audio_was_sent(recorder):
    """However it is sent: by the resource, as a dictionary, as an object or as text."""
    from openai.types.realtime import InputAudioBufferAppendEvent

    kind = "input_audio_buffer.append"
    first, second = SPEECH[: len(SPEECH) // 8 * 4], SPEECH[len(SPEECH) // 8 * 4 :]
    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            silence = "AAAA" * (16 * 60)  # 60 ms
            manager = asynchronous(simulator)
            manager.send({"type": kind, "audio": silence})
            connection = await manager.enter()
            await connection.input_audio_buffer.append(audio=silence)
            await connection.send({"type": kind, "audio": silence})
            await connection.send(InputAudioBufferAppendEvent(type=kind, audio=silence))
            await connection.send_raw(json.dumps({"audio": silence, "type": kind}))
            await connection.send_raw(b"no event")
            await connection.send({"type": kind, "audio": first})
            await connection.send({"type": kind, "audio": second})
            await until(connection, "response.done")
            await connection.close()
    given = Trace(recorder).one("user_input")
    assert given.attributes[semconv.INPUT_TIME_SOURCE] == "audio_clock"
    assert given.attributes[semconv.INPUT_ACOUSTIC_END_MS] == pytest.approx(700, abs=21)


async def test_the_apps_code_in_the_block_belongs_to_the_session(recorder):
    tracer = recorder.tracer_provider.get_tracer("app")

    async def later(name: str) -> None:
        with tracer.start_as_current_span(name):
            pass

    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            with tracer.start_as_current_span("handle request") as mine:
                async with asynchronous(simulator):
                    with tracer.start_as_current_span("inside"):
                        pass
                    await asyncio.create_task(later("in a task"))
                assert trace.get_current_span() is mine
                connection = await asynchronous(simulator).enter()
                await later("after enter")
                await connection.close()
                assert trace.get_current_span() is mine
    traced = Trace(recorder)
    first, second = traced.named("invoke_agent")
    assert traced.parent(first) == traced.parent(second) == traced.one("handle request")
    assert traced.parent(traced.one("inside")) == first
    assert traced.parent(traced.one("in a task")) == first
    assert traced.parent(traced.one("after enter")) == second


async def test_bytes_that_are_parsed_by_hand(recorder):
    with instrumented(recorder):
        async with simulated("openai_client") as simulator, asynchronous(simulator) as connection:
            await connection.input_audio_buffer.append(audio=SPEECH)
            event = None
            while getattr(event, "type", None) != "response.done":
                event = connection.parse_event(data=await connection.recv_bytes())
    traced = Trace(recorder)
    assert traced.outline() == [
        "invoke_agent",
        "  user_input",
        f"  chat {MODEL}",
        "    execute_tool look_up",
    ]


async def test_one_thread_sends_and_another_receives(recorder, counter):
    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            connection = await asyncio.to_thread(synchronous(simulator).enter)
            receiving = asyncio.create_task(
                asyncio.to_thread(until_in_thread, connection, "response.done")
            )
            await asyncio.to_thread(connection.session.update, session=SESSION)
            await asyncio.to_thread(connection.input_audio_buffer.append, audio=SPEECH)
            await receiving
            await asyncio.to_thread(connection.close)
    traced = Trace(recorder)
    given = traced.one("user_input")
    assert given.attributes[semconv.INPUT_TIME_SOURCE] == "audio_clock"
    assert '"Does it rain in London?"' in given.attributes[semconv.INPUT_MESSAGES]
    assert traced.one("invoke_agent").attributes[semconv.END_REASON] == "closed"


@pytest.mark.parametrize("kind", ["AsyncAzureOpenAI", "AzureOpenAI"])
async def test_azure(recorder, kind):
    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            client = getattr(openai, kind)(
                azure_endpoint="https://example.openai.azure.com",
                websocket_base_url=simulator.base_url,
                api_version="2026-01-01",
                azure_deployment="my-deployment" if kind == "AzureOpenAI" else None,
                api_key="simulator",
            )
            manager = client.realtime.connect(model=MODEL)
            if kind == "AzureOpenAI":
                await asyncio.to_thread(turn_in_thread, manager)
            else:
                await turn_async(manager)
            path = simulator.sessions[0].path
    (log,) = Trace(recorder).logs(semconv.LOG_SESSION_STARTED)
    asked = "my-deployment" if kind == "AzureOpenAI" else MODEL
    assert f"deployment={asked}" in path
    assert log.attributes[semconv.REQUEST_MODEL] == asked
    assert log.attributes[semconv.PROVIDER_NAME] == "azure.ai.openai"


async def test_a_telephone_call(recorder):
    with instrumented(recorder):
        async with simulated("openai_client") as simulator:
            async with asynchronous(simulator, model=openai.omit, call_id="rtc_1") as connection:
                await until(connection, "session.created")
            assert "call_id=rtc_1" in simulator.sessions[0].path
    traced = Trace(recorder)
    assert "rtc_1" in traced.one("invoke_agent").attributes.values()
    (log,) = traced.logs(semconv.LOG_SESSION_STARTED)
    assert semconv.REQUEST_MODEL not in log.attributes
