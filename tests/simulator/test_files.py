from pathlib import Path

import pytest

from otel_realtime.simulator import ScenarioError, load_scenario, parse_scenario

BUILT_IN = (
    "answer",
    "barge_in",
    "faults",
    "handoff",
    "late_transcript",
    "text_only",
    "tools",
)


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_scenarios_load_by_name(name):
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.conversation


def test_a_file_loads_by_path_and_is_named_after_it(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("conversation: [agent: Hi]")
    assert (
        load_scenario(path)
        == load_scenario(str(path))
        == parse_scenario("{name: mine, conversation: [agent: Hi]}")
    )


def test_an_unknown_name_lists_the_built_in_ones():
    with pytest.raises(ScenarioError, match="expected a path, or one of answer, barge_in"):
        load_scenario("nonsense")


@pytest.mark.parametrize("path", ["missing.yaml", Path("missing")])
def test_a_missing_file_is_named(path):
    with pytest.raises(ScenarioError, match=r"^missing.*cannot be read"):
        load_scenario(path)


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="cannot be read") as caught:
        load_scenario(path)
    assert caught.value.source == str(path)
    assert caught.value.line is None
