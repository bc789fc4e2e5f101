"""Every way a connection of the raw client can end: each span once, with the reason."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import gc
from contextlib import aclosing, asynccontextmanager

import pytest
from opentelemetry import trace
from sources.phone import PATIENCE, Trace, reason
from sources.raw_client import (
    MODEL,
    ask,
    ask_in_thread,
    asynchronous,
    call_in,
    end_of,
    openai,
    simulated,
    synchronous,
    until,
    until_in_thread,
)
from sources.switchboard import instrumented
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from otel_realtime import semconv
from otel_realtime.sources.openai import tool_run

ERROR = "websockets.exceptions.ConnectionClosedError"
LOST = [
    ("1000", ("server_closed", 1000, None, "unset")),
    ("1001", ("server_closed", 1001, None, "unset")),
    ("1011", ("connection_lost", 1011, ERROR, "error")),
    ("abort", ("connection_lost", 1006, ERROR, "error")),
]


@pytest.fixture
def caller(recorder):
    """A span of the application around the call, which is current again after it."""
    tracer = recorder.tracer_provider.get_tracer("app")
    with instrumented(recorder), tracer.start_as_current_span("handle request") as span:
        yield span
        assert trace.get_current_span() is span


async def test_close(recorder, caller, counter):
    async with simulated("typed") as simulator:
        connection = await asynchronous(simulator).enter()
        await ask(connection)
        await until(connection, "response.done")
        await connection.close()
        assert trace.get_current_span() is caller
        assert reason(Trace(recorder)) == ("closed", None)
        await connection.close()
    assert len(Trace(recorder).logs(semconv.LOG_SESSION_ENDED)) == 1


async def test_close_in_another_task(recorder, caller, counter):
    async with simulated("typed") as simulator:
        connection = await asynchronous(simulator).enter()
        await asyncio.create_task(connection.close())
        assert trace.get_current_span() is caller
    assert reason(Trace(recorder)) == ("closed", None)


async def test_the_block_is_left_in_mid_response(recorder, caller, counter):
    async with simulated("typed") as simulator:
        async with asynchronous(simulator) as connection:
            await ask(connection)
            await until(connection, "response.output_audio.delta")
        assert trace.get_current_span() is caller
    traced = Trace(recorder)
    assert end_of(traced) == ("closed", None, None, "unset")
    assert traced.one("chat").attributes[semconv.END_REASON] == "closed"


async def test_the_block_raises(recorder, caller, counter):
    raised = LookupError("the app's own")
    async with simulated("typed") as simulator:
        with pytest.raises(LookupError) as caught:  # noqa: PT012 - what the block raises
            async with asynchronous(simulator) as connection:
                await until(connection, "session.created")
                raise raised
    assert caught.value is raised
    assert end_of(Trace(recorder)) == ("error", None, "LookupError", "error")


async def test_the_task_is_cancelled(recorder, caller, counter):
    in_tool = asyncio.Event()

    async def talk() -> None:
        async with simulated("tool") as simulator, asynchronous(simulator) as connection:
            await ask(connection)
            async for event in connection:
                if call_in(event) is not None:
                    with tool_run(connection, call_in(event).call_id):
                        in_tool.set()
                        await asyncio.Event().wait()

    task = asyncio.create_task(talk())
    async with asyncio.timeout(PATIENCE):
        await in_tool.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    traced = Trace(recorder)
    assert end_of(traced) == ("cancelled", None, None, "unset")
    assert traced.one("execute_tool").attributes[semconv.TOOL_OUTCOME] == "cancelled"


async def test_a_receive_that_is_given_up_is_no_end(recorder, caller, counter):
    async with simulated("typed") as simulator, asynchronous(simulator) as connection:
        await until(connection, "session.created")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await connection.recv()
        await ask(connection)
        await until(connection, "response.done")
    assert reason(Trace(recorder)) == ("closed", None)
    assert len(Trace(recorder).named("chat")) == 1


async def test_a_generator_around_the_block_is_broken_off(recorder, caller, counter):
    async def said(simulator):
        async with asynchronous(simulator) as connection:
            await ask(connection)
            async for event in connection:
                yield event.type

    async with simulated("typed") as simulator, aclosing(said(simulator)) as told:
        async for kind in told:
            if kind == "response.created":
                break
    assert reason(Trace(recorder)) == ("broken_off", None)


async def test_an_iteration_that_is_broken_off_is_no_end(recorder, caller, counter):
    async with simulated("typed") as simulator, asynchronous(simulator) as connection:
        await ask(connection)
        await until(connection, "response.output_audio.delta")
        await until(connection, "response.done")
    traced = Trace(recorder)
    assert reason(traced) == ("closed", None)
    assert '"I can tell the weather."' in traced.one("chat").attributes[semconv.OUTPUT_MESSAGES]


@pytest.mark.parametrize(("how", "expected"), LOST)
async def test_the_server_or_the_network_closes(recorder, caller, counter, how, expected):
    async with simulated(f"lost_{how}") as simulator, asynchronous(simulator) as connection:
        await ask(connection)
        # The client's own iterator ends with a clean close, and raises at any other.
        with pytest.raises(ConnectionClosedError if expected[2] else AssertionError):
            await until(connection, "response.done")
        traced = Trace(recorder)
    assert end_of(traced) == expected
    said = traced.one("chat")
    assert said.attributes[semconv.END_REASON] == expected[0]
    assert said.attributes[semconv.GENERATED_MS] > 0
    assert said.end <= traced.one("invoke_agent").end
    assert len(Trace(recorder).logs(semconv.LOG_SESSION_ENDED)) == 1


@pytest.mark.parametrize(("how", "expected"), LOST)
async def test_the_same_for_the_synchronous_client(recorder, counter, how, expected):
    so_far = []

    def talk(manager) -> None:
        with manager as connection:
            ask_in_thread(connection)
            with pytest.raises(ConnectionClosed):
                all(iter(connection.recv, None))
            so_far.append(end_of(Trace(recorder)))

    with instrumented(recorder):
        async with simulated(f"lost_{how}") as simulator:
            await asyncio.to_thread(talk, synchronous(simulator))
    assert so_far == [expected]
    assert end_of(Trace(recorder)) == expected


async def test_the_ends_of_the_synchronous_client(recorder, counter):
    tracer = recorder.tracer_provider.get_tracer("app")

    def talk(simulator) -> None:
        with tracer.start_as_current_span("handle request") as mine:
            with synchronous(simulator) as connection:
                until_in_thread(connection, "session.created")
            assert trace.get_current_span() is mine
            connection = synchronous(simulator).enter()
            assert trace.get_current_span() is not mine
            connection.close()
            assert trace.get_current_span() is mine
            with pytest.raises(LookupError), synchronous(simulator):
                raise LookupError
            with pytest.raises(KeyboardInterrupt), synchronous(simulator):
                raise KeyboardInterrupt
            assert trace.get_current_span() is mine

    with instrumented(recorder):
        async with simulated("typed") as simulator:
            await asyncio.to_thread(talk, simulator)
    traced = Trace(recorder)
    ends = [each.attributes[semconv.END_REASON] for each in traced.named("invoke_agent")]
    assert ends == ["closed", "closed", "error", "cancelled"]


async def test_no_close_frame_is_waited_for(recorder, caller, counter):
    async with simulated("lost_silent") as simulator:
        connection = await asynchronous(simulator).enter()
        await ask(connection)
        await until(connection, "response.output_audio.delta")
        record = await simulator.wait_for_session()
        await record.wait_for("response.output_audio.delta")
        closing = asyncio.create_task(connection.close())
        await asyncio.sleep(0)
        assert reason(Trace(recorder)) == ("closed", None)
        assert not closing.done()
        await simulator.close()
        await closing
    assert trace.get_current_span() is caller


@pytest.mark.parametrize("make", [asynchronous, synchronous])
async def test_the_server_is_not_there(recorder, caller, counter, make):
    async with simulated("typed") as simulator:
        manager = make(simulator)
    with pytest.raises(ConnectionRefusedError) as caught:
        await asyncio.to_thread(manager.enter) if make is synchronous else await manager.enter()
    reason, code, kind, status = end_of(Trace(recorder))
    assert (reason, code, status) == ("connect_failed", None, "error")
    assert kind == type(caught.value).__name__
    assert trace.get_current_span() is caller


@asynccontextmanager
async def answering(answer: bytes):
    """A server that is none of websockets: it answers so, and tells when it was asked."""
    asked, gone = asyncio.Event(), asyncio.Event()

    async def serve(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        writer.write(answer)
        await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="x"), asked
        async with asyncio.timeout(PATIENCE):
            await gone.wait()


async def test_the_server_refuses(recorder, caller, counter):
    async with answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as (client, _):
        with pytest.raises(InvalidStatus):
            await client.realtime.connect(model=MODEL).enter()
    traced = Trace(recorder)
    kind = "websockets.exceptions.InvalidStatus"
    assert end_of(traced) == ("connect_failed", None, kind, "error")
    assert traced.one("invoke_agent").attributes[semconv.SERVER_ADDRESS] == "127.0.0.1"


async def test_connecting_is_cancelled(recorder, caller, counter):
    async with answering(b"") as (client, asked):
        task = asyncio.create_task(client.realtime.connect(model=MODEL).enter())
        async with asyncio.timeout(PATIENCE):
            await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert end_of(Trace(recorder)) == ("cancelled", None, None, "unset")


async def test_a_connection_is_dropped(recorder, counter):
    async def talk(simulator) -> object:
        connection = await asynchronous(simulator).enter()
        await connection.recv()
        return connection._connection  # noqa: SLF001 - the test closes the socket itself

    with instrumented(recorder):
        async with simulated("typed") as simulator:
            websocket = await asyncio.create_task(talk(simulator))
            gc.collect()
            async with asyncio.timeout(PATIENCE):
                await counter.none_is_open.wait()
            assert reason(Trace(recorder)) == ("garbage_collected", None)
            await websocket.close()
