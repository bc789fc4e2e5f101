"""How a session is set up, as the provider says it: by GA and beta names, without secrets."""

import pytest

from otel_realtime.sources import _openai_values as values

GA = {
    "model": "gpt-realtime",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "noise_reduction": {"type": "near_field"},
            "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
            "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar", "speed": 1.1},
    },
    "max_output_tokens": "inf",
    "tool_choice": "auto",
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
}
BETA = {
    "model": "gpt-4o-realtime-preview",
    "modalities": ["audio", "text"],
    "voice": "alloy",
    "input_audio_format": "pcm16",
    "output_audio_format": "g711_ulaw",
    "input_audio_transcription": {"model": "whisper-1"},
    "input_audio_noise_reduction": {"type": "far_field"},
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 200},
    "temperature": 0.8,
    "max_response_output_tokens": 4096,
}
SECRET = {
    "id": "sess_1",
    "object": "realtime.session",
    "expires_at": 1_700_000_000,
    "client_secret": {"value": "s3cr3t"},
    "instructions": "s3cr3t",
    "prompt": {"id": "pmpt_1", "variables": {"name": "s3cr3t"}},
    "tools": [{"type": "mcp", "authorization": "s3cr3t", "headers": {"k": "s3cr3t"}}],
    "tracing": {"metadata": {"k": "s3cr3t"}},
}


@pytest.mark.parametrize("session", [GA, BETA])
def test_what_is_sent_is_kept_under_its_own_names(session) -> None:
    assert values.session_config({**SECRET, **session}).parameters == session


@pytest.mark.parametrize(
    ("session", "at"),
    [(GA, ("audio", "input", "transcription")), (BETA, ("input_audio_transcription",))],
)
def test_the_prompt_of_a_transcription_is_content(session, at) -> None:
    import copy

    told = copy.deepcopy(session)
    where = told
    for name in at:
        where = where[name]
    where["prompt"] = "s3cr3t"
    assert values.session_config(told).parameters == session


@pytest.mark.parametrize(
    "session",
    [{}, {"audio": "loud", "model": {}, "modalities": "text", "temperature": "hot"}, SECRET],
)
def test_what_is_no_setting_is_left_out(session) -> None:
    assert values.session_config(session).parameters is None


def test_what_is_too_deep_is_left_out() -> None:
    deep: dict = {"type": "server_vad"}
    for _ in range(100):
        deep = {"more": deep}
    told = values.session_config({"turn_detection": deep, "voice": "\ud800"}).parameters
    assert str(told).count("more") < 10
    assert told["voice"] == "?"
