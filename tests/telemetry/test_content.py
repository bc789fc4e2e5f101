"""The gate for content."""

from dataclasses import replace

import pytest

from otel_realtime import events
from otel_realtime.scenario import Recorder
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.telemetry.content import ContentGate, encodable, stack_of, type_of
from otel_realtime.telemetry.outlets import Telemetry


class OwnError(Exception):
    pass


def fail() -> None:
    raise OwnError("a secret")


def gate_of(redact=None, on_error=print) -> ContentGate:
    return ContentGate(is_open=True, redact=redact, on_error=on_error)


def test_a_shut_gate_lets_nothing_through_and_asks_nobody() -> None:
    asked: list[str] = []
    gate = replace(gate_of(lambda _, value: asked.append(value) or value), is_open=False)
    assert gate("user_text", "hello") is None
    assert asked == []


def test_an_open_gate_lets_content_through() -> None:
    gate = gate_of()
    assert gate("user_text", "hello") == "hello"
    assert gate("user_text", "") == ""
    assert gate("user_text", None) is None


def test_what_redact_gives_is_recorded_instead() -> None:
    gate = gate_of(lambda kind, value: f"{kind}:{len(value)}")
    assert gate("user_text", "hello") == "user_text:5"
    assert gate_of(lambda *_: None)("user_text", "hello") is None


def test_where_redact_raises_nothing_is_recorded() -> None:
    told: list[tuple[str, Exception]] = []
    error = OwnError("no")

    def redact(*_: str) -> str:
        raise error

    gate = gate_of(redact, lambda where, problem: told.append((where, problem)))
    assert gate("user_text", "hello") is None
    assert told == [("redact", error)]


def test_a_stack_shows_where_and_not_what() -> None:
    with pytest.raises(OwnError) as caught:
        fail()
    stack = stack_of(caught.value)
    assert stack.startswith("Traceback (most recent call last):\n  File ")
    assert "in fail" in stack
    assert stack.endswith("OwnError")
    assert "OwnError: a secret" not in stack


@pytest.mark.parametrize(
    ("error", "name"),
    [(ValueError("x"), "ValueError"), (OwnError("x"), f"{__name__}.OwnError")],
)
def test_types_are_named_as_opentelemetry_names_them(error, name) -> None:
    assert type_of(error) == name


@pytest.mark.parametrize(("capture", "kept"), [(False, False), (True, True), ("EVENT_ONLY", True)])
def test_what_may_be_recorded_nowhere_is_not_even_kept(capture, kept) -> None:
    settings = Settings.read({"capture_content": capture}, environ={})
    session = SessionTelemetry(Telemetry.of(**Recorder().providers), settings)
    session.feed(events.TextStarted(1, "resp_1", "item_1", 0, "a secret"))
    session.feed(events.ToolRequested(2, "call_1", "look", "a secret"))
    assert session.keeps_content is kept
    assert ("a secret" in repr(session.conversation._state.__getstate__())) is kept  # noqa: SLF001
    session.end("closed")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("plain", "plain"), ("Zürich 🌧", "Zürich 🌧"), ("half \ud83d a pair", "half ? a pair")],
)
def test_what_utf_8_cannot_say_is_replaced(text: str, kept: str) -> None:
    assert encodable(text) == kept
    for redact in (None, lambda _, value: value):
        gate = ContentGate(is_open=True, redact=redact, on_error=lambda *_: None)
        assert gate("user_text", text) == kept
