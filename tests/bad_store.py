"""An S3 server for tests that misbehaves as it is told, and keeps in memory what it takes."""

import contextlib
import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from email.utils import formatdate
from itertools import count
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

from local_http import Answering, LocalHttp
from object_stores import PREFIX, SHORT_RETRIES, s3_environ
from obstore.store import S3Store

Mode = Literal["ok", "hang", "500", "503", "cut", "deny", "missing", "slow"]
"""What it does with a request:

- `ok`: what S3 does.
- `hang`: reads it, and answers only after `release()`, then as if it were `ok`.
- `500`, `503`: answers with that status; S3 names them InternalError and SlowDown.
- `cut`: closes the connection in the middle of the request's body.
- `deny`: 403, AccessDenied.
- `missing`: 404, NoSuchBucket.
- `slow`: reads the body no faster than `bytes_per_second`, then as if it were `ok`.
"""
BUCKET = "calls"
KEY = re.compile("<Key>(.*?)</Key>")
READ_AT_ONCE = 16 * 1024
ERRORS: dict[str, tuple[int, str, str]] = {
    "500": (500, "InternalError", "We encountered an internal error. Please try again."),
    "503": (503, "SlowDown", "Please reduce your request rate."),
    "deny": (403, "AccessDenied", "Access Denied"),
    "missing": (404, "NoSuchBucket", "The specified bucket does not exist"),
}


class Kept(NamedTuple):
    """One object."""

    data: bytes
    content_type: str | None


