"""Each metric by its definition, of facts made by hand."""

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.trace import NoOpTracer

from otel_realtime import semconv
from otel_realtime.facts import (
    InputFacts,
    ResponseFacts,
    SessionFacts,
    Step,
    Tally,
    ToolFacts,
    TranscriptionFacts,
    Wait,
)
from otel_realtime.otlp_json import from_metrics_data
from otel_realtime.records import (
    SESSION,
    AgentInterruptionNoted,
    Closed,
    DeadAirNoted,
    FalseBargeInNoted,
    FaultNoted,
    HandoffNoted,
    InterruptionNoted,
    Key,
    Kind,
    MissedBargeInNoted,
    Noted,
    Opened,
    RateLimitsNoted,
    TranscriptionFailureNoted,
    TurnNoted,
)
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.instruments import Instruments
from otel_realtime.telemetry.metrics import MetricsConsumer
from otel_realtime.values import (
    Cost,
    CostPart,
    Endpoint,
    Fault,
    RateLimit,
    SessionConfig,
    SessionCost,
    Usage,
)

MS = 1_000_000
KEYS = {
    SessionFacts: SESSION,
    InputFacts: Key(Kind.INPUT, "item_1"),
    ResponseFacts: Key(Kind.RESPONSE, "resp_1"),
    ToolFacts: Key(Kind.TOOL, "call_1"),
    TranscriptionFacts: Key(Kind.TRANSCRIPTION, "item_1"),
}


class Measured:
    """A call whose records are given, and what they measure."""

    def __init__(self, *, latest: bool = False) -> None:
        self._reader = InMemoryMetricReader()
        provider = MeterProvider([self._reader], shutdown_on_exit=False)
        context = TelemetryContext(NoOpTracer())
        identity = Identity("session-1", "user-1", "openai")
        self._consumer = MetricsConsumer(Instruments.of(provider), context, identity, latest=latest)

    def closed(self, *facts) -> "Measured":
        for each in facts:
            self._consumer.closed(Closed(KEYS[type(each)], 0, each))
        return self

    def opened(self, facts) -> "Measured":
        self._consumer.opened(Opened(KEYS[type(facts)], 0, facts, None))
        return self

    def noted(self, note, key=SESSION) -> "Measured":
        self._consumer.noted(Noted(key, 0, note))
        return self

    def points(self):
        return from_metrics_data(self._reader.get_metrics_data())

    def of(self, name: str, *labels: str) -> list[object]:
        """The sum or value of each point of a metric, after the values of `labels`."""
        return sorted(
            (*(point.attributes.get(label) for label in labels), _value(point))
            if labels
            else _value(point)
            for point in self.points()
            if point.name == name
        )

    def names(self) -> set[str]:
        return {point.name for point in self.points()}


def _value(point):
    value = point.sum if point.kind == "histogram" else point.value
    return round(value, 9)


def response(**fields) -> ResponseFacts:
    return ResponseFacts(
        "resp_1", agent="Ada", model="gpt-realtime", endpoint=Endpoint("host", 443), **fields
    )


OF_RESPONSE = {
    "gen_ai.provider.name": "openai",
    "gen_ai.operation.name": "chat",
    "gen_ai.agent.name": "Ada",
    "gen_ai.request.model": "gpt-realtime",
    "gen_ai.response.model": "gpt-realtime",
    "server.address": "host",
    "server.port": 443,
}


def test_voice_to_voice_latency_is_the_wait_with_what_it_is_made_of() -> None:
    steps = (Step("endpointing", 300 * MS), Step("model", 250 * MS), Step("playback", 50 * MS))
    wait = Wait("acoustic", steps, had_tool=True)
    measured = Measured().closed(response(wait=wait, playback_source="tracker"))
    (point,) = (p for p in measured.points() if p.name == semconv.METRIC_VOICE_TO_VOICE)
    assert (point.count, point.sum) == (1, 0.6)
    assert point.attributes == OF_RESPONSE | {
        "otel_realtime.voice_to_voice.had_tool": True,
        "otel_realtime.voice_to_voice.origin": "acoustic",
        "otel_realtime.playback.source": "tracker",
    }


