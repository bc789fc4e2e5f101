"""The instruments that tell of audio, and of what goes wrong: the same, whoever makes them.

A session makes them with all its others; a span processor, for the audio of other libraries, alone.
"""

from typing import Final

from opentelemetry.metrics import Counter, Histogram, Meter

from otel_realtime import semconv
from otel_realtime.metric import Instrument, Metric, make

UPLOAD_DURATION: Final = Metric(
    semconv.METRIC_AUDIO_UPLOAD_DURATION,
    Instrument.HISTOGRAM,
    "s",
    "Time an upload of audio took.",
    "from the start of an attempt to the store's answer",
    (semconv.ERROR_TYPE,),
    "An attempt that failed has `error.type`; the count of those is the number of failures.",
    semconv.DURATION_BUCKETS,
)
UPLOADED: Final = Metric(
    semconv.METRIC_AUDIO_UPLOADED,
    Instrument.COUNTER,
    "By",
    "Recordings of audio that are in the store.",
    "sum of the sizes of the files",
)
DROPPED: Final = Metric(
    semconv.METRIC_AUDIO_DROPPED,
    Instrument.COUNTER,
    "By",
    "Audio that was given up, by reason.",
    "sum of the bytes that are in no recording",
    (semconv.AUDIO_DROPPED,),
)
PROBLEMS: Final = Metric(
    semconv.METRIC_PROBLEMS,
    Instrument.COUNTER,
    "{problem}",
    "Problems of the instrumentation itself.",
    "count of events that were skipped, errors that were caught, measures that were left out",
    (semconv.PROBLEM,),
)
AUDIO_METRICS: Final = (UPLOAD_DURATION, UPLOADED, DROPPED, PROBLEMS)


class AudioInstruments:
    """Made once of a meter, or again: the same names with the same descriptions are one."""

    def __init__(self, meter: Meter) -> None:
        self.audio_upload_duration: Histogram = make(meter, UPLOAD_DURATION)
        self.audio_uploaded: Counter = make(meter, UPLOADED)
        self.audio_dropped: Counter = make(meter, DROPPED)
        self.problems: Counter = make(meter, PROBLEMS)
