"""Golden files: what a test gave when it was last looked at and found right.

    UPDATE_GOLDEN=1 make test

writes them anew. Read the diff before you commit it: a golden that you would not defend is a bug.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from otel_realtime import semconv
from otel_realtime.otlp_json import TraceSpan
from otel_realtime.scenario import Traced
from otel_realtime.tree import render, render_metrics


def compare(text: str, path: Path) -> None:
    """Fail if `text` is not what the golden file holds; with UPDATE_GOLDEN set, write it."""
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert path.is_file(), f"there is no golden {path.name}: make it with UPDATE_GOLDEN=1"
    assert text + "\n" == path.read_text(encoding="utf-8")


def tree_and_metrics(traced: Traced) -> str:
    """The tree with its log events, an empty line, the metrics."""
    tree = render(traced.spans, traced.logs, events=True)
    # The one metric that a real clock measures, whatever clock a scenario has.
    metrics = [each for each in traced.metrics if each.name != semconv.METRIC_HANDLER_TIME]
    return f"{tree}\n\n{render_metrics(metrics)}"


def attributes(traced: Traced) -> str:
    """Every span and log event with all of its attributes, their types visible."""
    spans = sorted(traced.spans, key=lambda span: (span.start, span.name, span.end))
    parts = [_span(span) for span in spans]
    logs = sorted(traced.logs, key=lambda log: (log.time, log.event_name))
    parts += [f"log {log.event_name}  {log.severity}\n{_listed(log.attributes)}" for log in logs]
    return "\n\n".join(parts)


def _span(span: TraceSpan) -> str:
    status = f"{span.status} {span.status_message}" if span.status_message else span.status
    lines = [f"span {span.name}  {span.kind}, status {status}", _listed(span.attributes)]
    for event in span.events:
        lines += [f"  event {event.name}", _listed(event.attributes, "    ")]
    return "\n".join(lines)


def _listed(attributes: Mapping[str, object], indent: str = "  ") -> str:
    return "\n".join(f"{indent}{name} = {attributes[name]!r}" for name in sorted(attributes))
