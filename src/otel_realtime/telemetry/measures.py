"""Facts become measures: which metrics a thing that ended has a value of. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from otel_realtime import semconv
from otel_realtime.facts import InputFacts, ResponseFacts, SessionFacts, ToolFacts, seconds_between
from otel_realtime.telemetry import attributes, cost_attributes
from otel_realtime.telemetry.instruments import Expand, LabelPairs, Measure
from otel_realtime.telemetry.tokens import Count, partition
from otel_realtime.values import Cost, Usage

_NONE: Final = ()
_USER: Final = ((semconv.SPEAKER, "user"),)
_AGENT: Final = ((semconv.SPEAKER, "agent"),)
_CREATED: Final = ((semconv.SETUP_PHASE, "created"),)
_UPDATED: Final = ((semconv.SETUP_PHASE, "updated"),)
_INPUT: Final = ((semconv.TOKEN_TYPE, "input"),)
_OUTPUT: Final = ((semconv.TOKEN_TYPE, "output"),)
_UNTOLD: Final = "unknown"


class Spelling(NamedTuple):
    """How metrics are called that the latest conventions call otherwise."""

    duration: str
    usage: Expand


def of_response(facts: ResponseFacts, spelling: Spelling) -> tuple[Measure, ...]:
    """What a response that ended has a value of."""
    error = ((semconv.ERROR_TYPE, attributes.response_error(facts)),)
    waited = facts.time_to_first_audio
    return (
        (spelling.duration, seconds_between(facts.created_at, facts.done_at), error),
        (spelling.usage, facts.usage, _NONE),
        *_wait(facts),
        (
            semconv.METRIC_TIME_TO_FIRST_AUDIO,
            waited[0] if waited else None,
            ((semconv.TIME_TO_FIRST_AUDIO_ORIGIN, waited[1]),) if waited else _NONE,
        ),
        (semconv.METRIC_START_DELAY, facts.start_delay, _NONE),
        (semconv.METRIC_MODEL_TIME_TO_FIRST_AUDIO, facts.model_time_to_first_audio, _NONE),
        (semconv.METRIC_TOOL_TURN_OVERHEAD, facts.tool_turn_overhead, _NONE),
        (semconv.METRIC_GREETING_LATENCY, facts.greeting_latency, _NONE),
        (semconv.METRIC_STOP_TIME, facts.stop_time, ((semconv.HEARD_SOURCE, facts.heard_source),)),
        (semconv.METRIC_AUDIO_GENERATED, _some(facts.generated_ms), _NONE),
        (semconv.METRIC_AUDIO_HEARD, _some(facts.heard_ms), _NONE),
        (semconv.METRIC_AUDIO_DISCARDED, _some(facts.discarded_ms), _NONE),
        (semconv.METRIC_SPEECH_RATE, facts.speech_rate, _AGENT),
        (of_cost, facts.cost, _NONE),
    )


def _wait(facts: ResponseFacts) -> tuple[Measure, ...]:
    wait = facts.wait
    if wait is None:
        return ()
    told: LabelPairs = (
        (semconv.HAD_TOOL, wait.had_tool),
        (semconv.VOICE_TO_VOICE_ORIGIN, wait.origin),
        (semconv.PLAYBACK_SOURCE, facts.playback_source),
    )
    return ((semconv.METRIC_VOICE_TO_VOICE, wait.seconds, told),)


def of_input(facts: InputFacts) -> tuple[Measure, ...]:
    """What an utterance that ended has a value of, but for its transcript."""
    return ((semconv.METRIC_ENDPOINTING_DELAY, facts.endpointing_delay, _NONE),)


def of_transcript(facts: InputFacts) -> tuple[Measure, ...]:
    """What a transcript has a value of. It is the model that transcribed that is paid."""
    model = ((semconv.TRANSCRIPTION_MODEL, facts.transcription_model),)
    paid = ((semconv.REQUEST_MODEL, facts.transcription_model),)
    return (
        (
            semconv.METRIC_TRANSCRIPTION_DELAY,
            facts.transcription_delay if facts.transcription == "completed" else None,
            model,
        ),
        (semconv.METRIC_SPEECH_RATE, facts.speech_rate, _USER),
        (of_cost, facts.transcription_cost, paid),
    )


def of_tool(facts: ToolFacts) -> tuple[Measure, ...]:
    """What a tool call that ended has a value of."""
    ran = seconds_between(facts.started_at, facts.ended_at)
    return (
        (semconv.METRIC_TOOL_CALLS, 1, _NONE),
        (semconv.METRIC_TOOL_DURATION, ran, _NONE),
    )


def of_session(facts: SessionFacts) -> tuple[Measure, ...]:
    """What a session that ended has a value of."""
    ending = ((semconv.END_REASON, facts.end_reason), (semconv.ERROR_TYPE, facts.fault_type))
    since = facts.connecting_at
    return (
        (
            semconv.METRIC_SESSION_DURATION,
            seconds_between(facts.started_at, facts.ended_at),
            ending,
        ),
        (semconv.METRIC_SETUP_DURATION, seconds_between(since, facts.ready_at), _CREATED),
        (semconv.METRIC_SETUP_DURATION, seconds_between(since, facts.configured_at), _UPDATED),
        *_talk(facts),
        *_session_cost(facts),
    )


def _talk(facts: SessionFacts) -> tuple[Measure, ...]:
    tally = facts.tally
    if facts.ready_at is None and not tally.turns and not tally.responses:
        return ()  # there never was a conversation
    if not tally.user_ns and not tally.agent_ns and not tally.silence_ns:
        return ()  # nothing of it was measured
    return (
        (semconv.METRIC_OVERLAP_DURATION, tally.seconds(tally.overlap_ns), _NONE),
        (semconv.METRIC_SILENCE_DURATION, tally.seconds(tally.silence_ns), _NONE),
        (semconv.METRIC_TALK_DURATION, tally.seconds(tally.user_ns), _USER),
        (semconv.METRIC_TALK_DURATION, tally.agent_ns / 1e9, _AGENT),
        (semconv.METRIC_TALK_RATIO, tally.talk_ratio, _NONE),
    )


def _session_cost(facts: SessionFacts) -> tuple[Measure, ...]:
    if facts.cost is None or not facts.cost.priced:
        return ()
    return (
        (semconv.METRIC_SESSION_COST, facts.cost.total, _NONE),
        (semconv.METRIC_SESSION_COST_PER_MINUTE, cost_attributes.per_minute(facts), _NONE),
    )


def of_cost(cost: Cost) -> Iterable[Measure]:
    """Money, by what it was paid for."""
    for part in cost.parts:
        told = ((semconv.COST_KIND, part.kind), (semconv.TOKEN_MODALITY, part.modality))
        yield semconv.METRIC_COST, part.usd, told
    yield semconv.METRIC_COST_UNHEARD, cost.unheard, _NONE


def of_usage(used: Usage) -> Iterable[Measure]:
    """Tokens, by the released conventions."""
    yield semconv.METRIC_TOKEN_USAGE, used.input, _INPUT
    yield semconv.METRIC_TOKEN_USAGE, used.output, _OUTPUT
    yield from _of_any_usage(used)


def of_usage_by_latest(used: Usage) -> Iterable[Measure]:
    """Tokens, by the latest conventions: a modality that is not told is `unknown`."""
    yield semconv.METRIC_OPERATION_INPUT_TOKENS, used.input, _NONE
    yield semconv.METRIC_OPERATION_OUTPUT_TOKENS, used.output, _NONE
    given = {"text": used.input_text, "audio": used.input_audio, "image": used.input_image}
    said = {"text": used.output_text, "audio": used.output_audio}
    cached = {"text": used.cached_text, "audio": used.cached_audio, "image": used.cached_image}
    yield from _by_modality(semconv.METRIC_INPUT_TOKENS, used.input, given)
    yield from _by_modality(semconv.METRIC_OUTPUT_TOKENS, used.output, said)
    yield from _by_modality(semconv.METRIC_CACHED_TOKENS, used.cached, cached)
    yield from _of_any_usage(used)


def _by_modality(
    metric: str, total: int | None, told: Mapping[str, int | None]
) -> Iterable[Measure]:
    rest = max((total or 0) - sum(count or 0 for count in told.values()), 0)
    for modality, count in (*told.items(), (_UNTOLD, rest)):
        yield metric, count or None, ((semconv.TOKEN_MODALITY, modality),)


def _of_any_usage(used: Usage) -> Iterable[Measure]:
    for each in partition(used):
        yield semconv.METRIC_TOKENS, each.tokens or None, _token_labels(each)
    if used.input and used.cached is not None and 0 <= used.cached <= used.input:
        yield semconv.METRIC_CACHE_HIT_RATIO, used.cached / used.input, _NONE


def _token_labels(count: Count) -> LabelPairs:
    return (
        (semconv.TOKEN_TYPE, count.direction),
        (semconv.CACHED, count.cached),
        (semconv.TOKEN_MODALITY, count.modality),
    )


def _some(ms: float | None) -> float | None:
    """Milliseconds in seconds; of nothing there is nothing to add."""
    return ms / 1000 if ms else None


RELEASED: Final = Spelling(semconv.METRIC_OPERATION_DURATION, of_usage)
LATEST: Final = Spelling(semconv.METRIC_INFERENCE_DURATION, of_usage_by_latest)
