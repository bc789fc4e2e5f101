"""`observe` for the raw client: what the instrumentor gives, for one connection."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import gc

import pytest
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

from otel_realtime import observe, semconv
from otel_realtime.settings import SettingError


@pytest.mark.parametrize("make", [asynchronous, synchronous])
async def test_observe(recorder, counter, make):
    async with simulated("openai_client") as simulator:
        manager = observe(make(simulator), session_id="mine", **recorder.providers)
        if make is synchronous:
            await asyncio.to_thread(turn_in_thread, manager)
        else:
            await turn_async(manager)
        assert is_as_before(in_sdk())
        await turn_async(asynchronous(simulator))
    traced = Trace(recorder)
    assert traced.one("invoke_agent").attributes[semconv.SESSION_ID] == "mine"
    assert len(traced.named("chat")) == 2


async def test_observe_and_the_instrumentor_give_one_trace(recorder, counter):
    with instrumented(recorder) as instrumentor:
        async with simulated("typed") as simulator:
            manager = observe(asynchronous(simulator), session_id="mine", **recorder.providers)
            observe(manager, session_id="mine, really", **recorder.providers)
            async with manager as connection:
                observe(connection, session_id="too late", **recorder.providers)
                await ask(connection)
                await until(connection, "response.created")
                instrumentor.uninstrument()  # what was observed by hand stays
                await until(connection, "response.done")
    traced = Trace(recorder)
    session = traced.one("invoke_agent")
    assert session.attributes[semconv.SESSION_ID] == "mine, really"
    assert session.attributes[semconv.END_REASON] == "closed"
    assert len(traced.named("chat")) == 1


async def test_a_connection_that_is_open_already(recorder, counter):
    tracer = recorder.tracer_provider.get_tracer("app")
    async with simulated("typed") as simulator, asynchronous(simulator) as connection:
        assert observe(connection, capture_content=True, **recorder.providers) is connection
        with tracer.start_as_current_span("inside"):
            await ask(connection)
        await until(connection, "response.done")
        await connection.close()
        assert is_as_before(in_sdk())
    traced = Trace(recorder)
    session = traced.one("invoke_agent")
    assert traced.parent(traced.one("inside")) == traced.parent(traced.one("chat")) == session
    assert session.attributes[semconv.PROVIDER_NAME] == "openai"
    assert session.attributes[semconv.REQUEST_MODEL] == MODEL
    assert semconv.SETUP_DURATION not in session.attributes
    assert reason(traced) == ("closed", None)


async def test_one_that_is_observed_and_never_entered(recorder):
    async with simulated("typed") as simulator:
        observe(asynchronous(simulator), **recorder.providers)
    gc.collect()
    assert is_as_before(in_sdk())


async def test_a_wrong_setting_is_told_at_once(recorder):
    async with simulated("typed") as simulator:
        manager = asynchronous(simulator)
        with pytest.raises(SettingError):
            observe(manager, transcript_timeout="soon")
        with pytest.raises(TypeError, match="colour"):
            observe(manager, colour="blue")
        with pytest.raises(TypeError, match="OpenAI"):
            observe(openai.OpenAI(api_key="x"))
    assert is_as_before(in_sdk())
