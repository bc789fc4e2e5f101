"""An OpenTelemetry Collector with this repository's configurations, as processes for tests.

`make test-collector` builds it and names it in OTEL_REALTIME_OTELCOL.
"""

import contextlib
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

import pytest
from rotel_collector import free_ports

REPO = Path(__file__).resolve().parents[1]
CONFIGURATIONS = REPO / "collector"
OTELCOL = os.environ.get("OTEL_REALTIME_OTELCOL", "")
OPENS_WITHIN = 30.0  # s; under one on a quiet machine
STOPS_WITHIN = 20.0  # s; under one, too
# A process with names of its own: its /etc/hosts is another file, and nobody else's is touched.
OWN_HOSTS = 'mount --bind "$0" /etc/hosts && exec "$@"'
UNSHARE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", OWN_HOSTS)

needs_otelcol = pytest.mark.skipif(
    not OTELCOL,
    reason="needs an OpenTelemetry Collector that was built for it: make test-collector",
)


@dataclass(frozen=True, slots=True)
class Collector:
    """One to be run: its configurations, variables and a folder for its queue and output.

    Attributes:
        port: Where it takes OTLP over gRPC.
        host: The loopback address that it listens on.
        http_port: Where it takes OTLP over HTTP; a free one if it is 0.
        hosts: A file to have in place of /etc/hosts.
    """

    configurations: tuple[str, ...]
    variables: Mapping[str, str]
    folder: Path
    port: int
    host: str = "127.0.0.1"
    http_port: int = 0
    hosts: Path | None = None

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")

    def at(self, port: int) -> "Collector":
        """The same one, on that port."""
        return replace(self, port=port)

    def also(self, configuration: str) -> "Collector":
        """The same one, with one more configuration."""
        return replace(self, configurations=(*self.configurations, configuration))

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run it until the end of the block; unless it was killed, it must end well."""
        self.folder.mkdir(parents=True, exist_ok=True)
        health, http = free_ports(2)
        with (self.folder / "output").open("ab") as log:
            running = subprocess.Popen(
                self._command(), stdout=log, stderr=log, env=self._environment(health, http)
            )
        try:
            self._wait_for(running, health)
            yield running
        except (TimeoutError, AssertionError) as error:
            error.add_note(self.output)
            raise
        finally:
            killed = running.poll() is not None
            running.terminate()
            try:
                ended = running.wait(STOPS_WITHIN)
            finally:
                running.kill()
        assert killed or ended == 0, self.output

    def _command(self) -> list[str]:
        paths = [str(CONFIGURATIONS / name) for name in self.configurations]
        collector = [OTELCOL, *(word for path in paths for word in ("--config", path))]
        return collector if self.hosts is None else [*UNSHARE, str(self.hosts), *collector]

    def _environment(self, health: int, http: int) -> dict[str, str]:
        given = {
            "OTEL_REALTIME_LISTEN_GRPC": f"{self.host}:{self.port}",
            "OTEL_REALTIME_LISTEN_HTTP": f"{self.host}:{self.http_port or http}",
            "OTEL_REALTIME_LISTEN_HEALTH": f"127.0.0.1:{health}",
            "OTEL_REALTIME_QUEUE": str(self.folder / "queue"),
        }
        return {**os.environ, **given, **self.variables}

    def _wait_for(self, running: subprocess.Popen[bytes], health: int) -> None:
        deadline = time.monotonic() + OPENS_WITHIN
        while not _is_ready(health):
            if running.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError("the Collector did not get ready")
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=0.02)


def _is_ready(health: int) -> bool:
    """Whether all of a Collector runs: the port alone is open before that."""
    with contextlib.suppress(OSError):
        url = f"http://127.0.0.1:{health}/"
        with urllib.request.urlopen(url, timeout=OPENS_WITHIN) as answer:
            return answer.status == HTTPStatus.OK
    return False


def gateway(folder: Path, export_to: str, host: str = "127.0.0.1", **variables: str) -> Collector:
    """A gateway that exports over HTTP, and decides a second after a call has ended."""
    given = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": export_to,
        "OTEL_REALTIME_AFTER_CALL": "1s",
        "OTEL_REALTIME_METRICS_EVERY": "1s",
        **variables,
    }
    return Collector(("gateway.yaml",), given, folder, free_ports(1)[0], host)


def can_have_own_hosts() -> bool:
    """Whether a process can be given an /etc/hosts of its own here."""
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*UNSHARE, "/etc/hosts", "true"], capture_output=True, check=False)
    return tried.returncode == 0
