"""Whole calls whose spans go through a dialect: scenarios, and one that is told by hand."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from otel_realtime import DialectSpanProcessor
from otel_realtime.facts import (
    InputFacts,
    Output,
    ResponseFacts,
    SessionFacts,
    ToolAnswer,
    ToolFacts,
)
from otel_realtime.records import SESSION, Closed, Key, Kind, Opened
from otel_realtime.scenario import EPOCH, Recorder, Scenario
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.content import ContentGate
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.spans import SpanConsumer
from otel_realtime.values import AudioLink, SessionConfig

SCENARIOS = Path(__file__).parent.parent / "scenarios"
OPEN = ContentGate(is_open=True, redact=None, on_error=print)
SHUT = ContentGate(is_open=False, redact=None, on_error=print)
MS = 1_000_000
WAV = "audio/wav"
TOOLS = (
    {"type": "function", "name": "look", "parameters": {"type": "object"}},
    {"type": "mcp", "server_label": "files", "authorization": "key", "headers": {"k": "key"}},
)
PARAMETERS = {"model": "gpt-realtime", "temperature": 0.8}


class Kept(SpanProcessor):
    """Keeps the spans that end, without reading them."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span) -> None:
        self.spans.append(span)


def through(dialect: str, **settings: object) -> tuple[DialectSpanProcessor, Kept]:
    """A processor for a dialect, and what comes out of it."""
    kept = Kept()
    return DialectSpanProcessor(kept, dialect=dialect, **settings), kept


def scenario(
    name: str, *processors: SpanProcessor, capture_content: bool = True, **settings: object
) -> list[ReadableSpan]:
    """Replay a scenario through processors; gives the spans as they ended."""
    read = Scenario.load(SCENARIOS / f"{name}.yaml")
    told = {**read.settings, "capture_content": capture_content, **settings}
    recorder, plain = Recorder(), Kept()
    for each in (*processors, plain):
        recorder.tracer_provider.add_span_processor(each)
    replace(read, settings=told).run(recorder=recorder)
    return plain.spans


class HandMade:
    """A session whose spans are opened and closed one by one, with the facts that are given."""

    def __init__(self, *processors: SpanProcessor, gate=OPEN, config=None, provider=None) -> None:
        self.provider = provider or TracerProvider(shutdown_on_exit=False)
        for each in processors:
            self.provider.add_span_processor(each)
        self.context = TelemetryContext(self.provider.get_tracer("otel_realtime"))
        self.config = config or SessionConfig(
            model="gpt-realtime", instructions="Be brief.", tools=TOOLS, parameters=PARAMETERS
        )
        identity = Identity("session-1", "user-1", "azure.ai.openai")
        self.consumer = SpanConsumer(self.context, identity, gate, lambda: self.config)
        self.session = SessionFacts(config=self.config, agent="Assistant")
        self.now = EPOCH
        self.consumer.opened(Opened(SESSION, self.now, self.session, None))

    def span(self, kind: Kind, key: str, facts, parent=SESSION, ms: int = 100) -> None:
        """A span of `ms` milliseconds, after the one before."""
        start, self.now = self.now, self.now + ms * MS
        self.consumer.opened(Opened(Key(kind, key), start, facts, parent))
        self.consumer.closed(Closed(Key(kind, key), self.now, facts))

    def end(self) -> None:
        self.session.ended_at, self.session.end_reason = self.now, "closed"
        self.session.audio = AudioLink("s3://calls/session.wav", WAV)
        self.consumer.closed(Closed(SESSION, self.now, self.session))


def given(text: str | None = "When is breakfast?", *, turn: int = 1, audio: bool = True):
    link = AudioLink("s3://calls/input.wav", WAV) if audio else None
    return InputFacts(
        "item_1", "speech" if audio else "text", text=text, turn=turn, audio=link, end_reason=None
    )


def answered(*inputs: InputFacts, **facts):
    told = {
        "model": "gpt-realtime",
        "output_modalities": ("audio",),
        "finish_reason": "stop",
        "turn": 1,
        "inputs": inputs,
        "outputs": (Output(text="From seven."),),
        "audio": AudioLink("s3://calls/output.wav", WAV),
        "generated_audio": AudioLink("s3://calls/generated.wav", WAV),
    }
    return ResponseFacts("resp_1", **{**told, **facts})


def a_call_with_audio(*processors: SpanProcessor, gate=OPEN, provider=None) -> None:
    """One question, a tool, one answer that was cut off."""
    call, question = HandMade(*processors, gate=gate, provider=provider), given()
    call.span(Kind.INPUT, "item_1", question)
    asked = Output(call_id="call_1", name="look", arguments='{"for": "breakfast"}')
    calling = answered(
        question, outputs=(asked,), finish_reason="tool_call", audio=None, generated_audio=None
    )
    call.consumer.opened(Opened(Key(Kind.RESPONSE, "resp_1"), call.now, calling, SESSION))
    tool = ToolFacts(
        "call_1", name="look", arguments='{"for": "breakfast"}', output="at seven", turn=1
    )
    call.span(Kind.TOOL, "call_1", tool, Key(Kind.RESPONSE, "resp_1"))
    call.consumer.closed(Closed(Key(Kind.RESPONSE, "resp_1"), call.now, calling))
    answer = answered(question, answers=(ToolAnswer("call_1", "at seven"),), interrupted=True)
    call.span(Kind.RESPONSE, "resp_2", answer)
    call.end()


def shown(spans: Iterable[ReadableSpan]) -> str:
    """Spans with their parents and attributes, without those of ours that no dialect touches."""
    spans = sorted(spans, key=lambda each: (each.start_time, -each.end_time, each.name))
    names = {each.context.span_id: each.name for each in spans}
    return "\n\n".join(_shown(each, names, spans[0].start_time) for each in spans)


def _shown(span: ReadableSpan, names, start: int) -> str:
    below = f" below {names[span.parent.span_id]}" if span.parent is not None else ""
    times = f"{(span.start_time - start) // MS}–{(span.end_time - start) // MS} ms"
    ours = [name for name in span.attributes if _is_plain(name)]
    lines = [f"{span.name}{below}, {times}, and {len(ours)} attributes as they were"]
    lines += [
        f"  {name} = {span.attributes[name]!r}" for name in sorted(set(span.attributes) - set(ours))
    ]
    return "\n".join(lines)


def _is_plain(name: str) -> bool:
    return name.startswith("otel_realtime.") and name != "otel_realtime.dialect.left_out"
