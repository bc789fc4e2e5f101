"""The values that neutral events carry: formats, settings, items, usage, errors.

A field that a provider did not send is None: nothing here is made up. What is made several times a
turn is a NamedTuple, which is made five times faster than a frozen dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from otel_realtime.frozen import frozen


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """An audio format: its media type, such as `audio/pcm`, and its rate in samples a second."""

    type: str
    rate: int | None = None

    @property
    def bytes_per_ms(self) -> float | None:
        """How many bytes one millisecond takes; None for a format that is not known."""
        if self.type == "audio/pcm" and self.rate:
            return self.rate * 2 / 1000
        return 8.0 if self.type in {"audio/pcmu", "audio/pcma"} else None


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """What the provider says the session is set to; None where it does not say."""

    session_id: str | None = None
    model: str | None = None
    output_modalities: tuple[str, ...] | None = None
    voice: str | None = None
    instructions: str | None = None
    tools: tuple[Mapping[str, object], ...] | None = None
    input_format: AudioFormat | None = None
    output_format: AudioFormat | None = None
    turn_detection: str | None = None
    """`server_vad`, `semantic_vad`, `none` for push-to-talk; None where it is not known."""
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    transcription: bool | None = None
    """Whether user speech is transcribed; None where it is not known."""
    transcription_model: str | None = None
    parameters: Mapping[str, object] | None = None
    """All of it that is neither content nor secret, under the provider's own names."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The server at the other end of the socket."""

    address: str | None = None
    """Its host name or address."""
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that the provider reports, in its own words."""

    type: str | None = None
    code: str | None = None
    message: str | None = None
    param: str | None = None
    client_event_id: str | None = None

    @property
    def kind(self) -> str | None:
        """The most telling name of the error: its code, else its type."""
        return self.code or self.type


class Usage(NamedTuple):
    """Tokens of one response. Cached tokens are a part of the input tokens, not beside them."""

    input: int | None = None
    output: int | None = None
    input_text: int | None = None
    input_audio: int | None = None
    input_image: int | None = None
    cached: int | None = None
    cached_text: int | None = None
    cached_audio: int | None = None
    cached_image: int | None = None
    output_text: int | None = None
    output_audio: int | None = None


@frozen
class TranscriptionUsage:
    """What a transcription used: seconds of audio or tokens, billed apart from the response."""

    seconds: float | None = None
    input: int | None = None
    output: int | None = None
    input_text: int | None = None
    input_audio: int | None = None


class CostPart(NamedTuple):
    """What some tokens, or some seconds of transcription, cost in US dollars."""

    kind: str
    """`input`, `cached` (input that was cached), `output`, `transcription`."""
    modality: str | None
    """`text`, `audio`, `image`; None where the provider does not tell."""
    usd: float


@frozen
class Cost:
    """What a response or a transcription cost, in US dollars."""

    parts: tuple[CostPart, ...]
    """None of them twice; the total is their sum."""
    prices: str
    """Which prices, in which version: such as `genai-prices 0.2.3`."""
    unheard: float | None = None
    """The part of the output that was audio nobody heard; None where that is not known."""

    @property
    def total(self) -> float:
        """All of it."""
        return sum([part.usd for part in self.parts], 0.0)


@dataclass(slots=True)
class SessionCost:
    """What a session cost so far, in US dollars; each sum is of what has a price."""

    total: float = 0.0
    transcription: float = 0.0
    unheard: float = 0.0
    priced: int = 0
    """How many responses and transcriptions it is the sum of."""
    unpriced: int = 0
    """How many more there were, whose price is not known."""
    prices: str | None = None


class ItemType(StrEnum):
    """What one entry of the conversation is."""

    MESSAGE = "message"
    TOOL_CALL = "function_call"
    TOOL_OUTPUT = "function_call_output"
    MCP_CALL = "mcp_call"
    MCP_TOOLS = "mcp_list_tools"
    OTHER = "other"


class Item(NamedTuple):
    """One entry of the conversation, as far as the provider describes it."""

    id: str
    type: ItemType
    role: str | None = None
    status: str | None = None
    texts: tuple[str, ...] = ()
    """Text and known transcripts of its content, in order."""
    has_audio: bool = False
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | None = None
    server_label: str | None = None
    fault: Fault | None = None
    id_known: bool = True
    """False where the source made the id up."""


class AudioLink(NamedTuple):
    """Where a recording is to be found, by the time somebody asks for it."""

    url: str
    mime_type: str


class RateLimit(NamedTuple):
    """One limit of the account; `reset` in seconds."""

    name: str
    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
