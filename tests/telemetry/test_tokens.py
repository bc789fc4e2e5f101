"""Tokens by direction, modality and cached or not: none twice, and none lost."""

import pytest

from otel_realtime.telemetry.tokens import partition
from otel_realtime.values import Usage

SOME_PARTS = Usage(
    input=1000, input_text=200, input_audio=300, output=300, output_text=50, output_audio=150
)
"""Of 500 input and 100 output tokens the modality is not told."""


def parts(used: Usage) -> dict[tuple[str, str | None, bool], int]:
    told = [each for each in partition(used) if each.tokens]
    found = {(each.direction, each.modality, each.cached): each.tokens for each in told}
    assert len(found) == len(told)
    return found


SAID = {
    ("output", "text", False): 50,
    ("output", "audio", False): 150,
    ("output", None, False): 100,
}


@pytest.mark.parametrize(
    ("used", "given"),
    [
        (
            SOME_PARTS,
            {("text", False): 200, ("audio", False): 300, (None, False): 500},
        ),
        (
            SOME_PARTS._replace(cached=50, cached_text=50),
            {("text", False): 150, ("text", True): 50, ("audio", False): 300, (None, False): 500},
        ),
        # Of 50 cached ones it is not told whether they are audio: so it is of none.
        (
            SOME_PARTS._replace(cached=100, cached_text=50),
            {(None, False): 900, (None, True): 100},
        ),
        (SOME_PARTS._replace(cached=100), {(None, False): 900, (None, True): 100}),
        # Without a total, the parts are all there is.
        (
            SOME_PARTS._replace(input=None),
            {("text", False): 200, ("audio", False): 300},
        ),
        (
            SOME_PARTS._replace(input=None, cached=100),
            {(None, False): 400, (None, True): 100},
        ),
        # And where nothing else is told, the total is.
        (Usage(1000, 300, output_text=50, output_audio=150), {(None, False): 1000}),
        (Usage(None, 300, output_text=50, output_audio=150), {}),
    ],
)
def test_what_is_told_in_part_adds_up_to_the_whole(used, given) -> None:
    assert parts(used) == {("input", *each): count for each, count in given.items()} | SAID