def test_a_response_by_its_marks() -> None:
    spoken = InputFacts("i", "speech", stopped_at=500 * MS, committed_at=510 * MS)
    earlier = InputFacts("j", "speech", stopped_at=100 * MS, committed_at=110 * MS)
    facts = response(
        inputs=(earlier, spoken),
        trigger="speech",
        created_at=530 * MS,
        first_audio_at=900 * MS,
        done_at=1530 * MS,
        answered_at=700 * MS,
        greeting_latency=1.25,
    )
    measured = Measured().closed(facts)
    assert measured.of(semconv.METRIC_START_DELAY) == [0.02]
    assert measured.of(semconv.METRIC_MODEL_TIME_TO_FIRST_AUDIO) == [0.37]
    assert measured.of(semconv.METRIC_TOOL_TURN_OVERHEAD) == [0.2]
    assert measured.of(semconv.METRIC_OPERATION_DURATION) == [1.0]
    assert measured.of(semconv.METRIC_GREETING_LATENCY) == [1.25]
    origin = semconv.TIME_TO_FIRST_AUDIO_ORIGIN
    assert measured.of(semconv.METRIC_TIME_TO_FIRST_AUDIO, origin) == [("speech_stopped", 0.4)]


@pytest.mark.parametrize("trigger", ["tool", "idle_timeout", "out_of_band", "unprompted", None])
def test_only_a_response_to_speech_or_text_has_a_start_delay(trigger) -> None:
    given = (InputFacts("i", "speech", committed_at=1),)
    assert response(inputs=given, trigger=trigger, created_at=2).start_delay is None
    assert response(inputs=given, trigger="text", created_at=2).start_delay == 1e-9


def test_a_failed_response_has_its_error_on_its_duration() -> None:
    facts = response(created_at=0, done_at=MS, status="failed", fault=Fault(code="overloaded"))
    measured = Measured().closed(facts)
    error = semconv.ERROR_TYPE
    assert measured.of(semconv.METRIC_OPERATION_DURATION, error) == [("overloaded", 0.001)]
    assert measured.of(semconv.METRIC_ERRORS, error) == [("overloaded", 1)]


def test_nothing_is_measured_of_a_response_of_which_nothing_is_known() -> None:
    assert Measured().closed(response()).names() == set()


def test_moments_in_an_impossible_order_make_no_measure() -> None:
    given = InputFacts(
        "i", "speech", acoustic_end=9, stopped_at=8, committed_at=7, transcribed_at=6,
        transcription="completed", start=5, end=4, words=9,
    )  # fmt: skip
    late = response(
        inputs=(given,), trigger="speech", created_at=5, first_audio_at=4, done_at=3,
        answered_at=5, generated_ms=-5.0, heard_ms=-5.0, words=9, greeting_latency=-1.0,
        stop_time=float("nan"), wait=Wait("event", (Step("model", -1),), had_tool=False),
        usage=Usage(input=-1, output=-1, cached=-1),
        cost=Cost((CostPart("input", None, -1.0),), "p"),
    )  # fmt: skip
    session = SessionFacts(
        started_at=9, ended_at=8, connecting_at=9, ready_at=8, configured_at=7,
        tally=Tally(turns=1, user_ns=-1, agent_ns=1, silence_ns=-1, overlap_ns=-1),
    )  # fmt: skip
    tool = ToolFacts("c", started_at=2, ended_at=1)
    measured = Measured().closed(given, late, tool, session)
    allowed = {
        semconv.METRIC_TALK_DURATION,  # the agent's, which is possible
        semconv.METRIC_TOOL_CALLS,
        semconv.METRIC_PROBLEMS,
    }
    assert measured.names() == allowed
    assert measured.of(semconv.METRIC_TALK_DURATION, semconv.SPEAKER) == [("agent", 1e-9)]
    problems = measured.of(semconv.METRIC_PROBLEMS, semconv.PROBLEM)
    assert [kind for kind, _ in problems] == ["left_out"]


