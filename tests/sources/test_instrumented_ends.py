"""Every end of a call under the instrumentor: its golden tree, and the caller's span afterwards."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import gc
from importlib.metadata import version

import pytest
from agents.realtime import RealtimeRunner
from opentelemetry import trace
from sources.phone import CALLS, PATIENCE, Trace
from sources.switchboard import (
    ASSISTANT,
    Desk,
    Line,
    Prompted,
    current,
    end_of,
    golden,
    instrumented,
    line,
    turn,
)
from websockets.exceptions import ConnectionClosedError

from otel_realtime.scenario import Recorder
from otel_realtime.simulator import RealtimeSimulator, load_scenario

SDK = tuple(int(part) for part in version("openai-agents").split(".")[:3])
told = pytest.mark.skipif(
    SDK < (0, 21, 1), reason="a model tells of a clean close since openai-agents 0.21.1"
)


@pytest.fixture
def caller(recorder):
    """A span of the application around the call, which is current again after it."""
    tracer = recorder.tracer_provider.get_tracer("app")
    with instrumented(recorder), tracer.start_as_current_span("handle request") as span:
        yield span
        assert current() is span
        assert span.is_recording()


async def test_the_user_closes(recorder, caller, counter):
    desk = Desk()
    async with line("end_by_close", desk.agent) as phone:
        await phone.session.enter()
        await phone.ask()
        await desk.midst()
        await phone.session.close()
        assert current() is caller
        await phone.session.close()
        assert current() is caller
    _golden_with(caller, recorder, "end_by_close")


async def test_the_block_is_left(recorder, caller, counter):
    desk = Desk()
    async with line("end_of_block", desk.agent) as phone:
        async with phone.session:
            assert current() is not caller
            await phone.ask()
            await desk.midst()
        assert current() is caller
    _golden_with(caller, recorder, "end_of_block")


async def test_the_block_raises(recorder, caller, counter):
    desk, raised = Desk(), LookupError("the app's own")

    async def talk(phone) -> None:
        async with phone.session:
            await phone.ask()
            await desk.midst()
            raise raised

    async with line("end_by_exception", desk.agent) as phone:
        with pytest.raises(LookupError) as caught:
            await talk(phone)
        assert caught.value is raised
        assert current() is caller
    _golden_with(caller, recorder, "end_by_exception")


async def test_the_task_is_cancelled(recorder, caller, counter):
    desk, seen = Desk(), []

    async def talk(phone) -> None:
        try:
            async with phone.session:
                await phone.ask()
                await asyncio.Event().wait()
        finally:
            seen.append(current())

    async with line("end_by_cancellation", desk.agent) as phone:
        task = asyncio.create_task(talk(phone))
        await desk.midst()
        await phone.simulator.wait_for_session()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert seen == [caller]
    _golden_with(caller, recorder, "end_by_cancellation")


async def test_a_generator_is_broken_off(recorder, caller, counter):
    """The loop finishes it in another task: what was lent to the consumer goes back by itself."""
    desk, finished = Desk(), asyncio.Event()

    async def talk(phone):
        try:
            async with phone.session:
                await phone.ask()
                await desk.midst()
                while True:
                    yield current()
        finally:
            finished.set()

    async with line("end_broken_off", desk.agent) as phone:
        async for inside in talk(phone):
            assert inside is current() is not caller
            break
        async with asyncio.timeout(PATIENCE):
            await finished.wait()
        assert current() is caller
        assert await asyncio.to_thread(current) is caller
        assert await asyncio.create_task(_current()) is caller
    _golden_with(caller, recorder, "end_broken_off")


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        pytest.param("lost_1000", False, marks=told),
        pytest.param("lost_1001", False, marks=told),
        ("lost_1011", True),
        ("lost_abort", True),
    ],
)
async def test_the_connection_ends(recorder, caller, counter, how, fault):
    async with line(how) as phone:
        async with phone.session:
            await phone.answered()
            await phone.session.send_message("Tell me a story.")
            error = await _read_to_the_end(phone.session)
            assert isinstance(error, ConnectionClosedError) == fault
        assert current() is caller
    _golden_with(caller, recorder, how)


async def test_there_is_no_close_frame(recorder, caller, counter):
    """The span has ended before the other side is done with closing, and so has its loan."""
    async with line("lost_silent") as phone:
        await phone.session.enter()
        await phone.answered()
        await phone.session.send_message("Tell me a story.")
        for _ in range(6):  # 100 ms each: all that comes before it falls silent
            await phone.heard("response.output_audio.delta")
        closing = asyncio.create_task(phone.session.close())
        await asyncio.sleep(0)
        assert end_of(recorder) == ("closed", None, "unset")
        _golden_with(caller, recorder, "lost_silent")
        assert not closing.done()
        phone.session.model._websocket.transport.abort()  # noqa: SLF001 - or it waits for 10 s
        await closing


async def test_it_is_dropped(recorder, caller, counter):
    """What there was of the answer that was under way is kept."""

    async def talk() -> None:
        answers = turn(), turn(said="In Paris it", number=2)[:-1]
        session = await RealtimeRunner(ASSISTANT, model=Prompted(*answers)).run()
        await session.enter()
        await session.send_message("Does it rain in London?")
        await session.send_message("And in Paris?")

    await asyncio.create_task(talk())
    gc.collect()
    async with asyncio.timeout(PATIENCE):
        await counter.none_is_open.wait()
    _golden_with(caller, recorder, "end_by_collection")


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the app leaves its socket open
async def test_it_is_dropped_once_its_loop_is_over(recorder, caller, counter):
    """Until then the SDK's own task keeps it; as nothing else runs, the next call ends it."""

    async def talk(url: str) -> None:
        desk = Desk()
        config = {"url": url, "api_key": "simulator"}
        session = await RealtimeRunner(desk.agent).run(model_config=config)
        await session.enter()
        await session.send_message("Does it rain in London?")
        await Line(session, simulator).heard("response.done")
        await desk.midst()

    async with RealtimeSimulator(load_scenario(CALLS / "end_with_its_loop.yaml")) as simulator:
        await asyncio.to_thread(lambda: asyncio.run(talk(simulator.url)))
        gc.collect()
        assert counter.open == 1
        async with await RealtimeRunner(ASSISTANT, model=Prompted()).run():
            pass
    assert current() is caller
    golden(recorder.traced(), "end_with_its_loop")


async def _current() -> trace.Span:
    return current()


async def _read_to_the_end(session) -> Exception | None:
    try:
        async with asyncio.timeout(PATIENCE):
            async for _ in session:
                pass
    except ConnectionClosedError as error:
        return error
    return None


def _golden_with(caller, recorder: Recorder, scenario: str) -> None:
    assert current() is caller
    golden(recorder.traced(), scenario)
    session = Trace(recorder).one("invoke_agent")
    assert session.parent_span_id == f"{caller.get_span_context().span_id:016x}"
