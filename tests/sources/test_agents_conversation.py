"""What else happens in a call, from barge-in to nonsense on the wire."""

import asyncio
import json
import logging

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimePlaybackTracker
from simulator.voice import quiet
from sources.phone import Trace, calling

from otel_realtime import semconv

ASSISTANT = RealtimeAgent(name="Assistant")
TEXT = {"initial_model_settings": {"modalities": ["text"]}}


async def test_a_barge_in(recorder):
    async with calling("barge_in", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.output_audio.delta", 4)
        await call.speak()
        await call.heard("response.done", 2)
        truncated = await call.record.wait_for("conversation.item.truncated")
        await call.heard("conversation.item.truncated")
    traced = Trace(recorder)
    cut, answer = traced.named("chat")
    heard, generated = (cut.attributes[name] for name in (semconv.HEARD_MS, semconv.GENERATED_MS))
    assert cut.attributes[semconv.INTERRUPTED] is True
    assert cut.attributes[semconv.INTERRUPTION_REASON] == "turn_detected"
    assert cut.attributes[semconv.HEARD_SOURCE] == "truncation"
    assert heard == truncated["audio_end_ms"] < generated
    assert cut.attributes[semconv.INTERRUPTION_ITEM_ID] == _items(traced)[1]
    assert cut.status == "unset"
    assert semconv.INTERRUPTED not in answer.attributes
    (log,) = traced.logs(semconv.LOG_INTERRUPTED)
    assert traced.parent(log) == cut
    assert traced.value(semconv.METRIC_INTERRUPTIONS) == 1


async def test_a_barge_in_after_the_response_is_done_but_still_playing(recorder):
    async with calling("overlong", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done")
        await call.speak()
        await call.heard("conversation.item.truncated")
        await call.heard("response.done", 2)
    cut, _ = Trace(recorder).named("chat")
    assert cut.attributes[semconv.INTERRUPTED] is True
    assert cut.attributes[semconv.RESPONSE_STATUS] == "completed"
    assert cut.attributes[semconv.HEARD_MS] < cut.attributes[semconv.GENERATED_MS]
    done = cut.end - cut.start
    assert done < 1e9, "the span ends with the response, not with its playback"


async def test_a_barge_in_while_a_tool_runs(recorder):
    may_end = asyncio.Event()

    @function_tool
    async def look_up(city: str) -> str:
        await may_end.wait()
        return f"rain in {city}"

    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    async with calling("said_and_called", agent, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done")
        await call.speak()
        await call.heard("conversation.item.truncated")
        may_end.set()
        await call.seen("tool_end")
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    cut = traced.named("chat")[0]
    assert cut.attributes[semconv.INTERRUPTED] is True
    (log,) = traced.logs(semconv.LOG_INTERRUPTED)
    assert traced.parent(log) == cut
    tool = traced.one("execute_tool look_up")
    assert traced.parent(tool) == cut
    assert tool.attributes[semconv.TOOL_OUTCOME] == "completed"
    assert tool.attributes[semconv.TOOL_RESULT] == "rain in London"


async def test_a_playback_tracker_knows_what_was_heard(recorder):
    tracker = RealtimePlaybackTracker()
    config = {"playback_tracker": tracker}
    async with calling(
        "overlong", ASSISTANT, recorder=recorder, model_config=config, playback_tracker=tracker
    ) as call:
        await call.speak()
        await call.heard("response.done")
        said = next(e for e in call.record.sent if e["type"] == "response.output_audio.delta")
        tracker.on_play_ms(said["item_id"], said["content_index"], 420)
        await call.speak()
        await call.heard("conversation.item.truncated")
        await call.heard("response.done", 2)
    cut, _ = Trace(recorder).named("chat")
    assert cut.attributes[semconv.INTERRUPTED] is True
    assert cut.attributes[semconv.HEARD_MS] == 420


async def test_what_plays_on_after_an_interruption_was_heard(recorder):
    """The SDK has its tracker count anew; the loudspeaker falls silent a moment later."""
    tracker = RealtimePlaybackTracker()
    config = {"playback_tracker": tracker}
    async with calling(
        "overlong", ASSISTANT, recorder=recorder, model_config=config, playback_tracker=tracker
    ) as call:
        await call.speak()
        await call.heard("response.done")
        said = next(e for e in call.record.sent if e["type"] == "response.output_audio.delta")
        part = (said["item_id"], said["content_index"])
        tracker.on_play_ms(*part, 420)
        await call.speak()
        await call.heard("conversation.item.truncated")
        for _ in range(4):
            tracker.on_play_ms(*part, 20)
        await call.heard("response.done", 2)
    cut, _ = Trace(recorder).named("chat")
    assert cut.attributes[semconv.HEARD_MS] == 500


async def test_speaking_once_the_answer_was_heard_interrupts_nothing(recorder):
    async with calling("short", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done")
        await call.speak_in_real_time(quiet(600))  # longer than the answer plays
        await call.speak()
        await call.seen("audio_interrupted")
        await call.heard("response.done", 2)
    traced = Trace(recorder)
    first, _ = traced.named("chat")
    assert semconv.INTERRUPTED not in first.attributes
    assert first.attributes[semconv.HEARD_MS] == first.attributes[semconv.GENERATED_MS]
    assert traced.logs(semconv.LOG_INTERRUPTED) == []


async def test_transcripts_that_are_late_or_fail_or_never_come(recorder):
    async with calling(
        "late_transcript", ASSISTANT, recorder=recorder, transcript_timeout=0.3
    ) as call:
        for turn in (1, 2, 3):
            await call.speak()
            await call.heard("response.done", turn)
        await call.heard("conversation.item.input_audio_transcription.completed")
        await call.heard("conversation.item.input_audio_transcription.failed")
    traced = Trace(recorder)
    late, failed, never = sorted(traced.named("user_input"), key=lambda span: span.end)
    assert '"Did you get that?"' in late.attributes[semconv.INPUT_MESSAGES]
    assert late.attributes[semconv.TRANSCRIPTION_STATUS] == "completed"
    assert failed.attributes[semconv.TRANSCRIPTION_STATUS] == "failed"
    assert never.attributes[semconv.TRANSCRIPTION_STATUS] == "missing"
    (log,) = traced.logs(semconv.LOG_TRANSCRIPTION_FAILED)
    assert traced.parent(log) == failed
    said = [json.loads(s.attributes[semconv.OUTPUT_MESSAGES]) for s in traced.named("chat")]
    assert [each[0]["parts"][0]["content"] for each in said] == ["OK.", "OK.", "OK."]


async def test_a_transcript_that_never_comes_is_given_up_while_the_call_goes_on(recorder):
    async with calling("overlong", ASSISTANT, recorder=recorder, transcript_timeout=0.02) as call:
        await call.speak()
        await call.heard("conversation.item.input_audio_transcription.completed")
        await call.heard("response.done")
    traced = Trace(recorder)
    given, late = traced.one("user_input"), traced.one("speech_to_text")
    assert given.attributes[semconv.TRANSCRIPTION_STATUS] == "missing"
    assert semconv.INPUT_MESSAGES not in given.attributes
    assert '"Tell me a story."' in late.attributes[semconv.OUTPUT_MESSAGES]
    assert traced.parent(late) == given


@pytest.mark.parametrize("modality", ["audio", "text"])
async def test_typed_text(recorder, modality):
    config = TEXT if modality == "text" else {}
    async with calling("typed", ASSISTANT, recorder=recorder, model_config=config) as call:
        await call.session.send_message("What can you do?")
        await call.heard("response.done")
    traced = Trace(recorder)
    given, said = traced.one("user_input"), traced.one("chat")
    assert given.start == given.end
    assert given.attributes[semconv.INPUT_TYPE] == "text"
    assert '"What can you do?"' in given.attributes[semconv.INPUT_MESSAGES]
    assert '"I can tell the weather."' in said.attributes[semconv.OUTPUT_MESSAGES]
    assert said.attributes[semconv.RESPONSE_TRIGGER] == "text"
    assert (semconv.GENERATED_MS in said.attributes) == (modality == "audio")
    kind = {"audio": "speech", "text": "text"}[modality]
    assert said.attributes[semconv.OUTPUT_TYPE] == kind


async def test_a_greeting_answers_nobody(recorder):
    from agents.realtime.model_inputs import (
        RealtimeModelRawClientMessage,
        RealtimeModelSendRawMessage,
    )

    async with calling("greeting", ASSISTANT, recorder=recorder) as call:
        message = RealtimeModelRawClientMessage(type="response.create")
        await call.session.model.send_event(RealtimeModelSendRawMessage(message=message))
        await call.heard("response.done")
    traced = Trace(recorder)
    assert traced.named("user_input") == []
    said = traced.one("chat").attributes
    assert semconv.RESPONSE_INPUT_ITEMS not in said
    assert said[semconv.TIME_TO_FIRST_AUDIO_ORIGIN] == "response_created"


async def test_hosted_tools(recorder):
    async with calling("hosted", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.heard("response.done")
    traced = Trace(recorder)
    found, lent = traced.named("execute_tool")
    assert (found.name, lent.name) == ("execute_tool find_book", "execute_tool lend_book")
    assert found.attributes[semconv.TOOL_KIND] == "hosted_mcp"
    assert found.attributes[semconv.MCP_SERVER] == "library"
    assert found.attributes[semconv.TOOL_RESULT] == "shelf 7"
    assert found.start < found.end <= lent.end
    assert (found.status, lent.status) == ("unset", "error")
    assert traced.parent(found) == traced.parent(lent) == traced.one("chat")


async def test_responses_that_fail_or_remain_incomplete(recorder):
    async with calling("bad_responses", ASSISTANT, recorder=recorder) as call:
        for turn in (1, 2, 3, 4):
            await call.speak()
            await call.heard("response.done", turn)
    traced = Trace(recorder)
    said = traced.named("chat")
    reasons = [each.attributes[semconv.FINISH_REASONS] for each in said]
    assert reasons == [("length",), ("content_filter",), ("error",), ("stop",)]
    assert [each.status for each in said] == ["unset", "unset", "error", "unset"]
    assert said[2].attributes[semconv.ERROR_TYPE] == "rate_limit_exceeded"
    assert traced.one("invoke_agent").status == "unset"
    assert traced.value(semconv.METRIC_ERRORS, error__type="rate_limit_exceeded") == 1


async def test_nonsense_on_the_wire(recorder, caplog):
    caplog.set_level(logging.WARNING, "otel_realtime")
    seen = {}
    for with_listener in (False, True):
        async with calling("nonsense", ASSISTANT, recorder=recorder) as call:
            if not with_listener:
                call.session.model.remove_listener(call.listener)
                call.listener.cleanup()
            await call.speak()
            await call.heard("response.done", 2)
            await call.speak()
            await call.heard("response.done", 4)
            await call.heard("conversation.item.input_audio_transcription.completed", 2)
        seen[with_listener] = ([each.type for each in call.told], call.error)
    assert seen[True][0] == seen[False][0]
    assert repr(seen[True][1]) == repr(seen[False][1])
    traced = Trace(recorder)
    call = traced.named("invoke_agent")[-1]
    mine = [each for each in traced.all.spans if each.trace_id == call.trace_id]
    assert sorted(each.name.split(" ")[0] for each in mine) == [
        *("chat", "chat", "invoke_agent", "user_input", "user_input")
    ]
    assert call.status == "unset"
    warned = [each.getMessage() for each in caplog.records if each.name == "otel_realtime"]
    assert len(warned) == len(set(warned)) == traced.value(semconv.METRIC_PROBLEMS) - 1
    for expected in ("no object but list", "unknown type", "response.done has no usable"):
        assert [expected in each for each in warned].count(True) == 1, (expected, warned)
    assert all("Traceback" in each for each in warned)
    errors = [
        log.attributes[semconv.ERROR_CODE]
        for log in traced.logs(semconv.LOG_ERROR)
        if log.trace_id == call.trace_id
    ]
    assert errors == ["no_active_response"]


async def test_a_frame_that_is_not_json_ends_the_call_as_it_does_without_us(recorder):
    async with calling("not_json", ASSISTANT, recorder=recorder) as call:
        await call.speak()
        await call.ended()
    assert isinstance(call.error, json.JSONDecodeError)
    traced = Trace(recorder)
    (log,) = traced.logs(semconv.LOG_ERROR)
    assert log.attributes[semconv.ERROR_TYPE] == "json.decoder.JSONDecodeError"
    assert traced.one("invoke_agent").attributes[semconv.END_REASON] == "closed"


def _items(traced: Trace) -> list[str]:
    given = sorted(traced.named("user_input"), key=lambda span: span.end)
    return [span.attributes[semconv.ITEM_ID] for span in given]
