"""Tones through the real SDK and the simulator, measured in the files that are uploaded."""

import time
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("agents.realtime", reason="needs the extra otel-realtime[agents]")
pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")

from agents.realtime import RealtimePlaybackTracker
from audio.recorded_calls import PIECE_MS, calling, recording
from audio.tones import RATE, hush, tone, write_tone

from otel_realtime import semconv

FRAME = 1000 / RATE
ANSWER = """
audio_speed: 4
conversation:
  - user: A question.
  - agent: {say: An answer that is heard to its end., audio: a.wav}
"""
TWO = """
audio_speed: 4
conversation:
  - user: A question.
  - agent: {say: An answer that takes long, audio: a.wav}
  - user: Another one.
  - agent: {say: And a short one, audio: b.wav}
"""


def from_bytes(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<i2")


async def test_what_is_said_and_heard_is_recorded_sample_by_sample(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 700)
    said = hush(400) + tone(440, 600) + hush(500)
    async with recording(tmp_path) as came:
        async with calling(ANSWER, tmp_path) as caller:
            await caller.say(said)
            await caller.heard("response.done")
            await caller.say(hush(900))  # until the answer has been played
        call = came()
    ((span, question),) = call.inputs
    first, last = (
        span.attributes[name] for name in (semconv.INPUT_AUDIO_START_MS, semconv.INPUT_AUDIO_END_MS)
    )
    assert question.rate == RATE
    assert np.array_equal(question.samples, from_bytes(said)[first * 24 : last * 24])
    assert abs(question.pitch - 440) < 2
    ((span, answer),) = call.outputs
    assert np.array_equal(answer.samples, from_bytes(tone(880, 700)))
    assert semconv.GENERATED_AUDIO_URL not in span.attributes
    told = [span.attributes[name] for name in (semconv.GENERATED_MS, semconv.HEARD_MS)]
    assert told == [700, 700]
    assert span.attributes[semconv.DISCARDED_MS] == 0
    assert semconv.CUT_MS not in span.attributes
    assert span.attributes[semconv.OUTPUT_AUDIO_MIME_TYPE] == "audio/wav"


async def test_the_call_is_on_one_time_line(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 700)
    async with recording(tmp_path) as came:
        async with calling(ANSWER, tmp_path) as caller:
            await caller.say(hush(400), tone(440, 600), hush(500))
            await caller.heard("response.done")
            await caller.say(hush(900))
        call = came()
    span, left, right = call.call
    assert -2 < left.ms - (span.end - span.start) / 1e6 < PIECE_MS + 2
    assert left.ms == right.ms
    ((heard, _),), ((said, _),) = call.outputs, call.inputs
    began, ended = left.loud
    assert abs(began - (call.ms(said.start) + 100)) < 30  # behind the padding that VAD adds
    assert abs(ended - began - 600) < 5
    assert left.is_only(440)
    began, ended = right.loud
    audible = heard.attributes[semconv.TIME_TO_FIRST_AUDIO] * 1000
    assert began > left.loud[1]
    assert abs(ended - began - 700) < 5
    assert right.is_only(880)
    assert call.ms(heard.start) <= began < call.ms(heard.start) + audible + 60


async def test_who_barges_in_is_heard_over_who_is_cut_off(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 4000)
    write_tone(tmp_path / "b.wav", 700, 300)
    async with recording(tmp_path) as came:
        async with calling(TWO, tmp_path) as caller:
            await caller.say(hush(100), tone(440, 500), hush(400))
            await caller.heard("response.output_audio.delta")
            await caller.say(hush(700), tone(550, 600), hush(400))
            await caller.heard("response.done", 2)
            await caller.say(hush(500))
        call = came()
    (cut, heard), _ = call.outputs
    told = cut.attributes
    assert told[semconv.INTERRUPTED] is True
    assert 500 < told[semconv.HEARD_MS] < 1500
    assert told[semconv.CUT_MS] == told[semconv.HEARD_MS]
    assert told[semconv.DISCARDED_MS] == told[semconv.GENERATED_MS] - told[semconv.HEARD_MS]
    assert abs(heard.ms - told[semconv.HEARD_MS]) <= 1
    whole = call.generated(cut)
    assert whole.ms > heard.ms
    assert np.array_equal(whole.samples[: len(heard.samples)], heard.samples)
    assert np.array_equal(whole.samples, from_bytes(tone(880, 4000))[: len(whole.samples)])
    _, left, right = call.call
    began = right.loud[0]
    is_over = began + heard.ms
    assert not right.part(is_over - 20, is_over).is_silent
    assert right.part(is_over + FRAME, is_over + 150).is_silent
    (_, _), (over, _) = call.inputs
    onset = call.ms(over.start) + 100
    assert began < onset < is_over + 40
    assert abs(left.part(onset + 50, onset + 500).pitch - 550) < 5


async def test_a_tracker_tells_when_it_was_heard_and_how_much(tmp_path):
    """The application plays late, stops for a while, and is cut off."""
    write_tone(tmp_path / "a.wav", 880, 3000)
    write_tone(tmp_path / "b.wav", 700, 300)
    tracker = RealtimePlaybackTracker()

    async def play(caller, ms: int) -> None:
        for _ in range(ms // 20):
            await caller.say(hush(20))
            tracker.on_play_ms(caller.audio[0].item_id, 0, 20)

    async with recording(tmp_path) as came:
        async with calling(TWO, tmp_path, playback_tracker=tracker) as caller:
            await caller.say(hush(100), tone(440, 500), hush(400))
            await caller.heard("response.done")
            await caller.say(hush(300))
            await play(caller, 400)
            stopped = time.time_ns()
            await caller.say(hush(250))
            went_on = time.time_ns()
            await play(caller, 300)
            cut_off = time.time_ns()
            await caller.say(tone(550, 400), hush(400))
            await caller.heard("response.done", 2)
        call = came()
    (cut, heard), *_ = call.outputs
    assert cut.attributes[semconv.HEARD_SOURCE] == "tracker"
    assert cut.attributes[semconv.HEARD_MS] == 700
    assert heard.ms == 700
    _, _, right = call.call
    began = right.loud[0]
    assert began > call.ms(cut.end) + 250
    marks = (began, *map(call.ms, (stopped, went_on, cut_off)))
    for (start, end), is_silent in zip(pairwise(marks), (False, True, False), strict=True):
        assert right.part(start + 30, end - 30).is_silent is is_silent
    assert right.part(marks[-1] + 30, marks[-1] + 300).is_silent


@pytest.mark.parametrize(("asked", "kind"), [("g711_ulaw", "pcmu"), ("g711_alaw", "pcma")])
async def test_telephone_audio_has_its_own_rate(tmp_path, asked, kind):
    write_tone(tmp_path / "a.wav", 880, 700)
    audio = {
        "input": {"format": asked, "turn_detection": {"type": "server_vad"}},
        "output": {"format": asked},
    }
    encode = _encoder(kind)
    async with recording(tmp_path) as came:
        async with calling(ANSWER, tmp_path, audio=audio) as caller:
            said = encode(hush(200) + tone(440, 600) + hush(700))
            await caller.say(said, size=160, per_second=8000)
            await caller.heard("response.done")
            await caller.say(encode(hush(900)), size=160, per_second=8000)
        call = came()
    ((span, question),), ((_, answer),) = call.inputs, call.outputs
    assert (question.rate, answer.rate) == (8000, 8000)
    told = span.attributes
    window = told[semconv.INPUT_AUDIO_END_MS] - told[semconv.INPUT_AUDIO_START_MS]
    assert question.ms == window
    assert answer.ms == 700
    assert abs(question.pitch - 440) < 3
    assert abs(answer.pitch - 880) < 3
    _, left, right = call.call
    assert left.rate == 8000
    assert abs(left.loud[1] - left.loud[0] - 600) < 10
    assert abs(right.loud[1] - right.loud[0] - 700) < 10


def _encoder(kind: str):
    from otel_realtime.simulator._codec import FORMATS

    form = FORMATS[f"audio/{kind}"]
    return lambda pcm: form.from_pcm(from_bytes(pcm))


async def test_pieces_of_odd_sizes(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 300)
    said = hush(400) + tone(440, 600) + hush(500)
    async with recording(tmp_path) as came:
        async with calling(ANSWER, tmp_path) as caller:
            await caller.say(said, size=777)
            await caller.heard("response.done")
        call = came()
    ((span, question),) = call.inputs
    first = span.attributes[semconv.INPUT_AUDIO_START_MS] * 24
    assert np.array_equal(question.samples, from_bytes(said)[first:][: len(question.samples)])
    assert abs(question.pitch - 440) < 2


async def test_push_to_talk(tmp_path):
    """What was sent between two commits, to the sample."""
    write_tone(tmp_path / "a.wav", 880, 300)
    write_tone(tmp_path / "b.wav", 700, 300)
    audio = {"input": {"format": "pcm16", "turn_detection": None}}
    async with recording(tmp_path) as came:
        async with calling(TWO, tmp_path, audio=audio) as caller:
            for count, hz in enumerate((440, 550), start=1):
                await caller.say(tone(hz, 330))
                await caller.session.send_audio(b"", commit=True)
                await caller.record.wait_for("input_audio_buffer.committed", count)
                await _respond(caller)
                await caller.heard("response.done", count)
        call = came()
    (_, one), (_, two) = call.inputs
    assert np.array_equal(one.samples, from_bytes(tone(440, 330)))
    assert np.array_equal(two.samples, from_bytes(tone(550, 330)))


async def _respond(caller) -> None:
    from agents.realtime.model_inputs import RealtimeModelSendRawMessage

    message = {"type": "response.create"}
    await caller.session.model.send_event(RealtimeModelSendRawMessage(message=message))


async def test_the_call_ends_while_both_speak(tmp_path):
    """What there was until then is kept."""
    write_tone(tmp_path / "a.wav", 880, 4000)
    async with recording(tmp_path) as came:
        async with calling(ANSWER, tmp_path) as caller:
            await caller.say(hush(100), tone(440, 500), hush(400))
            await caller.heard("response.output_audio.delta", 3)
            await caller.say(tone(550, 500))
            await caller.heard("input_audio_buffer.speech_started", 2)
        call = came()
    (_, _), (cut, last) = call.inputs
    assert cut.attributes[semconv.END_REASON] == "closed"
    assert last.is_only(550)
    ((_, heard),) = call.outputs
    assert heard.is_only(880)
    span, left, right = call.call
    assert -2 < left.ms - (span.end - span.start) / 1e6 < PIECE_MS + 2
    assert not right.is_silent


async def test_silence_before_speech_uses_up_nothing(tmp_path):
    """A microphone that was open for minutes: nothing of that is in the spool or in memory."""
    from otel_realtime.audio.archives import archive_of
    from otel_realtime.settings import Settings

    write_tone(tmp_path / "a.wav", 880, 300)
    store, spool = (tmp_path / "store").as_uri(), tmp_path / "spool"
    told = {"audio_store": store, "audio_spool": spool}
    archive = archive_of(Settings.read(told, environ={}))
    async with recording(tmp_path) as came:
        async with calling(ANSWER, tmp_path) as caller:
            for _ in range(3 * 60):
                await caller.session.send_audio(hush(1000))
            assert archive.flush(10)
            assert archive.keeping.spool.used == 0
            await caller.say(tone(440, 500), hush(400))
            await caller.heard("response.done")
        call = came()
    ((span, question),) = call.inputs
    assert span.attributes[semconv.INPUT_AUDIO_START_MS] > 179_000
    assert question.is_only(440)
    assert question.ms < 1500


async def test_two_calls_at_once_never_cross(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 600)
    (tmp_path / "other").mkdir()
    write_tone(tmp_path / "other" / "a.wav", 1320, 600)
    async with (
        recording(tmp_path) as came,
        calling(ANSWER, tmp_path) as one,
        calling(ANSWER, tmp_path / "other") as other,
    ):
        for _ in range(25):
            await one.session.send_audio(tone(450, 20))
            await other.session.send_audio(tone(650, 20))
        for caller in (one, other):
            await caller.session.send_audio(hush(500))
            await caller.heard("response.done")
        await one.session.close()
        await other.session.close()
        call = came()
    assert sorted(round(sound.pitch, -1) for _, sound in call.inputs) == [450, 650]
    assert sorted(round(sound.pitch, -1) for _, sound in call.outputs) == [880, 1320]
    assert all(s.is_only(hz) for _, s in call.inputs for hz in [round(s.pitch, -1)])
    by_session = {}
    for span, sound in (*call.inputs, *call.outputs):
        by_session.setdefault(span.attributes[semconv.SESSION_ID], set()).add(
            round(sound.pitch, -1)
        )
    assert sorted(map(sorted, by_session.values())) == [[450, 880], [650, 1320]]


@pytest.mark.parametrize("capture", ["none", "user", "agent"])
async def test_whose_audio(tmp_path, capture):
    write_tone(tmp_path / "a.wav", 880, 300)
    async with recording(tmp_path, capture_audio=capture) as came:
        async with calling(ANSWER, tmp_path) as caller:
            await caller.say(hush(100), tone(440, 400), hush(400))
            await caller.heard("response.done")
        call = came()
    links = {
        span.name.split()[0]
        for span in call.spans
        if {semconv.INPUT_AUDIO_URL, semconv.OUTPUT_AUDIO_URL} & set(span.attributes)
    }
    expected = {"none": set(), "user": {"user_input"}, "agent": {"chat"}}[capture]
    assert links == (expected | {"invoke_agent"} if expected else set())
    files = list((tmp_path / "store").rglob("*.wav"))
    assert len(files) == (0 if capture == "none" else len(expected) + 1 + _generated(files))
    if expected:
        _, left, right = call.call
        assert left.is_silent is (capture != "user")
        assert right.is_silent is (capture != "agent")


def _generated(files) -> int:
    return sum(file.stem.endswith("_generated") for file in files)


async def test_without_a_store_there_is_no_audio_anywhere(tmp_path, monkeypatch):
    spool = tmp_path / "spool"
    monkeypatch.setenv("OTEL_REALTIME_AUDIO_SPOOL", str(spool))
    write_tone(tmp_path / "a.wav", 880, 300)
    async with recording(tmp_path, audio_store=None, capture_content=False) as came:
        async with calling(ANSWER, tmp_path) as caller:
            await caller.say(hush(100), tone(440, 400), hush(400))
            await caller.heard("response.done")
        call = came()
    assert not spool.exists()
    assert not (tmp_path / "store").exists()
    assert not [n for span in call.spans for n in span.attributes if "audio." in n and "url" in n]


async def test_messages_link_to_recordings_only_where_content_is_captured(tmp_path):
    write_tone(tmp_path / "a.wav", 880, 300)
    for captured in (True, False):
        folder = tmp_path / str(captured)
        async with recording(folder, capture_content=captured) as came:
            async with calling(ANSWER, tmp_path) as caller:
                await caller.say(hush(100), tone(440, 400), hush(400))
                await caller.heard("response.done")
            call = came()
        (said,), (heard,) = call.named("user_input"), call.named("chat")
        assert (semconv.INPUT_MESSAGES in said.attributes) is captured
        assert (semconv.OUTPUT_MESSAGES in heard.attributes) is captured
        if captured:
            url = said.attributes[semconv.INPUT_AUDIO_URL]
            assert f'"uri": "{url}"' in said.attributes[semconv.INPUT_MESSAGES]
            assert f'"uri": "{url}"' in heard.attributes[semconv.INPUT_MESSAGES]
            url = heard.attributes[semconv.OUTPUT_AUDIO_URL]
            assert f'"uri": "{url}"' in heard.attributes[semconv.OUTPUT_MESSAGES]
