"""A program that is set up by `configure_azure`; run by the tests beside it.

python azure_program.py SCENARIO [SCENARIO ...]
python azure_program.py --apart NANOSECONDS SCENARIO [SCENARIO ...]
python azure_program.py --long
python azure_program.py --theirs
"""

import logging
import sys
from dataclasses import replace
from pathlib import Path

from azure.monitor.opentelemetry import configure_azure_monitor
from dialects.calls_in_dialects import HandMade, answered, given
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from otel_realtime import RealtimeInstrumentor
from otel_realtime.azure import configure_azure
from otel_realtime.records import Kind
from otel_realtime.scenario import Recorder, Scenario, Traced
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.telemetry.outlets import Telemetry

SCENARIOS = Path(__file__).parent.parent / "scenarios"
BETWEEN = 4 * 60 * 10**9  # ns, from the beginning of one call to that of the next


class Everywhere(Recorder):
    """The providers that `configure_azure` has set."""

    def __init__(self) -> None:
        """Take them; nothing is kept here."""

    @property
    def providers(self) -> dict[str, object]:
        return {
            "tracer_provider": trace.get_tracer_provider(),
            "logger_provider": _logs.get_logger_provider(),
            "meter_provider": metrics.get_meter_provider(),
        }

    def traced(self) -> Traced:
        return Traced((), (), ())


class Seen(SpanProcessor):
    """Says which names it saw: those of a processor of the application."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def on_end(self, span) -> None:
        self.names |= set(span.attributes)


def calls(*names: str, recorder: Recorder | None = None) -> None:
    """Replay scenarios with content."""
    for name in names:
        read = with_content(Scenario.load(SCENARIOS / f"{name}.yaml"))
        read.run(recorder=recorder or Everywhere())


def calls_apart(start: str, *names: str, recorder: Recorder | None = None) -> None:
    """Replay scenarios one after the other, each as a session that has the scenario's name."""
    for place, name in enumerate(names):
        began = int(start) + place * BETWEEN
        read = with_content(Scenario.load(SCENARIOS / f"{name}.yaml", start=began))
        read.run(recorder=recorder or Everywhere(), session_id=name)


def with_content(read: Scenario) -> Scenario:
    told = {"capture_content": True, "user_id": "user-7", **read.settings}
    return replace(read, settings=told)


def a_recorded_call(provider: trace.TracerProvider | None = None) -> None:
    """A question and an answer with links to their audio, within a request."""
    provider = provider or trace.get_tracer_provider()
    tracer = provider.get_tracer("application")
    with tracer.start_as_current_span("GET /call", kind=trace.SpanKind.SERVER):
        call, question = HandMade(provider=provider), given()
        call.span(Kind.INPUT, "item_1", question)
        call.span(Kind.RESPONSE, "resp_1", answered(question))
        call.end()


def long_texts(**providers: object) -> None:
    """A call with a server event whose payload is longer than a custom dimension may be."""
    session = SessionTelemetry(
        Telemetry.of(**providers),
        Settings.read({"capture_content": True, "server_events": True}, environ={}),
        session_id="session-under-test",
        provider="openai",
    )
    session.begin()
    session.show({"type": "response.done", "text": "é" * 20_000})
    session.end("closed")


if __name__ == "__main__":
    if sys.argv[1:] == ["--late"]:
        trace.set_tracer_provider(TracerProvider())
    seen = Seen()
    told = {
        "enable_live_metrics": False,
        "enable_performance_counters": False,
        "disable_offline_storage": True,
        "span_processors": [seen],
    }
    if sys.argv[1:] == ["--theirs"]:
        configure_azure_monitor(**told, sampling_ratio=1.0)
        RealtimeInstrumentor().instrument(dialect="azure")
    else:
        configure_azure(**told)
    logging.getLogger().warning("hello from the application")
    if sys.argv[1:] == ["--long"]:
        long_texts()
    elif sys.argv[1:] in (["--recorded"], ["--late"], ["--theirs"]):
        a_recorded_call()
    elif sys.argv[1] == "--apart":
        calls_apart(*sys.argv[2:])
    else:
        calls(*sys.argv[1:])
    for provider in Everywhere().providers.values():
        provider.force_flush()
    odd = {name for name in seen.names if name.startswith(("microsoft.custom", "enduser."))}
    if odd:
        raise SystemExit(f"the application's own processor saw {odd}")