def test_audio_in_seconds() -> None:
    heard = response(generated_ms=4000.0, heard_ms=1500.0)
    unknown = response(generated_ms=1000.0)
    measured = Measured().closed(heard, unknown)
    assert measured.of(semconv.METRIC_AUDIO_GENERATED) == [5.0]
    assert measured.of(semconv.METRIC_AUDIO_HEARD) == [1.5]
    assert measured.of(semconv.METRIC_AUDIO_DISCARDED) == [2.5]


@pytest.mark.parametrize(
    ("words", "generated", "rate"),
    [(30, 10_000.0, 180), (3, 1000.0, 180), (2, 1000.0, None), (3, 999.0, None), (None, 1e4, None)],
)
def test_the_agents_speech_rate(words, generated, rate) -> None:
    measured = Measured().closed(response(words=words, generated_ms=generated))
    expected = [("agent", rate)] if rate else []
    assert measured.of(semconv.METRIC_SPEECH_RATE, semconv.SPEAKER) == expected


@pytest.mark.parametrize(
    ("fields", "rate"),
    [
        ({"start": 0, "end": 6_000 * MS}, 100),
        ({"start": 0, "end": 6_000 * MS, "onset": 300 * MS, "acoustic_end": 5300 * MS}, 120),
        ({"start": 0, "end": 999 * MS}, None),
        ({"start": 0}, None),
        ({}, None),
    ],
)
def test_the_users_speech_rate(fields, rate) -> None:
    measured = Measured().closed(InputFacts("i", "speech", words=10, **fields))
    expected = [("user", rate)] if rate else []
    assert measured.of(semconv.METRIC_SPEECH_RATE, semconv.SPEAKER) == expected


def test_an_utterance_by_its_marks() -> None:
    facts = InputFacts(
        "i", "speech", agent="Ada", acoustic_end=500 * MS, stopped_at=720 * MS,
        time_source="audio_clock", committed_at=730 * MS, transcribed_at=1130 * MS,
        transcription="completed", transcription_model="whisper-1",
    )  # fmt: skip
    measured = Measured().opened(response()).closed(facts)
    assert measured.of(semconv.METRIC_ENDPOINTING_DELAY) == [0.22]
    model = semconv.TRANSCRIPTION_MODEL
    assert measured.of(semconv.METRIC_TRANSCRIPTION_DELAY, model) == [("whisper-1", 0.4)]
    delay, _ = sorted(measured.points(), key=lambda point: point.name)
    assert delay.attributes == {
        "gen_ai.provider.name": "openai",
        "gen_ai.agent.name": "Ada",
        "gen_ai.request.model": "gpt-realtime",
    }


def test_a_late_transcript_is_measured_when_it_comes_and_once() -> None:
    facts = InputFacts("i", "speech", committed_at=0, start=0, end=2_000 * MS)
    measured = Measured().closed(facts)
    assert measured.names() == set()
    facts.transcribed_at, facts.transcription, facts.words = 20_000 * MS, "completed", 5
    measured.closed(TranscriptionFacts(facts))
    assert measured.of(semconv.METRIC_TRANSCRIPTION_DELAY) == [20.0]
    assert measured.of(semconv.METRIC_SPEECH_RATE) == [150]


def test_a_failed_transcription_is_an_error_and_has_no_delay() -> None:
    facts = InputFacts(
        "i", "speech", committed_at=0, transcribed_at=5, transcription="failed",
        transcription_model="whisper-1", fault=Fault(code="audio_unintelligible"),
    )  # fmt: skip
    measured = Measured().noted(TranscriptionFailureNoted(facts)).closed(facts)
    told = (semconv.TRANSCRIPTION_MODEL, semconv.ERROR_TYPE)
    failed = [("whisper-1", "audio_unintelligible", 1)]
    assert measured.of(semconv.METRIC_TRANSCRIPTION_FAILURES, *told) == failed
    assert measured.of(semconv.METRIC_ERRORS, semconv.ERROR_TYPE) == [("audio_unintelligible", 1)]
    assert semconv.METRIC_TRANSCRIPTION_DELAY not in measured.names()


