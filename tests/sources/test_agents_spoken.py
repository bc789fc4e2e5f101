"""A spoken question and its answer: the real SDK over a real websocket."""

import pytest
from agents.realtime import RealtimeAgent
from opentelemetry import trace
from simulator.voice import loud, quiet
from sources.phone import Trace, calling

from otel_realtime import semconv

ASSISTANT = RealtimeAgent(name="Assistant", instructions="Be brief.")
PADDING_MS, SILENCE_MS = 100, 200
VAD = {
    "turn_detection": {
        "type": "server_vad",
        "prefix_padding_ms": PADDING_MS,
        "silence_duration_ms": SILENCE_MS,
    }
}
NS_PER_MS = 1_000_000
TOLERANCE = 120 * NS_PER_MS  # a frame of the detection, and the way through two event loops


async def test_the_users_window_is_when_the_user_was_heard(recorder):
    config = {"initial_model_settings": VAD}
    async with calling("answer", ASSISTANT, recorder=recorder, model_config=config) as call:
        _, began, ended, _ = await call.speak_in_real_time(quiet(300), loud(500), quiet(300))
        await call.heard("response.done")
    given = Trace(recorder).one("user_input")
    assert given.start == pytest.approx(began - PADDING_MS * NS_PER_MS, abs=TOLERANCE)
    assert given.end == pytest.approx(ended + SILENCE_MS * NS_PER_MS, abs=TOLERANCE)
    assert given.attributes[semconv.INPUT_ACOUSTIC_END_MS] == pytest.approx(800, abs=20)
    assert given.attributes[semconv.INPUT_TIME_SOURCE] == "audio_clock"


@pytest.mark.parametrize("inside", [False, True], ids=["before", "inside"])
async def test_the_whole_turn(recorder, inside):
    config = {"initial_model_settings": VAD}
    async with calling(
        "answer", ASSISTANT, recorder=recorder, model_config=config, inside=inside
    ) as call:
        await call.speak()
        await call.heard("response.done")
        await call.heard("conversation.item.input_audio_transcription.completed")
    traced = Trace(recorder)
    assert traced.outline() == ["invoke_agent Assistant", "  user_input", f"  {_chat(call)}"]
    session, given, said = (traced.one(name) for name in ("invoke_agent", "user_input", "chat"))
    assert session.parent_span_id is None
    assert '"Is the moon full tonight?"' in given.attributes[semconv.INPUT_MESSAGES]
    assert '"Almost. It is full tomorrow."' in said.attributes[semconv.OUTPUT_MESSAGES]
    assert '"Is the moon full tonight?"' in said.attributes[semconv.INPUT_MESSAGES]
    assert given.attributes[semconv.TRANSCRIPTION_STATUS] == "completed"
    assert said.attributes[semconv.RESPONSE_INPUT_ITEMS] == (given.attributes[semconv.ITEM_ID],)
    assert said.attributes[semconv.FINISH_REASONS] == ("stop",)
    assert said.attributes[semconv.GENERATED_MS] == 1875
    assert session.attributes[semconv.END_REASON] == "closed"
    assert session.attributes[semconv.CONVERSATION_ID] == said.attributes[semconv.CONVERSATION_ID]
    waited = said.attributes[semconv.TIME_TO_FIRST_AUDIO]
    assert said.attributes[semconv.TIME_TO_FIRST_AUDIO_ORIGIN] == "speech_stopped"
    assert said.start <= given.end + waited * 1e9 <= said.end
    assert traced.value(semconv.METRIC_TIME_TO_FIRST_AUDIO) == 1
    assert traced.value(semconv.METRIC_SESSIONS_ACTIVE) == 0
    assert [len(traced.logs(name)) for name in ENDS] == [1, 1]


ENDS = (semconv.LOG_SESSION_STARTED, semconv.LOG_SESSION_ENDED)


def _chat(call) -> str:
    config = next(event for event in call.record.sent if event["type"] == "session.updated")
    return f"chat {config['session']['model']}"


async def test_usage_with_its_breakdown(recorder):
    async with calling("answer", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done")
    traced = Trace(recorder)
    used = traced.one("chat").attributes
    assert (used[semconv.USAGE_INPUT], used[semconv.USAGE_OUTPUT]) == (102, 48)
    assert (used[semconv.USAGE_INPUT_TEXT], used[semconv.USAGE_INPUT_AUDIO]) == (90, 12)
    assert (used[semconv.USAGE_CACHED], used[semconv.USAGE_CACHED_TEXT]) == (64, 64)
    assert (used[semconv.USAGE_OUTPUT_TEXT], used[semconv.USAGE_OUTPUT_AUDIO]) == (8, 40)
    text = {"gen_ai__token__type": "input", "gen_ai__token__modality": "text"}
    assert traced.value(semconv.METRIC_TOKENS, **text, otel_realtime__token__cached=True) == 64
    assert traced.value(semconv.METRIC_TOKENS, **text, otel_realtime__token__cached=False) == 26
    assert traced.value(semconv.METRIC_TOKENS) == 150


@pytest.mark.parametrize("inside", [False, True], ids=["before", "inside"])
async def test_a_call_is_a_child_of_the_callers_span_and_leaves_it_current(recorder, inside):
    tracer = recorder.tracer_provider.get_tracer("app")
    with tracer.start_as_current_span("handle request") as mine:
        async with calling("answer", ASSISTANT, recorder=recorder, inside=inside) as call:
            assert trace.get_current_span() is mine
            await call.speak()
            await call.heard("response.done")
            assert trace.get_current_span() is mine
        assert trace.get_current_span() is mine
    traced = Trace(recorder)
    assert traced.parent(traced.one("invoke_agent")).name == "handle request"


async def test_a_process_that_is_killed_leaves_behind_what_it_has_told(recorder):
    """Nothing of this waits for the end of the call."""
    async with calling("short", ASSISTANT, recorder=recorder) as call:
        await call.heard("session.updated")
        (log,) = Trace(recorder).logs(semconv.LOG_SESSION_STARTED)
        await call.speak()
        await call.heard("response.done")
        await call.heard("conversation.item.input_audio_transcription.completed")
        so_far = Trace(recorder)
    assert so_far.named("invoke_agent") == []
    assert so_far.one("user_input").trace_id == log.trace_id


@pytest.mark.parametrize("content", [False, True])
async def test_the_agents_words_are_counted_whether_or_not_its_texts_are_kept(recorder, content):
    config = {"initial_model_settings": VAD}
    async with calling(
        "answer", ASSISTANT, recorder=recorder, model_config=config, capture_content=content
    ) as call:
        await call.speak()
        await call.heard("response.done")
    said = Trace(recorder).one("chat")
    assert said.attributes[semconv.SPEECH_WORDS] == len(
        ["Almost.", "It", "is", "full", "tomorrow."]
    )
    assert said.attributes[semconv.SPEECH_RATE] == 160.0
    assert (semconv.OUTPUT_MESSAGES in said.attributes) is content
