"""The command line, as a user calls it: in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from otel_realtime.cli import main
from otel_realtime.version import __version__

WIRE = [
    (0, "received", {"type": "session.created", "session": {"id": "s", "model": "gpt-realtime"}}),
    (40, "sent", {"type": "response.create"}),
    (90, "received", {"type": "response.created", "response": {"id": "r"}}),
    (340, "received", {"type": "response.done", "response": {"id": "r", "status": "completed"}}),
]

BLOCKING = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from otel_realtime.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments: str | Path, without: tuple[str, ...] = (), **environ: str):
    code = BLOCKING.format(blocked=without)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "COLUMNS": "100", "PYTHONUTF8": "1", **environ},
    )


def refused(ended) -> str:
    """The one sentence on stderr of a command that could not do its work."""
    assert ended.returncode == 2
    assert ended.stdout == ""
    line, rest = ended.stderr.split("\n", 1)
    assert rest == ""
    return line.removeprefix("otel-realtime: ")


@pytest.fixture
def wire_log(tmp_path: Path) -> Path:
    path = tmp_path / "wire.jsonl"
    lines = (
        json.dumps({"at_ms": at, "direction": direction, "data": data})
        for at, direction, data in WIRE
    )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_replay_draws_the_trace_of_a_wire_log(wire_log: Path) -> None:
    ended = run("replay", wire_log)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    assert str(wire_log) in "".join(lines)
    assert any(line.endswith("invoke_agent 0–340 ms") for line in lines)
    assert any(line.endswith("chat gpt-realtime 90–340 ms") for line in lines)


def test_replay_names_the_line_that_is_wrong(wire_log: Path) -> None:
    wire_log.write_text(wire_log.read_text(encoding="utf-8") + "\n{broken", encoding="utf-8")
    assert refused(run("replay", wire_log)).startswith(f"{wire_log}, line 5: this is no JSON")


def test_tree_draws_spans_and_their_logs(tmp_path: Path) -> None:
    span = {
        "traceId": "1" * 32,
        "spanId": "2" * 16,
        "name": "chat",
        "startTimeUnixNano": "1000000",
        "endTimeUnixNano": "6000000",
    }
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    path = tmp_path / "traces.jsonl"
    path.write_text(json.dumps(request), encoding="utf-8")
    ended = run("tree", path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "chat  0–5 ms" in ended.stdout


@pytest.mark.parametrize("command", ["tree", "replay"])
def test_a_file_that_is_not_there(command: str, tmp_path: Path) -> None:
    assert "nowhere.jsonl" in refused(run(command, tmp_path / "nowhere.jsonl"))


def test_a_file_without_spans(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()
    assert refused(run("tree", path)) == f"There are no spans in {path}."


def test_live_without_a_key(tmp_path: Path) -> None:
    ended = run("demo", "--live", "--output", tmp_path, OPENAI_API_KEY="")
    assert refused(ended) == "Set OPENAI_API_KEY to an OpenAI API key to use --live."


@pytest.mark.parametrize(
    ("command", "missing", "extra"),
    [
        ("tree", "rich", "cli"),
        ("demo", "rich", "demo"),
        ("demo", "agents", "demo"),
        ("demo", "yaml", "demo"),
    ],
)
def test_a_missing_extra_is_named(command: str, missing: str, extra: str, tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    span = {"traceId": "1" * 32, "spanId": "2" * 16, "name": "x"}
    times = {"startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [span | times]}]}]}
    path.write_text(json.dumps(request), encoding="utf-8")
    arguments = ("--output", tmp_path) if command == "demo" else (path,)
    told = refused(run(command, *arguments, without=(missing,)))
    assert f"pip install 'otel-realtime[{extra}]'" in told


def test_a_link_to_a_recording() -> None:
    key = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-north-1"}
    url = "s3://calls/agent/2026/11/25/s/20261125T181234.567Z_1_2_session.wav"
    ended = run("url", url, "file:///calls/a.wav", "--expires", "600", **key)
    assert (ended.returncode, ended.stderr) == (0, "")
    link, local = ended.stdout.splitlines()
    assert link.startswith("https://s3.eu-north-1.amazonaws.com/calls/agent/2026/11/25/s/")
    assert "X-Amz-Expires=600&" in link
    assert "secret" not in link
    assert local == "file:///calls/a.wav"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("session.wav", "session.wav is no URL of a recording, such as s3://"),
        ("s3://", "s3:// is no URL of a recording"),
        ("ftp://calls/a.wav", "ftp://calls: "),
        ("memory:///a.wav", "such a store has no links"),
        ("https://cdn/a.wav", "such a store has no links"),
    ],
)
def test_what_has_no_link(url: str, told: str) -> None:
    assert told in refused(run("url", url))


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"{__version__}\n"


def test_a_command_is_needed() -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
