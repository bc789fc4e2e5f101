"""What docs/simulator.md shows is run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_realtime.simulator import _document, _steps, parse_scenario

TEXT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_every_scenario_shown_is_valid(text):
    assert parse_scenario(text).conversation


@pytest.mark.parametrize("program", blocks("python"))
def test_every_program_shown_runs(program):
    pytest.importorskip("agents", reason="the examples use the OpenAI Agents SDK")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


TABLES = (
    _document.FIELDS,
    _document.REFUSAL,
    _steps.AGENT,
    _steps.HAPPENINGS,
    _steps.LIMIT,
    _steps.MCP,
    _steps.STEPS,
    _steps.USAGE,
    _steps.USER,
)


@pytest.mark.parametrize("key", sorted({key for table in TABLES for key in table}))
def test_every_key_of_the_format_is_described(key):
    assert re.search(rf"[`{{ ]{key}[`:,}}]", TEXT)
