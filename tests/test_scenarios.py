"""Every scenario gives its golden tree, logs and metrics; some show all of their attributes."""

from pathlib import Path

import goldens
import pytest

from otel_realtime import semconv
from otel_realtime.scenario import Scenario

SCENARIOS = Path(__file__).parent / "scenarios"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
WITH_ATTRIBUTES = (
    "approval_given",
    "barge_in_truncated_after_done",
    "connect_failed",
    "content_on_events_only",
    "cost_on",
    "disconnect",
    "failed_response",
    "guardrail_tool",
    "handoff",
    "local_mcp",
    "mcp_failed",
    "plain_answer",
    "session_opened",
    "tool",
    "tool_raises",
    "transcript_after_timeout",
    "transcription_by_tokens",
    "typed_text_answer",
    "webrtc_barge_in_after_done",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_gives_its_golden(name) -> None:
    scenario = Scenario.load(SCENARIOS / f"{name}.yaml")
    assert scenario.about
    goldens.compare(goldens.tree_and_metrics(scenario.run()), SCENARIOS / f"{name}.txt")


@pytest.mark.parametrize("name", WITH_ATTRIBUTES)
def test_all_attributes_of_a_scenario(name) -> None:
    traced = Scenario.load(SCENARIOS / f"{name}.yaml").run()
    goldens.compare(goldens.attributes(traced), SCENARIOS / f"{name}.attributes.txt")


def test_no_golden_is_left_over() -> None:
    told = {path.name.split(".")[0] for path in SCENARIOS.glob("*.txt")}
    assert told == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_session_and_its_identity(name) -> None:
    """One session span, closed once; all in one trace; `session.id` on every span and log."""
    traced = Scenario.load(SCENARIOS / f"{name}.yaml").run()
    roots = [span for span in traced.spans if span.parent_span_id is None]
    assert [span.name.split()[0] for span in roots] == [semconv.SPAN_SESSION]
    assert {span.trace_id for span in traced.spans} == {roots[0].trace_id}
    for each in (*traced.spans, *traced.logs):
        assert each.attributes[semconv.SESSION_ID] == "session-under-test"
        assert each.attributes[semconv.PROVIDER_NAME] == "openai"
    events = [log.event_name for log in traced.logs]
    assert events[0] == semconv.LOG_SESSION_STARTED
    assert events[-1] == semconv.LOG_SESSION_ENDED
    assert {log.span_id for log in traced.logs} <= {span.span_id for span in traced.spans}


def test_the_same_tree_whenever_the_truncation_comes() -> None:
    after, before = (
        (SCENARIOS / f"barge_in_truncated_{when}_done.txt").read_text(encoding="utf-8")
        for when in ("after", "before")
    )
    assert after == before


def test_content_that_is_off_is_nowhere() -> None:
    traced = Scenario.load(SCENARIOS / "content_off.yaml").run()
    assert "SECRET" not in repr(traced)
    shown = Scenario.load(SCENARIOS / "content_on_events_only.yaml").run()
    assert "SECRET" not in repr(shown.spans)
    assert "SECRET" not in repr(shown.metrics)
    assert "SECRET answer" in repr(shown.logs)