class BadStore(LocalHttp):
    """Serves until it is closed; closing lets go of what hangs.

    Attributes:
        endpoint: `http://127.0.0.1:PORT`.
        url: `s3://calls/recordings/calls`.
        environ: The variables with which `obstore.store.from_url(url)` reaches it.
        objects: What it keeps, by full key in the bucket.
        uploads: The multipart uploads that are under way, by id: their parts by number.
        bytes_per_second: How fast `slow` reads a body.
    """

    def __init__(self, mode: Mode = "ok") -> None:
        self._changed = threading.Condition()
        self._mode: Mode = mode
        self._left: int | None = None
        self._requests: list[str] = []
        self._released = threading.Event()
        self._upload_ids = count(1)
        self.closing = threading.Event()
        self.bytes_per_second = 100_000.0
        self.objects: dict[str, Kept] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.content_types: dict[str, str | None] = {}
        super().__init__(_handler(self))
        self.url = f"s3://{BUCKET}/{PREFIX}"
        self.environ = s3_environ(self.endpoint)

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._released.set()
        super().__exit__()

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self.misbehave(mode)

    def misbehave(self, mode: Mode, times: int | None = None) -> None:
        """From the next request on; after `times` requests, if given, all is well."""
        with self._changed:
            self._mode, self._left = mode, times
            if mode == "hang" and self._released.is_set():
                self._released = threading.Event()

    def release(self) -> None:
        """Answers what hangs, and all that comes next."""
        with self._changed:
            self._mode = "ok"
            self._released.set()

    @property
    def requests(self) -> list[str]:
        """Each request that came, without its query: `PUT /calls/recordings/calls/a.wav`."""
        with self._changed:
            return list(self._requests)

    def wait_for_requests(self, number: int, timeout: float = 10.0) -> list[str]:
        """Wait until so many came since the start, and return them.

        Raises:
            TimeoutError: They did not within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= number, timeout):
                raise TimeoutError(f"came: {self._requests}")
            return list(self._requests)

    def store(self, timeout: timedelta = timedelta(seconds=1), **options: Any) -> S3Store:
        """A client of it: two retries at once, and each request ends within `timeout`."""
        asked = {
            "prefix": PREFIX,
            "endpoint": self.endpoint,
            "region": "us-east-1",
            "access_key_id": "test",
            "secret_access_key": "test-secret",
            "virtual_hosted_style_request": False,
            "client_options": {"allow_http": True, "timeout": timeout},
            "retry_config": SHORT_RETRIES,
        }
        return S3Store(BUCKET, **{**asked, **options})

    def came(self, request: str) -> tuple[Mode, threading.Event]:
        """Counts a request, and says how to treat it and what lets go of it."""
        with self._changed:
            mode: Mode = self._mode if self._left is None or self._left > 0 else "ok"
            if self._left is not None and mode != "ok":
                self._left -= 1
            self._requests.append(request)
            self._changed.notify_all()
            return mode, self._released

    def begin_upload(self, content_type: str | None) -> str:
        upload = f"upload-{next(self._upload_ids)}"
        self.uploads[upload], self.content_types[upload] = {}, content_type
        return upload

    def complete_upload(self, upload: str, key: str) -> bytes:
        parts = self.uploads.pop(upload)
        data = b"".join(parts[number] for number in sorted(parts))
        self.objects[key] = Kept(data, self.content_types.pop(upload))
        return data


def _handler(store: BadStore) -> type[Answering]:  # noqa: C901 - a class of methods
    class Handler(Answering):
        timeout = 2  # s: a client that opens a connection for later must not hold up the closing

        def end_headers(self) -> None:
            self.send_header("Connection", "close")  # one kept open would hold up the closing
            super().end_headers()

        def _treated(self, answer: Callable[[], None]) -> None:
            """Misbehaves as told, else answers."""
            mode, released = store.came(f"{self.command} {urlsplit(self.path).path}")
            with contextlib.suppress(ConnectionError, TimeoutError):
                if not self._take_body(mode):
                    return
                if mode == "hang":
                    released.wait()
                    if store.closing.is_set():
                        self.close_connection = True
                        return
                if mode in ERRORS:
                    self._error(*ERRORS[mode])
                else:
                    answer()

        def _take_body(self, mode: Mode) -> bool:
            """Whether the whole body came."""
            length = int(self.headers.get("Content-Length", 0))
            pieces, left = [], length // 2 if mode == "cut" else length
            while left:
                piece = self.rfile.read(min(left, READ_AT_ONCE))
                if not piece:
                    self.close_connection = True
                    return False
                pieces.append(piece)
                left -= len(piece)
                if mode == "slow":
                    store.closing.wait(len(piece) / store.bytes_per_second)
            if mode == "cut":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            self.body = b"".join(pieces)
            return mode != "cut"

        def do_PUT(self) -> None:
            self._treated(self._put)

        def do_POST(self) -> None:
            self._treated(self._post)

        def do_GET(self) -> None:
            self._treated(self._get)

        def do_HEAD(self) -> None:
            self._treated(self._get)

        def do_DELETE(self) -> None:
            self._treated(self._delete)

        def _put(self) -> None:
            key, query = self._asked()
            if "uploadId" in query:
                store.uploads[query["uploadId"]][int(query["partNumber"])] = self.body
            else:
                store.objects[key] = Kept(self.body, self.headers["Content-Type"])
            self.answer(200, headers={"ETag": _etag(self.body)})

        def _post(self) -> None:
            key, query = self._asked()
            if "delete" in query:
                deleted = KEY.findall(self.body.decode())
                for each in deleted:
                    store.objects.pop(unescape(each), None)
                entries = (f"<Deleted><Key>{each}</Key></Deleted>" for each in deleted)
                self._xml("DeleteResult", "".join(entries))
            elif "uploads" in query:
                upload = store.begin_upload(self.headers["Content-Type"])
                self._xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>")
            else:
                etag = _etag(store.complete_upload(query["uploadId"], key))
                self._xml("CompleteMultipartUploadResult", f"<ETag>{escape(etag)}</ETag>")

        def _get(self) -> None:
            key, query = self._asked()
            if not key:
                self._listing(query.get("prefix", ""))
            elif key not in store.objects:
                self._error(404, "NoSuchKey", "The specified key does not exist.")
            else:
                kept = store.objects[key]
                self.answer(
                    200,
                    kept.data,
                    {
                        "Content-Type": kept.content_type or "application/octet-stream",
                        "ETag": _etag(kept.data),
                        "Last-Modified": formatdate(usegmt=True),
                    },
                )

        def _listing(self, prefix: str) -> None:
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            entries = (
                f"<Contents><Key>{escape(key)}</Key><Size>{len(kept.data)}</Size>"
                f"<LastModified>{now}</LastModified></Contents>"
                for key, kept in sorted(store.objects.items())
                if key.startswith(prefix)
            )
            self._xml("ListBucketResult", "".join(entries))

        def _delete(self) -> None:
            key, query = self._asked()
            if "uploadId" in query:
                store.uploads.pop(query["uploadId"], None)
            else:
                store.objects.pop(key, None)
            self.answer(204)

        def _asked(self) -> tuple[str, dict[str, str]]:
            url = urlsplit(self.path)
            _, _, key = url.path.lstrip("/").partition("/")
            query = parse_qs(url.query, keep_blank_values=True)
            return unquote(key), {name: values[0] for name, values in query.items()}

        def _error(self, status: int, code: str, message: str) -> None:
            content = f"<Code>{code}</Code><Message>{message}</Message>"
            self._xml("Error", content, status)

        def _xml(self, root: str, content: str, status: int = 200) -> None:
            text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{content}</{root}>'
            self.answer(status, text.encode(), {"Content-Type": "application/xml"})

    return Handler


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
