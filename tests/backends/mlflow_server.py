"""MLflow, a real backend, as a process for tests."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rotel_collector import free_ports

STARTS_WITHIN = 120.0  # s; 25 where nothing is cached
STOPS_WITHIN = 20.0
ATTEMPTS = 3  # another program may take a free port before MLflow does
EXPERIMENT = "0"  # the one that is always there


class Mlflow(NamedTuple):
    """An MLflow that runs; spans are sent to `endpoint` with `headers`."""

    url: str
    headers: dict[str, str]

    @property
    def endpoint(self) -> str:
        """Where it takes OTLP over HTTP."""
        return f"{self.url}/v1/traces"

    def trace(self, trace_id: int) -> dict[str, Any]:
        """What its API knows of a trace: its `trace_info`, and its `spans`."""
        query = f"trace_ids=tr-{trace_id:032x}"
        address = f"{self.url}/api/3.0/mlflow/traces/batchGet?{query}"
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - its own address
            (found,) = json.load(answer)["traces"]
        return found


@contextlib.contextmanager
def mlflow(program: Path, folder: Path) -> Iterator[Mlflow]:
    """Run MLflow on a free port of the loopback interface, with its files in a folder.

    Raises:
        RuntimeError: It did not start; the message has what it said.
    """
    for attempt in range(1, ATTEMPTS + 1):
        (port,) = free_ports(1)
        output = folder / f"mlflow-{attempt}.log"
        with output.open("wb") as log:
            running = subprocess.Popen(
                _command(program, port, folder),
                stdout=log,
                stderr=log,
                cwd=folder,
                env=_environment(program),
                start_new_session=True,  # it has processes of its own, which end with it
            )
        try:
            if _is_up(running, f"http://127.0.0.1:{port}"):
                headers = {"x-mlflow-experiment-id": EXPERIMENT}
                yield Mlflow(f"http://127.0.0.1:{port}", headers)
                return
        finally:
            _stop(running)
    raise RuntimeError(f"MLflow did not start: {output.read_text(errors='replace')}")


def _command(program: Path, port: int, folder: Path) -> list[str | Path]:
    return [
        *(program, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
    ]


def _environment(program: Path) -> dict[str, str]:
    """It keeps to itself: no telemetry, nothing from outside."""
    others = ("MLFLOW_", "OTEL_", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    path = f"{program.parent}{os.pathsep}{kept['PATH']}"
    own = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    return {**kept, **own, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def _is_up(running: subprocess.Popen[bytes], url: str) -> bool:
    """Whether it answers before the time is up or the process ends."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310 - its own address
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=0.2)
            return False
    return False


def _stop(running: subprocess.Popen[bytes]) -> None:
    running.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(STOPS_WITHIN)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
