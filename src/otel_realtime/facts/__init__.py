"""What is known of a session, an utterance, a response, a tool call.

The conversation fills these as more becomes known and shows them in its records.

The marks are moments in nanoseconds since the Unix epoch: E acoustic end of user speech,
S `speech_stopped` received, C committed, R `response.created`, A first audio, P playback start,
D `response.done`. Every other moment is of the same unit; names ending in `_ms` are milliseconds.
"""

from typing import TypeAlias

from otel_realtime.facts._input import InputFacts, TranscriptionFacts
from otel_realtime.facts._measures import seconds_between
from otel_realtime.facts._response import Output, ResponseFacts, Step, ToolAnswer, Wait
from otel_realtime.facts._session import SessionFacts, Tally
from otel_realtime.facts._tool import ToolFacts

__all__ = [
    "Facts",
    "InputFacts",
    "Output",
    "ResponseFacts",
    "SessionFacts",
    "Step",
    "Tally",
    "ToolAnswer",
    "ToolFacts",
    "TranscriptionFacts",
    "Wait",
    "seconds_between",
]

Facts: TypeAlias = SessionFacts | InputFacts | ResponseFacts | ToolFacts | TranscriptionFacts
