"""How long somebody waited, and for what."""

from typing import Final

from otel_realtime import semconv
from otel_realtime.metric import Metric
from otel_realtime.telemetry.catalogue._rows import INPUT, RESPONSE, SESSION, TOOL, histogram

WAITS: Final[tuple[Metric, ...]] = (
    histogram(
        semconv.METRIC_VOICE_TO_VOICE,
        "Time from the end of the user's speech to the first audio that was heard after it.",
        "P−E of the first audible response to a user turn",
        (*RESPONSE, semconv.HAD_TOOL, semconv.VOICE_TO_VOICE_ORIGIN, semconv.PLAYBACK_SOURCE),
        "Without E (semantic detection, audio that was not seen) it counts from S or C, and the "
        "origin says `event`: then it lacks the endpointing. Where nobody reports playback, "
        "the source says `first_audio`. Greetings, idle timeouts and what is out of band "
        "are not in it.",
    ),
    histogram(
        semconv.METRIC_TIME_TO_FIRST_AUDIO,
        "Time from the origin named by the label to the response's first audio.",
        "A−S; without S, A−C; without both, A−R: S and C of the last input that it answers",
        (*RESPONSE, semconv.TIME_TO_FIRST_AUDIO_ORIGIN),
        "What is often called time to first token. Compare only what has the same origin; it "
        "leaves the endpointing out.",
    ),
    histogram(
        semconv.METRIC_ENDPOINTING_DELAY,
        "Time that the turn detection took to find that the user had stopped.",
        "S−E of an utterance",
        INPUT,
        "Only where E is known: `server_vad` with a known `silence_duration_ms`, and the user's "
        "audio seen being sent.",
    ),
    histogram(
        semconv.METRIC_START_DELAY,
        "Time from the end of the input to the beginning of the response.",
        "R−C, C of the last input that the response answers",
        RESPONSE,
        "Only for responses to speech or text. It includes the network, and what the application "
        "waited before it asked for the response.",
    ),
    histogram(
        semconv.METRIC_MODEL_TIME_TO_FIRST_AUDIO,
        "Time from the beginning of a response to its first audio.",
        "A−R",
        RESPONSE,
    ),
    histogram(
        semconv.METRIC_OPERATION_DURATION,
        "Time from response to done.",
        "D−R",
        (*RESPONSE, semconv.ERROR_TYPE),
        "Of a response that was cut off: until it was.",
    ),
    histogram(
        semconv.METRIC_GREETING_LATENCY,
        "Time from when the session was ready to the first audio, if no user spoke before it.",
        "from the provider's description of the session to P",
        RESPONSE,
    ),
    histogram(
        semconv.METRIC_SETUP_DURATION,
        "Time from connecting to the phase named by the label.",
        "from connecting to the provider's description of the session (`created`), and to its "
        "confirmation of the client's settings (`updated`)",
        (*SESSION, semconv.SETUP_PHASE),
        "Only where the connecting was seen. Settings that are first confirmed after somebody has "
        "spoken are no setup.",
    ),
    histogram(
        semconv.METRIC_TRANSCRIPTION_DELAY,
        "Time from the end of an utterance to its transcript.",
        "from C to the completed transcript",
        (*INPUT, semconv.TRANSCRIPTION_MODEL),
        "Transcripts that failed or never came are not in it.",
    ),
    histogram(
        semconv.METRIC_TOOL_DURATION,
        "Time a tool ran.",
        "from the start to the end of the invocation",
        TOOL,
        "Without the wait for an approval. Only where the run was seen.",
    ),
    histogram(
        semconv.METRIC_TOOL_TURN_OVERHEAD,
        "Time from the end of the last tool to the first audio of the response that goes on.",
        "from the last tool's end to A of the response that continues from it",
        RESPONSE,
        "Only for responses that a tool's output triggered: where the user has spoken since, the "
        "response is one to that.",
    ),
    histogram(
        semconv.METRIC_TURN_DURATION,
        "Time from the beginning of the user's speech to the end of the agent's answer.",
        "from the start of the user's speech to the last heard sample of the turn",
        INPUT,
        "Absent where nothing tells when the user began: see `otel_realtime.talk.duration`.",
    ),
)
