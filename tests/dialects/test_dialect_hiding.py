"""OpenInference's own variables hide what they hide in its own instrumentations, and no less."""

from dataclasses import fields, replace

import pytest
from dialects.calls_in_dialects import (
    HandMade,
    Kept,
    a_call_with_audio,
    answered,
    given,
    scenario,
    through,
)

from otel_realtime import DialectSpanProcessor, semconv
from otel_realtime.dialects.hiding import REDACTED
from otel_realtime.facts import InputFacts
from otel_realtime.records import Kind
from otel_realtime.settings import DialectSettings

HIDES = tuple(each.name for each in fields(DialectSettings) if each.name.startswith("hide_"))
THEIRS = sorted(set(HIDES) - {"hide_input_audio", "hide_output_audio"})
AUDIO = "audio.url"


def call(**settings):
    translating, kept = through("openinference", dialect_turns=True, **settings)
    a_call_with_audio(translating)
    return [dict(span.attributes) for span in kept.spans]


def texts(spans):
    return str(spans)


@pytest.mark.parametrize("name", THEIRS)
def test_whatever_openinference_masks_is_masked(name) -> None:
    config = pytest.importorskip("openinference.instrumentation").TraceConfig(**{name: True})
    for shown, whole in zip(call(**{name: True}), call(), strict=True):
        for key, value in whole.items():
            masked = config.mask(key, value)
            if masked is None:
                assert key not in shown, key
            elif masked == REDACTED:
                assert shown.get(key, REDACTED) == REDACTED, key
        assert shown != whole or name not in {"hide_inputs", "hide_input_text"}


@pytest.mark.parametrize("name", HIDES)
def test_each_is_read_from_its_variable(name, monkeypatch) -> None:
    assert call() != call(**{name: True})
    monkeypatch.setenv(f"OPENINFERENCE_{name.upper()}", "true")
    hidden = call()
    monkeypatch.delenv(f"OPENINFERENCE_{name.upper()}")
    assert hidden == call(**{name: True})


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("hide_inputs", ["When is breakfast?", "input.wav", '"for"', "Be brief."]),
        ("hide_outputs", ["From seven.", "output.wav", "generated.wav", "session.wav"]),
        ("hide_input_text", ["When is breakfast?", "Be brief."]),
        ("hide_output_text", ["From seven."]),
        ("hide_input_audio", ["When is breakfast?", "input.wav"]),
        ("hide_output_audio", ["From seven.", "output.wav", "generated.wav", "session.wav"]),
        ("hide_llm_tools", ["json_schema"]),
        ("hide_llm_invocation_parameters", ["temperature"]),
    ],
)
def test_what_each_hides(name, gone) -> None:
    whole, shown = texts(call()), texts(call(**{name: True}))
    for each in gone:
        assert each in whole
        if name == "hide_inputs" and each == '"for"':
            continue  # the model said it, which is an output
        assert each not in shown, each


def test_a_typed_text_is_no_transcript() -> None:
    translating, kept = through("openinference", hide_input_audio=True)
    made = HandMade(translating)
    typed = given("typed", audio=False)
    made.span(Kind.INPUT, "item_1", typed)
    made.span(Kind.RESPONSE, "resp_1", answered(typed, trigger="text"))
    made.end()
    assert [span.attributes["input.value"] for span in kept.spans] == ["typed", "typed", REDACTED]


TYPES = {"s": "speech", "t": "text", "u": "text"}
OF_THE_USER = ("hide_inputs", "hide_input_text", "hide_input_audio")


@pytest.mark.parametrize("name", OF_THE_USER)
@pytest.mark.parametrize("dialect", ["openinference", "phoenix"])
def test_a_transcript_that_came_late_is_still_the_users(dialect, name) -> None:
    translating, kept = through(dialect, **{name: True}, dialect_turns=True)
    scenario("transcript_after_timeout", translating)
    assert "speech_to_text gpt-realtime-whisper" in [span.name for span in kept.spans]
    shown = texts([dict(span.attributes) for span in kept.spans])
    assert "breakfast" not in shown
    assert "From seven to ten." in shown


