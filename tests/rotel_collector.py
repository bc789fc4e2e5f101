"""rotel, a real OpenTelemetry collector that comes as a wheel, as a process for tests."""

import contextlib
import importlib.util
import itertools
import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

HOW_TO_GET_IT = "the collector rotel is missing: pip install --pre rotel"
OPENS_WITHIN = 10.0  # s; it takes 0.04 on a quiet machine
ATTEMPTS = 3  # another program may take a free port before rotel does


class Rotel(NamedTuple):
    """Where a running collector listens."""

    grpc_endpoint: str
    http_endpoint: str


@contextlib.contextmanager
def rotel(export_to: str, folder: Path) -> Iterator[Rotel]:
    """Run a collector that takes OTLP over gRPC and HTTP and sends it to `export_to` over HTTP.

    Args:
        export_to: The endpoint it sends to, such as `http://127.0.0.1:4318`.
        folder: For its output.

    Raises:
        pytest.skip.Exception: rotel is not installed.
        RuntimeError: It opened no ports; the message has what it said.
    """
    binary = _binary()
    for attempt in range(1, ATTEMPTS + 1):
        ports = free_ports(2)
        output = folder / f"rotel-{attempt}.log"
        with output.open("wb") as log:
            running = subprocess.Popen(
                _command(binary, ports, export_to, folder),
                stdout=log,
                stderr=log,
                env=_environment(),
            )
        try:
            if _opened(running, ports):
                yield Rotel(*(f"http://127.0.0.1:{port}" for port in ports))
                return
        finally:
            running.kill()
            running.wait()
    raise RuntimeError(f"rotel opened no ports: {output.read_text(errors='replace')}")


def _binary() -> Path:
    found = importlib.util.find_spec("rotel")
    if found is None or found.origin is None:
        pytest.skip(HOW_TO_GET_IT)
    return Path(found.origin).with_name("rotel-agent")


def _command(binary: Path, ports: list[int], export_to: str, folder: Path) -> list[str | Path]:
    grpc_port, http_port = ports
    return [
        binary,
        "start",
        "--disable-batching",
        *("--pid-file", folder / "rotel.pid"),
        *("--otlp-grpc-endpoint", f"127.0.0.1:{grpc_port}"),
        *("--otlp-http-endpoint", f"127.0.0.1:{http_port}"),
        *("--exporter", "otlp"),
        *("--otlp-exporter-protocol", "http"),
        *("--otlp-exporter-endpoint", export_to),
    ]


def _environment() -> dict[str, str]:
    """It is linked with libpython, which lies beside a Python that was built from source."""
    libraries = [os.environ.get("LD_LIBRARY_PATH"), sysconfig.get_config_var("LIBDIR")]
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries))}


def _numbers() -> Iterator[int]:
    """Ports that no system gives to outgoing connections, others for each worker of pytest."""
    first = 20_000 + 1_000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 12)
    begin = os.getpid() % 1_000
    return itertools.cycle([*range(first + begin, first + 1_000), *range(first, first + begin)])


_NUMBERS = _numbers()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; nor will anybody else ask for them soon."""
    found: list[int] = []
    while len(found) < count:
        port = next(_NUMBERS)
        with contextlib.suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", port))
            found.append(port)
    return found


def _opened(running: subprocess.Popen[bytes], ports: list[int]) -> bool:
    """Whether all ports accept connections before the time is up or the process ends."""
    deadline = time.monotonic() + OPENS_WITHIN
    while time.monotonic() < deadline:
        if all(accepts(port) for port in ports):
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(timeout=0.02)
            return False
    return False


def accepts(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
