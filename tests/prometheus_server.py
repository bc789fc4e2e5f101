"""A real Prometheus, as a process for tests; it takes metrics over OTLP.

`make test-grafana` builds it and names its folder in OTEL_REALTIME_PROMETHEUS.
"""

import contextlib
import json
import os
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rotel_collector import accepts, free_ports

FOLDER = os.environ.get("OTEL_REALTIME_PROMETHEUS", "")
STARTS_WITHIN = 30.0  # s; under one on a quiet machine
STOPS_WITHIN = 20.0  # s
CONFIGURATION = "rule_files: [{rules}]\notlp: {{promote_resource_attributes: [service.name]}}\n"

needs_prometheus = pytest.mark.skipif(
    not FOLDER, reason="needs a Prometheus that was built for it: make test-grafana"
)


class Prometheus:
    """Answers queries.

    Attributes:
        otlp_endpoint: Where it takes metrics over OTLP/HTTP.
    """

    def __init__(self, port: int) -> None:
        self._api = f"http://127.0.0.1:{port}/api/v1"
        self.otlp_endpoint = f"{self._api}/otlp/v1/metrics"

    def ask(self, what: str, **parameters: str) -> Any:
        """The data that it answers with, such as `ask("query", query="up")`."""
        url = f"{self._api}/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=STARTS_WITHIN) as answer:  # noqa: S310 - loopback
            return json.load(answer)["data"]


@contextlib.contextmanager
def prometheus(folder: Path, rules: Path) -> Iterator[Prometheus]:
    """Run one that has these rules, until the end of the block."""
    configuration = folder / "prometheus.yml"
    configuration.write_text(CONFIGURATION.format(rules=rules))
    port = free_ports(1)[0]
    with (folder / "output").open("wb") as log:
        running = subprocess.Popen(
            [
                f"{FOLDER}/prometheus",
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-otlp-receiver",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(running, port, folder / "output")
        yield Prometheus(port)
    finally:
        running.terminate()
        try:
            running.wait(STOPS_WITHIN)
        finally:
            running.kill()


def _wait_for(running: subprocess.Popen[bytes], port: int, output: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while not (accepts(port) and _is_ready(port)):
        if running.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"Prometheus did not start: {output.read_text(errors='replace')}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=0.05)


def _is_ready(port: int) -> bool:
    with contextlib.suppress(OSError):
        url = f"http://127.0.0.1:{port}/-/ready"
        with urllib.request.urlopen(url, timeout=STARTS_WITHIN) as answer:
            return answer.status == 200
    return False
