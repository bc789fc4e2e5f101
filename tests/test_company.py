"""Beside other instrumentors of the Agents SDK, and its own tracing: nobody harms anybody."""

import json
import re
import sys
from pathlib import Path

import pytest
from zero_code import run

for needed in ("openinference.instrumentation", "opentelemetry.instrumentation"):
    pytest.importorskip(f"{needed}.openai_agents", reason="pip install 'otel-realtime[test]'")

CALL = Path(__file__).with_name("company_call.py")
SCOPES = {
    "ours": "otel_realtime",
    "openinference": "openinference.instrumentation.openai_agents",
    "openllmetry": "opentelemetry.instrumentation.openai_agents",
}
TREE = """\
invoke_agent Assistant  ended closed
  user_input  turn 1, "What is the weather in London?", text
  chat gpt-realtime-2.1  tokens #
    execute_tool get_weather  {"city": "London"} → "rain in London"
      GET /weather
        log WARN  asking
  chat gpt-realtime-2.1  "It is raining in London.", tokens #"""
OURS = TREE.count("\n") - 1  # all of these lines but the application's own span and log

ORDERS = [
    ("ours", "openinference"),
    ("openinference", "ours"),
    ("ours", "openllmetry"),
    ("openllmetry", "ours"),
    ("openinference", "ours", "openllmetry"),
]


def first_out(into: tuple[str, ...]) -> tuple[str, ...]:
    """Ours goes first; the others, who know no better, in the reverse order."""
    return ("ours", *(name for name in reversed(into) if name != "ours"))


def last_out(into: tuple[str, ...]) -> tuple[str, ...]:
    return (*first_out(into)[1:], "ours")


def held(folder: Path, into: tuple[str, ...], out: tuple[str, ...]) -> dict:
    """What `company_call.py` saw; it must end well and say nothing else."""
    commands = Path(sys.executable).parent
    names = (",".join(into), ",".join(out))
    ended = run(commands, "python", CALL, *names, folder=folder, settings={})
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    return json.loads(ended.stdout)


def tree(seen: dict) -> str:
    return re.sub(r"\d+→\d+", "#", seen["tree"])


@pytest.mark.parametrize("order", [first_out, last_out])
@pytest.mark.parametrize("into", ORDERS, ids="+".join)
def test_one_call_is_one_trace_of_ours(into, order, tmp_path) -> None:
    out = order(into)
    seen = held(tmp_path, into, out)
    assert tree(seen["together"]) == TREE
    spans = seen["together"]["spans"]
    assert spans.pop("app") == 1
    assert set(spans) == {SCOPES[name] for name in into}  # the others recorded it too
    assert spans["otel_realtime"] == OURS
    assert seen["tracing"] == 1  # the SDK's own tracing was asked for, and harmed nothing

    # All are out: in the reverse order nothing is left. In another, what another one keeps of ours
    # only passes calls through, and goes when ours is uninstrumented the next time.
    if out == into[::-1]:
        assert seen["left_by_order"] == 0
    assert seen["alone"]["spans"] == {"otel_realtime": OURS}
    assert tree(seen["alone"]).splitlines() == [
        line for line in TREE.splitlines() if line.strip()[:3] not in {"GET", "log"}
    ]
    assert seen["left"] == 0
