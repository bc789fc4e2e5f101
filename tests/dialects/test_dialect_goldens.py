"""Whole calls in each dialect, attribute by attribute, with and without content."""

from pathlib import Path

import goldens
import pytest
from dialects.calls_in_dialects import OPEN, SHUT, a_call_with_audio, scenario, shown, through

GOLDEN = Path(__file__).parent.parent / "golden" / "dialects"
DIALECTS = {
    "openinference": ("openinference", {}),
    "openinference_turns": ("openinference", {"dialect_turns": True}),
    "phoenix": ("phoenix", {}),
    "phoenix_turns": ("phoenix", {"dialect_turns": True}),
    "langsmith": ("langsmith", {}),
    "langfuse": ("langfuse", {}),
    "mlflow": ("mlflow", {}),
}
NAMES = (
    "barge_in_truncated_after_done",
    "handoff",
    "mcp_failed",
    "tool",
    "transcript_after_timeout",
    "typed_text_answer",
)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_call_in_a_dialect(name, dialect) -> None:
    word, settings = DIALECTS[dialect]
    processor, kept = through(word, **settings)
    scenario(name, processor)
    goldens.compare(shown(kept.spans), GOLDEN / f"{name}.{dialect}.txt")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_call_without_content_in_a_dialect(dialect) -> None:
    word, settings = DIALECTS[dialect]
    processor, kept = through(word, **settings)
    scenario("tool", processor, capture_content=False)
    goldens.compare(shown(kept.spans), GOLDEN / f"tool_without_content.{dialect}.txt")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("gate", "name"), [(OPEN, "audio"), (SHUT, "audio_without_content")])
def test_a_call_with_audio_in_a_dialect(dialect, gate, name) -> None:
    word, settings = DIALECTS[dialect]
    processor, kept = through(word, **settings)
    a_call_with_audio(processor, gate=gate)
    goldens.compare(shown(kept.spans), GOLDEN / f"{name}.{dialect}.txt")


def test_no_golden_is_left_over() -> None:
    told = {path.name.split(".")[0] for path in GOLDEN.glob("*.txt")}
    assert told == {
        *NAMES,
        *("tool_without_content", "tool_server_events", "audio", "audio_without_content"),
    }
