"""What a scenario says, as data: the turns of the conversation and the top-level settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


class Transcript(Enum):
    """When the user's words arrive as a transcript."""

    ON_TIME = "on_time"  # `transcript_delay_ms` after the utterance was committed
    FIRST = "first"  # before response.created, which waits for it
    LATE = "late"  # after the next response.done
    FAILED = "failed"  # a transcription.failed event instead
    NEVER = "never"


class Moment(Enum):
    """Where in a response something happens, besides a number of milliseconds of its audio."""

    CREATED = "created"
    FIRST_AUDIO = "first_audio"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something outside the plan: `kind` is a key of `_happenings.KINDS`, `value` its setting."""

    kind: str
    value: Any
    at: Moment | float = Moment.CREATED


@dataclass(frozen=True, slots=True)
class Say:
    """The model says `text`, with the sound of `audio` (WAV) or of a tone."""

    text: str
    audio: Path | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """The model calls a tool of the client."""

    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class McpCall:
    """The server calls a hosted MCP tool; `error` makes it fail."""

    server: str
    tool: str
    arguments: str = "{}"
    output: str = ""
    error: str | None = None
    duration_ms: float = 0


Output = Say | Call | McpCall


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens by direction and modality; cached tokens are part of the input's."""

    input_text: int = 0
    input_audio: int = 0
    input_image: int = 0
    cached_text: int = 0
    cached_audio: int = 0
    cached_image: int = 0
    output_text: int = 0
    output_audio: int = 0


class Derived(Enum):
    """Where usage comes from when the scenario gives no numbers."""

    FROM_LENGTHS = "from_lengths"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Agent:
    """One response. Delays and speed left None are the scenario's."""

    output: tuple[Output, ...] = ()
    response_delay_ms: float | None = None
    first_audio_delay_ms: float | None = None
    audio_speed: float | None = None
    incomplete: str | None = None
    fails: Mapping[str, str] | None = None
    usage: Usage | Derived = Derived.FROM_LENGTHS
    during: tuple[Happening, ...] = ()
    while_waiting: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """One turn of the user, spoken or typed. `says` is what a transcript of speech shows."""

    says: str = ""
    transcript: Transcript = Transcript.ON_TIME
    transcript_delay_ms: float | None = None
    split_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """The user says nothing, for `after_ms` or for the session's own `idle_timeout_ms`."""

    after_ms: int | None = None


Step = User | Idle | Agent | Happening


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What rate_limits.updated says; without fixed limits, tokens are counted down."""

    fixed: tuple[Mapping[str, Any], ...] = ()
    tokens: int = 40_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Connections are answered with an HTTP status: the first `times`, or all if it is None."""

    status: int
    error: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A conversation for the simulator to play; `load_scenario` reads one from a file.

    Attributes:
        name: what it is called in messages.
        conversation: the steps, in order.
        response_delay_ms: from the end of the user's turn (or response.create) to response.created.
        first_audio_delay_ms: from response.created to the first audio or text delta.
        transcript_delay_ms: from the committed utterance to its transcript.
        audio_speed: audio is sent so many times faster than it plays; 0 is without any pause.
        otherwise: what the model says where the script has nothing.
        out_of_band: answers to response.create with `conversation: none`, in turn.
        mcp_servers: tools by hosted MCP server; None for a server that cannot be listed.
        rate_limits: what follows each response.done; None for nothing.
        refuse: which connections do not come about; None for none.
    """

    name: str
    conversation: tuple[Step, ...]
    response_delay_ms: float = 0
    first_audio_delay_ms: float = 0
    transcript_delay_ms: float = 100
    audio_speed: float = 4
    otherwise: str = "That is all I have in my script."
    out_of_band: tuple[Agent, ...] = ()
    mcp_servers: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    rate_limits: RateLimits | None = field(default_factory=RateLimits)
    refuse: Refusal | None = None
