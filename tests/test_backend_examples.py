"""The examples of backends, each run as its README says, against a local receiver."""

import asyncio
import os
import re
import socket
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from azure_ingestion import AzureIngestion
from google.protobuf.json_format import MessageToDict
from local_http import Answering, LocalHttp
from object_stores import moto
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest as TraceService,
)
from otlp_sink import OtlpSink, with_hex_ids
from websockets.asyncio.client import ClientConnection, connect
from zero_code import NOT_OURS

from otel_realtime import semconv
from otel_realtime.otlp_json import Telemetry, TraceSpan, decode
from otel_realtime.simulator import RealtimeSimulator
from otel_realtime.tree import render

pytest.importorskip("agents", reason="pip install 'otel-realtime[demo]'")

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
ENDS_WITHIN = 120  # s; seconds on a quiet machine
TOLD = ("APPLICATIONINSIGHTS_", "AWS_", "LANGSMITH_", "OPENAI_", "OTEL_", "PHOENIX_")
QUESTION = "What is the weather in London?"
TURN = """\
  user_input  turn 1, "What is the weather in London?", text
  chat gpt-realtime-2.1  tokens #
    execute_tool get_weather  {"city": "London"} → "London: rain, 11 degrees"
  chat gpt-realtime-2.1  "It is raining in London.", tokens #"""
KINDS = ("chat", "execute_tool", "invoke_agent", "user_input")
CALL = f"invoke_agent Assistant  ended closed\n{TURN}"


def attributes(spans: tuple[TraceSpan, ...]) -> dict[str, dict]:
    """Of the last span of each kind."""
    return {span.name.partition(" ")[0]: dict(span.attributes) for span in spans}


def tree(spans: tuple[TraceSpan, ...]) -> str:
    return re.sub(r"\d+→\d+", "#", render(spans, times=False))


