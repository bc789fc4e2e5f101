"""A process under the instrumentor that ends in mid-call: what a collector has received of it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from sources.phone import CALLS
from sources.switchboard import golden

import otel_realtime
from otel_realtime import semconv
from otel_realtime.otlp_json import Telemetry
from otel_realtime.simulator import RealtimeSimulator, load_scenario

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs an OTLP exporter")
from otlp_sink import OtlpSink

PROGRAM = """
import asyncio, os, signal, sys

from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

from otel_realtime.instrumentor import RealtimeInstrumentor

how, exports, url, sink = sys.argv[1:]
at_once = exports == "at_once"


def provide():
    spans, logs = OTLPSpanExporter(sink + "/v1/traces"), OTLPLogExporter(sink + "/v1/logs")
    of_spans = SimpleSpanProcessor if at_once else BatchSpanProcessor
    of_logs = SimpleLogRecordProcessor if at_once else BatchLogRecordProcessor
    tracers, loggers = TracerProvider(), LoggerProvider()
    tracers.add_span_processor(of_spans(spans))
    loggers.add_log_record_processor(of_logs(logs))
    trace.set_tracer_provider(tracers)
    _logs.set_logger_provider(loggers)


if exports != "late":
    provide()
RealtimeInstrumentor().instrument(capture_content=True)
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner

if exports == "late":
    provide()
in_tool = asyncio.Event()


@function_tool
async def look_up(city: str) -> str:
    in_tool.set()
    await asyncio.Event().wait()


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


async def midst(session):
    await session.send_message("Does it rain in London?")
    async for event in session:
        data = getattr(getattr(event, "data", None), "data", None)
        if isinstance(data, dict) and data.get("type") == "response.done":
            break
    await in_tool.wait()


async def main():
    agent = RealtimeAgent(name="Assistant", tools=[look_up])
    config = {"url": url, "api_key": "simulator"}
    session = await RealtimeRunner(agent).run(model_config=config)
    if how == "return":
        await session.enter()
        await midst(session)
        return session
    async with session:
        await midst(session)
        await ends[how]()


async def interrupted():
    interrupt()
    await asyncio.Event().wait()


async def killed():
    kill()


async def exited():
    sys.exit(3)


async def failed():
    raise RuntimeError("on purpose")


ends = {"interrupt": interrupted, "kill": killed, "exit": exited, "fail": failed}
kept = asyncio.run(main())
"""


async def run(how: str, exports: str, scenario: str) -> tuple[int, str, Telemetry]:
    """Run the program to its end; its exit code, what it printed, and what was received."""
    with OtlpSink() as sink:
        async with RealtimeSimulator(load_scenario(CALLS / f"{scenario}.yaml")) as simulator:
            program = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "error::RuntimeWarning", "-c", PROGRAM),
                *(how, exports, simulator.url, sink.http_endpoint),
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(Path(otel_realtime.__file__).parent.parent)},
            )
            try:
                async with asyncio.timeout(60):
                    _, told = await program.communicate()
            finally:
                if program.returncode is None:
                    program.kill()
        assert program.returncode is not None
        return program.returncode, told.decode(), sink.telemetry


@pytest.mark.parametrize(
    ("how", "exports", "scenario", "code", "reason"),
    [
        ("return", "batched", "end_by_exit", 0, "interpreter_exit"),
        ("return", "late", "end_by_exit", 0, "interpreter_exit"),
        ("interrupt", "batched", "end_by_interrupt", None, "cancelled"),
        ("exit", "batched", "end_by_interrupt", 3, "cancelled"),
        ("fail", "late", "end_by_failure", 1, "error"),
    ],
)
async def test_the_process_ends_in_mid_call(how, exports, scenario, code, reason):
    """Every span ends, once, and reaches the collector before the process is gone."""
    returned, told, received = await run(how, exports, scenario)
    assert returned == code or code is None
    assert len({each.span_id for each in received.spans}) == len(received.spans) == 4
    (ended,) = (each for each in received.logs if each.event_name == semconv.LOG_SESSION_ENDED)
    assert ended.attributes[semconv.END_REASON] == reason
    assert "otel_realtime" not in told
    assert "detach" not in told
    golden(received, scenario)


async def test_the_process_is_killed_in_mid_call():
    """What had ended is exported, and the session's start is on record."""
    returned, _, received = await run("kill", "at_once", "end_by_kill")
    assert returned == -signal.SIGKILL
    (started,) = (each for each in received.logs if each.event_name == semconv.LOG_SESSION_STARTED)
    assert started.attributes[semconv.AGENT_NAME] == "Assistant"
    assert started.trace_id in {each.trace_id for each in received.spans}
    golden(received, "end_by_kill")
