"""A program whose spans carry audio inline; `test_processor_bounds.py` runs it by itself.

python turns_program.py exit|late|fork FOLDER

The store is a folder in there, unless the environment names one.
"""

import atexit
import io
import os
import sys
import threading
import warnings
import wave
from base64 import b64encode
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_realtime import AudioUploadSpanProcessor

WHAT, FOLDER = sys.argv[1], Path(sys.argv[2])
INPUT, STORE = "input.audio.url", "OTEL_REALTIME_AUDIO_STORE"


def uri() -> str:
    """A tenth of a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(24_000)
        opened.writeframes(bytes(4800))
    return f"data:audio/wav;base64,{b64encode(file.getvalue()).decode()}"


def turn(name: str) -> None:
    """One span with audio."""
    tracer.start_span(name, attributes={INPUT: uri()}).end()


class Exporting(SimpleSpanProcessor):
    """Exports each span at once, and says when it has."""

    exported = threading.Event()

    def on_end(self, span) -> None:
        super().on_end(span)
        self.exported.set()


class Gate:
    """Does not say what is to be silent before it is told to."""

    asked, opened = threading.Event(), threading.Event()

    def __call__(self, _clip: object) -> None:
        self.asked.set()
        self.opened.wait(20)


def forked() -> None:
    """End spans before, in and after a fork, while one of the parent's waits."""
    turn("before")
    gate.asked.wait(20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that there are threads, since 3.12
        child = os.fork()
    gate.opened.set()
    if not child:
        turn("in child")
        # Not flushed: obstore, which the parent has used, does nothing in a forked process.
        os._exit(not Exporting.exported.wait(20))
    turn("after")
    _, status = os.waitpid(child, 0)
    assert status == 0, status


gate = Gate()
provider = TracerProvider()
if WHAT == "late":  # exit hooks run last registered first: after the processor's, this one
    atexit.register(lambda: turn("late"))
provider.add_span_processor(
    AudioUploadSpanProcessor(
        Exporting(OTLPSpanExporter()),
        audio_store=None if STORE in os.environ else (FOLDER / "kept").as_uri(),
        audio_spool=FOLDER / "spool",
        redact_audio=gate if WHAT == "fork" else None,
        audio_flush_timeout=40,
    )
)
tracer = provider.get_tracer("a.library")
if WHAT == "fork":
    forked()
else:
    turn("turn")
