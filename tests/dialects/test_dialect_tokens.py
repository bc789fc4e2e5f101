"""The tokens of a prompt where a backend prices each detail: none of them counts twice."""

import json

import pytest
from dialects.calls_in_dialects import HandMade, answered, given, through

from otel_realtime.dialects import openinference_names as names
from otel_realtime.records import Kind
from otel_realtime.values import Usage

MOSTLY_CACHED = Usage(
    input=10_000,
    input_text=500,
    input_audio=9_500,
    cached=9_000,
    cached_text=300,
    cached_audio=8_700,
    output=400,
    output_audio=350,
)
UNTOLD = Usage(input=10_000, input_audio=9_500, cached=9_000, output=400)
CONTRADICTORY = Usage(input=10_000, input_audio=9_500, cached_audio=9_501, output=400)
NOTHING_CACHED = Usage(input=10_000, input_audio=9_500, output=400)
CASES = [
    pytest.param(MOSTLY_CACHED, 800, id="the cached are told apart"),
    pytest.param(UNTOLD, 1_000, id="of the cached it is not told what they are"),
    pytest.param(NOTHING_CACHED, 9_500, id="none is told to be cached"),
    pytest.param(CONTRADICTORY, 9_500, id="more were cached than there were"),
]


def of_a_response(dialect: str, usage: Usage) -> dict:
    processor, kept = through(dialect)
    call = HandMade(processor)
    call.span(Kind.RESPONSE, "resp_1", answered(given(), usage=usage))
    call.end()
    return dict(kept.spans[0].attributes)


@pytest.mark.parametrize(("usage", "audio"), CASES)
def test_phoenix_adds_up_the_details(usage, audio) -> None:
    said = of_a_response("phoenix", usage)
    assert said[names.TOKENS_PROMPT] == 10_000
    assert said[names.TOKENS_PROMPT_AUDIO] == audio
    assert said.get(names.TOKENS_CACHED) == usage.cached


@pytest.mark.parametrize(("usage", "audio"), CASES)
def test_langsmith_prices_each_detail_and_the_rest_as_text(usage, audio) -> None:
    said = json.loads(of_a_response("langsmith", usage)["langsmith.usage_metadata"])
    details = said["input_token_details"]
    assert said["input_tokens"] == 10_000
    assert (details["audio"], details.get("cache_read")) == (audio, usage.cached)
    assert sum(details.values()) <= said["input_tokens"]
    assert said.get("output_token_details") == ({"audio": 350} if usage.output_audio else None)


@pytest.mark.parametrize(("usage", "audio"), CASES)
def test_langfuse_adds_up_the_types(usage, audio) -> None:
    said = json.loads(of_a_response("langfuse", usage)["langfuse.observation.usage_details"])
    assert said["input_audio_tokens"] == audio
    given_ = said["input"] + said["input_audio_tokens"] + said["input_cached_tokens"]
    assert given_ == 10_000
    assert said["output"] + said["output_audio_tokens"] == 400


@pytest.mark.parametrize("dialect", ["phoenix", "langsmith", "langfuse"])
def test_of_a_prompt_without_a_breakdown_no_audio_is_told(dialect) -> None:
    said = of_a_response(dialect, Usage(input=10_000, output=400))
    assert names.TOKENS_PROMPT_AUDIO not in said
    assert "input_token_details" not in str(said)
    assert '"input_audio_tokens": 0' in str(said) or dialect != "langfuse"
