"""Phoenix, a real backend with a page, as a process for tests."""

import contextlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sized
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from rotel_collector import free_ports

STARTS_WITHIN = 120.0  # s; 12 where nothing is cached
STOPS_WITHIN = 20.0
ARRIVES_WITHIN = 30.0
PAUSE = 0.2
_Found = TypeVar("_Found", bound=Sized)
ATTEMPTS = 3  # another program may take a free port before Phoenix does


class Phoenix(NamedTuple):
    """A Phoenix that runs.

    Attributes:
        url: Its page and its API; below it, `/v1/traces` takes spans.
    """

    url: str

    def rest(self, path: str, **query: object) -> Any:
        """What its REST API answers."""
        return self._read(f"{self.url}/v1/{path}?{urllib.parse.urlencode(query)}")

    def graph(self, query: str) -> Any:
        """What its GraphQL API answers, which its page is made of."""
        body = json.dumps({"query": query}).encode()
        address, headers = f"{self.url}/graphql", {"Content-Type": "application/json"}
        request = urllib.request.Request(address, body, headers)  # noqa: S310 - its own address
        answer = self._read(request)
        assert "errors" not in answer, answer
        return answer["data"]

    def project(self, name: str) -> dict[str, Any]:
        """What its page knows of a project: its id, and its spans with their kinds and costs."""
        spans = "spans(first:1000){edges{node{name spanId spanKind costSummary{total{cost}}}}}"
        found = self.graph(f"{{projects{{edges{{node{{id name {spans}}}}}}}}}")["projects"]["edges"]
        (project,) = (each["node"] for each in found if each["node"]["name"] == name)
        spans_of_it = [each["node"] for each in project["spans"]["edges"]]
        return {"id": project["id"], "spans": spans_of_it}

    def costs(self, project: str, count: int) -> dict[str, float]:
        """What its spans cost, by their ids, once `count` are told: it computes them afterwards."""

        def told() -> dict[str, float]:
            spans = self.project(project)["spans"]
            costs = {span["spanId"]: (span["costSummary"] or {}).get("total") for span in spans}
            return {span_id: total["cost"] for span_id, total in costs.items() if total}

        return _once_there_are(count, told)

    def spans(self, project: str, count: int) -> list[dict[str, Any]]:
        """The spans of a project in the order in which they began, once there are `count`."""

        def came() -> list[dict[str, Any]]:
            try:
                return self.rest(f"projects/{project}/spans", limit=1000)["data"]
            except urllib.error.HTTPError:  # it makes the project with the first span
                return []

        found = _once_there_are(count, came)
        return sorted(found, key=lambda span: (span["start_time"], span["name"]))

    def _read(self, request: str | urllib.request.Request) -> Any:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - its own address
            return json.load(answer)


def _once_there_are(count: int, read: Callable[[], _Found]) -> _Found:
    deadline = time.monotonic() + ARRIVES_WITHIN
    while len(found := read()) < count:
        if time.monotonic() > deadline:
            message = f"{len(found)} of {count} came within {ARRIVES_WITHIN} s"
            raise TimeoutError(message)
        time.sleep(PAUSE)
    return found


@contextlib.contextmanager
def phoenix(program: Path, folder: Path) -> Iterator[Phoenix]:
    """Run Phoenix on free ports of the loopback interface, with its files in a folder.

    Raises:
        RuntimeError: It did not start; the message has what it said.
    """
    for attempt in range(1, ATTEMPTS + 1):
        http, grpc = free_ports(2)
        output = folder / f"phoenix-{attempt}.log"
        with output.open("wb") as log:
            running = subprocess.Popen(
                [program, "serve"], stdout=log, stderr=log, env=_environment(folder, http, grpc)
            )
        try:
            if _is_up(running, f"http://127.0.0.1:{http}"):
                yield Phoenix(f"http://127.0.0.1:{http}")
                return
        finally:
            _stop(running)
    raise RuntimeError(f"Phoenix did not start: {output.read_text(errors='replace')}")


def _environment(folder: Path, http: int, grpc: int) -> dict[str, str]:
    """It keeps to itself: its own files and ports, no telemetry, nothing from outside."""
    others = ("PHOENIX_", "OTEL_", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return {
        **kept,
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(http),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }


def _is_up(running: subprocess.Popen[bytes], url: str) -> bool:
    """Whether it answers before the time is up or the process ends."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 - its own address
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=PAUSE)
            return False
    return False


def _stop(running: subprocess.Popen[bytes]) -> None:
    running.terminate()
    try:
        running.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
