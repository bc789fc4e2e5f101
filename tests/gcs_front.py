"""Google's XML API in front of a server that speaks only its JSON API, for tests.

obstore speaks Google's XML API. fake-gcs-server takes no plain PUT by it, gcp-storage-emulator
gives neither ETag nor Last-Modified, and neither knows its multipart uploads. What holds the
objects stays the real server: this hands each request on, in JSON.
"""

import http.client
import json
from datetime import datetime
from email.utils import format_datetime
from itertools import count
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit
from xml.sax.saxutils import escape

from local_http import Answering, LocalHttp

ANSWERS_WITHIN = 30.0  # s


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def checked(self) -> Self:
        if self.status >= 300:
            raise RuntimeError(f"answered {self.status}: {self.body[:500]!r}")
        return self


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One plain HTTP request to a loopback port, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERS_WITHIN)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.headers), answer.read())
    finally:
        connection.close()


class JsonApi:
    """The part of Google's JSON API that both servers know."""

    def __init__(self, port: int) -> None:
        self._port = port

    def make_bucket(self, name: str) -> None:
        content = json.dumps({"name": name}).encode()
        headers = {"Content-Type": "application/json"}
        ask(self._port, "POST", "/storage/v1/b?project=tests", content, headers).checked()

    def put(self, bucket: str, key: str, content: bytes, content_type: str) -> Answer:
        query = urlencode({"uploadType": "media", "name": key})
        path = f"/upload/storage/v1/b/{bucket}/o?{query}"
        return ask(self._port, "POST", path, content, {"Content-Type": content_type})

    def compose(self, bucket: str, key: str, parts: list[str], content_type: str) -> Answer:
        asked = {
            "sourceObjects": [{"name": part} for part in parts],
            "destination": {"contentType": content_type},
        }
        headers = {"Content-Type": "application/json"}
        path = f"{_path(bucket, key)}/compose"
        return ask(self._port, "POST", path, json.dumps(asked).encode(), headers)

    def about(self, bucket: str, key: str) -> Answer:
        return ask(self._port, "GET", _path(bucket, key))

    def content(self, bucket: str, key: str, headers: dict[str, str] | None = None) -> Answer:
        return ask(self._port, "GET", f"{_path(bucket, key)}?alt=media", headers=headers)

    def delete(self, bucket: str, key: str) -> Answer:
        return ask(self._port, "DELETE", _path(bucket, key))

    def list(self, bucket: str, **query: str) -> Answer:
        return ask(self._port, "GET", f"/storage/v1/b/{bucket}/o?{urlencode(query)}")


def _path(bucket: str, key: str) -> str:
    return f"/storage/v1/b/{bucket}/o/{quote(key, safe='')}"


class GcsFront(LocalHttp):
    """Runs until it is closed, at `http://127.0.0.1:PORT` with the port in `port`.

    A multipart upload is kept as one object for each part, which completing it puts together.
    """

    def __init__(self, api: JsonApi) -> None:
        self.api = api
        self.upload_ids = count(1)
        self.content_types: dict[str, str] = {}  # of the uploads that are under way
        super().__init__(_handler(self))


def _part(key: str, upload: str, number: int) -> str:
    return f"{key}.upload-{upload}.part-{number:05}"


def _handler(front: GcsFront) -> type[Answering]:  # noqa: C901 - a class of methods
    api = front.api

    class Handler(Answering):
        protocol_version = "HTTP/1.0"  # one request for each connection, as it is asked itself

        def do_PUT(self) -> None:
            bucket, key, query = self._asked()
            content_type = self.headers.get("Content-Type", "application/octet-stream")
            if "uploadId" in query:
                content_type = front.content_types[query["uploadId"]]
                key = _part(key, query["uploadId"], int(query["partNumber"]))
            self._done(api.put(bucket, key, self.content(), content_type))

        def do_POST(self) -> None:
            bucket, key, query = self._asked()
            content = self.content()
            if "uploads" in query:
                upload = str(next(front.upload_ids))
                front.content_types[upload] = self.headers["Content-Type"]
                self._xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>")
                return
            upload = query["uploadId"]
            parts = [_part(key, upload, n + 1) for n in range(content.count(b"<PartNumber>"))]
            made = api.compose(bucket, key, parts, front.content_types.pop(upload))
            for part in parts:
                api.delete(bucket, part)
            self._done(made, "CompleteMultipartUploadResult")

        def do_DELETE(self) -> None:
            bucket, key, query = self._asked()
            if "uploadId" not in query:
                gone = api.delete(bucket, key)
                self.answer(gone.status, gone.body if gone.status >= 300 else b"")
                return
            begun = api.list(bucket, prefix=f"{key}.upload-{query['uploadId']}.")
            for part in json.loads(begun.body).get("items", []):
                api.delete(bucket, part["name"])
            self.answer(204)

        def do_GET(self) -> None:
            bucket, key, query = self._asked()
            if not key:
                self._listing(bucket, query)
                return
            about = api.about(bucket, key)
            if about.status != 200:
                self.answer(about.status, about.body)
                return
            wanted = {"Range": self.headers["Range"]} if self.headers["Range"] else {}
            came = api.content(bucket, key, wanted)
            kept = {k: v for k, v in came.headers.items() if k.title() == "Content-Range"}
            self.answer(came.status, came.body, {**_described(about), **kept})

        do_HEAD = do_GET

        def _listing(self, bucket: str, query: dict[str, str]) -> None:
            wanted = {k: query[k] for k in ("prefix", "delimiter") if query.get(k)}
            came = api.list(bucket, **wanted)
            if came.status != 200:
                self.answer(came.status, came.body)
                return
            listed = json.loads(came.body)
            content = "".join(_entry(each) for each in listed.get("items") or [])
            for prefix in listed.get("prefixes") or []:
                content += f"<CommonPrefixes><Prefix>{escape(prefix)}</Prefix></CommonPrefixes>"
            self._xml("ListBucketResult", content)

        def _asked(self) -> tuple[str, str, dict[str, str]]:
            url = urlsplit(self.path)
            bucket, _, key = url.path.lstrip("/").partition("/")
            query = parse_qs(url.query, keep_blank_values=True)
            return unquote(bucket), unquote(key), {name: v[0] for name, v in query.items()}

        def _done(self, answer: Answer, root: str = "") -> None:
            if answer.status >= 300:
                self.answer(answer.status, answer.body)
            elif root:
                self._xml(root, f"<ETag>{escape(_etag(json.loads(answer.body)))}</ETag>")
            else:
                self.answer(200, headers=_described(answer))

        def _xml(self, root: str, content: str) -> None:
            self.answer(200, f"<{root}>{content}</{root}>".encode(), {"Content-Type": "text/xml"})

    return Handler


def _described(about: Answer) -> dict[str, str]:
    resource = json.loads(about.body)
    described = {"ETag": _etag(resource), "Last-Modified": _http_date(resource["updated"])}
    if resource.get("contentType"):
        described["Content-Type"] = resource["contentType"]
    return described


def _etag(resource: dict[str, Any]) -> str:
    return '"{}"'.format((resource.get("etag") or resource["md5Hash"]).strip('"'))


def _http_date(rfc3339: str) -> str:
    return format_datetime(datetime.fromisoformat(rfc3339), usegmt=True)


def _entry(resource: dict[str, Any]) -> str:
    return (
        f"<Contents><Key>{escape(resource['name'])}</Key><Size>{resource['size']}</Size>"
        f"<LastModified>{resource['updated']}</LastModified>"
        f"<ETag>{escape(_etag(resource))}</ETag></Contents>"
    )
