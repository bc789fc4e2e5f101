"""The object store that recordings go to, by its URL or as an obstore object.

All talk to stores is obstore's: S3, Google Cloud Storage, Azure Blob Storage, a local folder,
memory. Credentials come from where the cloud's own tools take them: the environment, the
instance's metadata.
"""

import os
import re
import uuid
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

from otel_realtime.extras import needed

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_RETRIES: Final[Any] = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
"""Of one attempt to upload; what fails all the same is tried again later."""
_PARTS_AT_A_TIME: Final = 1
"""Of one large recording, each of 5 MB that are in memory: others are uploaded meanwhile."""
_LOCAL_PART: Final = 1 << 20
_LARGE: Final = 5 << 20
"""Beyond this many bytes a recording is sent in parts, of the same size."""
_BLOCK: Final = 1 << 18
_PROBE: Final = ".otel-realtime"
_PLAIN: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*")
"""A key that is a file's path as it stands; all of ours are."""
_talking: Final[list[int]] = []
"""The process that has talked to a store, if one has: this one or the one it was forked from."""
_NO_BUCKET: Final = ("NoSuchBucket", "ContainerNotFound")
"""What S3, Google and Azure say where it is not only the object that is missing."""


class StoreError(ValueError):
    """A store cannot be had by what was given; the message says why."""


class Store:
    """A store, and the URLs of what is in it.

    Args:
        given: A URL, or an obstore store.
        public_url: Where what is in it can be fetched from; by default the store's own URL.

    Raises:
        StoreError: There is no such store, or it does not know how to log in.
        ImportError: The extra `audio` is not installed.
    """

    def __init__(self, given: object, public_url: str | None = None) -> None:
        with needed("obstore", extra="audio"):
            import obstore  # noqa: F401 - told here, once, that it is missing
        self._store, self.own_url = _from_url(given) if isinstance(given, str) else _known(given)
        self._base = public_url.rstrip("/") if public_url else self.own_url
        is_memory = urlsplit(self.own_url).scheme == "memory"
        self.identity = f"{self.own_url}{uuid.uuid4().hex}" if is_memory else self.own_url
        """What tells it from other stores; memory is nobody else's."""

    def url(self, key: str) -> str:
        """The URL of an object, which need not be there yet."""
        return f"{self._base}/{quote(key)}"

    def put(self, key: str, path: Path, mime_type: str) -> None:
        """Upload a file; it may be gone after that, for in a folder it is moved where it can be.

        Raises:
            Exception: What the store says against it.
        """
        import obstore
        from obstore.store import LocalStore

        told: Any = {"attributes": {"Content-Type": mime_type}}
        if isinstance(self._store, LocalStore):
            # Folders have no place for a media type, and say so; and their parts may be small.
            told = {"chunk_size": _LOCAL_PART}
        self._claim()
        if isinstance(self._store, LocalStore) and _moved(path, self._store.prefix, key):
            return
        if path.stat().st_size <= _LARGE:
            obstore.put(self._store, key, path, **told)
            return
        with path.open("rb") as file:  # in blocks: of a path it would keep several parts at a time
            blocks = iter(partial(file.read, _BLOCK), b"")
            obstore.put(self._store, key, blocks, max_concurrency=_PARTS_AT_A_TIME, **told)

    def check(self) -> Exception | None:
        """Ask for something that is not there; what the store says if it cannot be used at all."""
        import obstore

        try:
            self._claim()
            obstore.get(self._store, _PROBE)
        except FileNotFoundError as error:
            return error if any(word in str(error) for word in _NO_BUCKET) else None
        except Exception as error:  # noqa: BLE001 - whatever it says is what is told
            return error
        return None

    def _claim(self) -> None:
        """See that this process may talk to the store.

        A forked process does not have obstore's threads. If it used obstore all the same it would
        wait forever, and so would its parent from then on.

        Raises:
            StoreError: The process that this one was forked from has talked to a store.
        """
        if not _talking:
            _talking.append(os.getpid())
        if _talking[0] != os.getpid():
            message = "this process was forked from one that has talked to a store: it cannot"
            raise StoreError(message)

    def signed(self, key: str, seconds: float) -> str:
        """A link by which anybody can fetch an object for a while; a folder's needs none.

        Raises:
            StoreError: The store has no such links, or does not know how to log in.
        """
        import obstore
        from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

        store = self._store
        if isinstance(store, LocalStore):
            return self.url(key)
        if not isinstance(store, S3Store | GCSStore | AzureStore):
            message = f"{self.own_url}: such a store has no links that it signs"
            raise StoreError(message)
        try:
            return obstore.sign(store, "GET", key, timedelta(seconds=seconds))
        except Exception as error:
            raise StoreError(words_of(error)) from error


