"""`observe(session)` of the Agents SDK: by hand, and for one session only."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import gc
from weakref import ref

import pytest
from agents.realtime import RealtimePlaybackTracker, RealtimeRunner
from agents.realtime.model_events import RealtimeModelRawServerEvent
from opentelemetry import trace
from sources.conftest import in_sdk, is_as_before
from sources.phone import Trace, read_until, reason
from sources.switchboard import ASSISTANT, Prompted, current, instrumented, line, turn

from otel_realtime import semconv
from otel_realtime.observing import observe
from otel_realtime.scenario import Recorder
from otel_realtime.settings import SettingError


async def begin(*answers: tuple, **more):
    """A session of a model of a third party, not yet entered."""
    return await RealtimeRunner(ASSISTANT, model=Prompted(*answers)).run(**more)


async def test_the_whole_call(recorder, counter):
    """The SDK is wrapped for as long as the session is recorded."""
    session = observe(await begin(turn()), **recorder.providers)
    async with session:
        inside = current()
        await session.send_message("Does it rain?")
        assert not is_as_before(in_sdk())
    assert is_as_before(in_sdk())
    assert current() is not inside
    assert session.model.listeners == ()
    traced = Trace(recorder)
    assert traced.outline() == [
        "invoke_agent Assistant",
        "  user_input",
        "  chat",
    ]
    assert reason(traced) == ("closed", None)
    assert len(traced.logs(semconv.LOG_SESSION_STARTED)) == 1


async def test_only_that_session(recorder, counter):
    """Another one beside it, of the same runner's agent, is left alone."""
    observed, other = await begin(turn()), await begin(turn())
    async with observe(observed, **recorder.providers), other:
        await other.send_message("Does it rain?")
    assert len(Trace(recorder).all.spans) == 1


async def test_its_own_settings_count_beside_the_instrumentors(recorder, counter):
    others = Recorder()
    with instrumented(others, capture_content=False):
        given = {"session_id": "mine", "capture_content": True, "user_id": "u1"}
        async with observe(await begin(turn()), **recorder.providers, **given) as session:
            await session.send_message("Does it rain?")
        async with await begin(turn()) as session:
            await session.send_message("Does it rain?")
    (span,) = Trace(recorder).named("invoke_agent")
    assert span.attributes[semconv.SESSION_ID] == "mine"
    assert semconv.OUTPUT_MESSAGES in Trace(recorder).one("chat").attributes
    assert semconv.OUTPUT_MESSAGES not in Trace(others).one("chat").attributes


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"transcript_timeout": "soon"}, SettingError),
        ({"colour": "red"}, TypeError),
        ({"capture_content": "perhaps"}, SettingError),
    ],
)
async def test_a_wrong_setting_is_told_at_once(recorder, wrong, error):
    session = await begin()
    with pytest.raises(error):
        observe(session, **recorder.providers, **wrong)
    async with session:
        assert current() is trace.INVALID_SPAN
    assert recorder.traced().spans == ()


async def test_the_playback_tracker_of_the_session_is_asked(recorder, counter):
    """Without being told: it is in the session's own configuration."""

    class Tracker(RealtimePlaybackTracker):
        asked = asyncio.Event()

        def get_state(self):
            self.asked.set()
            return super().get_state()

    begun = {"type": "input_audio_buffer.speech_started", "item_id": "i1", "audio_start_ms": 0}
    session = await begin(model_config={"playback_tracker": Tracker()})
    async with observe(session, **recorder.providers):
        await session.model.emit(RealtimeModelRawServerEvent(data=begun))
        assert Tracker.asked.is_set()


async def test_one_that_is_never_entered_is_not_kept(recorder):
    session = observe(await begin(), **recorder.providers)
    gone = ref(session)
    del session
    gc.collect()
    assert gone() is None
    assert is_as_before(in_sdk())


async def test_entered_again_it_is_not_observed(recorder, counter):
    """`observe` is for one session: from its beginning to its end."""
    session = observe(await begin(turn(), turn()), **recorder.providers)
    async with session:
        await session.send_message("Does it rain?")
        await read_until(session, "agent_end")
    second = await RealtimeRunner(ASSISTANT, model=session.model).run()
    async with second:
        await second.send_message("Does it rain?")
        await read_until(second, "agent_end")
    assert len(Trace(recorder).named("chat")) == 1


async def test_one_that_was_entered_before_is_followed_from_then_on(recorder, counter):
    async with line("tool") as call, call.session as session:
        await call.answered()
        assert observe(session, **recorder.providers, agent_name="Assistant") is session
        await call.ask()
        await session.close()
        assert current() is trace.INVALID_SPAN
    assert is_as_before(in_sdk())
    assert reason(Trace(recorder)) == ("closed", None)
    assert len(Trace(recorder).named("chat")) == 1


async def test_one_that_is_followed_already_is_not_followed_twice(recorder, counter):
    other = Recorder()
    async with line("tool") as call:
        with instrumented(recorder):
            async with call.session as session:
                observe(session, **other.providers)
                await call.ask()
    assert len(Trace(recorder).named("invoke_agent")) == 1
    assert other.traced().spans == ()
    gc.collect()
    assert is_as_before(in_sdk())
