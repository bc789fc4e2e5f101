"""Settings: keywords win over the environment, which wins over the defaults."""

import logging
import sys
from dataclasses import fields
from threading import TIMEOUT_MAX

import pytest

from otel_realtime.settings import ContentCapture, SettingError, Settings

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
OPT_IN = "OTEL_SEMCONV_STABILITY_OPT_IN"


def test_the_defaults() -> None:
    assert Settings.read({}, environ={}) == Settings()
    assert Settings().capture_content is ContentCapture.NO_CONTENT
    assert (Settings().transcript_timeout, Settings().playback_timeout) == (15, 60)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, ContentCapture.SPAN_ONLY),
        (False, ContentCapture.NO_CONTENT),
        ("true", ContentCapture.SPAN_ONLY),
        (" False ", ContentCapture.NO_CONTENT),
        ("event_only", ContentCapture.EVENT_ONLY),
        ("SPAN_AND_EVENT", ContentCapture.SPAN_AND_EVENT),
        (ContentCapture.EVENT_ONLY, ContentCapture.EVENT_ONLY),
    ],
)
def test_content_capture(value, expected) -> None:
    assert Settings.read({"capture_content": value}, environ={}).capture_content is expected
    if isinstance(value, str):
        assert Settings.read({}, environ={CAPTURE: value}).capture_content is expected


@pytest.mark.parametrize(
    ("capture", "on_spans", "on_events"),
    [
        (ContentCapture.NO_CONTENT, False, False),
        (ContentCapture.SPAN_ONLY, True, False),
        (ContentCapture.EVENT_ONLY, False, True),
        (ContentCapture.SPAN_AND_EVENT, True, True),
    ],
)
def test_where_content_may_be(capture, on_spans, on_events) -> None:
    assert (capture.on_spans, capture.on_events) == (on_spans, on_events)


def test_the_environment_is_read_and_a_keyword_wins(monkeypatch) -> None:
    environ = {
        "OTEL_REALTIME_AGENT_NAME": "Ann",
        "OTEL_REALTIME_PROVIDER_NAME": "azure.ai.openai",
        "OTEL_REALTIME_TRANSCRIPT_TIMEOUT": "2.5",
        "OTEL_REALTIME_PLAYBACK_TIMEOUT": "0",
    }
    expected = Settings(
        agent_name="Ann",
        provider_name="azure.ai.openai",
        transcript_timeout=2.5,
        playback_timeout=0,
    )
    assert Settings.read({}, environ=environ) == expected
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert Settings.read({}) == expected
    monkeypatch.setenv("OTEL_REALTIME_USER_ID", "ann-1")
    assert Settings.read({}).user_id == "ann-1"
    monkeypatch.delenv("OTEL_REALTIME_USER_ID")
    given = Settings.read({"agent_name": "Bob", "transcript_timeout": 1, "user_id": None})
    assert (given.agent_name, given.transcript_timeout) == ("Bob", 1)
    assert (given.provider_name, given.user_id) == ("azure.ai.openai", None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capture_content", "SOME"),
        ("capture_content", 7),
        ("transcript_timeout", "soon"),
        ("transcript_timeout", -1),
        ("transcript_timeout", float("nan")),
        ("playback_timeout", float("inf")),
        ("playback_timeout", True),
        ("redact", "not callable"),
        ("redact", "module.function"),
        ("redact", "module:"),
        ("redact", 7),
    ],
)
def test_a_wrong_keyword_is_an_error_that_names_it(name, value) -> None:
    with pytest.raises(SettingError, match=f"{name} takes .*; it cannot be ") as caught:
        Settings.read({name: value}, environ={})
    assert repr(value) in str(caught.value)


def test_an_unknown_name_is_an_error_that_lists_the_names() -> None:
    with pytest.raises(TypeError, match="unknown setting 'capture'; there are: agent_name, "):
        Settings.read({"capture": True}, environ={})


def test_seconds_are_no_more_than_a_thread_can_wait() -> None:
    given = {"transcript_timeout": 1e10, "audio_flush_timeout": 7}
    read = Settings.read(given, environ={"OTEL_REALTIME_PLAYBACK_TIMEOUT": "1e300"})
    assert (read.transcript_timeout, read.playback_timeout) == (TIMEOUT_MAX, TIMEOUT_MAX)
    assert read.audio_flush_timeout == 7


