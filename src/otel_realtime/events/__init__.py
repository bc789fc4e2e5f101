"""The neutral events: what any provider's conversation consists of.

A source translates what its provider sends into these; the conversation is fed with nothing else.
Every event carries `at`, the moment of its arrival in nanoseconds since the Unix epoch, read once
by the source from a clock that never runs backwards. Ids are the provider's own.

Audio and text deltas have no event of their own: they arrive by the hundred a second and only the
first of each content part says something new (`AudioStarted`, `TextStarted`). What follows is
added to `Conversation.audio_parts` and `Conversation.text_parts`.
"""

from otel_realtime.events._base import (
    Event,
    TimePassed,
)
from otel_realtime.events._input import (
    AudioSent,
    DtmfReceived,
    IdleTimedOut,
    InputCleared,
    InputCommitted,
    InputFormatSet,
    ItemAdded,
    ItemRemoved,
    SpeechStarted,
    SpeechStopped,
    Transcribed,
    TranscriptionFailed,
)
from otel_realtime.events._output import (
    AudioStarted,
    OutputAdded,
    OutputFinished,
    OutputTruncated,
    PlaybackReported,
    PlaybackStarted,
    PlaybackStopped,
    ResponseDone,
    ResponseStarted,
    TextFinished,
    TextStarted,
)
from otel_realtime.events._session import (
    ConnectionLost,
    ConversationNamed,
    FaultReported,
    GuardrailTripped,
    RateLimitsUpdated,
    SessionChanged,
    SessionEnded,
    SessionOpened,
    SessionStarted,
)
from otel_realtime.events._tools import (
    AgentChanged,
    ApprovalAsked,
    ApprovalGiven,
    McpCallEnded,
    McpCallStarted,
    McpToolsListed,
    ToolAnswered,
    ToolEnded,
    ToolFailed,
    ToolRequested,
    ToolStarted,
)

__all__ = [
    "AgentChanged",
    "ApprovalAsked",
    "ApprovalGiven",
    "AudioSent",
    "AudioStarted",
    "ConnectionLost",
    "ConversationNamed",
    "DtmfReceived",
    "Event",
    "FaultReported",
    "GuardrailTripped",
    "IdleTimedOut",
    "InputCleared",
    "InputCommitted",
    "InputFormatSet",
    "ItemAdded",
    "ItemRemoved",
    "McpCallEnded",
    "McpCallStarted",
    "McpToolsListed",
    "OutputAdded",
    "OutputFinished",
    "OutputTruncated",
    "PlaybackReported",
    "PlaybackStarted",
    "PlaybackStopped",
    "RateLimitsUpdated",
    "ResponseDone",
    "ResponseStarted",
    "SessionChanged",
    "SessionEnded",
    "SessionOpened",
    "SessionStarted",
    "SpeechStarted",
    "SpeechStopped",
    "TextFinished",
    "TextStarted",
    "TimePassed",
    "ToolAnswered",
    "ToolEnded",
    "ToolFailed",
    "ToolRequested",
    "ToolStarted",
    "Transcribed",
    "TranscriptionFailed",
]
