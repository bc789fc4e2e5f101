"""The tree tells what the user waited for, turn by turn, who cut whom off, and what it cost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tree_spans import a_span, an_answer, drawn, terminal

from otel_realtime.tree import render

SHORT = ("endpointing 250 ms", "queue 20 ms", "model 230 ms")
LONG = (
    *("endpointing 250 ms", "queue 20 ms", "model 190 ms", "tool 300 ms", "queue 40 ms"),
    "model 200 ms",
)
CALL = [
    a_span(
        "invoke_agent A",
        0,
        9000,
        "call",
        SESSION_TURNS=2,
        SESSION_LATENCY_COUNT=2,
        SESSION_LATENCY_MEDIAN=0.5,
        SESSION_LATENCY_MAX=1.0,
        SESSION_SLOWEST_TURN=2,
        SESSION_INTERRUPTIONS=1,
        SESSION_TALK_USER=2.0,
        SESSION_TALK_RATIO=0.75,
        SESSION_COST=0.0123,
        END_REASON="closed",
    ),
    a_span("user_input", 100, 900, parent="call", TURN_INDEX=1),
    an_answer(
        1000,
        1500,
        "first",
        "call",
        TURN_INDEX=1,
        VOICE_TO_VOICE=0.5,
        TIME_TO_FIRST_AUDIO=0.25,
        WAIT_STEPS=SHORT,
        WAIT_UNKNOWN=("playback",),
        INTERRUPTED=True,
        HEARD_MS=690,
        GENERATED_MS=4000,
        STOP_TIME=0.08,
        USAGE_INPUT=60,
        USAGE_OUTPUT=40,
        COST=0.0042,
    ),
    a_span("user_input", 2000, 2900, parent="call", TURN_INDEX=2, INPUT_INTERRUPTED="first"),
    an_answer(3000, 3200, "second", "call", TURN_INDEX=2),
    a_span("execute_tool look_up", 3200, 3500, parent="second", TURN_INDEX=2),
    an_answer(
        3600,
        4200,
        "third",
        "call",
        TURN_INDEX=2,
        VOICE_TO_VOICE=1.0,
        WAIT_STEPS=LONG,
        HAD_TOOL=True,
    ),
]
GOLDEN = """\
invoke_agent A  0–9000 ms  ended closed
  summary  2 turns, median wait 500 ms, longest 1000 ms (turn 2), 1 interruption, talk 25% user, 75% agent, cost $0.0123
  user_input  100–900 ms  turn 1
  chat m  1000–1500 ms  waited 500 ms, interrupted, heard 690 of 4000 ms, stopped after 80 ms, tokens 60→40, $0.0042
    wait  endpointing 250 · queue 20 · model 230 ms, playback unknown
  user_input  2000–2900 ms  turn 2, barge-in
  chat m  3000–3200 ms
    execute_tool look_up  3200–3500 ms
  chat m  3600–4200 ms  waited 1000 ms
    wait  endpointing 250 · queue 20 · model 190 · tool 300 · queue 40 · model 200 ms"""  # noqa: E501 - the lines as they are drawn


def test_a_call() -> None:
    assert render(CALL) == GOLDEN


def test_without_what_a_clock_measured_turns_and_money_are_left() -> None:
    lines = render(CALL, times=False).splitlines()
    assert lines == [
        "invoke_agent A  ended closed",
        "  user_input  turn 1",
        "  chat m  interrupted, tokens 60→40, $0.0042",
        "  user_input  turn 2, barge-in",
        "  chat m",
        "    execute_tool look_up",
        "  chat m",
    ]


IN_80_COLUMNS = """\
━━━━━━━━━━━  invoke_agent A               0–9000 ms
                 ended closed
                 2 turns, median wait 500 ms, longest 1000 ms (turn 2),
                 1 interruption, talk 25% user, 75% agent, cost $0.0123
━              user_input                100–900 ms
                   turn 1
 ━             chat m                  1000–1500 ms
                   waited 500 ms, interrupted, heard 690 of 4000 ms,
                   stopped after 80 ms, tokens 60→40, $0.0042
                   eeeemmmm          endpointing 250 · queue 20 · model 230 ms,
                                     playback unknown
  ━━           user_input              2000–2900 ms
                   turn 2, barge-in
   ━           chat m                  3000–3200 ms
   ━             execute_tool look_up  3200–3500 ms
    ━          chat m                  3600–4200 ms
                   waited 1000 ms
                   eeeemmmtttttqmmm  endpointing 250 · queue 20 · model 190 ·
                                     tool 300 · queue 40 · model 200 ms
