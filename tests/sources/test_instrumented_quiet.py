"""What is not to be recorded: suppressed, unsampled, or content that was not asked for."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from sources.phone import Trace
from sources.switchboard import ASSISTANT, Desk, Prompted, current, instrumented, line, turn

from otel_realtime import semconv
from otel_realtime.observing import observe
from otel_realtime.sources.agents import RealtimeTelemetryListener


async def test_suppressed_nothing_is_recorded(recorder, caplog):
    """Around the whole session; tools and what the app does inside are untouched."""
    desk = Desk()
    desk.may_end.set()
    with instrumented(recorder):
        caplog.clear()
        async with line("tool", desk.agent) as phone:
            with suppress_instrumentation():
                async with phone.session:
                    assert current() is trace.INVALID_SPAN
                    await phone.ask()
                    await phone.heard("response.done")
            assert phone.session.model._listeners == []  # noqa: SLF001
    traced = recorder.traced()
    assert (traced.spans, traced.logs, traced.metrics) == ((), (), ())
    assert [each for each in caplog.records if each.name.startswith("otel_realtime")] == []


@pytest.mark.parametrize("way", ["observe", "bare"])
async def test_suppressed_by_hand(recorder, way):
    listener = RealtimeTelemetryListener(**recorder.providers)
    async with line("typed") as phone:
        if way == "bare":
            phone.session.model.add_listener(listener)
        else:
            observe(phone.session, **recorder.providers)
        with suppress_instrumentation():
            async with phone.session:
                await phone.ask("What can you do?")
                with listener.use():
                    assert current() is trace.INVALID_SPAN
    listener.cleanup()
    traced = recorder.traced()
    assert (traced.spans, traced.logs, traced.metrics) == ((), (), ())


async def test_suppressed_around_a_part_changes_nothing(recorder, counter):
    """What is recorded is settled as the session begins."""
    with instrumented(recorder):
        async with line("typed") as phone:
            with suppress_instrumentation():
                session = phone.session
            async with session:
                with suppress_instrumentation():
                    await phone.ask("What can you do?")
    assert len(Trace(recorder).named("chat")) == 1


async def test_unsampled(recorder):
    """No spans, also none of the app's within; metrics count all the same."""
    unsampled = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    tracer, seen = recorder.tracer_provider.get_tracer("app"), []

    @function_tool
    async def look_up(city: str) -> str:
        with tracer.start_as_current_span("query") as span:
            seen.append(span.is_recording())
            return city

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    with instrumented(recorder, tracer_provider=unsampled):
        async with line("tool", agent) as phone:
            async with phone.session:
                with tracer.start_as_current_span("inside") as span:
                    seen.append(span.is_recording())
                await phone.ask()
                await phone.heard("response.done")
            assert current() is trace.INVALID_SPAN
    assert seen == [False, False]
    traced = Trace(recorder)
    assert traced.all.spans == ()
    assert traced.value(semconv.METRIC_TOKENS) > 0
    assert traced.value(semconv.METRIC_SESSIONS_ACTIVE) == 0
    assert [p.name for p in traced.all.metrics if p.name == semconv.METRIC_SESSIONS_ACTIVE]


async def test_what_the_block_raises_is_not_quoted(recorder, counter):
    """With capture off its message is nowhere; its type is."""
    raised = LookupError("the secret of the caller")

    async def fail() -> None:
        async with await RealtimeRunner(ASSISTANT, model=Prompted(turn())).run():
            raise raised

    with instrumented(recorder, capture_content=False):
        with pytest.raises(LookupError, match="secret"):
            await fail()
        model = Prompted(connect_error=PermissionError("the secret key"))
        session = await RealtimeRunner(ASSISTANT, model=model).run()
        with pytest.raises(PermissionError):
            await session.enter()
        await counter.none_is_open.wait()
    traced = Trace(recorder)
    faults = [each.attributes[semconv.ERROR_TYPE] for each in traced.named("invoke_agent")]
    assert faults == ["LookupError", "PermissionError"]
    assert "secret" not in repr(traced.all)
