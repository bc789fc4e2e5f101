"""A model of a third party, which emits no raw events: the parsed ones tell the call."""

# ruff: noqa: ARG002 - a method has the arguments of the one it stands for

import asyncio

import pytest
from agents import Usage, function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime import model_events as events
from agents.realtime.items import AssistantMessageItem, AssistantText, InputText, UserMessageItem
from agents.realtime.model_inputs import RealtimeModelSendToolOutput, RealtimeModelSendUserInput
from sources.phone import Trace
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from otel_realtime import semconv
from otel_realtime.sources.agents import RealtimeTelemetryListener

scripted = pytest.importorskip(
    "agents.realtime.testing", reason="ScriptedRealtimeModel needs openai-agents>=0.21.0"
)


def text(item_id: str, said: str, role: str = "assistant") -> events.RealtimeModelItemUpdatedEvent:
    if role == "user":
        item = UserMessageItem(item_id=item_id, role="user", content=[InputText(text=said)])
    else:
        item = AssistantMessageItem(
            item_id=item_id,
            role="assistant",
            status="completed",
            content=[AssistantText(text=said)],
        )
    return events.RealtimeModelItemUpdatedEvent(item=item)


def delta(said: str) -> events.RealtimeModelTranscriptDeltaEvent:
    return events.RealtimeModelTranscriptDeltaEvent(item_id="i2", delta=said, response_id="r2")


STARTED = events.RealtimeModelTurnStartedEvent()
ENDED = events.RealtimeModelTurnEndedEvent()
USED = events.RealtimeModelUsageEvent(
    usage=Usage(requests=1, input_tokens=30, output_tokens=12, total_tokens=42),
    input_tokens_details=events.RealtimeModelInputTokensDetails(text_tokens=20, audio_tokens=10),
)
CALL = events.RealtimeModelToolCallEvent(
    name="look_up", call_id="call_1", arguments='{"city": "London"}', id="i1"
)
ANSWER = (
    STARTED,
    events.RealtimeModelAudioEvent(
        data=bytes(4800), response_id="r2", item_id="i2", content_index=0
    ),
    delta("It "),
    delta("rains."),
    USED,
    ENDED,
)
TURNS = (
    scripted.RealtimeStep(
        expect=RealtimeModelSendUserInput,
        emit=(text("u1", "Does it rain?", "user"), STARTED, CALL, USED, ENDED),
    ),
    scripted.RealtimeStep(expect=RealtimeModelSendToolOutput, emit=ANSWER),
)


async def converse(recorder, model, *, with_listener=True, **settings) -> tuple[list, object]:
    """Ask a question and read to the end of the answer; return what the user saw."""
    tracer = recorder.tracer_provider.get_tracer("app")

    @function_tool
    async def look_up(city: str) -> str:
        with tracer.start_as_current_span("query"):
            return f"rain in {city}"

    listener = RealtimeTelemetryListener(
        capture_content=True, agent_name="Assistant", **recorder.providers, **settings
    )
    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    session = await RealtimeRunner(agent, model=model).run()
    if with_listener:
        session.model.add_listener(listener)
    seen, error = [], None
    async with session:
        await session.send_message("Does it rain?")
        try:
            async with asyncio.timeout(10):
                async for event in session:
                    seen.append(event)
                    if [each.type for each in seen].count("agent_end") == 2:
                        break
        except ConnectionClosedError as closed:
            error = closed
    listener.cleanup()
    return seen, error


