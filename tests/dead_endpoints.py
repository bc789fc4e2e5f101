"""Endpoints that nothing can be sent to: one takes connections and never answers, one refuses."""

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def silent() -> Iterator[str]:
    """A port whose connections are taken in, and that is all."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def refusing() -> Iterator[str]:
    """A port that is taken, so that nobody else may listen on it, and refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


DEAD = {"silent": silent, "refusing": refusing}