@pytest.mark.parametrize(
    ("env", "value"),
    [
        (CAPTURE, "SOME"),
        ("OTEL_REALTIME_TRANSCRIPT_TIMEOUT", "soon"),
        ("OTEL_REALTIME_PLAYBACK_TIMEOUT", "-1"),
    ],
)
def test_a_wrong_value_in_the_environment_is_logged_and_left(env, value, caplog) -> None:
    with caplog.at_level(logging.WARNING, logger="otel_realtime"):
        assert Settings.read({}, environ={env: value}) == Settings()
    (message,) = caplog.messages
    assert message.startswith(f"{env} takes ")
    assert message.endswith(f"not {value!r}: it is left at its default")


def test_what_is_set_to_nothing_is_not_set(caplog) -> None:
    names = ("OTEL_REALTIME_AGENT_NAME", "OTEL_REALTIME_TRANSCRIPT_TIMEOUT", CAPTURE)
    assert Settings.read({}, environ=dict.fromkeys(names, "")) == Settings()
    assert caplog.messages == []


def test_a_wrong_value_that_a_keyword_overrules_is_not_told(caplog) -> None:
    environ = {"OTEL_REALTIME_TRANSCRIPT_TIMEOUT": "soon"}
    assert Settings.read({"transcript_timeout": 2}, environ=environ).transcript_timeout == 2
    assert caplog.messages == []


def test_settings_can_be_made_again_from_what_they_are() -> None:
    environ = {CAPTURE: "EVENT_ONLY", REDACT: "a.module:function"}
    settings = Settings.read({"user_id": "ann-1", "playback_timeout": 3}, environ=environ)
    assert Settings.read(settings.as_keywords(), environ={}) == settings


def test_every_setting_has_its_variable() -> None:
    variables = {each.name: each.metadata["env"] for each in fields(Settings)}
    assert variables.pop("capture_content") == CAPTURE
    assert variables.pop("latest_names") == OPT_IN
    assert variables == {name: f"OTEL_REALTIME_{name.upper()}" for name in variables}


@pytest.mark.parametrize(
    ("value", "is_on"),
    [
        ("gen_ai_latest_experimental", True),
        ("http, gen_ai_latest_experimental", True),
        ("http/dup,database", False),
        ("gen_ai_latest_experimental_more", False),
        (True, True),
        (False, False),
    ],
)
def test_the_latest_names_are_asked_for_by_opentelemetrys_own_switch(value, is_on) -> None:
    assert Settings.read({"latest_names": value}, environ={}).latest_names is is_on
    if isinstance(value, str):
        assert Settings.read({}, environ={OPT_IN: value}).latest_names is is_on
    assert (
        Settings.read({"latest_names": False}, environ={OPT_IN: str(value)}).latest_names is False
    )


def test_the_latest_names_are_no_number() -> None:
    with pytest.raises(SettingError, match="latest_names takes a boolean, or a comma-separated"):
        Settings.read({"latest_names": 1}, environ={})


REDACT = "OTEL_REALTIME_REDACT"


@pytest.fixture
def module(tmp_path, monkeypatch) -> str:
    """The name of a module that an application could have; it is not imported yet."""
    name = f"private_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(
        "def hide(kind, value):\n    return f'{kind}: {len(value)}'\n"
        "class Policy:\n    hide = staticmethod(hide)\n    level = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


@pytest.mark.parametrize("path", ["hide", "Policy.hide"])
def test_redact_may_be_named_and_is_imported_when_it_is_needed(module, path) -> None:
    redact = Settings.read({}, environ={REDACT: f"{module}:{path}"}).redact
    assert module not in sys.modules
    assert redact("user_text", "Hello") == "user_text: 5"
    assert Settings.read({"redact": f"{module}:{path}"}, environ={}).redact == redact


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("not_there_at_all:hide", "it could not be imported (ModuleNotFoundError)"),
        ("{module}:not_there", "it could not be imported (AttributeError)"),
        ("{module}:Policy.level", "it is not callable"),
    ],
)
def test_where_redact_cannot_be_had_no_content_is_recorded(module, named, problem, caplog) -> None:
    name = named.format(module=module)
    for _ in range(2):
        redact = Settings.read({}, environ={REDACT: name}).redact
        assert redact("user_text", "Hello") is None
    assert caplog.messages == [f"redact is {name}, but {problem}: no content is recorded"]


def test_a_name_of_redact_in_the_environment_that_is_none_lets_no_content_through(caplog) -> None:
    redact = Settings.read({}, environ={REDACT: "hide"}).redact
    assert redact("user_text", "Hello") is None
    (message,) = caplog.messages
    assert message.startswith(f"{REDACT} takes ")
    assert message.endswith("not 'hide': no content is recorded")