async def test_a_tool_turn(recorder):
    await converse(recorder, scripted.ScriptedRealtimeModel(TURNS, strict=False))
    traced = Trace(recorder)
    first, second = traced.named("chat")
    tool, given = traced.one("execute_tool look_up"), traced.one("user_input")
    assert traced.parent(traced.one("query")) == tool
    assert traced.parent(tool) == first
    assert tool.attributes[semconv.TOOL_RESULT] == "rain in London"
    assert given.attributes[semconv.INPUT_TYPE] == "text"
    assert '"Does it rain?"' in given.attributes[semconv.INPUT_MESSAGES]
    assert '"It rains."' in second.attributes[semconv.OUTPUT_MESSAGES]
    assert semconv.RESPONSE_ID not in first.attributes, "the model named none"
    for said in (first, second):
        assert said.attributes[semconv.USAGE_INPUT] == 30
        assert said.attributes[semconv.USAGE_INPUT_AUDIO] == 10
        assert said.attributes[semconv.USAGE_OUTPUT] == 12
    assert traced.one("invoke_agent").attributes[semconv.END_REASON] == "closed"


async def test_usage_that_comes_after_its_turn_is_not_the_next_ones(recorder):
    steps = (
        scripted.RealtimeStep(
            expect=RealtimeModelSendUserInput,
            emit=(STARTED, ENDED, USED, STARTED, delta("Yes."), ENDED),
        ),
    )
    await converse(recorder, scripted.ScriptedRealtimeModel(steps, strict=False))
    said = Trace(recorder).named("chat")
    assert [semconv.USAGE_INPUT in each.attributes for each in said] == [False, False]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (
            (
                events.RealtimeModelConnectionStatusEvent(status="disconnected"),
                events.RealtimeModelEndOfStreamEvent(),
            ),
            ("server_closed", None, None),
        ),
        (
            (
                events.RealtimeModelExceptionEvent(
                    exception=ConnectionClosedError(Close(1011, ""), None)
                ),
            ),
            ("connection_lost", 1011, "websockets.exceptions.ConnectionClosedError"),
        ),
        (
            (
                events.RealtimeModelExceptionEvent(
                    exception=ConnectionClosedOK(Close(1000, ""), None)
                ),
                events.RealtimeModelEndOfStreamEvent(),
            ),
            ("server_closed", 1000, None),
        ),
    ],
)
async def test_the_end(recorder, last, expected):
    step = scripted.RealtimeStep(
        expect=RealtimeModelSendUserInput, emit=(STARTED, delta("It "), *last)
    )
    model = scripted.ScriptedRealtimeModel((step,), strict=False)
    with_us = RealtimeTelemetryListener(agent_name="Assistant", **recorder.providers)
    session = await RealtimeRunner(RealtimeAgent(name="Assistant"), model=model).run()
    model.add_listener(with_us)
    async with session:
        await session.send_message("Does it rain?")
    with_us.cleanup()
    session, said = (Trace(recorder).one(name) for name in ("invoke_agent", "chat"))
    names = (semconv.END_REASON, semconv.CLOSE_CODE, semconv.ERROR_TYPE)
    assert tuple(session.attributes.get(name) for name in names) == expected
    assert said.attributes[semconv.END_REASON] == expected[0]


async def test_the_user_sees_what_is_to_be_seen_without_us(recorder):
    seen = [
        await converse(
            recorder,
            scripted.ScriptedRealtimeModel(TURNS, strict=False),
            with_listener=with_listener,
        )
        for with_listener in (False, True)
    ]
    assert [each.type for each in seen[0][0]] == [each.type for each in seen[1][0]]


async def test_a_model_that_keeps_its_listeners_in_a_way_of_its_own(recorder):
    class Private(scripted.ScriptedRealtimeModel):
        """Shows nobody who listens."""

        @property
        def _listeners(self):
            raise RuntimeError("this is private")

        @_listeners.setter
        def _listeners(self, listeners):
            self.kept = listeners

        def add_listener(self, listener):
            self.kept.append(listener)

        def remove_listener(self, listener):
            self.kept.remove(listener)

        async def _broadcast_events(self, told, **more):
            for event in told:
                for listener in list(self.kept):
                    await listener.on_event(event)

    await converse(recorder, Private(TURNS, strict=False))
    traced = Trace(recorder)
    tool = traced.one("execute_tool look_up")
    assert traced.parent(traced.one("query")) == tool
    assert tool.attributes[semconv.TOOL_OUTCOME] == "completed"
