"""Records become metrics: counters and histograms, labelled with what has few values only."""

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from opentelemetry.metrics import Histogram, Meter, MeterProvider
from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.audio_instruments import AudioInstruments
from otel_realtime.facts import ResponseFacts, SessionFacts, ToolFacts
from otel_realtime.records import (
    Closed,
    FaultNoted,
    GuardrailNoted,
    InterruptionNoted,
    Kind,
    Noted,
    Opened,
    TranscriptionFailureNoted,
)
from otel_realtime.telemetry import attributes
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.tokens import Labels, TokenTotals
from otel_realtime.values import Usage
from otel_realtime.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

_UNKNOWN_ERROR: Final = "_OTHER"  # what OpenTelemetry says for an error type that is not known


class Instruments(AudioInstruments):
    """The instruments of one meter provider, made once."""

    _made: Final[WeakKeyDictionary[MeterProvider, "Instruments"]] = WeakKeyDictionary()

    def __init__(self, meter: Meter) -> None:
        """Make the instruments."""
        super().__init__(meter)
        self._make_histograms(meter)
        self._make_counters(meter)

    def _make_histograms(self, meter: Meter) -> None:
        def histogram(name: str, unit: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return meter.create_histogram(
                name, unit, text, explicit_bucket_boundaries_advisory=list(buckets)
            )

        durations = semconv.DURATION_BUCKETS
        self.response_duration = histogram(
            semconv.METRIC_OPERATION_DURATION, "s", "Time from response to done.", durations
        )
        self.time_to_first_audio = histogram(
            semconv.METRIC_TIME_TO_FIRST_AUDIO,
            "s",
            "Time from the origin named by the label to the response's first audio.",
            durations,
        )
        self.tool_duration = histogram(
            semconv.METRIC_TOOL_DURATION, "s", "Time a tool ran.", durations
        )
        self.session_duration = histogram(
            semconv.METRIC_SESSION_DURATION, "s", "Time a session lasted.", semconv.SESSION_BUCKETS
        )
        self.setup_duration = histogram(
            semconv.METRIC_SETUP_DURATION,
            "s",
            "Time from connecting to the provider's description of the session.",
            durations,
        )
        self.token_usage = histogram(
            semconv.METRIC_TOKEN_USAGE, "{token}", "Tokens per response.", semconv.TOKEN_BUCKETS
        )

    def _make_counters(self, meter: Meter) -> None:
        self.tokens = TokenTotals()
        self.observed_tokens = meter.create_observable_counter(
            semconv.METRIC_TOKENS,
            [self.tokens.observe],
            "{token}",
            "Tokens by modality; cached apart, none twice.",
        )
        self.tool_calls = meter.create_counter(
            semconv.METRIC_TOOL_CALLS, "{call}", "Tool calls that ended, by outcome."
        )
        self.interruptions = meter.create_counter(
            semconv.METRIC_INTERRUPTIONS, "{interruption}", "Responses whose audio was cut off."
        )
        self.errors = meter.create_counter(
            semconv.METRIC_ERRORS, "{error}", "Errors: reported, of responses, of connections."
        )
        self.guardrail_trips = meter.create_counter(
            semconv.METRIC_GUARDRAIL_TRIPS, "{trip}", "Guardrails of the application that tripped."
        )
        self.sessions_active = meter.create_up_down_counter(
            semconv.METRIC_SESSIONS_ACTIVE, "{session}", "Sessions that are open now."
        )

    @classmethod
    def of(cls, provider: MeterProvider) -> "Instruments":
        """The instruments of `provider`; made when it is first asked for them."""
        instruments = cls._made.get(provider)
        if instruments is None:
            meter = provider.get_meter(semconv.SCOPE_NAME, __version__, semconv.SCHEMA_URL)
            instruments = cls._made[provider] = cls(meter)
        return instruments


class MetricsConsumer:
    """Turns the records of one call into measurements."""

    def __init__(self, instruments: Instruments, identity: Identity) -> None:
        """Measure one call."""
        self._to = instruments
        self._identity = identity
        self._active: Labels | None = None
        self._closed: dict[Kind, Callable[[Any], None]] = {
            Kind.SESSION: self._session_closed,
            Kind.RESPONSE: self._response_closed,
            Kind.TOOL: self._tool_closed,
        }

    def opened(self, record: Opened) -> None:
        """Count an open session."""
        if isinstance(record.facts, SessionFacts):
            # What was added is what must be taken away: the labels may change in between.
            self._active = self._labels()
            self._to.sessions_active.add(1, self._active)

    def noted(self, record: Noted) -> None:
        """Count interruptions and errors."""
        note = record.note
        if isinstance(note, InterruptionNoted):
            reason = note.facts.interruption_reason
            labels = self._of_response(note.facts)
            self._to.interruptions.add(1, _with(labels, (semconv.INTERRUPTION_REASON, reason)))
        elif isinstance(note, GuardrailNoted):
            self._tripped(note)
        elif isinstance(note, FaultNoted):
            self._error(note.fault.kind)
        elif isinstance(note, TranscriptionFailureNoted):
            self._error(note.facts.fault.kind if note.facts.fault else None)

    def closed(self, record: Closed) -> None:
        """Measure what ended."""
        measure = self._closed.get(record.key.kind)
        if measure is not None:
            measure(record.facts)

    def _tripped(self, note: GuardrailNoted) -> None:
        labels = self._labels(
            (semconv.GUARDRAIL_KIND, note.kind),
            (semconv.GUARDRAIL_NAME, note.name),
            (semconv.AGENT_NAME, note.agent),
        )
        self._to.guardrail_trips.add(1, labels)

    def _session_closed(self, facts: SessionFacts) -> None:
        labels = self._labels(
            (semconv.REQUEST_MODEL, facts.config.model),
            (semconv.AGENT_NAME, facts.agent),
            (semconv.END_REASON, facts.end_reason),
            (semconv.ERROR_TYPE, facts.fault_type),
            *attributes.endpoint(facts.endpoint),
        )
        if facts.connecting_at is not None and facts.ready_at is not None:
            setup = _seconds(facts.connecting_at, facts.ready_at)
            self._to.setup_duration.record(setup, self._of_session(facts))
        self._to.session_duration.record(_seconds(facts.started_at, facts.ended_at), labels)
        self._to.sessions_active.add(-1, self._active)
        if facts.fault_type is not None:
            self._error(facts.fault_type)

    def _response_closed(self, facts: ResponseFacts) -> None:
        labels = self._of_response(facts)
        error = attributes.response_error(facts)
        if facts.done_at is not None and facts.created_at is not None:
            duration = _seconds(facts.created_at, facts.done_at)
            self._to.response_duration.record(duration, _with(labels, (semconv.ERROR_TYPE, error)))
        waited = facts.time_to_first_audio
        if waited is not None:
            origin = (semconv.TIME_TO_FIRST_AUDIO_ORIGIN, waited[1])
            self._to.time_to_first_audio.record(waited[0], _with(labels, origin))
        if facts.usage is not None:
            self._used(facts.usage, labels)
        if facts.status == "failed":
            self._error(error)

    def _used(self, used: Usage, labels: Labels) -> None:
        for direction, total in (("input", used.input), ("output", used.output)):
            if total is not None:
                self._to.token_usage.record(total, labels | {semconv.TOKEN_TYPE: direction})
        self._to.tokens.add(used, labels)

    def _tool_closed(self, facts: ToolFacts) -> None:
        labels = self._labels(
            (semconv.OPERATION_NAME, semconv.SPAN_TOOL),
            (semconv.AGENT_NAME, facts.agent),
            (semconv.TOOL_NAME, facts.name),
            (semconv.TOOL_OUTCOME, facts.outcome),
            (semconv.ERROR_TYPE, attributes.tool_error(facts)),
        )
        self._to.tool_calls.add(1, labels)
        if facts.started_at is not None:
            self._to.tool_duration.record(_seconds(facts.started_at, facts.ended_at), labels)

    def _error(self, kind: str | None) -> None:
        self._to.errors.add(1, self._labels((semconv.ERROR_TYPE, kind or _UNKNOWN_ERROR)))

    def _of_session(self, facts: SessionFacts) -> Labels:
        model = (semconv.REQUEST_MODEL, facts.config.model)
        return self._labels(model, *attributes.endpoint(facts.endpoint))

    def _of_response(self, facts: ResponseFacts) -> Labels:
        return self._labels(
            (semconv.OPERATION_NAME, semconv.SPAN_RESPONSE),
            (semconv.AGENT_NAME, facts.agent),
            (semconv.REQUEST_MODEL, facts.model),
            (semconv.RESPONSE_MODEL, facts.model),
            *attributes.endpoint(facts.endpoint),
        )

    def _labels(self, *pairs: tuple[str, AttributeValue | None]) -> Labels:
        return attributes.known(((semconv.PROVIDER_NAME, self._identity.provider), *pairs))


def _with(labels: Labels, pair: tuple[str, AttributeValue | None]) -> Labels:
    return labels if pair[1] is None else {**labels, pair[0]: pair[1]}


def _seconds(start: int | None, end: int | None) -> float:
    return max((end or 0) - (start or 0), 0) / 1e9 if start is not None else 0.0
