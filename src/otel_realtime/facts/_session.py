"""What is known of a session, and what was counted and measured in it."""

from array import array
from dataclasses import dataclass, field
from math import ceil

from otel_realtime.values import AudioLink, Endpoint, SessionConfig, SessionCost


@dataclass(slots=True)
class Tally:
    """What was counted and measured in a session so far; durations are nanoseconds."""

    turns: int = 0
    responses: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    errors: int = 0
    handoffs: int = 0
    guardrail_trips: int = 0
    interruptions: int = 0
    false_barge_ins: int = 0
    missed_barge_ins: int = 0
    agent_interruptions: int = 0
    unplaced: int = 0
    """Utterances of which nothing tells when they began: then what depends on that is not known."""
    user_ns: int = 0
    """User speech; overlapping stretches count once. The same below."""
    agent_ns: int = 0
    """Heard agent audio."""
    overlap_ns: int = 0
    silence_ns: int = 0
    dead_air_agent_ns: int = 0
    dead_air_user_ns: int = 0
    dead_airs: int = 0
    generated_ms: float = 0.0
    heard_ms: float = 0.0
    discarded_ms: float = 0.0
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    """Voice-to-voice latencies in seconds, in the order of the turns."""
    slowest_turn: int | None = None
    """The turn with the longest of them."""
    longest: float | None = None
    """The longest of them."""

    def take_latency(self, seconds: float, turn: int) -> None:
        """Add the voice-to-voice latency of a turn."""
        self.latencies.append(seconds)
        if self.longest is None or seconds > self.longest:
            self.longest, self.slowest_turn = seconds, turn

    @property
    def talk_ratio(self) -> float | None:
        """The agent's share of all talk; None where nobody spoke, or it is not known when."""
        talk = self.user_ns + self.agent_ns
        return self.agent_ns / talk if talk and not self.unplaced else None

    def seconds(self, ns: int) -> float | None:
        """What depends on when the user spoke, in seconds; None where that is not known."""
        return ns / 1e9 if not self.unplaced else None

    def latency(self, percent: float) -> float | None:
        """A percentile of the latencies, in seconds, by the nearest rank; None without any."""
        if not self.latencies:
            return None
        rank = ceil(percent / 100 * len(self.latencies))
        return sorted(self.latencies)[max(rank, 1) - 1]


@dataclass(slots=True)
class SessionFacts:
    """What is known of the session."""

    config: SessionConfig = field(default_factory=SessionConfig)
    agent: str | None = None
    """The agent it began with."""
    floor: str | None = None
    """The agent that has the floor now."""
    conversation_id: str | None = None
    endpoint: Endpoint | None = None
    call_id: str | None = None
    """The provider's id of the telephone call, if it is one."""
    started_at: int | None = None
    connecting_at: int | None = None
    """When the client began to connect; None where that was not seen."""
    ready_at: int | None = None
    """When the provider first described the session."""
    configured_at: int | None = None
    """When the provider first confirmed the client's settings, if nobody had spoken yet."""
    reconnects: int = 0
    ended_at: int | None = None
    end_reason: str | None = None
    fault_type: str | None = None
    close_code: int | None = None
    error: Exception | None = None
    tally: Tally = field(default_factory=Tally)
    """What was counted and measured so far."""
    cost: SessionCost | None = None
    """What it cost so far, where prices are asked for; this and the ones below are set by the
    session."""
    audio: AudioLink | None = None
    """The recording of the whole call."""
    audio_dropped: str | None = None
    """Why audio of it is missing, where some is."""