"""


def test_a_terminal_draws_waits_to_one_scale() -> None:
    lines = terminal(CALL, 80).splitlines()
    assert "\n".join(line.rstrip() for line in lines) + "\n" == IN_80_COLUMNS


@pytest.mark.parametrize("width", [20, 40, 79, 80, 100, 120, 160, 300])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = terminal(CALL, width).splitlines()
    assert max(len(line) for line in lines) <= width
    if width > 40:
        assert "…" not in "".join(lines)


def test_a_narrow_terminal_tells_a_wait_in_words_only() -> None:
    assert "eeee" not in terminal(CALL, 79)
    assert "endpointing 250 · queue 20 ·" in terminal(CALL, 79)


def test_a_wide_terminal_cuts_nothing() -> None:
    wide = terminal(CALL, 300)
    for line in GOLDEN.splitlines():
        for field in re.sub(r"^ *(wait|summary) ", "", line).strip().split("  "):
            assert field in wide


def test_what_does_not_fit_beside_the_times_goes_below_them() -> None:
    """Measures that were cut off at the right would be lost."""
    (line,) = (each for each in terminal(CALL, 150).splitlines() if "1000–1500 ms" in each)
    assert "waited" not in line
    assert "tokens 60→40, $0.0042" in terminal(CALL, 150)


def test_each_part_of_a_wait_has_its_colour() -> None:
    told = terminal(CALL, 100, force_terminal=True, color_system="standard")
    for letter, part, colour in (("t", "tool", 33), ("m", "model", 36), ("e", "endpointing", 32)):
        assert re.search(rf"\x1b\[7;{colour}m{letter}+\x1b", told)
        assert re.search(rf"\x1b\[{colour}m{part} \d+", told)


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["queue", "model", "tool"]), st.integers(0, 10**15))),
        max_size=4,
    ),
    st.integers(10, 200),
)
def test_whatever_a_wait_is_made_of_its_bar_keeps_to_its_place(waits, width) -> None:
    steps = [tuple(f"{part} {ms} ms" for part, ms in wait) for wait in waits]
    spans = [an_answer(place, WAIT_STEPS=told) for place, told in enumerate(steps)]
    lines = terminal(spans, width).splitlines()
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"TIME_TO_FIRST_AUDIO": 0.24}, "first audio 240 ms"),
        ({"TIME_TO_FIRST_AUDIO": 0.24, "GREETING_LATENCY": 0.3}, "greeted after 300 ms"),
        ({"TIME_TO_FIRST_AUDIO": 0.24, "VOICE_TO_VOICE": 0.49}, "waited 490 ms"),
        ({"COST": 0.00001234}, "$0.000012"),
        ({"COST": 0}, "$0"),
        ({"COST": 1.5}, "$1.5000"),
        ({"WAIT_UNKNOWN": ("endpointing",)}, "wait  endpointing unknown"),
        ({"WAIT_STEPS": ("queue 5 ms",)}, "wait  queue 5 ms"),
        # What takes less than a millisecond is not told: those around it are one.
        (
            {"WAIT_STEPS": ("model 5 ms", "queue 0 ms", "model 7 ms", "playback 1 ms")},
            "wait  model 12 · playback 1 ms",
        ),
        ({"WAIT_STEPS": ("queue 0 ms",)}, ""),
        # Half of a wait would mislead.
        ({"WAIT_STEPS": ("queue 5 ms", "soon")}, ""),
        ({"WAIT_STEPS": ("queue 5 ms", 7)}, ""),
        ({"WAIT_STEPS": "queue 5 ms"}, ""),
        ({"VOICE_TO_VOICE": "long", "COST": "dear", "WAIT_UNKNOWN": "all"}, ""),
    ],
)
def test_what_a_response_tells(attributes, told) -> None:
    assert drawn(an_answer(**attributes)) == told


def test_what_transcripts_cost() -> None:
    assert drawn(a_span("user_input", 0, 5, COST_TRANSCRIPTION=0.0003)) == "$0.000300"
    assert drawn(a_span("speech_to_text w", 0, 5, COST_TRANSCRIPTION=0.003)) == "$0.0030"


def test_of_other_peoples_spans_nothing_is_told() -> None:
    alien = an_answer(scope="theirs", WAIT_STEPS=SHORT, TURN_INDEX=3, COST=1.0)
    assert drawn(alien) == ""


def test_a_turn_is_told_where_it_changes() -> None:
    """An answer to what was said before the latest; two utterances of one turn; two calls."""
    spans = [
        a_span("requests", 0, 100, "top", scope="app"),
        a_span("invoke_agent A", 1, 50, "one", "top"),
        an_answer(2, 3, parent="one", TURN_INDEX=0),
        a_span("user_input", 4, 5, parent="one", TURN_INDEX=1),
        a_span("user_input", 6, 7, parent="one", TURN_INDEX=1),
        a_span("user_input", 8, 9, parent="one", TURN_INDEX=2),
        an_answer(10, 11, parent="one", TURN_INDEX=1),
        an_answer(12, 13, parent="one", TURN_INDEX=2),
        an_answer(14, 15, parent="one"),
        a_span("invoke_agent A", 51, 99, "other", "top"),
        an_answer(52, 53, parent="other", TURN_INDEX=0),
        a_span("user_input", 54, 55, parent="other", TURN_INDEX=1),
    ]
    assert render(spans, times=False).splitlines() == [
        "requests",
        "  invoke_agent A",
        "    chat m",
        "    user_input  turn 1",
        "    user_input",
        "    user_input  turn 2",
        "    chat m  turn 1",
        "    chat m  turn 2",
        "    chat m",
        "  invoke_agent A",
        "    chat m",
        "    user_input  turn 1",
    ]
