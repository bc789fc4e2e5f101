"""Where a session connects to, and the telephone call that it may be attached to."""

from urllib.parse import urlsplit

import pytest
from agents.realtime import (
    OpenAIRealtimeSIPModel,
    OpenAIRealtimeWebSocketModel,
    RealtimeAgent,
    RealtimeRunner,
)
from sources.phone import CALLS, Trace, read_until

from otel_realtime import semconv
from otel_realtime.observing import observe
from otel_realtime.simulator import RealtimeSimulator, load_scenario

ASSISTANT = RealtimeAgent(name="Assistant")


async def test_a_call_by_telephone(recorder):
    runner = RealtimeRunner(ASSISTANT, model=OpenAIRealtimeSIPModel())
    async with RealtimeSimulator(load_scenario(CALLS / "typed.yaml")) as simulator:
        config = {"url": simulator.url, "api_key": "simulator", "call_id": "rtc_123"}
        async with observe(await runner.run(model_config=config), **recorder.providers) as session:
            await session.send_message("What can you do?")
            await read_until(session, "agent_end")
        port = urlsplit(simulator.url).port
    call = Trace(recorder).one("invoke_agent").attributes
    assert call[semconv.PROVIDER_CALL_ID] == "rtc_123"
    assert (call[semconv.SERVER_ADDRESS], call[semconv.SERVER_PORT]) == ("127.0.0.1", port)
    assert call[semconv.PROVIDER_NAME] == "openai"
    assert 0 < call[semconv.SETUP_DURATION] <= call[semconv.CONFIGURED_DURATION]
    said = Trace(recorder).one("chat").attributes
    assert (said[semconv.SERVER_ADDRESS], said[semconv.SERVER_PORT]) == ("127.0.0.1", port)


class _Refusing(OpenAIRealtimeWebSocketModel):
    """Connects to nothing, so that no test reaches the network."""

    async def connect(self, options) -> None:
        raise ConnectionRefusedError(options.get("url"))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ("openai", "api.openai.com", 443)),
        (
            {"url": "wss://here.openai.azure.com/openai/v1/realtime?model=gpt-realtime"},
            ("azure.ai.openai", "here.openai.azure.com", 443),
        ),
        ({"url": "ws://gateway:8080/realtime"}, ("openai", "gateway", 8080)),
    ],
)
async def test_the_server_is_known_though_it_was_not_reached(recorder, config, expected):
    runner = RealtimeRunner(ASSISTANT, model=_Refusing())
    session = observe(await runner.run(model_config=config), **recorder.providers)
    with pytest.raises(ConnectionRefusedError):
        await session.enter()
    call = Trace(recorder).one("invoke_agent").attributes
    names = (semconv.PROVIDER_NAME, semconv.SERVER_ADDRESS, semconv.SERVER_PORT)
    assert tuple(call[name] for name in names) == expected
    assert call[semconv.END_REASON] == "connect_failed"
    assert call[semconv.ERROR_TYPE] == "ConnectionRefusedError"
    assert semconv.SETUP_DURATION not in call
