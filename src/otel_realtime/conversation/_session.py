"""The session: its beginning, its settings, its end, and what concerns all of it."""

from dataclasses import fields, replace

from otel_realtime.conversation import (
    _barge_in,
    _heard,
    _inputs,
    _order,
    _responses,
    _sent,
    _tools,
    _turns,
)
from otel_realtime.conversation._clock import AudioClock
from otel_realtime.conversation._state import Commit, State
from otel_realtime.events import (
    ConnectionLost,
    ConversationNamed,
    FaultReported,
    RateLimitsUpdated,
    SessionChanged,
    SessionEnded,
    SessionOpened,
    SessionStarted,
)
from otel_realtime.records import (
    SESSION,
    Closed,
    FaultNoted,
    Noted,
    Opened,
    RateLimitsNoted,
    ReconnectionNoted,
    SessionNoted,
)
from otel_realtime.values import RateLimit, SessionConfig


def open_session(state: State, at: int) -> None:
    """Open the session, once."""
    if state.session.started_at is None:
        state.session.started_at = at
        state.commit = Commit(state.commit.ms, at)
        state.talk.begin(at)
        state.records.append(Opened(SESSION, at, state.session, None))


def on_session_opened(state: State, event: SessionOpened) -> None:
    """Open the session with what the client knows before it is connected."""
    session = state.session
    if session.connecting_at is not None:
        return
    session.connecting_at = event.at
    session.endpoint, session.call_id = event.endpoint, event.call_id
    session.agent = session.floor = session.agent or event.agent
    session.config = replace(session.config, model=session.config.model or event.model)
    open_session(state, event.at)


def on_session_started(state: State, event: SessionStarted) -> None:
    """Take in what the provider says of the session, and open it if nothing has yet.

    Where another socket carries the conversation on, the provider says so by another id.
    """
    session = state.session
    if session.started_at is None:
        session.config, session.ready_at = event.config, event.at
        open_session(state, event.at)
        _sent.set_input_format(state, event.config.input_format)
        return
    before, after = session.config.session_id, event.config.session_id
    if None not in (before, after) and before != after:
        _carry_on(state, event.at)
    is_first = session.ready_at is None
    if is_first:
        session.ready_at = event.at
        state.commit = Commit(state.commit.ms, event.at)
        state.talk.ready(event.at)
    _take_settings(state, event.config, event.at, is_news=not is_first)


def on_session_changed(state: State, event: SessionChanged) -> None:
    """Take over the settings that the provider names; what it leaves out stays."""
    session = state.session
    if session.configured_at is None and not state.has_begun:
        session.configured_at = event.at
    _take_settings(state, event.config, event.at, is_news=True)


def on_connection_lost(state: State, event: ConnectionLost) -> None:
    """What the user goes on to say is not known; the next socket, or the end, closes it."""
    _inputs.lose_sight(state, event.at)


def on_conversation_named(state: State, event: ConversationNamed) -> None:
    """Learn the provider's id of the conversation."""
    state.session.conversation_id = event.conversation_id


def on_fault_reported(state: State, event: FaultReported) -> None:
    """Note an error; most are benign, so it makes neither turn nor session fail."""
    state.session.tally.errors += 1
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
    session.error = event.error
    session.tally.errors += event.fault_type is not None
    for tool in list(state.tools.values()):
        _tools.close(state, tool, event.at)
    _close_media(state, event.at, event.reason)
    _barge_in.settle(state, event.at, all_of_them=True)
    _turns.end_turns(state, event.at, all_of_them=True)
    _heard.finish(state, event.at)
    _order.check_session(state, event.at)
    state.over = True
    state.records.append(Closed(SESSION, event.at, session))


def _take_settings(state: State, config: SessionConfig, at: int, *, is_news: bool) -> None:
    told = {
        each.name: value
        for each in fields(SessionConfig)
        if (value := getattr(config, each.name)) is not None
    }
    if config.transcription is False:
        told["transcription_model"] = None
    before = state.session.config
    changed = tuple(name for name, value in told.items() if getattr(before, name) != value)
    if changed:
        state.session.config = replace(before, **told)
        _sent.set_input_format(state, state.session.config.input_format)
        if is_news:
            state.records.append(Noted(SESSION, at, SessionNoted(state.session, changed)))


def _carry_on(state: State, at: int) -> None:
    """End what the lost socket left open; positions in the audio count anew on the next one.

    Tools are the application's: they run on.
    """
    _inputs.lose_sight(state, None)
    _close_media(state, at, "reconnected")
    state.clock, state.commit = AudioClock(), Commit(0.0, at)
    state.asked_format, state.unplaced = None, []
    state.session.reconnects += 1
    state.records.append(Noted(SESSION, at, ReconnectionNoted(state.session)))


def _close_media(state: State, at: int, reason: str) -> None:
    for response in list(state.responses.values()):
        _responses.close(state, response, at, reason)
    for given in list(state.inputs.values()):
        _inputs.close(state, given, at, reason)


def _tenth(limit: RateLimit) -> int | None:
    """How many tenths of a limit remain; None where that is not told."""
    if not limit.limit or limit.remaining is None:
        return None
    return limit.remaining * 10 // limit.limit
