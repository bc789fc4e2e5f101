"""The instruments that tell of audio, and of what goes wrong: the same, whoever makes them.

A session makes them with all its others; a span processor, for the audio of other libraries, alone.
"""

from opentelemetry.metrics import Meter

from otel_realtime import semconv


class AudioInstruments:
    """Made once of a meter, or again: the same names with the same descriptions are one."""

    def __init__(self, meter: Meter) -> None:
        self.audio_upload_duration = meter.create_histogram(
            semconv.METRIC_AUDIO_UPLOAD_DURATION,
            "s",
            "Time an upload of audio took.",
            explicit_bucket_boundaries_advisory=list(semconv.DURATION_BUCKETS),
        )
        self.audio_uploaded = meter.create_counter(
            semconv.METRIC_AUDIO_UPLOADED, "By", "Recordings of audio that are in the store."
        )
        self.audio_dropped = meter.create_counter(
            semconv.METRIC_AUDIO_DROPPED, "By", "Audio that was given up, by reason."
        )
        self.problems = meter.create_counter(
            semconv.METRIC_PROBLEMS, "{problem}", "Problems of the instrumentation itself."
        )
