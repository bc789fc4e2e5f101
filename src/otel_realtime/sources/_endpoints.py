"""What the address of a server tells."""

from typing import Final
from urllib.parse import urlsplit

from otel_realtime.values import Endpoint

OPENAI: Final = "openai"
AZURE: Final = "azure.ai.openai"
"""What `gen_ai.provider.name` is called for either."""

_AZURES: Final = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_PORTS: Final = {"ws": 80, "wss": 443, "http": 80, "https": 443}


def endpoint_of(url: str) -> Endpoint | None:
    """The server that a URL names; None if it names none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)  # raises if it is none
    except ValueError:
        return None
    return Endpoint(parts.hostname, port) if parts.hostname else None


def is_azure(endpoint: Endpoint | None) -> bool:
    """Whether a server is one of Azure's."""
    host = endpoint.address if endpoint is not None else None
    return host is not None and host.endswith(_AZURES)