def test_a_tool_by_its_run_and_outcome() -> None:
    ran = ToolFacts("c", name="look", started_at=MS, ended_at=3 * MS, outcome="completed")
    unseen = ToolFacts("d", name="look", ended_at=3 * MS, outcome="answered")
    measured = Measured().closed(ran, unseen)
    told = (semconv.TOOL_NAME, semconv.TOOL_OUTCOME)
    assert measured.of(semconv.METRIC_TOOL_DURATION, *told) == [("look", "completed", 0.002)]
    assert measured.of(semconv.METRIC_TOOL_CALLS, *told) == [
        ("look", "answered", 1),
        ("look", "completed", 1),
    ]


@pytest.mark.parametrize(
    ("by", "metric", "other"),
    [
        ("item_1", semconv.METRIC_INTERRUPTIONS, semconv.METRIC_RESPONSE_CUTS),
        (None, semconv.METRIC_RESPONSE_CUTS, semconv.METRIC_INTERRUPTIONS),
    ],
)
def test_a_cut_is_an_interruption_only_if_a_user_began_to_speak(by, metric, other) -> None:
    facts = response(interrupted=True, interruption_reason="turn_detected", interrupted_by=by)
    measured = Measured().noted(InterruptionNoted(facts))
    assert measured.of(metric, semconv.INTERRUPTION_REASON) == [("turn_detected", 1)]
    assert other not in measured.names()


def test_the_stop_time_of_a_barge_in() -> None:
    measured = Measured().closed(response(stop_time=0.35, heard_source="truncation"))
    told = [("truncation", 0.35)]
    assert measured.of(semconv.METRIC_STOP_TIME, semconv.HEARD_SOURCE) == told


@pytest.mark.parametrize(
    ("note", "metric"),
    [
        (FalseBargeInNoted, semconv.METRIC_FALSE_BARGE_INS),
        (lambda *facts: MissedBargeInNoted(*facts, 5), semconv.METRIC_MISSED_BARGE_INS),
        (AgentInterruptionNoted, semconv.METRIC_AGENT_INTERRUPTIONS),
    ],
)
def test_what_is_noted_of_turn_taking_is_counted(note, metric) -> None:
    noted = note(response(), InputFacts("i", "speech"))
    (point,) = Measured().noted(noted).points()
    assert (point.name, point.value, point.attributes) == (metric, 1, OF_RESPONSE)


def test_dead_air_by_who_is_awaited_and_the_length_of_a_turn() -> None:
    measured = Measured().noted(DeadAirNoted(2_500 * MS, "agent"))
    measured.noted(DeadAirNoted(4_000 * MS, "user"))
    measured.noted(TurnNoted(1, 6_000 * MS, "Ada", "gpt-realtime"))
    awaited = [("agent", 2.5), ("user", 4.0)]
    assert measured.of(semconv.METRIC_DEAD_AIR_DURATION, semconv.DEAD_AIR_AWAITED) == awaited
    assert measured.of(semconv.METRIC_TURN_DURATION, semconv.AGENT_NAME) == [("Ada", 6.0)]


def test_handoffs_and_rate_limits() -> None:
    measured = Measured().opened(SessionFacts(SessionConfig(model="gpt-realtime")))
    measured.noted(HandoffNoted("Ada", "Bob")).noted(HandoffNoted(None, "Bob"))
    measured.noted(RateLimitsNoted((RateLimit("tokens", 10, 8), RateLimit("requests", 10))))
    measured.noted(RateLimitsNoted((RateLimit("tokens", 10, 0),)))
    told = measured.points()  # once: older SDKs tell a gauge's value once
    handoffs = [
        (point.attributes.get(semconv.HANDOFF_FROM), point.attributes[semconv.HANDOFF_TO])
        for point in told
        if point.name == semconv.METRIC_HANDOFFS
    ]
    assert sorted(handoffs, key=str) == [("Ada", "Bob"), (None, "Bob")]
    (limit,) = (point for point in told if point.name == semconv.METRIC_RATE_LIMIT_REMAINING)
    assert (limit.value, limit.attributes) == (
        0,
        {
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-realtime",
            "otel_realtime.rate_limit.name": "tokens",
        },
    )


