"""Scenario files: what they may say, and what is said of those that are wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from otel_realtime.events import PlaybackReported, SessionOpened, ToolEnded
from otel_realtime.scenario import EPOCH, Scenario, ScenarioFileError
from otel_realtime.values import Endpoint

SCENARIOS = Path(__file__).parent / "scenarios"


def load(path: Path, text: str) -> Scenario:
    path.write_text(text, encoding="utf-8")
    return Scenario.load(path)


def test_neutral_events_and_audio(tmp_path) -> None:
    text = """\
about: Two events.
events:
  - {at: 1.5, event: PlaybackReported, item_id: j, content_index: 0, ms: 3}
  - {at: 2, event: ToolEnded, call_id: c, error: broken}
  - {at: 3, sent: {type: input_audio_buffer.append, audio_ms: 2}}
  - {at: 4, received: {type: response.output_audio.delta, audio_ms: 1}}
"""
    scenario = load(tmp_path / "a.yaml", text)
    (_, played), (_, ended), (_, sent), (_, received) = scenario.entries
    assert played == PlaybackReported(EPOCH + 1_500_000, "j", 0, 3)
    assert isinstance(ended, ToolEnded)
    assert repr(ended.error) == "RuntimeError('broken')"
    assert sent.data == {"type": "input_audio_buffer.append", "audio": "A" * 128}
    assert received.data == {"type": "response.output_audio.delta", "delta": "A" * 64}
    assert (scenario.about, scenario.settings) == ("Two events.", {})


def test_fields_that_are_written_as_mappings(tmp_path) -> None:
    text = """\
events:
  - {at: 0, event: SessionOpened, endpoint: {address: localhost, port: 443}, agent: Desk}
  - {at: 1, event: ToolStarted, call_id: c, kind: local_mcp, server_label: library}
"""
    (_, opened), (_, started) = load(tmp_path / "a.yaml", text).entries
    assert opened == SessionOpened(EPOCH, Endpoint("localhost", 443), "Desk")
    assert (started.kind, started.server_label) == ("local_mcp", "library")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: }", ", line 2: this is no YAML"),
        ("just text", ": there is no list of `events`"),
        ("events: 5", ": there is no list of `events`"),
        ("events:\n- 5", ", line 2: `at`, in milliseconds, is missing"),
        ("events:\n- {received: {}}", ", line 2: `at`"),
        ("events:\n- {at: soon, received: {}}", ", line 2: `at`"),
        ("events:\n- {at: .nan, received: {}}", ", line 2: `at`"),
        ("events:\n- at: 0\n  sent: {}\n\n- {at: 1}", ", line 5: there is to be one of received,"),
        ("events:\n- {at: 1, sent: {}, received: {}}", ", line 2: there is to be one of"),
        ("events:\n- {at: 1, event: Sneezed}", ", line 2: there is no neutral event named"),
        ("events:\n- {at: 1, event: Fault}", ", line 2: there is no neutral event named"),
        ("events:\n- {at: 1, event: DtmfReceived, key: 5}", ", line 2: DtmfReceived has no field"),
        ("events:\n- {at: 1, event: DtmfReceived}", ", line 2: "),
        ("events:\n- {at: 1, event: SessionOpened, endpoint: {host: x}}", ", line 2: "),
        ("events:\n- {at: 1, sent: {audio_ms: long}}", ", line 2: `audio_ms` is to be a whole"),
        ("settings: {colour: red}\nevents: []", ": `settings`: unknown setting 'colour'"),
        ("settings: {transcript_timeout: soon}\nevents: []", ": `settings`: transcript_timeout"),
        ("settings: 5\nevents: []", ": `settings`: "),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path, text, message) -> None:
    path = tmp_path / "wrong.yaml"
    with pytest.raises(ScenarioFileError) as caught:
        load(path, text)
    assert str(caught.value).startswith(f"{path}{message}")


def test_redact_sees_every_kind_of_content_and_decides() -> None:
    scenario = Scenario.load(SCENARIOS / "content_off.yaml")
    seen: set[str] = set()

    def redact(kind: str, _: str) -> str | None:
        seen.add(kind)
        return None if kind == "tool_definitions" else f"[{kind}]"

    settings = {"capture_content": "SPAN_AND_EVENT", "redact": redact}
    traced = replace(scenario, settings=settings).run()
    assert seen == {
        "agent_text",
        "dtmf",
        "error_message",
        "instructions",
        "tool_arguments",
        "tool_definitions",
        "tool_result",
        "user_text",
    }
    shown = repr((traced.spans, traced.logs))
    assert "SECRET" not in shown
    assert {kind for kind in seen if f"[{kind}]" in shown} == seen - {"tool_definitions"}


def test_where_redact_raises_nothing_is_recorded_and_the_call_goes_on(caplog) -> None:
    def redact(_: str, value: str) -> str:
        raise LookupError(value)

    scenario = Scenario.load(SCENARIOS / "content_off.yaml")
    silent = scenario.run()
    failing = replace(scenario, settings={**scenario.settings, "capture_content": True})
    traced = replace(failing, settings={**failing.settings, "redact": redact}).run()
    assert [span.name for span in traced.spans] == [span.name for span in silent.spans]
    assert "SECRET" not in repr(traced)
    assert "SECRET" not in caplog.text
