"""What Azure Monitor's exporter sends to, on a free port of the loopback interface."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class AzureIngestion:
    """Takes in telemetry items until it is closed, and keeps them."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = False  # closing waits for them: no thread outlives its test
        url = f"http://127.0.0.1:{self._http.server_address[1]}/"
        key = "00000000-0000-0000-0000-000000000000"
        self.connection_string = (
            f"InstrumentationKey={key};IngestionEndpoint={url};LiveEndpoint={url}"
        )

    def __enter__(self) -> Self:
        self._serving = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._serving.join()
        self._http.server_close()


def _handler(ingestion: AzureIngestion) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5  # s: a client that keeps its connection open must not hold up the closing

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            items = json.loads(body) if self.path.endswith("/track") else []
            ingestion.items.extend(items)
            answer = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Tests read what came, not an access log."""

    return Handler
