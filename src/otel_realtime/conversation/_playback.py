"""What was heard of what was generated, and what cut it off.

Playback is taken to begin with the first audio (mark P), or when what is still being heard is over,
unless the application or the provider says when it did. How much was heard is told, best first, by
the application's playback tracker, the client's truncation, the provider's playback events; else
the clock decides.

A client plays in order, and throws away all that it has: what waits behind an answer that is cut
off is never heard. A client without a tracker truncates what came last, though it still waits:
then what is heard at that moment was cut off.
"""

from dataclasses import replace

from otel_realtime.conversation._barge_in import interrupted_by_user
from otel_realtime.conversation._heard import add_heard
from otel_realtime.conversation._state import (
    NS_PER_MS,
    Cut,
    Heard,
    InputPhase,
    Response,
    ResponsePhase,
    State,
)
from otel_realtime.conversation._windows import pushed_since
from otel_realtime.events import (
    OutputTruncated,
    PlaybackReported,
    PlaybackStarted,
    PlaybackStopped,
    ResponseDone,
    SpeechStarted,
)
from otel_realtime.records import InterruptionNoted, Noted

_TRACKER = "tracker"
_ROUNDING_MS = 1.0
_DRIFT_NS = 20_000_000
"""Closer than this to real time, playback goes on as it did."""
_MOST_STOPS = 256
_REACTION_NS = 1_000_000_000
"""A cut that follows the user's onset by more than this was not brought about by it, unless the
user still speaks: then it took its time."""


def on_onset(state: State, event: SpeechStarted) -> None:
    """Mark the responses that are audible while the user begins to speak.

    This alone interrupts nothing: it becomes an interruption only with evidence of a cut. One that
    is just over by the clock may still be audible, for no client plays without delay. One that
    became audible after the user had begun is not interrupted: it interrupts the user. What waits
    behind one that is spoken over is marked with it.
    """
    given = state.given(event.item_id)
    begun = given.onset if given is not None and given.onset is not None else event.at
    last = state.last_heard
    if last is not None and last.cut is None and _was_just_over(last, event.at):
        last.onset, last.onset_item = event.at, event.item_id
    is_spoken_over = False
    for response in state.responses.values():
        if response.onset_item == event.item_id:
            continue
        is_audible = response.is_audible(event.at) and (response.facts.playback_at or 0) <= begun
        if is_audible or (is_spoken_over and response.waits(event.at)):
            is_spoken_over = True
            response.onset, response.onset_item = event.at, event.item_id
            if response.due is not None:  # what cuts it off may come when it would be over
                response.due = max(response.due, event.at + _REACTION_NS)


def _was_just_over(response: Response, at: int) -> bool:
    end = response.playback_end
    return end is not None and end <= at <= end + _REACTION_NS


def audible_from(state: State, response: Response, at: int) -> int:
    """When audio that arrives at `at` begins to play: after what is still to be heard.

    One that the user has spoken over is the exception, unless it is told how much of it is heard:
    it is taken to be heard no longer, and what waits behind it never, whether the client says so
    or not.
    """
    start = at
    for each in state.responses.values():
        if response.is_apart or each.is_apart or each is response or each.cut is not None:
            continue
        end = each.playback_end
        if end is None or end <= at:
            continue
        if each.onset is None or each.facts.playback_source != "first_audio":
            start = max(start, end)
        elif each.waits(at):
            _throw_away(each)
        else:
            each.followed_at = at
            if each.phase is ResponsePhase.PLAYING:
                each.due = at
    return start


def on_output_truncated(state: State, event: OutputTruncated) -> None:
    """Learn from the client's truncation how much was heard."""
    response = state.owner(event.item_id)
    if response is None:
        return
    if response.cut is None and not response.never_heard:  # else it is over, and what is heard new
        _throw_away_behind(state, response)
    if response.waits(event.at):
        _throw_away(response)
    if response.never_heard:
        _cut_before(state, response, event.at)
        return
    before = _ms_before(response, event.item_id, event.content_index)
    if not _is_tracked(response):
        response.heard = Heard(before + event.end_ms, "truncation")
    if response.cut is None:
        response.cut = _cut(state, response, event.at, "truncated")
    if response.facts.response_id in state.closed_responses and not response.facts.interrupted:
        _amend(state, response, event.at)


def _throw_away_behind(state: State, cut: Response) -> None:
    """What came after a response that is cut off was never heard, unless its playback is told."""
    for each in state.responses.values():
        is_behind = each.opened_at > cut.opened_at and not each.is_apart
        if is_behind and each.facts.playback_source == "first_audio":
            _throw_away(each)


def _cut_before(state: State, unheard: Response, at: int) -> None:
    """What is heard while another waits behind it was cut off, if that is said to have been."""
    for each in state.responses.values():
        is_before = each.opened_at < unheard.opened_at and not each.is_apart
        if is_before and each.cut is None and each.is_audible(at):
            each.cut = _cut(state, each, at, "truncated")


def _throw_away(response: Response) -> None:
    """It was never heard."""
    response.never_heard = True
    response.heard = Heard(0.0, "clock")
    response.facts.playback_at = response.facts.playback_source = None


def _amend(state: State, response: Response, at: int) -> None:
    """It was taken to be heard to its end, and was not: count it anew."""
    facts, tally = response.facts, state.session.tally
    heard, discarded = facts.heard_ms or 0.0, facts.discarded_ms or 0.0
    turn, until = state.turns.get(facts.turn or 0), facts.heard_until
    finish_playback(state, response, at)
    if turn is not None and turn.heard_until == until:
        turn.heard_until = facts.heard_until
    tally.heard_ms += (facts.heard_ms or 0.0) - heard
    tally.discarded_ms += (facts.discarded_ms or 0.0) - discarded


