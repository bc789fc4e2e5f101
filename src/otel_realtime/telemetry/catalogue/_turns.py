"""Who talked, when, and over whom."""

from typing import Final

from otel_realtime import semconv
from otel_realtime.metric import Metric
from otel_realtime.telemetry.catalogue._rows import (
    CALL,
    RESPONSE,
    SESSION,
    counter,
    histogram,
)

_SPEECH_SEEN = (
    "User speech is the provider's windows; overlapping stretches count once. Without turn "
    "detection it begins as audio is sent again half a second or more after the last commit, or "
    "with a clear of the buffer: a microphone that streams all the time does not tell when the "
    "user speaks."
)
_SPEECH_KNOWN = f"{_SPEECH_SEEN} Absent for a session with an utterance of which that is not known."

TURNS: Final[tuple[Metric, ...]] = (
    counter(
        semconv.METRIC_INTERRUPTIONS,
        "{interruption}",
        "Responses that the user cut off by beginning to speak.",
        "count of responses that were audible (P ≤ t < end of playback) as the user began to "
        "speak, and that were cut off by it: cancelled, truncated or cleared",
        (*RESPONSE, semconv.INTERRUPTION_REASON),
        "That a user begins to speak is no interruption by itself. What was no speech is in it: "
        "see `otel_realtime.barge_in.false`. Without voice detection (push-to-talk) the user "
        "begins when audio is sent again. An answer that became audible after the user had begun "
        "is not in it, but in `otel_realtime.agent_interruptions`.",
    ),
    counter(
        semconv.METRIC_RESPONSE_CUTS,
        "{cut}",
        "Responses whose audio was cut off though no user began to speak.",
        "count of audible responses that the application, a guardrail or the provider cut off",
        (*RESPONSE, semconv.INTERRUPTION_REASON),
    ),
    histogram(
        semconv.METRIC_STOP_TIME,
        "Time that the agent was still heard after the user began to interrupt it.",
        "from the onset of the user's speech to the last heard sample",
        (*RESPONSE, semconv.HEARD_SOURCE),
        "As exact as what tells the last heard sample: the label names it.",
    ),
    counter(
        semconv.METRIC_FALSE_BARGE_INS,
        "{interruption}",
        "Interruptions by what seems to have been no speech.",
        "count of interruptions by an utterance that lasts less than 300 ms, or whose transcript "
        "is empty or failed, without another user turn within 2 s",
        RESPONSE,
        "A heuristic: a short yes is counted too, a long cough with a transcript is not.",
    ),
    counter(
        semconv.METRIC_MISSED_BARGE_INS,
        "{interruption}",
        "Times that the user spoke over the agent and nothing cut the agent off.",
        "count of utterances that overlap the heard audio of a response by more than 1 s without "
        "a cut",
        RESPONSE,
    ),
    counter(
        semconv.METRIC_AGENT_INTERRUPTIONS,
        "{interruption}",
        "Times that the agent began to speak while the user was speaking.",
        "count of responses whose P lies in an open window of user speech",
        RESPONSE,
        _SPEECH_SEEN,
    ),
    histogram(
        semconv.METRIC_OVERLAP_DURATION,
        "Time per session that both spoke.",
        "measure(user ∩ heard agent)",
        SESSION,
        _SPEECH_KNOWN,
        buckets=semconv.SESSION_BUCKETS,
    ),
    histogram(
        semconv.METRIC_SILENCE_DURATION,
        "Time per session that nobody spoke.",
        "session − measure(user ∪ heard agent)",
        SESSION,
        _SPEECH_KNOWN,
        buckets=semconv.SESSION_BUCKETS,
    ),
    histogram(
        semconv.METRIC_DEAD_AIR_DURATION,
        "Gaps in which nobody was heard for long, by who should have spoken.",
        "length of each gap of silence that lasts more than 2 s",
        (*CALL, semconv.DEAD_AIR_AWAITED),
        "Without those that end with an utterance of which nothing tells when it began.",
    ),
    histogram(
        semconv.METRIC_TALK_DURATION,
        "Time per session that somebody spoke.",
        "measure(user), measure(heard agent)",
        (*SESSION, semconv.SPEAKER),
        f"{_SPEECH_KNOWN} The agent's is told.",
        buckets=semconv.SESSION_BUCKETS,
    ),
    histogram(
        semconv.METRIC_TALK_RATIO,
        "The agent's share of all talk in a session.",
        "measure(heard agent) ÷ (measure(user) + measure(heard agent))",
        SESSION,
        "Absent where nobody spoke, or where of an utterance nothing tells when it began.",
        unit="1",
        buckets=semconv.RATIO_BUCKETS,
    ),
    histogram(
        semconv.METRIC_SPEECH_RATE,
        "Words a minute, per utterance and per response.",
        "words of the transcript ÷ minutes of the speech (user: onset to E, else the provider's "
        "window; agent: generated audio)",
        (*RESPONSE, semconv.SPEAKER),
        "Absent below 1 s or 3 words, without a transcript, where words cannot be told apart, and "
        "where nothing tells when the user began.",
        unit="{word}/min",
        buckets=semconv.SPEECH_RATE_BUCKETS,
    ),
    counter(
        semconv.METRIC_AUDIO_GENERATED,
        "s",
        "Audio that the agent generated.",
        "sum of the audio of responses",
        RESPONSE,
    ),
    counter(
        semconv.METRIC_AUDIO_HEARD,
        "s",
        "Audio of the agent that was heard.",
        "sum of what was heard of responses",
        RESPONSE,
        "Responses of which that is not known are not in it. If a truncation comes after a "
        "response was heard to its end by the clock, the session's sums follow it; this counter "
        "has told of it before.",
    ),
    counter(
        semconv.METRIC_AUDIO_DISCARDED,
        "s",
        "Audio of the agent that was generated, and paid for, and never heard.",
        "sum of generated − heard",
        RESPONSE,
        "Responses of which it is not known what was heard are not in it.",
    ),
)
