"""What HTTP servers of tests share: a port of the loopback interface, and plain answers."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class LocalHttp:
    """Serves with a handler until it is closed, on a free port of the loopback interface.

    Attributes:
        port: Where; known before it serves.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = False  # closing waits for them: no thread outlives its test
        self._serving = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self.port = int(self._http.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._serving.join()
        self._http.server_close()


class Answering(BaseHTTPRequestHandler):
    """A handler that keeps no access log."""

    protocol_version = "HTTP/1.1"
    timeout = 5  # s: a client that keeps its connection open must not hold up the closing

    def handle(self) -> None:
        with contextlib.suppress(ConnectionResetError):  # a client that ended
            super().handle()

    def content(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests read what came, not an access log."""
