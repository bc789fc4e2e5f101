"""The consumers of one call's records: its spans, its log events, its metrics."""

from collections.abc import Callable
from typing import TypeAlias

from otel_realtime.settings import Settings
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.content import ContentGate
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.logs import LogConsumer
from otel_realtime.telemetry.metrics import MetricsConsumer
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.telemetry.spans import SpanConsumer

Consumer: TypeAlias = SpanConsumer | LogConsumer | MetricsConsumer


def consumers_of(
    telemetry: Telemetry,
    settings: Settings,
    context: TelemetryContext,
    identity: Identity,
    caught: Callable[[str, Exception], None],
) -> tuple[Consumer, ...]:
    """Make them.

    Args:
        telemetry: Where what they write goes.
        settings: What may be recorded.
        context: The call's spans.
        identity: What is the same on all of them.
        caught: Takes in what goes wrong in the application's own callbacks.
    """
    on_spans = ContentGate(settings.capture_content.on_spans, settings.redact, caught)
    on_events = ContentGate(settings.capture_content.on_events, settings.redact, caught)
    return (
        SpanConsumer(context, identity, on_spans),
        LogConsumer(telemetry.logger, context, identity, on_events),
        MetricsConsumer(telemetry.instruments, context, identity, latest=settings.latest_names),
    )
