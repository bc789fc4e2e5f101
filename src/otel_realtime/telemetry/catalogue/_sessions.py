"""Sessions, what went wrong in them, and the instrumentation itself."""

from typing import Final

from otel_realtime import semconv
from otel_realtime.metric import Instrument, Metric
from otel_realtime.telemetry.catalogue._rows import CALL, INPUT, SESSION, TOOL, counter, histogram

_PROVIDER = (semconv.PROVIDER_NAME,)

SESSIONS: Final[tuple[Metric, ...]] = (
    histogram(
        semconv.METRIC_SESSION_DURATION,
        "Time a session lasted.",
        "from its first event to its end",
        (*SESSION, semconv.END_REASON, semconv.ERROR_TYPE),
        buckets=semconv.SESSION_BUCKETS,
    ),
    Metric(
        semconv.METRIC_SESSIONS_ACTIVE,
        Instrument.UP_DOWN_COUNTER,
        "{session}",
        "Sessions that are open now.",
        "sessions that began − sessions that ended",
        _PROVIDER,
    ),
    counter(
        semconv.METRIC_ERRORS,
        "{error}",
        "Errors: reported, of responses, of connections.",
        "count of errors that the provider reports, of failed responses and transcriptions, and "
        "of sessions that ended by an error",
        (*_PROVIDER, semconv.ERROR_TYPE),
        "Most reported errors are benign. `_OTHER` is one without a type.",
    ),
    counter(
        semconv.METRIC_TRANSCRIPTION_FAILURES,
        "{failure}",
        "Utterances that could not be transcribed.",
        "count of transcriptions that the provider says failed",
        (*INPUT, semconv.TRANSCRIPTION_MODEL, semconv.ERROR_TYPE),
        "One that never came is not in it.",
    ),
    counter(
        semconv.METRIC_TOOL_CALLS,
        "{call}",
        "Tool calls that ended, by outcome.",
        "count of tool calls",
        TOOL,
    ),
    counter(
        semconv.METRIC_GUARDRAIL_TRIPS,
        "{trip}",
        "Guardrails of the application that tripped.",
        "count of guardrails that tripped",
        (*_PROVIDER, semconv.AGENT_NAME, semconv.GUARDRAIL_KIND, semconv.GUARDRAIL_NAME),
    ),
    counter(
        semconv.METRIC_HANDOFFS,
        "{handoff}",
        "Times that one agent gave the floor to another.",
        "count of handoffs",
        (*CALL, semconv.HANDOFF_FROM, semconv.HANDOFF_TO),
    ),
    counter(
        semconv.METRIC_HANDLER_TIME,
        "s",
        "Time that the instrumentation itself took.",
        "sum of the time spent in its handlers, on the application's threads",
        (),
        "Pieces of audio and text are not in it, as a clock would cost more than they do; nor is the "
        "recording of measurements, which happens as metrics are collected.",
    ),
)
