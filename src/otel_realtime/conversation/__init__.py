"""The conversation: a pure state machine. Neutral events go in, records come out.

It knows no clock, no I/O and no telemetry: time is what the events say. `HANDLERS` is the whole
of its theory: one small function for each event, each correlating by id. The phases that
utterances, responses and tool calls pass through are the enumerations in `_state`.

    SpeechStarted ─► SPEAKING ─► STOPPED ─► COMMITTED ─► closed (transcript, or given up)
    ResponseStarted ─► GENERATING ─► PLAYING ─► closed (heard to its end, or cut off)
    ToolRequested ─► REQUESTED ─► RUNNING ─► JUDGED ─► closed (its run over, or answered)
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from otel_realtime import events
from otel_realtime.conversation import (
    _barge_in,
    _checks,
    _inputs,
    _items,
    _playback,
    _responses,
    _sent,
    _session,
    _tools,
    _transcripts,
)
from otel_realtime.conversation._state import Part, State
from otel_realtime.facts import SessionFacts
from otel_realtime.records import Record
from otel_realtime.values import AudioFormat

__all__ = ["HANDLERS", "Conversation"]

_Handler = Callable[[State, Any], None]


def _on_speech_started(state: State, event: events.SpeechStarted) -> None:
    _inputs.on_speech_started(state, event)
    _playback.on_onset(state, event)


def _on_output_truncated(state: State, event: events.OutputTruncated) -> None:
    _playback.on_output_truncated(state, event)
    response = state.owner(event.item_id)
    if response is not None:
        _responses.settle(state, response, event.at)


def _on_playback_reported(state: State, event: events.PlaybackReported) -> None:
    _playback.on_playback_reported(state, event)
    response = state.owner(event.item_id)
    if response is not None and response.onset is None:  # else what cuts it off is waited for
        _responses.settle(state, response, event.at)


def _on_playback_stopped(state: State, event: events.PlaybackStopped) -> None:
    _playback.on_playback_stopped(state, event)
    response = state.responses.get(event.response_id)
    if response is not None:
        _responses.settle(state, response, event.at)


def _on_time_passed(state: State, event: events.TimePassed) -> None:
    """Nothing to do: `Conversation.feed` gives up what is due before any event."""


HANDLERS: Final[Mapping[type[events.Event], _Handler]] = MappingProxyType(
    {
        events.TimePassed: _on_time_passed,
        events.SessionOpened: _session.on_session_opened,
        events.SessionStarted: _session.on_session_started,
        events.SessionChanged: _session.on_session_changed,
        events.ConnectionLost: _session.on_connection_lost,
        events.SessionEnded: _session.on_session_ended,
        events.ConversationNamed: _session.on_conversation_named,
        events.FaultReported: _session.on_fault_reported,
        events.GuardrailTripped: _checks.on_guardrail_tripped,
        events.RateLimitsUpdated: _session.on_rate_limits_updated,
        events.AudioSent: _sent.on_audio_sent,
        events.InputFormatSet: _sent.on_input_format_set,
        events.SpeechStarted: _on_speech_started,
        events.SpeechStopped: _inputs.on_speech_stopped,
        events.InputCommitted: _inputs.on_input_committed,
        events.InputCleared: _inputs.on_input_cleared,
        events.Transcribed: _transcripts.on_transcribed,
        events.TranscriptionFailed: _transcripts.on_transcription_failed,
        events.IdleTimedOut: _inputs.on_idle_timed_out,
        events.DtmfReceived: _inputs.on_dtmf,
        events.ItemAdded: _items.on_item_added,
        events.ItemRemoved: _items.on_item_removed,
        events.ResponseStarted: _responses.on_response_started,
        events.OutputAdded: _responses.on_output_added,
        events.OutputFinished: _responses.on_output_finished,
        events.AudioStarted: _responses.on_audio_started,
        events.TextStarted: _responses.on_text_started,
        events.TextFinished: _responses.on_text_finished,
        events.ResponseDone: _responses.on_response_done,
        events.OutputTruncated: _on_output_truncated,
        events.PlaybackStarted: _playback.on_playback_started,
        events.PlaybackReported: _on_playback_reported,
        events.PlaybackStopped: _on_playback_stopped,
        events.ToolRequested: _responses.on_tool_requested,
        events.ApprovalAsked: _checks.on_approval_asked,
        events.ApprovalGiven: _checks.on_approval_given,
        events.ToolStarted: _tools.on_tool_started,
        events.ToolEnded: _tools.on_tool_ended,
        events.ToolFailed: _tools.on_tool_failed,
        events.ToolAnswered: _tools.on_tool_answered,
        events.McpCallStarted: _tools.on_mcp_call_started,
        events.McpCallEnded: _tools.on_mcp_call_ended,
        events.McpToolsListed: _tools.on_mcp_tools_listed,
        events.AgentChanged: _tools.on_agent_changed,
    }
)


_OPENERS: Final = frozenset({events.SessionOpened, events.SessionStarted})
"""They open the session themselves, with what they know of it."""


_TIMELESS: Final = frozenset(
    {
        events.OutputAdded,
        events.OutputFinished,
        events.RateLimitsUpdated,
        events.ResponseStarted,
        events.TextFinished,
        events.TextStarted,
        events.ToolEnded,
        events.ToolRequested,
        events.ToolStarted,
    }
)
"""They change nothing about what is waited for until when: it need not be looked for again."""


_DISORDER_NS: Final = 1_000_000_000
"""So much earlier than the one before it may an event have been that was seen in another task."""


class Conversation:
    """One conversation: fed with neutral events, it answers with records.

    Args:
        agent: The name of the agent that has the floor at the start, if it is known.
        keep_text: Whether transcripts, arguments and outputs are kept for the records.
        transcript_wait: How long an utterance waits for its transcript, in nanoseconds.
        playback_wait: How long a response that is done waits for the end of its playback, in
            nanoseconds.
    """

    __slots__ = ("_due", "_last_at", "_state", "audio_parts", "text_parts")

    def __init__(
        self,
        *,
        agent: str | None = None,
        keep_text: bool = False,
        transcript_wait: int = 15_000_000_000,
        playback_wait: int = 60_000_000_000,
    ) -> None:
        """Begin a conversation in which nothing has happened yet."""
        session = SessionFacts(agent=agent, floor=agent)
        self._state = State(session, keep_text, transcript_wait, playback_wait)
        self.audio_parts: Final[Mapping[str, Part]] = self._state.audio_parts
        """By item, the content part that its audio was last told of: more of that is added to its
        `byte_count`. For another part feed `AudioStarted`."""
        self.text_parts: Final[Mapping[str, Part]] = self._state.text_parts
        """The same of text: more of it is appended to `fragments`, if texts are kept. For another
        part feed `TextStarted`."""
        self._due: int | None = None
        self._last_at = 0

    @property
    def over(self) -> bool:
        """Whether the session has ended: nothing is said of it any more."""
        return self._state.over

    @property
    def session(self) -> SessionFacts:
        """What is known of the session."""
        return self._state.session

    @property
    def input_format(self) -> AudioFormat | None:
        """What the client's audio is in, as it is sent now."""
        return self._state.input_format

    @property
    def deadline(self) -> int | None:
        """When something that is waited for will be given up: feed `TimePassed` then."""
        return self._due

    def keep_no_text(self) -> None:
        """Keep no transcripts, arguments and outputs from here on: nobody will read them."""
        self._state.keep_text = False

    def feed(self, event: events.Event) -> list[Record]:
        """Take in one event and say what came of it.

        Raises:
            KeyError: The event is of a type that `HANDLERS` does not know.
        """
        state, at, kind = self._state, event.at, type(event)
        handler = HANDLERS[kind]
        if state.over:
            return []
        if state.session.started_at is None and kind not in _OPENERS:
            _session.open_session(state, at)
        if kind is not events.PlaybackReported:  # which tells of what has been
            if at < self._last_at:
                self._went_back(at)
            self._last_at = at
        if self._due is not None and at >= self._due:
            self._give_up(at)
        handler(state, event)
        if state.is_crowded():
            self._let_go(at)
        # Had the handler failed, what it said before would be handed out with the next event.
        records, state.records = state.records, []
        if kind not in _TIMELESS:
            self._due = None if state.over else state.deadline()
        return records

    def add_sent(self, at: int, byte_count: int) -> None:
        """Count user audio that was sent at `at`, as `AudioSent` does; the session is open."""
        _sent.count_sent(self._state, at, byte_count)

    def _went_back(self, at: int) -> None:
        self._state.is_disordered = True
        if at < self._last_at - _DISORDER_NS:
            self._state.leave_out("order of events", "the clock ran backwards", at)

    def _let_go(self, at: int) -> None:
        """Close the oldest of what a provider opened without end: memory stays bounded."""
        _tools.let_go(self._state, at)
        _responses.let_go(self._state, at)
        _inputs.let_go(self._state, at)
        self._due = self._state.deadline()

    def _give_up(self, at: int) -> None:
        _responses.expire(self._state, at)
        _inputs.expire(self._state, at)
        _barge_in.settle(self._state, at)
        self._due = self._state.deadline()
