"""Calls for the tests of `otel-realtime summary`: spans as the package writes them."""

import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path

from otel_realtime import semconv
from otel_realtime.otlp_json import TraceLog, TraceSpan
from otel_realtime.summary._parts import WAIT_PARTS

S = 1_000_000_000
BEGIN = 1_795_600_000 * S
"""2026-11-25 09:46:40 UTC."""


def a_span(name, start, end, *, call=1, span_id=None, parent=None, attributes=None, **fields):
    """A span of call `call`, by offsets in seconds from `BEGIN`."""
    return TraceSpan(
        trace_id=f"{call:032x}",
        span_id=span_id or f"{name}@{start}",
        parent_span_id=parent,
        name=name,
        kind="internal",
        start=BEGIN + round(start * S),
        end=BEGIN + round(end * S),
        scope=fields.pop("scope", semconv.SCOPE_NAME),
        attributes={semconv.SESSION_ID: f"session-{call}", **(attributes or {})},
        **fields,
    )


def a_session(start, end, *, call=1, **told):
    """A session's span; `told` are attributes by the names of their constants."""
    attributes = {semconv.END_REASON: "closed", **named(told)}
    return a_span("invoke_agent Concierge", start, end, call=call, span_id="session",
                  attributes=attributes)  # fmt: skip


def a_turn(at, latency, *, call=1, index=1, tool=False, waits=None, **told):
    """A response that was heard `latency` seconds after the user had ended, at `at`."""
    parts = {WAIT_PARTS[part]: seconds for part, seconds in (waits or {}).items()}
    attributes = {
        semconv.VOICE_TO_VOICE: latency,
        semconv.VOICE_TO_VOICE_ORIGIN: "acoustic",
        semconv.TURN_INDEX: index,
        **parts,
        **named({"HAD_TOOL": tool}),
        **named(told),
    }
    return a_span("chat gpt-realtime", at, at + 2, call=call, parent="session",
                  attributes=attributes)  # fmt: skip


def an_event(name, at, *, call=1, span_id="session", **told):
    """A log event of call `call`."""
    attributes = {semconv.SESSION_ID: f"session-{call}", **named(told)}
    return TraceLog(f"{call:032x}", span_id, BEGIN + round(at * S), name, "INFO", None,
                    attributes, semconv.SCOPE_NAME)  # fmt: skip


def named(told):
    """Attributes by their names, from the names of the constants; what is None is left out."""
    return {getattr(semconv, key): value for key, value in told.items() if value is not None}


def write(path: Path, spans=(), logs=()) -> Path:
    """An OTLP JSON lines file, ten spans a line."""
    lines = [
        {"resourceSpans": [{"scopeSpans": [{"scope": {"name": span.scope}, "spans": [_span(span)]}
                                           for span in spans[at : at + 10]]}]}
        for at in range(0, len(spans), 10)
    ]  # fmt: skip
    scopes = [{"scope": {"name": log.scope}, "logRecords": [_log(log)]} for log in logs]
    lines += [{"resourceLogs": [{"scopeLogs": [scope]}]} for scope in scopes]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def _span(span):
    ids = {"traceId": span.trace_id, "spanId": otlp_id(span.span_id)}
    if span.parent_span_id:
        ids["parentSpanId"] = otlp_id(span.parent_span_id)
    times = {"startTimeUnixNano": str(span.start), "endTimeUnixNano": str(span.end)}
    return {**ids, **times, "name": span.name, "attributes": _pairs(span.attributes)}


def otlp_id(text):
    """An id in hex, as files need it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _log(log):
    ids = {"traceId": log.trace_id, "spanId": otlp_id(log.span_id)}
    return {**ids, "timeUnixNano": str(log.time), "eventName": log.event_name,
            "attributes": _pairs(log.attributes)}  # fmt: skip


def _pairs(attributes):
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value):
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    if isinstance(value, tuple):
        return {"arrayValue": {"values": [_value(each) for each in value]}}
    return {kinds[type(value)]: str(value) if type(value) is int else value}


def many_calls(count, seed=5, *, turns=12):
    """The spans of many calls, such as a week of a call centre gives: the same for a seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    spans = []
    for call in range(1, count + 1):
        start = chance.uniform(0, 5 * 86_400)
        made = [
            _random_turn(chance, start, call, index)
            for index in range(1, chance.randint(max(turns // 3, 1), turns) + 1)
        ]
        spans += made
        spans.append(_random_session(chance, start, call, made))
    return spans


def _random_turn(chance, start, call, index):
    tool = chance.random() < 0.25
    waits = {
        "endpointing": chance.gauss(0.5, 0.03),
        "queue": chance.expovariate(1 / 0.02),
        "model": chance.lognormvariate(-1.0, 0.35) * (2 if tool else 1),
        "tool": chance.lognormvariate(-0.6, 0.8) if tool else 0.0,
        "playback": chance.uniform(0.02, 0.06),
    }
    if chance.random() < 0.1:
        del waits["endpointing"]
    if chance.random() < 0.01:
        waits["model"] *= 6
    return a_turn(start + 12 * index, sum(waits.values()), call=call, index=index, tool=tool,
                  waits=waits)  # fmt: skip


def _random_session(chance, start, call, made):
    latencies = sorted(span.attributes[semconv.VOICE_TO_VOICE] for span in made)
    length = 12.0 * (len(made) + 1) + chance.uniform(0, 20)
    session = a_session(
        start,
        start + length,
        call=call,
        AGENT_NAME="Concierge",
        END_REASON="connection_lost" if chance.random() < 0.05 else "closed",
        OUTPUT_AUDIO_URL=f"s3://calls/agent/{call}/session.wav" if call % 2 else None,
        SESSION_TURNS=len(made),
        SESSION_RESPONSES=len(made),
        SESSION_TOOL_CALLS=sum(span.attributes[semconv.HAD_TOOL] for span in made),
        SESSION_TOOL_ERRORS=int(chance.random() < 0.1),
        SESSION_ERRORS=int(chance.random() < 0.02),
        SESSION_GUARDRAIL_TRIPS=0,
        SESSION_INTERRUPTIONS=chance.randint(0, 3),
        SESSION_FALSE_BARGE_INS=int(chance.random() < 0.2),
        SESSION_MISSED_BARGE_INS=int(chance.random() < 0.1),
        SESSION_AGENT_INTERRUPTIONS=int(chance.random() < 0.15),
        SESSION_TALK_USER=length * chance.uniform(0.2, 0.35),
        SESSION_TALK_AGENT=length * chance.uniform(0.3, 0.5),
        SESSION_OVERLAP=chance.uniform(0, 2),
        SESSION_DEAD_AIR_AGENT=max(latencies[-1] - 2, 0),
        SESSION_DEAD_AIR_USER=chance.uniform(0, 20),
        SESSION_DEAD_AIR_COUNT=chance.randint(0, 4),
        SESSION_LATENCY_COUNT=len(latencies),
        SESSION_LATENCY_MEDIAN=latencies[(len(latencies) - 1) // 2],
        SESSION_LATENCY_MAX=latencies[-1],
        SESSION_COST=0.012 * len(made),
        SESSION_COST_TRANSCRIPTION=0.0002 * len(made),
        SESSION_COST_UNHEARD=0.001 * len(made),
        SESSION_COST_UNPRICED=0,
    )
    return replace(session, span_id=f"session-{call}")
