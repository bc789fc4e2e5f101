"""Local MCP servers: their tools are seen as what they are, with their span current inside."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

import pytest
import uvicorn
from agents.mcp import MCPServer, MCPServerStdio, MCPServerStreamableHttp
from agents.realtime import RealtimeAgent
from opentelemetry import trace
from sources.bench import RUNS
from sources.library import library
from sources.phone import Trace, calling

from otel_realtime import semconv

LIBRARY = Path(__file__).parent / "library.py"


class Witness:
    """Notes which span is current as the server is called."""

    async def call_tool(self, *args, **kwargs):
        self.current = [*getattr(self, "current", ()), trace.get_current_span()]
        return await super().call_tool(*args, **kwargs)


class OnStreams(Witness, MCPServerStdio):
    """A process of its own, spoken to on its standard streams."""


class OverHttp(Witness, MCPServerStreamableHttp):
    """A server on the loopback interface."""


@asynccontextmanager
async def on_streams(name: str = "library") -> AsyncIterator[MCPServer]:
    params = {"command": sys.executable, "args": [str(LIBRARY)]}
    async with OnStreams(params, name=name, client_session_timeout_seconds=20) as server:
        yield server


@asynccontextmanager
async def over_http(name: str = "library") -> AsyncIterator[MCPServer]:
    config = uvicorn.Config(library().streamable_http_app(), log_level="error", ws="none")
    serving = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        task = asyncio.create_task(serving.serve(sockets=[listening]))
        try:
            async with OverHttp({"url": f"http://127.0.0.1:{port}/mcp"}, name=name) as server:
                yield server
        finally:
            serving.should_exit = True
            async with asyncio.timeout(10):
                await task


@pytest.mark.filterwarnings("ignore:Use `streamable_http_client`:DeprecationWarning")  # the SDK's
@pytest.mark.parametrize(
    ("serve", "run"), [*product([on_streams], RUNS), (over_http, "run_in_task")]
)
async def test_a_local_mcp_server(recorder, serve, run):
    async with serve() as server:
        agent = RealtimeAgent(name="Assistant", mcp_servers=[server])
        async with calling("book", agent, recorder=recorder, run_config=RUNS[run]) as call:
            await call.speak()
            await call.heard("response.done", 2)
            await call.speak()
            await call.heard("response.done", 4)
    traced = Trace(recorder)
    found, lost = traced.named("execute_tool find_book")
    for tool, span in zip((found, lost), server.current, strict=True):
        assert f"{span.get_span_context().span_id:016x}" == tool.span_id
        assert tool.attributes[semconv.TOOL_KIND] == "local_mcp"
        assert tool.attributes[semconv.MCP_SERVER] == "library"
        assert tool.attributes[semconv.TOOL_DESCRIPTION] == "Find a book."
    assert found.attributes[semconv.TOOL_ARGUMENTS] == '{"title": "Dune"}'
    assert "Dune: shelf 7" in found.attributes[semconv.TOOL_RESULT]
    assert found.attributes[semconv.TOOL_OUTCOME] == "completed"
    assert traced.parent(found) == traced.named("chat")[0]
    assert (found.status, lost.status) == ("unset", "error")
    assert lost.attributes[semconv.TOOL_OUTCOME] == "error"
    assert lost.attributes[semconv.ERROR_TYPE] == "tool_error"
    assert "find_book" in lost.attributes[semconv.TOOL_RESULT]
    assert traced.one("invoke_agent").status == "unset"


async def test_an_address_as_a_servers_name_is_told_without_its_secrets(recorder):
    name = "streamable_http: https://me:pass@127.0.0.1/mcp?key=s3cr3t#part"
    async with on_streams(name) as server:
        agent = RealtimeAgent(name="Assistant", mcp_servers=[server])
        async with calling("book", agent, recorder=recorder, capture_content=False) as call:
            await call.speak()
            await call.heard("response.done", 2)
    traced = Trace(recorder)
    tool = traced.one("execute_tool find_book")
    assert tool.attributes[semconv.MCP_SERVER] == "streamable_http: https://127.0.0.1/mcp"
    for content in ("Dune", "shelf 7", "s3cr3t"):
        assert content not in repr(traced.all)
