"""Calls that do not come about under the instrumentor: refused, forbidden, called off."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import contextlib
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
from agents.realtime import RealtimeRunner
from opentelemetry import trace
from sources.phone import PATIENCE, Trace
from sources.switchboard import (
    ASSISTANT,
    Prompted,
    current,
    end_of,
    golden,
    instrumented,
    line,
    turn,
)
from websockets.exceptions import InvalidStatus

from otel_realtime import semconv
from otel_realtime.simulator import RealtimeSimulator


@contextlib.asynccontextmanager
async def no_answer():
    """A server that takes connections and never answers; gives its URL, and when one came."""
    came, writers = asyncio.Event(), []

    async def meet(reader, writer) -> None:
        writers.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        came.set()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime", came
        for writer in writers:
            writer.close()


async def call(url: str, **more):
    config = {"url": url, "api_key": "none"}
    return await RealtimeRunner(ASSISTANT, **more).run(model_config=config)


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE])
async def test_the_server_answers_with_an_error(recorder, counter, status):
    with instrumented(recorder):
        async with line(f"refused_{status.value}") as phone:
            session = phone.session
            before = list(session.model._listeners)  # noqa: SLF001 - there is no public way
            with pytest.raises(InvalidStatus) as caught:
                async with session:
                    raise AssertionError("it was not to be entered")
            assert caught.value.response.status_code == status
            assert current() is trace.INVALID_SPAN
            assert session.model._listeners == before  # noqa: SLF001
            assert (phone.simulator.refused, phone.simulator.sessions) == (1, [])
            address = urlsplit(phone.simulator.url)
    golden(recorder.traced(), f"refused_{status.value}")
    span = Trace(recorder).one("invoke_agent")
    assert span.attributes["server.address"] == address.hostname == "127.0.0.1"
    assert span.attributes["server.port"] == address.port


async def test_nobody_is_there(recorder, counter):
    async with RealtimeSimulator("answer") as simulator:
        url = simulator.url
    # It is closed again: nobody listens on that port.
    with instrumented(recorder):
        session = await call(url)
        with pytest.raises(OSError, match=r"refused|Connect"):
            await session.enter()
        assert current() is trace.INVALID_SPAN
    golden(recorder.traced(), "refused_port")


@pytest.mark.parametrize("url", ["ws://127.0.0.1:99999/", "ws://[::1", "no url at all"])
async def test_the_address_is_none(recorder, counter, url):
    with instrumented(recorder):
        session = await call(url)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, the library says
            await session.enter()
        assert session.model._listeners == []  # noqa: SLF001
    reason, fault, _ = end_of(recorder)
    assert reason == "connect_failed"
    assert fault.endswith(type(caught.value).__name__)


async def test_it_is_called_off_while_it_connects(recorder, counter):
    seen = []

    async def enter(session) -> None:
        try:
            await session.enter()
        finally:
            seen.append(current())

    with instrumented(recorder):
        async with no_answer() as (url, came):
            task = asyncio.create_task(enter(await call(url)))
            async with asyncio.timeout(PATIENCE):
                await came.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert seen == [trace.INVALID_SPAN]
    assert end_of(recorder) == ("cancelled", None, "unset")


async def test_a_session_that_failed_is_entered_once_more(recorder, counter):
    """Each attempt is a session of its own."""
    with instrumented(recorder):
        async with line("refused_once") as phone:
            with pytest.raises(InvalidStatus):
                await phone.session.enter()
            async with phone.session:
                await phone.ask("What can you do?")
                assert current().is_recording()
            assert current() is trace.INVALID_SPAN
    failed, held = Trace(recorder).named("invoke_agent")
    assert failed.attributes[semconv.END_REASON] == "connect_failed"
    assert held.attributes[semconv.END_REASON] == "closed"
    assert failed.trace_id != held.trace_id
    golden(recorder.traced(), "refused_once")


async def test_the_third_partys_model_cannot_connect(recorder, counter):
    raised = PermissionError("no line")
    model = Prompted(turn(), connect_error=raised)
    before = dict(vars(model))
    with instrumented(recorder):
        session = await RealtimeRunner(ASSISTANT, model=model).run()
        with pytest.raises(PermissionError) as caught:
            await session.enter()
        assert caught.value is raised
        assert current() is trace.INVALID_SPAN
    assert model.listeners == ()
    assert vars(model).keys() == before.keys()
    assert end_of(recorder) == ("connect_failed", "PermissionError", "error")
