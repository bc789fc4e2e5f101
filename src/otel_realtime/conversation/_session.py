"""The session: its beginning, its settings, its end, and what concerns all of it."""

from dataclasses import fields, replace

from otel_realtime.conversation import _inputs, _responses, _tools
from otel_realtime.conversation._state import State
from otel_realtime.events import (
    ConversationNamed,
    FaultReported,
    RateLimitsUpdated,
    SessionChanged,
    SessionEnded,
    SessionStarted,
)
from otel_realtime.records import (
    SESSION,
    Closed,
    FaultNoted,
    Noted,
    Opened,
    RateLimitsNoted,
    SessionNoted,
)
from otel_realtime.values import RateLimit, SessionConfig


def open_session(state: State, at: int) -> None:
    """Open the session, once."""
    if state.session.started_at is None:
        state.session.started_at = at
        state.records.append(Opened(SESSION, at, state.session, None))


def on_session_started(state: State, event: SessionStarted) -> None:
    """Open the session with what the provider says of it."""
    if state.session.started_at is not None:
        on_session_changed(state, SessionChanged(event.at, event.config))
        return
    state.session.config = event.config
    open_session(state, event.at)


def on_session_changed(state: State, event: SessionChanged) -> None:
    """Take over the settings that the provider names; what it leaves out stays."""
    told = {
        each.name: value
        for each in fields(SessionConfig)
        if (value := getattr(event.config, each.name)) is not None
    }
    if event.config.transcription is False:
        told["transcription_model"] = None
    before = state.session.config
    changed = tuple(name for name, value in told.items() if getattr(before, name) != value)
    if changed:
        state.session.config = replace(before, **told)
        state.records.append(Noted(SESSION, event.at, SessionNoted(state.session, changed)))


def on_conversation_named(state: State, event: ConversationNamed) -> None:
    """Learn the provider's id of the conversation."""
    state.session.conversation_id = event.conversation_id


def on_fault_reported(state: State, event: FaultReported) -> None:
    """Note an error; most are benign, so it makes neither turn nor session fail."""
    state.records.append(Noted(SESSION, event.at, FaultNoted(event.fault)))


def on_rate_limits_updated(state: State, event: RateLimitsUpdated) -> None:
    """Note the account's limits when they are first told and when one nears or leaves its end.

    They come with every response; what is worth a record is that another tenth is used up.
    """
    tenths = {limit.name: _tenth(limit) for limit in event.limits}
    if tenths != state.rate_limits:
        state.rate_limits = tenths
        state.records.append(Noted(SESSION, event.at, RateLimitsNoted(event.limits)))


def on_session_ended(state: State, event: SessionEnded) -> None:
    """Close all that is open, the innermost first, and the session last."""
    session = state.session
    session.ended_at = event.at
    session.end_reason = event.reason
    session.fault_type, session.close_code = event.fault_type, event.close_code
    for tool in list(state.tools.values()):
        _tools.close(state, tool, event.at)
    for response in list(state.responses.values()):
        _responses.close(state, response, event.at, event.reason)
    for given in list(state.inputs.values()):
        _inputs.close(state, given, event.at, event.reason)
    state.over = True
    state.records.append(Closed(SESSION, event.at, session))


def _tenth(limit: RateLimit) -> int | None:
    """How many tenths of a limit remain; None where that is not told."""
    if not limit.limit or limit.remaining is None:
        return None
    return limit.remaining * 10 // limit.limit
