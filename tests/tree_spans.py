"""Spans to draw trees of, and how they are drawn."""

import io

from rich.console import Console

from otel_realtime import semconv
from otel_realtime.otlp_json import TraceSpan
from otel_realtime.tree import render, terminal_tree

MS = 1_000_000
BEGIN = 1_700_000_000_000_000_000


def a_span(name, start, end, span_id=None, parent=None, *, scope=semconv.SCOPE_NAME, **attributes):
    """A span by offsets in ms; `attributes` by their names in semconv."""
    told = {getattr(semconv, name): value for name, value in attributes.items()}
    return TraceSpan(
        trace_id="a" * 32,
        span_id=span_id or f"{name}@{start}",
        parent_span_id=parent,
        name=name,
        kind="internal",
        start=BEGIN + start * MS,
        end=BEGIN + end * MS,
        attributes=told,
        scope=scope,
    )


def an_answer(start=0, end=10, span_id=None, parent=None, **attributes):
    return a_span("chat m", start, end, span_id, parent, **attributes)


def drawn(span: TraceSpan) -> str:
    """What stands behind the times, and below."""
    return render([span]).partition(" ms")[2].strip()


def terminal(spans, width, **options) -> str:
    console = Console(file=io.StringIO(), width=width, **options)
    console.print(terminal_tree(spans))
    return console.file.getvalue()