def test_a_reported_error_is_counted_by_its_type() -> None:
    measured = Measured().noted(FaultNoted(Fault(type="invalid"))).noted(FaultNoted(Fault()))
    assert measured.of(semconv.METRIC_ERRORS, semconv.ERROR_TYPE) == [("_OTHER", 1), ("invalid", 1)]


def session(**fields) -> SessionFacts:
    return SessionFacts(SessionConfig(model="gpt-realtime"), agent="Ada", **fields)


def test_a_session_by_its_moments() -> None:
    facts = session(
        started_at=0, connecting_at=0, ready_at=200 * MS, configured_at=450 * MS,
        ended_at=60_000 * MS, end_reason="connection_lost", fault_type="websockets.Closed",
    )  # fmt: skip
    measured = Measured().opened(facts)
    assert measured.of(semconv.METRIC_SESSIONS_ACTIVE) == [1]
    measured.closed(facts)
    assert measured.of(semconv.METRIC_SESSIONS_ACTIVE) == [0]
    told = (semconv.END_REASON, semconv.ERROR_TYPE)
    lasted = [("connection_lost", "websockets.Closed", 60.0)]
    assert measured.of(semconv.METRIC_SESSION_DURATION, *told) == lasted
    phases = [("created", 0.2), ("updated", 0.45)]
    assert measured.of(semconv.METRIC_SETUP_DURATION, semconv.SETUP_PHASE) == phases
    assert measured.of(semconv.METRIC_ERRORS, semconv.ERROR_TYPE) == [("websockets.Closed", 1)]


def test_the_talk_of_a_session() -> None:
    tally = Tally(
        turns=1,
        user_ns=10_000 * MS,
        agent_ns=30_000 * MS,
        overlap_ns=2_000 * MS,
        silence_ns=22_000 * MS,
    )
    measured = Measured().closed(session(tally=tally, ready_at=0))
    speaker = semconv.SPEAKER
    assert measured.of(semconv.METRIC_TALK_DURATION, speaker) == [("agent", 30.0), ("user", 10.0)]
    assert measured.of(semconv.METRIC_TALK_RATIO) == [0.75]
    assert measured.of(semconv.METRIC_OVERLAP_DURATION) == [2.0]
    assert measured.of(semconv.METRIC_SILENCE_DURATION) == [22.0]


def test_a_session_without_a_conversation_has_no_talk_and_no_silence() -> None:
    refused = session(tally=Tally(silence_ns=5), started_at=0, ended_at=5)
    assert Measured().closed(refused).names() == {semconv.METRIC_SESSION_DURATION}


def test_cost_by_kind_and_modality_and_what_was_not_heard() -> None:
    parts = (
        CostPart("input", "audio", 0.032),
        CostPart("cached", "text", 0.0004),
        CostPart("output", None, 0.064),
    )
    measured = Measured().closed(response(cost=Cost(parts, "prices 1", unheard=0.016)))
    told = (semconv.COST_KIND, semconv.REQUEST_MODEL)
    assert measured.of(semconv.METRIC_COST, *told) == [
        ("cached", "gpt-realtime", 0.0004),
        ("input", "gpt-realtime", 0.032),
        ("output", "gpt-realtime", 0.064),
    ]
    assert measured.of(semconv.METRIC_COST_UNHEARD) == [0.016]
    modalities = [
        point.attributes.get(semconv.TOKEN_MODALITY)
        for point in measured.points()
        if point.name == semconv.METRIC_COST
    ]
    assert sorted(modalities, key=str) == [None, "audio", "text"]


def test_a_transcription_costs_by_the_model_that_transcribed() -> None:
    cost = Cost((CostPart("transcription", "audio", 0.0006),), "prices 1")
    facts = InputFacts("i", "speech", transcription_model="whisper-1", transcription_cost=cost)
    late = TranscriptionFacts(facts)
    for closed in (facts, late):
        measured = Measured().opened(response()).closed(closed)
        told = (semconv.COST_KIND, semconv.REQUEST_MODEL)
        assert measured.of(semconv.METRIC_COST, *told) == [("transcription", "whisper-1", 0.0006)]
        assert semconv.METRIC_COST_UNHEARD not in measured.names()


