"""Moments in an impossible order, as after a jump of a clock: what was to be measured is left out.

The facts give no such measure; that there is none is said here, of each, so that it is counted.
"""

from collections.abc import Iterable

from otel_realtime.conversation._state import State
from otel_realtime.facts import InputFacts, ResponseFacts, ToolFacts

_WHY = "it would end before it begins"
_Measure = tuple[str, int | None, int | None]
"""What is measured, from when until when."""


def check_response(state: State, facts: ResponseFacts, at: int) -> None:
    """Say what cannot be measured of a response."""
    if not state.is_disordered:
        return
    waited = facts.waited_since
    committed_at = facts.inputs[-1].committed_at if facts.inputs else None
    ready = state.session.ready_at if facts.is_greeting else None
    measures = [
        ("response.duration", facts.created_at, facts.done_at),
        ("response.time_to_first_chunk", facts.created_at, facts.first_chunk_at),
        ("response.time_to_first_audio", waited[0] if waited else None, facts.first_audio_at),
        ("model.time_to_first_audio", facts.created_at, facts.first_audio_at),
        ("tool.turn_overhead", facts.answered_at, facts.first_audio_at),
        ("greeting.latency", ready, facts.playback_at),
    ]
    if facts.trigger in {"speech", "text"}:
        measures.append(("response.start_delay", committed_at, facts.created_at))
    _leave_out(state, measures, at)


def check_input(state: State, facts: InputFacts, at: int) -> None:
    """Say what cannot be measured of an utterance, but for its transcript."""
    if state.is_disordered:
        _leave_out(state, [("endpointing.delay", facts.measured_end, facts.stopped_at)], at)


def check_transcript(state: State, facts: InputFacts, at: int) -> None:
    """Say what cannot be measured of a transcript."""
    if state.is_disordered:
        measure = ("transcription.delay", facts.committed_at, facts.transcribed_at)
        _leave_out(state, [measure], at)


def check_tool(state: State, facts: ToolFacts, at: int) -> None:
    """Say what cannot be measured of a tool call."""
    if state.is_disordered:
        asked, given = facts.approval_asked_at, facts.approval_given_at
        measures = [
            ("tool.duration", facts.started_at, facts.ended_at),
            ("tool.approval_wait", asked, given),
        ]
        _leave_out(state, measures, at)


def check_session(state: State, at: int) -> None:
    """Say what cannot be measured of a session."""
    if state.is_disordered:
        session = state.session
        measures = [
            ("session.duration", session.started_at, session.ended_at),
            ("session.setup.duration", session.connecting_at, session.ready_at),
            ("session.setup.duration", session.connecting_at, session.configured_at),
        ]
        _leave_out(state, measures, at)


def _leave_out(state: State, measures: Iterable[_Measure], at: int) -> None:
    for what, start, end in measures:
        if start is not None and end is not None and end < start:
            state.leave_out(what, _WHY, at)
