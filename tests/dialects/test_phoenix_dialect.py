"""What Phoenix is told otherwise than OpenInference has it: the tokens that it puts prices on."""

import pytest
from dialects.calls_in_dialects import HandMade, answered, given, through

from otel_realtime.dialects import openinference_names as names
from otel_realtime.records import Kind
from otel_realtime.values import Usage


def test_no_token_of_a_prompt_counts_twice_in_its_details() -> None:
    said = of_a_response(
        Usage(
            input=592,
            output=11,
            input_text=105,
            input_audio=487,
            cached=448,
            cached_text=64,
            cached_audio=384,
        )
    )
    assert said[names.TOKENS_PROMPT] == 592
    assert said[names.TOKENS_PROMPT_AUDIO] == 487 - 384
    assert said[names.TOKENS_CACHED] == 448


@pytest.mark.parametrize("cached", [None, 488])
def test_what_is_not_known_or_contradicts_itself_stays_as_it_was_told(cached) -> None:
    said = of_a_response(Usage(input=592, input_audio=487, cached_audio=cached))
    assert said[names.TOKENS_PROMPT_AUDIO] == 487


def of_a_response(usage: Usage) -> dict:
    processor, kept = through("phoenix")
    call = HandMade(processor)
    call.span(Kind.RESPONSE, "resp_1", answered(given(), usage=usage))
    call.end()
    return dict(kept.spans[0].attributes)