@pytest.mark.parametrize(
    ("cost", "ended", "total", "per_minute"),
    [
        (SessionCost(total=0.5, priced=3), 120_000 * MS, [0.5], [0.25]),
        (SessionCost(total=0.0, priced=1), 60_000 * MS, [0.0], [0.0]),  # for nothing, and known
        (SessionCost(unpriced=3), 60_000 * MS, [], []),
        (SessionCost(total=0.5, priced=3), 999 * MS, [0.5], []),
        (None, 60_000 * MS, [], []),
    ],
)
def test_what_a_session_and_its_minute_cost(cost, ended, total, per_minute) -> None:
    measured = Measured().closed(session(started_at=0, ended_at=ended, cost=cost))
    assert measured.of(semconv.METRIC_SESSION_COST) == total
    assert measured.of(semconv.METRIC_SESSION_COST_PER_MINUTE) == per_minute


@pytest.mark.parametrize(
    ("usage", "ratio"),
    [
        (Usage(input=100, cached=40), [0.4]),
        (Usage(input=100, cached=0), [0.0]),
        (Usage(input=100, cached=100), [1.0]),
        (Usage(input=100), []),
        (Usage(input=0, cached=0), []),
        (Usage(input=10, cached=11), []),
    ],
)
def test_the_hit_ratio_of_the_cache(usage, ratio) -> None:
    measured = Measured().closed(response(usage=usage))
    assert measured.of(semconv.METRIC_CACHE_HIT_RATIO) == ratio


WHOLE = Usage(
    input=100, input_text=60, input_audio=40, cached=50, cached_text=48, cached_audio=2,
    output=30, output_text=10, output_audio=20,
)  # fmt: skip
TOTALS = Usage(input=100, cached=50, output=30)
INFERENCE = "gen_ai.client.inference"


def test_tokens_by_the_released_names() -> None:
    facts = response(usage=WHOLE, created_at=0, done_at=MS)
    measured = Measured().closed(facts, response(usage=TOTALS))
    usage = [("input", 200), ("output", 60)]
    assert measured.of(semconv.METRIC_TOKEN_USAGE, semconv.TOKEN_TYPE) == usage
    assert sum(measured.of(semconv.METRIC_TOKENS)) == 260
    assert semconv.METRIC_OPERATION_DURATION in measured.names()
    assert not any(name.startswith(INFERENCE) for name in measured.names())


@pytest.mark.parametrize(
    ("usage", "given", "said", "cached"),
    [
        (
            WHOLE,
            [("audio", 40), ("text", 60)],
            [("audio", 20), ("text", 10)],
            [("audio", 2), ("text", 48)],
        ),
        (TOTALS, [("unknown", 100)], [("unknown", 30)], [("unknown", 50)]),
        (
            Usage(input=100, input_text=60, input_image=40, cached=50, output=0),
            [("image", 40), ("text", 60)],
            [],
            [("unknown", 50)],
        ),
        (
            Usage(
                input=1000,
                input_text=200,
                input_audio=300,
                cached=100,
                cached_text=50,
                output=300,
                output_text=50,
                output_audio=150,
            ),
            [("audio", 300), ("text", 200), ("unknown", 500)],
            [("audio", 150), ("text", 50), ("unknown", 100)],
            [("text", 50), ("unknown", 50)],
        ),
    ],
)
def test_tokens_by_the_latest_names(usage, given, said, cached) -> None:
    facts = response(usage=usage, created_at=0, done_at=MS)
    measured = Measured(latest=True).closed(facts)
    modality = semconv.TOKEN_MODALITY
    assert measured.of(f"{INFERENCE}.usage.input_tokens", modality) == given
    assert measured.of(f"{INFERENCE}.usage.output_tokens", modality) == said
    assert measured.of(f"{INFERENCE}.usage.cache_read.input_tokens", modality) == cached
    assert measured.of(f"{INFERENCE}.operation.input_tokens") == [usage.input]
    assert measured.of(f"{INFERENCE}.operation.output_tokens") == [usage.output]
    assert measured.of(f"{INFERENCE}.duration") == [0.001]
    released = {semconv.METRIC_OPERATION_DURATION, semconv.METRIC_TOKEN_USAGE}
    assert not released & measured.names()
