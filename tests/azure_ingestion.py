"""What Azure Monitor's exporters send to, on a free port of the loopback interface."""

import gzip
import json
import threading
from collections.abc import Callable
from typing import Any

from local_http import Answering, LocalHttp


class AzureIngestion(LocalHttp):
    """Takes in telemetry items until it is closed, and keeps them."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        super().__init__(_handler(self))
        url = f"{self.endpoint}/"
        key = "00000000-0000-0000-0000-000000000000"
        self.connection_string = (
            f"InstrumentationKey={key};IngestionEndpoint={url};LiveEndpoint={url}"
        )

    def receive(self, items: list[dict[str, Any]]) -> None:
        with self._changed:
            self.items.extend(items)
            self._changed.notify_all()

    def wait_for(self, met: Callable[[list[dict[str, Any]]], bool], timeout: float) -> None:
        """Wait until the items that came meet `met`.

        Raises:
            TimeoutError: They did not within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: met(self.items), timeout):
                raise TimeoutError(f"{len(self.items)} items came")


def _handler(ingestion: AzureIngestion) -> type[Answering]:
    class Handler(Answering):
        def do_POST(self) -> None:
            body = self.content()
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            items = _read(body) if self.path.endswith("/track") else []
            ingestion.receive(items)
            answer = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
            content = json.dumps(answer).encode()
            self.answer(200, content, {"Content-Type": "application/json"})

    return Handler


def _read(body: bytes) -> list[dict[str, Any]]:
    """Items as a list, as the SDKs send them, or one on each line, as a Collector does."""
    if body.startswith(b"["):
        return json.loads(body)
    return [json.loads(line) for line in body.splitlines()]
