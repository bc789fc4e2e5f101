"""Recorded sessions with OpenAI and Azure OpenAI give their golden trees."""

from pathlib import Path

import goldens
import pytest
import yaml

from otel_realtime import semconv
from otel_realtime.scenario import traced_recording
from otel_realtime.sources.recording import RecordingError

GOLDEN = Path(__file__).parent / "golden" / "recordings"
NAMES = (
    "azure_audio_in_server_vad_transcribes",
    "azure_transcription_failed",
    "openai_audio_in_server_vad_turn",
    "openai_text_in_audio_out_turn",
    "openai_tool_call_round",
)
COUNTS = {
    semconv.USAGE_INPUT: ("input_tokens",),
    semconv.USAGE_INPUT_TEXT: ("input_token_details", "text_tokens"),
    semconv.USAGE_INPUT_AUDIO: ("input_token_details", "audio_tokens"),
    semconv.USAGE_INPUT_IMAGE: ("input_token_details", "image_tokens"),
    semconv.USAGE_CACHED: ("input_token_details", "cached_tokens"),
    semconv.USAGE_CACHED_TEXT: ("input_token_details", "cached_tokens_details", "text_tokens"),
    semconv.USAGE_CACHED_AUDIO: ("input_token_details", "cached_tokens_details", "audio_tokens"),
    semconv.USAGE_CACHED_IMAGE: ("input_token_details", "cached_tokens_details", "image_tokens"),
    semconv.USAGE_OUTPUT: ("output_tokens",),
    semconv.USAGE_OUTPUT_TEXT: ("output_token_details", "text_tokens"),
    semconv.USAGE_OUTPUT_AUDIO: ("output_token_details", "audio_tokens"),
}


@pytest.fixture(scope="module")
def recordings(shared) -> Path:
    return shared / "recordings"


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_gives_its_golden(recordings, name) -> None:
    traced = traced_recording(recordings / f"{name}.yaml", capture_content=True)
    goldens.compare(goldens.tree_and_metrics(traced), GOLDEN / f"{name}.txt")


def test_every_recording_of_openai_is_compared(recordings) -> None:
    told = {path.stem for path in recordings.glob("*.yaml")}
    assert {name for name in told if name.startswith(("openai_", "azure_"))} == set(NAMES)
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_usage_is_what_the_server_said(recordings, name) -> None:
    path = recordings / f"{name}.yaml"
    wire = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
    done = [each["data"]["response"] for each in wire if each["data"]["type"] == "response.done"]
    said = {each["id"]: each["usage"] for each in done}
    spans = {
        span.attributes[semconv.RESPONSE_ID]: span.attributes
        for span in traced_recording(path).spans
        if span.name.startswith(semconv.SPAN_RESPONSE)
    }
    assert said
    assert set(spans) == set(said)
    for response_id, usage in said.items():
        expected = {name: _at(usage, where) for name, where in COUNTS.items()}
        told = {name: spans[response_id].get(name) for name in COUNTS}
        assert told == expected


@pytest.mark.parametrize("name", NAMES)
def test_usage_adds_up_to_what_the_server_said(recordings, name) -> None:
    """Over the call: on the spans, and in the counter of tokens by modality, none twice."""
    path = recordings / f"{name}.yaml"
    wire = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
    done = [each["data"]["response"] for each in wire if each["data"]["type"] == "response.done"]
    said = {
        name: sum(_at(each["usage"], where) or 0 for each in done) for name, where in COUNTS.items()
    }
    traced = traced_recording(path)
    told = {name: sum(span.attributes.get(name, 0) for span in traced.spans) for name in COUNTS}
    assert told == said
    assert said[semconv.USAGE_INPUT] > 0
    counted = dict.fromkeys(("input", "output"), 0)
    cached = 0
    for point in traced.metrics:
        if point.name == semconv.METRIC_TOKENS:
            counted[point.attributes[semconv.TOKEN_TYPE]] += point.value
            cached += point.value if point.attributes[semconv.CACHED] else 0
    assert counted == {"input": said[semconv.USAGE_INPUT], "output": said[semconv.USAGE_OUTPUT]}
    assert cached == said[semconv.USAGE_CACHED]


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_without_content_shows_none(recordings, name) -> None:
    path = recordings / f"{name}.yaml"
    wire = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
    texts = {
        str(each["data"][field])
        for each in wire
        for field in ("transcript", "arguments", "text")
        if each["data"].get(field)
    }
    shown = repr(traced_recording(path))
    assert texts
    assert not [text for text in texts if text in shown]


@pytest.mark.parametrize("stem", ["audio_in_server_vad_turn", "tool_call_round"])
def test_a_recording_of_gemini_is_refused(recordings, stem) -> None:
    with pytest.raises(RecordingError, match=r"gemini_\w+\.yaml: there is no event of the OpenAI"):
        traced_recording(recordings / f"gemini_{stem}.yaml")


def _at(usage: dict, where: tuple[str, ...]) -> int | None:
    for name in where:
        usage = (usage or {}).get(name)
    return usage