def _moved(path: Path, folder: object, key: str) -> bool:
    """Move a file into a folder on the same disk, rather than copy and remove it; whether it went.

    It may then be read by whom the folder may be read by, as if it had been written there.
    """
    target = Path(str(folder), key)
    if folder is None or not target.is_absolute() or _PLAIN.fullmatch(key) is None:
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(target.parent.stat().st_mode & 0o666)
        path.replace(target)
    except OSError:  # another disk, or there is no access: the store copies it, or says why not
        with suppress(OSError):
            path.chmod(0o600)
        return False
    return True


def signed_url(url: str, seconds: float) -> str:
    """A link for somebody who wants to listen to what a span's URL names.

    Raises:
        StoreError: It is no URL of a store, or there is no access to the store.
    """
    folder, _, name = url.rpartition("/")
    if not name or "://" not in folder:
        message = f"{url} is no URL of a recording, such as s3://bucket/2026/11/25/…/….wav"
        raise StoreError(message)
    return Store(folder).signed(unquote(name), seconds)


def words_of(error: BaseException) -> str:
    """What a store says against something, without the debugging output behind it."""
    words = " ".join(str(error).split("\n\nDebug source", 1)[0].split())
    return words or type(error).__name__


def _from_url(url: str) -> "tuple[ObjectStore, str]":
    from obstore.store import LocalStore, from_url

    parts = urlsplit(url)
    if not parts.scheme or "://" not in url:
        message = f"it takes a URL such as s3://bucket/prefix or file:///folder, not {url!r}"
        raise StoreError(message)
    own = f"{parts.scheme}://{url.partition('://')[2].rstrip('/')}"
    try:
        if parts.scheme == "file":
            return LocalStore(url2pathname(parts.path), mkdir=True), own
        # No client options: giving any would set aside those of the environment.
        told: Any = {} if parts.scheme == "memory" else {"retry_config": _RETRIES}
        return from_url(url, **told), own
    except Exception as error:
        message = f"{url}: {words_of(error)}"
        raise StoreError(message) from error


def _known(store: Any) -> "tuple[ObjectStore, str]":  # noqa: ANN401 - checked here
    """An obstore store of the user's own, and the URL that it would have."""
    from obstore.store import AzureStore, GCSStore, LocalStore, MemoryStore, S3Store

    if isinstance(store, Path):
        return _from_url(store.resolve().as_uri())
    if isinstance(store, LocalStore):
        return store, Path(str(store.prefix or "/")).as_uri()
    if isinstance(store, MemoryStore):
        return store, "memory://"
    schemes: dict[Any, tuple[str, str]] = {
        S3Store: ("s3", "bucket"),
        GCSStore: ("gs", "bucket"),
        AzureStore: ("az", "container_name"),
    }
    for cls, (scheme, name) in schemes.items():
        if isinstance(store, cls):
            prefix = str(store.prefix or "").strip("/")
            url = f"{scheme}://{store.config[name]}"
            return store, f"{url}/{prefix}" if prefix else url
    message = f"it takes a URL or a store of obstore, not {type(store).__name__}"
    raise StoreError(message)
