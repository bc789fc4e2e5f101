"""Programs run as users run them: by `opentelemetry-instrument`, with chosen packages installed."""

import contextlib
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

ENDS_WITHIN = 120  # s; seconds on a quiet machine
TOLD = ("APPLICATIONINSIGHTS_", "OPENAI_", "OTEL_")
SERVING = re.compile(r"at (ws://\S+)")
NOT_OURS = re.compile(
    r"Exception ignored in atexit callback: <function shutdown[^\n]*\n"
    r"(?:[ T][^\n]*\n)*RuntimeError: can't create new thread at interpreter shutdown\n"
)
"""What the log handler of opentelemetry-instrumentation-logging says at exit, with or without us,
since Python 3.12: it starts a thread to flush, when none may be started any more."""


def environment_without(folder: Path, *names: str) -> Path:
    """An environment with all that this one has, but for the packages whose names begin so.

    What is installed is linked, so that this takes a moment and asks no registry.

    Returns:
        The folder with its commands.
    """
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    scheme = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=scheme))
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if not each.name.startswith(names):
            packages.joinpath(each.name).symlink_to(each)
    commands = folder / "bin"
    script = Path(sysconfig.get_path("scripts"), "opentelemetry-instrument").read_text("utf-8")
    own = commands / "opentelemetry-instrument"
    own.write_text(script.replace(sys.executable, str(commands / "python")), encoding="utf-8")
    own.chmod(0o755)
    return commands


def run(
    commands: Path, *command: str | Path, folder: Path, settings: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end: see `started`."""
    with started(commands, *command, folder=folder, settings=settings) as running:
        output, errors = running.communicate(timeout=ENDS_WITHIN)
    said = NOT_OURS.sub("", errors)
    return subprocess.CompletedProcess(command, running.returncode, output, said)


@contextlib.contextmanager
def started(
    commands: Path, *command: str | Path, folder: Path, settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Start a command of an environment in `folder`; of `TOLD` it knows these settings only."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(TOLD)}
    environ |= {"PATH": f"{commands}{os.pathsep}{environ['PATH']}", "TMPDIR": str(folder)}
    with subprocess.Popen(
        [commands / command[0], *command[1:]],
        cwd=folder,
        env={**environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@contextlib.contextmanager
def simulator(scenario: str) -> Iterator[str]:
    """The simulator as a process of its own; gives its URL."""
    command = [sys.executable, "-m", "otel_realtime.simulator", scenario]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield SERVING.search(running.stdout.readline())[1]
        finally:
            running.kill()
