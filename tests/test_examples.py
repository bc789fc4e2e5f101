"""Each example, run as its README says, against the simulator."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_realtime.otlp_json import read_files
from otel_realtime.simulator import RealtimeSimulator
from otel_realtime.tree import render

pytest.importorskip("agents", reason="pip install 'otel-realtime[demo]'")
pytest.importorskip(
    "opentelemetry.exporter.otlp.json.file", reason="pip install 'otel-realtime[demo]'"
)

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
ENDS_WITHIN = 120  # s; seconds on a quiet machine

TOKENS = re.compile(r"\d+→\d+")
SMALLEST = """\
invoke_agent Assistant  ended closed
  user_input  turn 1, "What is the weather in London?", text
  chat gpt-realtime-2.1  tokens #
    execute_tool get_weather  {"city": "London"} → "London: rain, 11 degrees"
  chat gpt-realtime-2.1  "It is raining in London.", tokens #"""


async def test_the_smallest_agent(tmp_path: Path) -> None:
    async with RealtimeSimulator("tools") as simulator:
        settings = {"OTEL_REALTIME_EXAMPLE_URL": simulator.url, "OPENAI_API_KEY": "simulator"}
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            EXAMPLES / "smallest_agent.py",
            cwd=tmp_path,
            env={**os.environ, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(running.communicate(), ENDS_WITHIN)
    assert (running.returncode, output) == (0, b"")
    tree = render(read_files(tmp_path / "traces.jsonl").spans, times=False)
    assert TOKENS.sub("#", tree) == SMALLEST


def run_pytest(path: Path) -> str:
    """Run a test file as a user does, in a folder with no settings of ours; returns the output."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(path)]
    environ = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    ended = subprocess.run(
        command,
        cwd=path.parent,
        env=environ,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )
    return ended.stdout + ended.stderr


def copied(name: str, folder: Path, *change: str) -> Path:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if change:
        assert change[0] in text
        text = text.replace(*change)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_test_with_the_simulator_passes(tmp_path: Path) -> None:
    assert "= 1 passed in" in run_pytest(copied("test_with_simulator.py", tmp_path))


def test_it_notices_an_agent_that_answers_otherwise(tmp_path: Path) -> None:
    otherwise = copied("test_with_simulator.py", tmp_path, "{city}: rain", "{city}: sun")
    output = run_pytest(otherwise)
    assert "= 1 failed in" in output
    assert '"London: sun, 11 degrees"' in output


def test_the_readme_tells_of_every_example() -> None:
    told = set(re.findall(r"`(\w+\.py)`", (EXAMPLES / "README.md").read_text(encoding="utf-8")))
    assert told == {path.name for path in EXAMPLES.glob("*.py")}