def on_playback_started(state: State, event: PlaybackStarted) -> None:
    """Mark P, from the provider that plays the audio itself (WebRTC, telephone)."""
    response = state.responses.get(event.response_id)
    if response is not None:
        if response.never_heard:
            response.never_heard, response.heard = False, None
        response.facts.playback_at = event.at
        response.facts.playback_source = "playback"


def on_playback_reported(state: State, event: PlaybackReported) -> None:
    """Learn from the application's tracker where playback is; its first report tells mark P."""
    response = state.owner(event.item_id)
    if response is None or not any(part.item_id == event.item_id for part in response.parts):
        return
    position_ms = _ms_before(response, event.item_id, event.content_index) + event.ms
    response.heard, response.never_heard = Heard(position_ms, _TRACKER), False
    stops = response.playback
    if not stops:
        start = event.at - int(position_ms * NS_PER_MS)
        response.facts.playback_at = max(start, response.facts.first_audio_at or start)
        response.facts.playback_source = _TRACKER
        stops.append((response.facts.playback_at, 0.0))
    at, before_ms = stops[-1]
    drift = event.at - at - int((position_ms - before_ms) * NS_PER_MS)
    if abs(drift) > _DRIFT_NS and position_ms >= before_ms and len(stops) < _MOST_STOPS:
        stops.append((event.at, position_ms))


def on_playback_stopped(state: State, event: PlaybackStopped) -> None:
    """The provider has played the audio to its end, or threw away the rest of it."""
    response = state.responses.get(event.response_id)
    start = response.facts.playback_at if response else None
    if response is None or start is None:
        return
    if event.cleared:
        response.cut = response.cut or _cut(state, response, event.at, "output_cleared")
    elapsed = max(event.at - start, 0) / NS_PER_MS  # it may have waited for its turn to be heard
    generated = response.generated_ms
    whole = generated if generated is not None and not event.cleared else elapsed
    response.heard = response.heard or Heard(whole, "playback")


def take_cancellation(state: State, response: Response, event: ResponseDone) -> None:
    """A cancelled response was cut off if it was being heard at that moment."""
    cut = _cut(state, response, event.at, event.reason or "cancelled")
    if response.cut is not None:
        response.cut = replace(response.cut, reason=event.reason or response.cut.reason)
    elif response.waits(cut.at):
        _throw_away(response)
    elif response.is_audible(cut.at):
        response.cut = cut


def is_told(response: Response) -> bool:
    """Whether it is known how much was heard, by something better than the clock."""
    told = response.heard
    return told is not None and (response.cut is not None or told.source == "playback")


def falls_silent(response: Response) -> int | None:
    """Until when an application that was told to stop is given to do so; None without a tracker.

    What its tracker reports until then was heard.
    """
    if response.cut is None or not _is_tracked(response):
        return None
    return max(response.cut.at, response.facts.done_at or 0) + _REACTION_NS


def finish_playback(state: State, response: Response, at: int) -> None:
    """Settle what was heard, and whether that was less than what was to be heard."""
    facts, cut, generated = response.facts, response.cut, response.generated_ms
    facts.generated_ms = generated
    start = facts.playback_at
    facts.playback = tuple(response.playback) or (((start, 0.0),) if start is not None else ())
    heard = _heard(response, at)
    if heard is None:
        return
    facts.heard_ms = heard.ms if generated is None else min(heard.ms, generated)
    facts.heard_source = heard.source
    facts.heard_until = add_heard(state, facts)
    unheard = generated is None or facts.heard_ms < generated - _ROUNDING_MS
    if cut is not None and (unheard or facts.status == "cancelled"):
        facts.interrupted = True
        facts.interruption_reason = cut.reason
        facts.interrupted_by = cut.item_id
        facts.by_push = cut.by_push
        if facts.by_user:
            interrupted_by_user(state, response, at)
        state.records.append(Noted(response.key, cut.at, InterruptionNoted(facts)))


def _heard(response: Response, at: int) -> Heard | None:
    """What was heard of it until `at`; None where that cannot be told."""
    told, cut, start = response.heard, response.cut, response.facts.playback_at
    if response.never_heard:
        return told
    if start is None:
        return None
    if is_told(response):
        return told
    end = response.playback_end
    session_goes_on = response.facts.end_reason is None
    until = cut.at if cut is not None else response.followed_at
    if until is None and session_goes_on and (end is None or at < end):
        return None  # given up while it may still be playing
    until = at if until is None else until
    since, position_ms = response.playback[-1] if response.playback else (start, 0.0)
    source = _TRACKER if response.playback else "clock"
    return Heard(position_ms + max(until - since, 0) / NS_PER_MS, source)


def _cut(state: State, response: Response, at: int, reason: str) -> Cut:
    """What cut it off: the user, if they had just begun to speak then, or still spoke."""
    onset, item_id = response.onset, response.onset_item
    if onset is not None and at - onset <= _REACTION_NS:
        return Cut(onset, reason, item_id)
    given = state.inputs.get(item_id or "")
    is_speaking = given is not None and given.phase is InputPhase.SPEAKING
    pushed, heard_from = pushed_since(state), response.facts.playback_at
    was_heard = pushed is not None and heard_from is not None and heard_from <= pushed
    if pushed is not None and was_heard and at - pushed <= _REACTION_NS:
        return Cut(pushed, reason, by_push=True)
    return Cut(at, reason, item_id if is_speaking else None)


def _is_tracked(response: Response) -> bool:
    return response.heard is not None and response.heard.source == _TRACKER


def _ms_before(response: Response, item_id: str, content_index: int) -> float:
    total = 0.0
    for part in response.parts:
        if (part.item_id, part.content_index) == (item_id, content_index):
            break
        total += part.ms
    return total
