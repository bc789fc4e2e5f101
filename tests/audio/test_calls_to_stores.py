"""A call of the real SDK to each real store, read back from there by another way, and measured."""

import pytest

pytest.importorskip("agents.realtime", reason="needs the extra otel-realtime[agents]")
pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")

from audio.recorded_calls import calling, recording
from audio.tones import hush, read, tone, write_tone
from object_stores import SERVERS

from otel_realtime import semconv

ANSWER = """
audio_speed: 4
conversation:
  - user: A question.
  - agent: {say: An answer, audio: a.wav}
"""


@pytest.mark.parametrize("name", SERVERS)
async def test_a_call_is_kept_whole(name, tmp_path, monkeypatch):
    """By the URL and the environment alone, as it is set up in production."""
    write_tone(tmp_path / "a.wav", 880, 500)
    with SERVERS[name](tmp_path) as server:
        for variable, value in (server.environ or {}).items():
            monkeypatch.setenv(variable, value)
        store = server.url if server.environ is not None else server.store
        async with recording(tmp_path, audio_store=store) as came:
            async with calling(ANSWER, tmp_path) as caller:
                await caller.say(hush(100), tone(440, 400), hush(400))
                await caller.heard("response.done")
                await caller.say(hush(700))
            call = came()
        kept = {}
        for span in call.spans:
            url = span.attributes.get(semconv.INPUT_AUDIO_URL) or span.attributes.get(
                semconv.OUTPUT_AUDIO_URL
            )
            if url is not None:
                assert url.startswith(f"{server.url}/")
                path = tmp_path / f"{span.span_id}.wav"
                path.write_bytes(server.read(f"{server.prefix}/{url[len(server.url) + 1 :]}").data)
                kept[span.name.split()[0]] = read(path)
        assert len(server.keys()) == len(kept) == 3
    assert kept["user_input"][0].is_only(440)
    assert kept["chat"][0].is_only(880)
    assert kept["chat"][0].ms == 500
    left, right = kept["invoke_agent"]
    assert (left.is_only(440), right.is_only(880)) == (True, True)


@pytest.mark.parametrize(("audio_format", "mime"), [("flac", "audio/flac"), ("opus", "audio/ogg")])
async def test_other_formats(audio_format, mime, tmp_path):
    soundfile = pytest.importorskip("soundfile", reason="needs the extra otel-realtime[formats]")
    write_tone(tmp_path / "a.wav", 880, 500)
    async with recording(tmp_path, audio_format=audio_format) as came:
        async with calling(ANSWER, tmp_path) as caller:
            await caller.say(hush(100), tone(440, 400), hush(400))
            await caller.heard("response.done")
            await caller.say(hush(700))
        call = came()
    (said,), (chat,), (session,) = map(call.named, ("user_input", "chat", "invoke_agent"))
    assert said.attributes[semconv.INPUT_AUDIO_MIME_TYPE] == mime
    urls = (
        said.attributes[semconv.INPUT_AUDIO_URL],
        chat.attributes[semconv.OUTPUT_AUDIO_URL],
        session.attributes[semconv.OUTPUT_AUDIO_URL],
    )
    files = [soundfile.info(url.removeprefix("file://")) for url in urls]
    assert [file.channels for file in files] == [1, 1, 2]
    assert {file.samplerate for file in files} == {24_000}
    assert abs(files[1].duration - 0.5) < 0.001
    assert all(url.endswith(f".{audio_format}") for url in urls)