@pytest.mark.parametrize("name", sorted(set(HIDES) - set(OF_THE_USER)))
def test_what_hides_other_things_shows_it_but_where_openinference_would_hide_it(name) -> None:
    translating, kept = through("openinference", **{name: True})
    scenario("transcript_after_timeout", translating)
    (late,) = (dict(span.attributes) for span in kept.spans if "speech_to_text" in span.name)
    is_theirs = name in {"hide_outputs", "hide_output_text"}
    assert (late["output.value"] == REDACTED) == is_theirs


def test_a_session_of_texts_may_have_a_spoken_answer_which_its_root_repeats() -> None:
    made, kept = through("openinference", hide_output_audio=True)
    call = HandMade(made)
    call.session.config = replace(call.session.config, output_modalities=("text",))
    call.span(Kind.RESPONSE, "resp_1", answered(given(), output_modalities=("audio",)))
    call.end()
    assert [span.attributes["output.value"] for span in kept.spans] == [REDACTED, REDACTED]


def test_texts_of_errors_go_with_outputs() -> None:
    for hides in (False, True):
        translating, kept = through("openinference", hide_outputs=hides)
        scenario("mcp_failed", translating)
        shown = texts([dict(span.attributes) for span in kept.spans])
        assert ("the spa is closed" in shown) is not hides


@pytest.mark.parametrize("name", HIDES)
def test_a_server_event_may_tell_any_of_it(name) -> None:
    translating, kept = through("openinference", **{name: True})
    scenario("tool", translating, server_events=True)
    told = [dict(span.attributes) for span in kept.spans]
    payloads = [each["output.value"] for each in told if semconv.SERVER_EVENT_TYPE in each]
    assert set(payloads) == {REDACTED}
    assert len(payloads) > 10


@pytest.mark.parametrize(
    ("inputs", "is_shown"),
    [
        ("t", True),
        ("tt", True),
        ("st", False),
        ("ts", False),
        ("s", False),
        ("u", True),
        ("su", False),
    ],
)
def test_a_response_was_asked_by_text_only_if_all_was_typed(inputs, is_shown) -> None:
    """`s` is spoken, `t` typed, `u` typed without an id; no audio is kept of any."""
    translating, kept = through("openinference", hide_input_audio=True)
    made = HandMade(translating)
    facts = [
        InputFacts(f"item_{place}", TYPES[each], text=f"text {place}", id_known=each != "u")
        for place, each in enumerate(inputs)
    ]
    for each in facts:
        made.span(Kind.INPUT, each.item_id, each)
    made.span(Kind.RESPONSE, "resp_1", answered(*facts, trigger=facts[-1].type))
    told = dict(kept.spans[-1].attributes)
    made.end()
    whole = "\n".join(each.text for each in facts)
    assert told["input.value"] == (whole if is_shown else REDACTED)
    first = told["llm.input_messages.0.message.content"]
    assert first == ("text 0" if is_shown else REDACTED)


def test_of_a_call_whose_beginning_was_not_seen_nobody_knows_what_was_typed() -> None:
    typed = given("typed", audio=False)
    unseen, seen = Kept(), Kept()
    made = HandMade(unseen)
    made.span(Kind.RESPONSE, "resp_1", answered(typed, trigger="text"))
    made.end()
    DialectSpanProcessor(seen, dialect="openinference", hide_input_audio=True).on_end(
        unseen.spans[0]
    )
    assert seen.spans[0].attributes["input.value"] == REDACTED


def test_a_variable_that_was_mistyped_hides(monkeypatch, caplog) -> None:
    monkeypatch.setenv("OPENINFERENCE_HIDE_INPUTS", "ture")
    assert call() == call(hide_inputs=True)
    assert "OPENINFERENCE_HIDE_INPUTS takes true, false, not 'ture': it is hidden" in caplog.text


def test_other_dialects_have_nothing_to_do_with_them() -> None:
    translating, kept = through("langsmith", hide_inputs=True)
    a_call_with_audio(translating)
    assert "When is breakfast?" in texts([dict(span.attributes) for span in kept.spans])
