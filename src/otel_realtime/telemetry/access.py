"""What gives access to a hosted server of tools, and is nobody's business wherever it stands."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

_ADDRESS: Final = "server_url"
_KEYS: Final = frozenset({"authorization", "headers"})
_ACCESS: Final = _KEYS | {_ADDRESS}


def without_access(told: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The same without keys and headers; of the server's URL scheme, host and port stay.

    A key may stand anywhere else in a URL: before the host, in the query, and where each client is
    given a URL of its own, in the path.
    """
    if _ACCESS.isdisjoint(told):
        return told
    left = {name: value for name, value in told.items() if name not in _ACCESS}
    place = _place_of(told.get(_ADDRESS))
    return left if place is None else {**left, _ADDRESS: place}


def _place_of(url: object) -> str | None:
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port  # raises if it is none
    except ValueError:
        return None
    if not parts.scheme or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" if port is None else f"{parts.scheme}://{host}:{port}"
