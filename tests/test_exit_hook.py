"""A program that ends in mid-call: what its exporters have written when it is gone."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from otel_realtime import exit_hook
from otel_realtime.simulator import RealtimeSimulator, parse_scenario

PROGRAM = """
import asyncio, json, sys

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from otel_realtime.sources.agents import RealtimeTelemetryListener

how, provider_first, path, url = sys.argv[1], sys.argv[2] == "first", *sys.argv[3:]


class FileExporter(SpanExporter):
    def export(self, spans):
        with open(path, "a") as file:
            for span in spans:
                reason = span.attributes.get("otel_realtime.end_reason")
                outcome = span.attributes.get("otel_realtime.tool.outcome")
                file.write(json.dumps([span.name, reason, outcome]) + chr(10))
        return SpanExportResult.SUCCESS


def provide():
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(FileExporter()))
    trace.set_tracer_provider(provider)


kept = []


async def main():
    in_tool = asyncio.Event()

    @function_tool
    async def work() -> str:
        in_tool.set()
        await asyncio.Event().wait()

    if provider_first:
        provide()
    listener = RealtimeTelemetryListener(agent_name="Assistant")
    if how != "dropped":
        kept.append(listener)
    if not provider_first:
        provide()
    runner = RealtimeRunner(RealtimeAgent(name="Assistant", tools=[work]))
    config = {"url": url, "api_key": "simulator"}
    session = await runner.run(model_config=config)
    session.model.add_listener(listener)
    await session.enter()
    await session.send_message("Go.")
    await in_tool.wait()
    endings[how](listener)


def raise_error(_):
    raise RuntimeError("on purpose")


endings = {
    "exit": lambda _: sys.exit(3),
    "error": raise_error,
    "dropped": lambda _: sys.exit(3),
    "cleaned": lambda listener: (listener.cleanup(), sys.exit(3)),
}
asyncio.run(main())
"""
SCENARIO = """
audio_speed: 0
conversation:
  - user: Go.
  - agent: {calls: [work: {}]}
"""


@pytest.mark.parametrize(
    ("how", "provider", "code", "reasons"),
    [
        ("exit", "last", 3, {"interpreter_exit"}),
        ("error", "first", 1, {"interpreter_exit"}),
        ("dropped", "last", 3, {"interpreter_exit", "garbage_collected"}),
        ("cleaned", "last", 3, {"closed"}),
    ],
)
async def test_what_is_open_ends_before_the_exporters_do(tmp_path, how, provider, code, reasons):
    """Whether the provider was made before or after the listener."""
    pytest.importorskip("agents.realtime", reason="needs the extra otel-realtime[agents]")
    file = tmp_path / "spans.jsonl"
    async with RealtimeSimulator(parse_scenario(SCENARIO)) as simulator, asyncio.timeout(30):
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-c", PROGRAM),
            *(how, provider, str(file), simulator.url),
            stderr=subprocess.PIPE,
            env=_environment(),
        )
        _, told = await program.communicate()
    assert program.returncode == code, told.decode()
    spans = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    by_name = {name.split(" ")[0]: (reason, outcome) for name, reason, outcome in spans}
    assert len(by_name) == len(spans) == 4, "each span once"
    assert by_name["invoke_agent"][0] in reasons
    assert by_name["execute_tool"] == (None, "cancelled")
    assert set(by_name) == {"invoke_agent", "user_input", "chat", "execute_tool"}
    assert b"otel_realtime" not in told


def test_a_call_that_is_gone_is_not_kept_for_the_exit():
    from weakref import ref

    class Ended:
        def end(self, reason: str) -> None:
            """Never called here."""

    call = Ended()
    exit_hook.watch(call)
    gone = ref(call)
    del call
    assert gone() is None


def _environment() -> dict[str, str]:
    source = str(Path(exit_hook.__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": source}