async def started(name: str, url: str, folder: Path, **settings: str) -> asyncio.subprocess.Process:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(TOLD)}
    own = {"OTEL_REALTIME_EXAMPLE_URL": url, "OPENAI_API_KEY": "simulator"}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        EXAMPLES / name,
        cwd=folder,
        env={**environ, **own, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def printed(name: str, folder: Path, **settings: str) -> str:
    """Run an example to its end against the simulator, and give what it prints."""
    async with RealtimeSimulator("tools") as simulator:
        running = await started(name, simulator.url, folder, **settings)
        output, _ = await asyncio.wait_for(running.communicate(), ENDS_WITHIN)
    assert running.returncode == 0, output.decode()
    return NOT_OURS.sub("", output.decode())


async def test_another_sdk_by_hand(tmp_path) -> None:
    with OtlpSink() as sink:
        said = await printed("by_hand.py", tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=sink.http_endpoint)
        spans = sink.telemetry.spans
    assert said == ""
    model = "gpt-realtime"  # the simulator's, where nobody asks for one
    assert tree(spans) == CALL.replace("gpt-realtime-2.1", model)
    assert attributes(spans)["invoke_agent"]["gen_ai.provider.name"] == "acme"


async def test_phoenix(tmp_path) -> None:
    with OtlpSink() as sink:
        said = await printed("phoenix.py", tmp_path, PHOENIX_COLLECTOR_ENDPOINT=sink.http_endpoint)
        came = attributes(sink.telemetry.spans)
    assert said == ""
    assert {name: each["openinference.span.kind"] for name, each in came.items()} == {
        "invoke_agent": "AGENT",
        "user_input": "CHAIN",
        "chat": "LLM",
        "execute_tool": "TOOL",
    }
    assert came["execute_tool"]["output.value"] == "London: rain, 11 degrees"


class LangSmith(LocalHttp):
    """Takes in spans where LangSmith does, and keeps the headers that came with them."""

    def __init__(self) -> None:
        self.headers: list = []
        self.spans: list[TraceSpan] = []
        langsmith = self

        class Handler(Answering):
            def do_POST(self) -> None:
                assert self.path == "/otel/v1/traces"
                request = TraceService.FromString(self.content())
                langsmith.headers.append(self.headers)
                langsmith.spans.extend(decode(with_hex_ids(MessageToDict(request))).spans)
                self.answer(200, headers={"Content-Type": "application/x-protobuf"})

        super().__init__(Handler)


async def test_langsmith(tmp_path) -> None:
    with LangSmith() as langsmith:
        settings = {"LANGSMITH_ENDPOINT": langsmith.endpoint, "LANGSMITH_API_KEY": "key"}
        assert await printed("langsmith.py", tmp_path, **settings) == ""
    assert {each["x-api-key"] for each in langsmith.headers} == {"key"}
    assert {each["Langsmith-Project"] for each in langsmith.headers} == {"voice"}
    came = attributes(tuple(langsmith.spans))
    assert {name: each["langsmith.span.kind"] for name, each in came.items()} == {
        "invoke_agent": "chain",
        "user_input": "chain",
        "chat": "llm",
        "execute_tool": "tool",
    }
    threads = {each["langsmith.metadata.thread_id"] for each in came.values()}
    assert threads == {came["invoke_agent"]["session.id"]}


async def test_azure(tmp_path) -> None:
    pytest.importorskip("azure.monitor.opentelemetry", reason="pip install 'otel-realtime[azure]'")
    with AzureIngestion() as azure:
        said = await printed(
            "azure_monitor.py",
            tmp_path,
            APPLICATIONINSIGHTS_CONNECTION_STRING=azure.connection_string,
            APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true",
            OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="otel",  # the others ask Azure's own network
        )
    assert said == ""
    items = [each["data"]["baseData"] for each in azure.items]
    spans = sorted(each["name"].partition(" ")[0] for each in items if "duration" in each)
    assert [each for each in spans if each in KINDS] == sorted([*KINDS, "chat"])
    assert "gen_ai.client.token.usage" in {
        m["name"] for each in items for m in each.get("metrics", ())
    }


async def test_recordings_in_s3(tmp_path) -> None:
    with moto(tmp_path) as bucket:
        settings = {**bucket.environ, "OTEL_REALTIME_AUDIO_STORE": bucket.url}
        said = await printed("recordings_in_s3.py", tmp_path, **settings)
        links = [line.rpartition(" ") for line in said.splitlines()]
        heard = [name for name, _, link in links if fetched(link).startswith(b"RIFF")]
    assert sorted(heard) == ["chat gpt-realtime-2.1", "invoke_agent Assistant"]


def fetched(link: str) -> bytes:
    with urlopen(link, timeout=10) as answer:  # noqa: S310 - of a server of this test
        return answer.read()


async def test_a_relay(tmp_path) -> None:
    pytest.importorskip("fastapi", reason="pip install '.[test]'")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with OtlpSink() as sink:
        async with RealtimeSimulator("tools") as simulator:
            export = {
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.http_endpoint,
                "OTEL_BSP_SCHEDULE_DELAY": "50",
            }
            running = await started("relay.py", simulator.url, tmp_path, PORT=port, **export)
            try:
                async with asyncio.timeout(ENDS_WITHIN):
                    heard = await call(f"ws://127.0.0.1:{port}/call/ann")
                await asyncio.to_thread(sink.wait_for, is_over)
            finally:
                running.terminate()
                output, _ = await asyncio.wait_for(running.communicate(), ENDS_WITHIN)
    assert output == b""
    assert heard > 0
    spans = ours(sink.telemetry)
    # Newer versions of FastAPI have spans of their own, and the call is then below them.
    assert tree(spans).replace(" (parent elsewhere)", "") == CALL
    assert {span.attributes["user.id"] for span in spans} == {"ann"}


def ours(came: Telemetry) -> tuple[TraceSpan, ...]:
    return tuple(span for span in came.spans if span.scope == semconv.SCOPE_NAME)


def is_over(came: Telemetry) -> bool:
    return "invoke_agent" in attributes(ours(came))


async def call(url: str) -> int:
    """Ask, listen to the answer, hang up; gives how many bytes were heard."""
    async with await answered(url) as line:
        await line.send(bytes(4800))  # the microphone is open, and nobody speaks
        await line.send(QUESTION)
        heard = 0
        async for frame in line:
            if isinstance(frame, str):
                break
            heard += len(frame)
    return heard


async def answered(url: str) -> ClientConnection:
    """Call until somebody answers: the server takes a moment to start."""
    while True:
        try:
            return await connect(url)
        except OSError:
            await asyncio.sleep(0.05)
