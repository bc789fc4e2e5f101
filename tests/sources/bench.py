"""What tools do in these tests: work inside a span of the app, log, and note the times."""

import asyncio

from agents import function_tool
from agents.realtime import RealtimeModelListener
from opentelemetry import trace
from sources.phone import noted

SLACK = 100_000_000  # ns: from the wrapped call to the tool's own first and last line
RUNS = {"run_in_task": {}, "run_in_line": {"async_tool_calls": False}}


class Witness(RealtimeModelListener):
    """Another listener: notes what is current wherever the SDK calls listeners."""

    def __init__(self) -> None:
        self.current = set()

    async def on_event(self, event) -> None:  # noqa: ARG002 - what it is does not matter
        self.current.add(trace.get_current_span())


class Bench:
    """What tools do here: work inside a span of the app, log, and note the times."""

    def __init__(self, recorder, log=None) -> None:
        self.tracer = recorder.tracer_provider.get_tracer("app")
        self.log = log
        self.times = {}

    def work(self, name: str) -> str:
        with noted(self.times, name), self.tracer.start_as_current_span(f"query {name}"):
            if self.log is not None:
                self.log.info("asked about %s", name)
        return f"rain in {name}"

    def fits(self, span, name: str) -> bool:
        began, ended = self.times[f"{name} began"], self.times[f"{name} ended"]
        return (
            span.start - SLACK / 10 <= began <= span.start + SLACK
            and ended - SLACK / 10 <= span.end <= ended + SLACK
        )


def asynchronous(bench):
    @function_tool(name_override="look_up")
    async def tool(city: str) -> str:
        """Look up the weather."""
        await asyncio.sleep(0)
        return bench.work(city)

    return tool


def in_a_thread(bench):
    @function_tool(name_override="look_up")
    def tool(city: str) -> str:
        """Look up the weather."""
        return bench.work(city)

    return tool


def with_timeout(bench):
    @function_tool(name_override="look_up", timeout=20)
    async def tool(city: str) -> str:
        """Look up the weather."""
        return await asyncio.create_task(asyncio.to_thread(bench.work, city))

    return tool
