"""Usage that contradicts itself is left out, part by part, and told each time."""

import pytest
from conversation.call import Call

from otel_realtime.conversation._usage import without_contradictions
from otel_realtime.records import LeftOutNoted
from otel_realtime.values import Usage

SOUND = Usage(
    input=60,
    output=40,
    input_text=20,
    input_audio=40,
    input_image=0,
    cached=8,
    cached_text=8,
    cached_audio=0,
    cached_image=0,
    output_text=10,
    output_audio=30,
)
NO_CACHED_PARTS = {"cached_text": None, "cached_audio": None, "cached_image": None}
NO_INPUT_PARTS = {"input_text": None, "input_audio": None, "input_image": None}
PARTS = "parts exceed their whole"
CACHED_PARTS = "cached parts exceed their whole"


@pytest.mark.parametrize(
    "used",
    [
        SOUND,
        Usage(),
        Usage(input=60, output=40),
        Usage(input=0, output=0, cached=0),
        SOUND._replace(input=None, output=None),
        SOUND._replace(cached=None),
        SOUND._replace(cached_text=None, cached_audio=None, cached_image=None),
        SOUND._replace(input_image=None, output_text=None),
        Usage(output=40, output_audio=30),
    ],
)
def test_what_does_not_contradict_itself_is_believed(used) -> None:
    assert without_contradictions(used) == (used, ())


@pytest.mark.parametrize(
    ("wrong", "left", "why"),
    [
        ({"output": -1}, {"output": None}, ("no count",)),
        ({"cached": -8, **NO_CACHED_PARTS}, {"cached": None, **NO_CACHED_PARTS}, ("no count",)),
        ({"cached": 61}, {"cached": None, **NO_CACHED_PARTS}, ("more cached than input",)),
        ({"cached_audio": 1}, NO_CACHED_PARTS, (CACHED_PARTS,)),
        ({"cached": 30, "cached_text": 21}, {"cached": 30, **NO_CACHED_PARTS}, (CACHED_PARTS,)),
        (
            {"cached": 8, "input_text": None},
            {"input_text": None, **NO_CACHED_PARTS},
            (CACHED_PARTS,),
        ),
        ({"input_audio": 41}, {**NO_INPUT_PARTS, **NO_CACHED_PARTS}, (PARTS,)),
        ({"output_audio": 31}, {"output_text": None, "output_audio": None}, (PARTS,)),
        (
            {"input": 10, "cached": 8},
            {"input": 10, **NO_INPUT_PARTS, **NO_CACHED_PARTS},
            (PARTS,),
        ),
    ],
)
def test_what_contradicts_itself_is_left_out_and_the_rest_stays(wrong, left, why) -> None:
    assert without_contradictions(SOUND._replace(**wrong)) == (SOUND._replace(**left), why)


def test_it_is_told_of_each_response_and_the_rest_is_kept() -> None:
    call = Call()
    for number in range(3):
        used = SOUND._replace(input_audio=99, output_audio=None if number else 99)
        at = 1000 + 3000 * number
        call.answer(f"resp_{number}", f"item_{number}", at, at + 100, 500, after=None, usage=used)
    told = call.play(12_000)
    notes = told.notes(LeftOutNoted)
    assert [(at, note.what, note.why) for at, note in notes] == [
        (1150, "usage", PARTS),  # of the input, and of the output
        (1150, "usage", PARTS),
        (4150, "usage", PARTS),
        (7150, "usage", PARTS),
    ]
    kept = told.responses["resp_1"].usage
    assert (kept.input, kept.input_audio, kept.output, kept.output_text) == (60, None, 40, 10)
