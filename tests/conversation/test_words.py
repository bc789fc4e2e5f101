"""Words and their rate: none is made up where words cannot be told apart."""

import pytest
from conversation.call import Call

from otel_realtime import events
from otel_realtime.conversation._words import count_words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("  ... ?!", 0),
        ("。", 0),
        ("Hello", 1),
        ("When is breakfast?", 3),
        ("I don't know, e.g. at seven-thirty", 6),
        ("It costs 1,000.50", 3),
        ("well...fine — or not", 4),
        ("either/or", 2),
        ("नमस्ते आप कैसे हैं", 4),  # its vowel signs are no letters, and part no words
        ("안녕하세요 반갑습니다", 2),
        ("朝食は何時ですか", None),
        ("ｺﾝﾆﾁﾊ", None),
        ("สวัสดีครับ", None),
        ("What is 寿司?", None),
    ],
)
def test_words_are_counted_where_they_stand_apart(text, count) -> None:
    assert count_words(text) == count


@pytest.mark.parametrize(
    ("ended", "text", "rate"),
    [
        (2000, "one two three", 180.0),
        (3000, "one two three four five", 150.0),
        (1999, "one two three", None),  # below a second
        (3000, "one two", None),  # below three words
        (3000, "", None),
        (3000, "朝食は何時ですか", None),
    ],
)
def test_the_rate_of_what_the_user_says(ended, text, rate) -> None:
    call = Call()
    call.say("item_1", 1000, ended, text=text)
    assert call.play(6000).inputs["item_1"].speech_rate == rate


def spoken(*texts: tuple[int, str | None], cut: float | None = None):
    """A response of parts, a second of audio each."""
    call = Call()
    call.begin("resp_1", "item_1", 1000, after=None)
    for index, text in texts:
        call.add(1100, events.AudioStarted, "resp_1", "item_1", index, 48_000)
        if text is not None:
            call.add(1200, events.TextFinished, "resp_1", "item_1", index, text)
    call.add(1300, events.ResponseDone, "resp_1", "completed")
    if cut is not None:
        call.cut("resp_1", cut, "client_cancelled")
    return call.play(9000).responses["resp_1"]


def test_the_rate_of_what_the_agent_says() -> None:
    assert spoken((0, "one two three")).speech_rate == 180
    assert spoken((0, "one two"), (1, "three four")).speech_rate == 120
    assert spoken((0, "朝食は何時ですか")).speech_rate is None


def test_a_part_whose_words_are_not_known_leaves_the_response_without() -> None:
    facts = spoken((0, "one two three"), (1, None))
    assert (facts.words, facts.speech_rate) == (None, None)


def test_the_rate_of_an_answer_that_was_cut_is_that_of_its_whole_audio() -> None:
    """Words and audio are both of what was generated; which words were heard is not told."""
    facts = spoken((0, "one two three"), cut=1400)
    assert facts.heard_ms == 300
    assert (facts.words, facts.speech_rate) == (3, 180)
