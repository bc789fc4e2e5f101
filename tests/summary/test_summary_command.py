"""`otel-realtime summary`, as a user calls it: in a process of its own."""

import json
import os
import subprocess
import sys

import pytest
from summary_calls import a_session, an_event, many_calls, write

from otel_realtime import semconv
from otel_realtime.summary import calls_in, render, report, report_values

BLOCKING = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from otel_realtime.cli import main
status = main(["summary", *sys.argv[1:]])
assert "matplotlib" not in sys.modules or "--plot" in sys.argv
sys.exit(status)
"""


def run(*arguments, without=()):
    code = BLOCKING.format(blocked=without)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "COLUMNS": "100", "PYTHONUTF8": "1"},
    )


def refused(ended) -> str:
    """The one sentence on stderr of a command that could not do its work."""
    assert (ended.returncode, ended.stdout) == (2, "")
    line, rest = ended.stderr.split("\n", 1)
    assert rest == ""
    return line.removeprefix("otel-realtime: ")


@pytest.fixture
def calls(tmp_path):
    return write(tmp_path / "calls.jsonl", many_calls(4))


def test_it_prints_the_report_of_all_files(calls, tmp_path):
    logs = [an_event(semconv.LOG_SESSION_STARTED, 0, call=9)]
    more = write(tmp_path / "logs.jsonl", logs=logs)
    ended = run(calls, more)
    assert (ended.returncode, ended.stderr) == (0, "")
    shown = "\n".join(line.rstrip() for line in ended.stdout.splitlines())
    assert shown == render(report(calls_in(calls, more)))


def test_worst_says_how_many_are_listed(calls):
    assert "  2. " in run(calls, "--worst", "2").stdout
    assert "  3. " not in run(calls, "--worst", "2").stdout
    assert "Worst calls, by their longest wait\n" in run(calls, "--worst", "0").stdout


@pytest.mark.parametrize("number", ["-1", "x", "1.5"])
def test_worst_takes_a_count(calls, number):
    ended = run(calls, f"--worst={number}")
    assert ended.returncode == 2
    assert f"argument --worst: '{number}' is no number of calls" in ended.stderr


def test_json_is_for_machines_and_needs_no_extra(calls):
    ended = run(calls, "--format", "json", without=("rich", "matplotlib"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == json.loads(
        json.dumps(report_values(report(calls_in(calls))))
    )


def test_a_plot_is_written_beside_the_report(calls, tmp_path):
    path = tmp_path / "calls.html"
    ended = run(calls, "--plot", path, "--format", "json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["calls"]["count"] == 4
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_what_cannot_be_plotted_is_refused_in_one_sentence(calls, tmp_path):
    path = tmp_path / "calls.pdf"
    assert refused(run(calls, "--plot", path)) == f"{path} must end in one of .html, .png, .svg."
    told = refused(run(calls, "--plot", tmp_path / "a.png", without=("matplotlib",)))
    assert told == "matplotlib is needed here: pip install 'otel-realtime[plot]'"
    assert "nowhere" in refused(run(calls, "--plot", tmp_path / "nowhere" / "a.png"))
    bare = write(tmp_path / "bare.jsonl", [a_session(0, 40)])
    told = refused(run(bare, "--plot", tmp_path / "a.png"))
    assert told == "There is no voice-to-voice latency in these calls to plot."


def test_text_without_rich_names_the_extra(calls):
    told = refused(run(calls, without=("rich",)))
    assert told == "rich is needed here: pip install 'otel-realtime[cli]'"


def test_files_without_calls_are_refused(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    told = f"There are no calls of otel-realtime in {empty}."
    assert refused(run(empty)) == told
    assert refused(run(empty, "--format", "json")) == told
    assert "nowhere.jsonl" in refused(run(tmp_path / "nowhere.jsonl"))
    empty.write_text("{broken\n", encoding="utf-8")
    assert refused(run(empty)).startswith(f"{empty}, line 1: no JSON")


def test_a_file_is_needed():
    ended = run()
    assert ended.returncode == 2
    assert "the following arguments are required: FILE" in ended.stderr
