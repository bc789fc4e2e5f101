"""The raw `openai` client on the line to the simulator, as an application uses it."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from simulator.voice import loud, quiet
from sources.phone import CALLS, Trace

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator, load_scenario

openai = pytest.importorskip("openai", reason="the openai client comes with an extra")

SPEECH = base64.b64encode(loud(400) + quiet(700)).decode()
SESSION = {
    "type": "realtime",
    "audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}},
}
MODEL = "gpt-realtime"


@asynccontextmanager
async def simulated(scenario: str) -> AsyncIterator[RealtimeSimulator]:
    """The simulator, playing a scenario of `calls/`."""
    async with RealtimeSimulator(load_scenario(CALLS / f"{scenario}.yaml")) as simulator:
        yield simulator


def asynchronous(simulator: RealtimeSimulator, **options: Any) -> Any:
    """A manager of the asynchronous client."""
    client = openai.AsyncOpenAI(websocket_base_url=simulator.base_url, api_key="simulator")
    return client.realtime.connect(**{"model": MODEL, **options})


def synchronous(simulator: RealtimeSimulator, **options: Any) -> Any:
    """A manager of the synchronous client, to be used in a thread."""
    client = openai.OpenAI(websocket_base_url=simulator.base_url, api_key="simulator")
    return client.realtime.connect(**{"model": MODEL, **options})


def typed(text: str = "Tell me a story.") -> list[dict[str, Any]]:
    """The client events that ask a typed question."""
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]


def answer(call_id: str, output: str = "rain in London") -> list[dict[str, Any]]:
    """The client events that hand a tool's output to the model."""
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]


async def ask(connection: Any, text: str = "Tell me a story.") -> None:
    """Type a question."""
    for event in typed(text):
        await connection.send(event)


def ask_in_thread(connection: Any, text: str = "Tell me a story.") -> None:
    """The same by the synchronous client."""
    for event in typed(text):
        connection.send(event)


async def until(connection: Any, kind: str, count: int = 1) -> Any:
    """Read until the `count`-th event of a type, and return it."""
    async for event in connection:
        count -= event.type == kind
        if not count:
            return event
    raise AssertionError(kind)


def until_in_thread(connection: Any, kind: str, count: int = 1) -> Any:
    """The same by the synchronous client."""
    for event in connection:
        count -= event.type == kind
        if not count:
            return event
    raise AssertionError(kind)


def call_in(event: Any) -> Any:
    """The tool call that an event tells of, once it is complete; else None."""
    item = getattr(event, "item", None)
    is_call = getattr(item, "type", None) == "function_call"
    return item if is_call and event.type == "response.output_item.done" else None


def look_up(arguments: str) -> str:
    """The application's tool."""
    return f"rain in {json.loads(arguments)['city']}"


async def turn_async(manager: Any, run: Callable[..., Any] | None = None) -> None:
    """Ask by voice, run the tool, hear the answer."""
    async with manager as connection:
        await connection.session.update(session=SESSION)
        await until(connection, "session.updated")
        await connection.input_audio_buffer.append(audio=SPEECH)
        done = 0
        async for event in connection:
            call, done = call_in(event), done + (event.type == "response.done")
            if call is not None:
                output = look_up(call.arguments)
                if run is not None:
                    with run(connection, call.call_id) as running:
                        running.output = output
            elif event.type == "response.done" and done == 1:
                for each in answer(event.response.output[0].call_id):
                    await connection.send(each)
            elif done == 2:
                return


def turn_in_thread(manager: Any, run: Callable[..., Any] | None = None) -> None:
    """The same by the synchronous client."""
    with manager as connection:
        connection.session.update(session=SESSION)
        until_in_thread(connection, "session.updated")
        connection.input_audio_buffer.append(audio=SPEECH)
        done = 0
        for event in connection:
            call, done = call_in(event), done + (event.type == "response.done")
            if call is not None:
                output = look_up(call.arguments)
                if run is not None:
                    with run(connection, call.call_id) as running:
                        running.output = output
            elif event.type == "response.done" and done == 1:
                for each in answer(event.response.output[0].call_id):
                    connection.send(each)
            elif done == 2:
                return


def end_of(traced: Trace) -> tuple[object, ...]:
    """Why the only session ended: its reason, close code, error type and status."""
    session = traced.one("invoke_agent")
    names = (semconv.END_REASON, semconv.CLOSE_CODE, semconv.ERROR_TYPE)
    return (*(session.attributes.get(name) for name in names), session.status)
