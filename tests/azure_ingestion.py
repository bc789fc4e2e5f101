"""What Azure Monitor's exporter sends to, on a free port of the loopback interface."""

import gzip
import json
from typing import Any

from local_http import Answering, LocalHttp


class AzureIngestion(LocalHttp):
    """Takes in telemetry items until it is closed, and keeps them."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        super().__init__(_handler(self))
        url = f"{self.endpoint}/"
        key = "00000000-0000-0000-0000-000000000000"
        self.connection_string = (
            f"InstrumentationKey={key};IngestionEndpoint={url};LiveEndpoint={url}"
        )


def _handler(ingestion: AzureIngestion) -> type[Answering]:
    class Handler(Answering):
        def do_POST(self) -> None:
            body = self.content()
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            items = json.loads(body) if self.path.endswith("/track") else []
            ingestion.items.extend(items)
            answer = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
            content = json.dumps(answer).encode()
            self.answer(200, content, {"Content-Type": "application/json"})

    return Handler
