"""A call that is told by hand: as much comes of it as of any other, and nothing raises."""

import asyncio
import base64
import gc
import logging

import pytest
from opentelemetry import trace

from otel_realtime import ManualSession, SettingError, events, semconv
from otel_realtime.guard import Guard
from otel_realtime.scenario import Recorder
from otel_realtime.testing import FakeClock
from otel_realtime.tree import render
from otel_realtime.values import AudioFormat, Item, ItemType, SessionConfig, Usage

PCM = AudioFormat("audio/pcm", 24000)
CONFIG = SessionConfig(model="acme-voice", input_format=PCM, output_format=PCM, transcription=True)
MS = 48  # bytes
TREE = """\
invoke_agent A  0–1400 ms  ended closed
  summary  1 turn, waited 100 ms, talk 75% user, 25% agent
  user_input  100–700 ms  turn 1, "Is it open?"
  chat acme-voice  800–950 ms  "It is.", waited 100 ms, tokens 20→5
    wait  model 100 ms, endpointing unknown, playback unknown"""


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def follow(recorder: Recorder, **more) -> ManualSession:
    return ManualSession(
        **{"agent_name": "A", "capture_content": True, **recorder.providers, **more}
    )


def tree(recorder: Recorder) -> str:
    traced = recorder.traced()
    return render(traced.spans, traced.logs)


def speak(call: ManualSession, clock: FakeClock) -> None:
    call.send_audio(bytes(1000 * MS))
    clock.advance(ms=500)
    call.feed(events.SpeechStarted(call.now(), "item_1", 100))
    clock.advance(ms=300)
    call.feed(events.SpeechStopped(call.now(), "item_1", 700))
    call.feed(events.InputCommitted(call.now(), "item_1"))
    call.feed(events.Transcribed(call.now(), "item_1", "Is it open?"))


def test_what_is_told_is_recorded(recorder, clock) -> None:
    with follow(recorder, clock=clock) as call:
        call.feed(events.SessionStarted(call.now(), CONFIG))
        speak(call, clock)
        call.feed(events.ResponseStarted(call.now(), "resp_1"))
        clock.advance(ms=100)
        # Audio decoded and as base64, the text in pieces.
        call.take_audio("resp_1", "item_2", bytes(100 * MS))
        call.take_audio("resp_1", "item_2", base64.b64encode(bytes(100 * MS)).decode())
        call.take_text("resp_1", "item_2", "It ")
        call.take_text("resp_1", "item_2", "is.")
        clock.advance(ms=50)
        call.feed(events.ResponseDone(call.now(), "resp_1", "completed", usage=Usage(20, 5)))
        clock.advance(ms=450)
    assert tree(recorder) == TREE


def test_a_tool_runs_in_its_own_span(recorder, clock) -> None:
    tracer = recorder.tracer_provider.get_tracer("app")
    with follow(recorder, clock=clock) as call:
        call.feed(events.ResponseStarted(call.now(), "resp_1"))
        item = Item("item_1", ItemType.TOOL_CALL, call_id="call_1", name="look", arguments="{}")
        call.feed(events.OutputFinished(call.now(), "resp_1", item))
        with call.tool_run("call_1") as run:
            tracer.start_span("GET /").end()
            run.output = {"found": 2}
        with pytest.raises(LookupError, match="gone"), call.tool_run("call_2"):
            raise LookupError("gone")
    by_name = {span.name: span for span in recorder.traced().spans}
    assert by_name["GET /"].parent_span_id == by_name["execute_tool look"].span_id
    assert by_name["execute_tool look"].attributes[semconv.TOOL_RESULT] == '{"found": 2}'


def test_the_session_is_current_in_its_block_and_no_longer(recorder) -> None:
    with follow(recorder) as call:
        inside = trace.get_current_span().get_span_context().span_id
    assert trace.get_current_span() is trace.INVALID_SPAN
    with call.use():
        pass
    (session,) = recorder.traced().spans
    assert f"{inside:016x}" == session.span_id


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, "ended closed"),
        (ConnectionError("lost"), "ended error, error ConnectionError"),
        (asyncio.CancelledError(), "ended cancelled"),
    ],
)
def test_it_ends_as_its_block_does(error, told, recorder, clock) -> None:
    def hold_a_call() -> None:
        with follow(recorder, clock=clock, capture_content=False):
            if error is not None:
                raise error

    if error is None:
        hold_a_call()
    else:
        with pytest.raises(type(error)):
            hold_a_call()
    assert tree(recorder).splitlines()[0] == f"invoke_agent A  0–0 ms  {told}"


def test_without_a_block(recorder, clock) -> None:
    call = follow(recorder, clock=clock)
    call.feed(events.SessionStarted(call.now(), CONFIG))
    clock.advance(ms=10)
    call.end("hung_up")
    call.end()
    call.take_audio("resp_1", "item_1", b"late")
    call.send_audio(b"late")
    assert tree(recorder) == "invoke_agent A  0–10 ms  ended hung_up"


def test_one_that_is_dropped_ends(recorder, clock) -> None:
    call = follow(recorder, clock=clock)
    call.feed(events.SessionStarted(call.now(), CONFIG))
    del call
    gc.collect()
    with follow(recorder, clock=clock):
        pass
    reasons = [span.attributes[semconv.END_REASON] for span in recorder.traced().spans]
    assert reasons == ["garbage_collected", "closed"]


def test_nothing_that_it_is_told_raises(recorder, caplog) -> None:
    caplog.set_level(logging.WARNING, "otel_realtime")
    Guard._told.clear()  # noqa: SLF001 - what another test was warned of must not count here
    with follow(recorder) as call:
        for _ in range(2):
            call.feed(None)
            call.feed(events.ResponseStarted("now", ["no id"]))
            call.send_audio(None)
            call.take_audio("resp_1", [], 7)
            call.take_text("resp_1", {}, None)
            call.take_audio("no such response", "item", b"")
    assert {"send_audio", "take_audio", "take_text"} <= {
        each.getMessage().partition("(")[2].partition(":")[0] for each in caplog.records
    }
    messages = [each.getMessage() for each in caplog.records]
    assert len(messages) == len(set(messages))
    problems = [each for each in recorder.traced().metrics if each.name == semconv.METRIC_PROBLEMS]
    assert sum(point.value for point in problems) >= 6


def test_what_is_wrong_at_the_start_is_said_at_once(recorder) -> None:
    with pytest.raises(SettingError, match=r"^transcript_timeout takes seconds"):
        follow(recorder, transcript_timeout=-1)
    with pytest.raises(TypeError, match=r"^unknown setting 'modle'"):
        follow(recorder, modle="acme")


def test_a_recording_is_made(recorder, clock, tmp_path) -> None:
    pytest.importorskip("obstore", reason="pip install 'otel-realtime[audio]'")
    with follow(recorder, clock=clock, audio_store=tmp_path) as call:
        call.feed(events.SessionStarted(call.now(), CONFIG))
        speak(call, clock)
        call.feed(events.ResponseStarted(call.now(), "resp_1"))
        call.take_audio("resp_1", "item_2", b"\x10\x20" * 24 * 100)
        clock.advance(ms=200)
        call.feed(events.ResponseDone(call.now(), "resp_1", "completed"))
    urls = {
        span.name.partition(" ")[0]
        for span in recorder.traced().spans
        if {semconv.INPUT_AUDIO_URL, semconv.OUTPUT_AUDIO_URL} & span.attributes.keys()
    }
    assert urls == {"invoke_agent", "user_input", "chat"}
