"""Barge-ins: for how long the agent was still heard, and whether there was any speech at all.

Whether an interruption was a false one is a judgement by rule of thumb: its transcript is empty or
failed, or the speech was shorter than 300 ms, and the user said nothing else within 2 s.
"""

from otel_realtime.conversation._state import Response, State, Suspect
from otel_realtime.facts import InputFacts
from otel_realtime.records import FalseBargeInNoted, Key, Kind, Noted

_SHORT_MS = 300
_SOON_NS = 2_000_000_000


def interrupted_by_user(state: State, response: Response, at: int) -> None:
    """The user's speech has cut a response off."""
    facts, cut = response.facts, response.cut
    state.session.tally.interruptions += 1
    given = state.given(facts.interrupted_by or "")
    if cut is not None and cut.by_push and facts.heard_until is not None:
        facts.stop_time = max(facts.heard_until - cut.at, 0) / 1e9
    if given is None:
        return
    given.interrupted = facts.response_id
    begun = onset_of(given, response)
    if facts.heard_until is not None and begun is not None:
        # By its tracker it may have fallen silent before: then it was not heard for any longer.
        facts.stop_time = max(facts.heard_until - begun, 0) / 1e9
    suspect = Suspect(facts, given, is_followed=_is_followed(state, given))
    state.suspects.append(suspect)
    if given.end is not None:
        suspect.due = given.end + _SOON_NS
        settle(state, at)


def _is_followed(state: State, given: InputFacts) -> bool:
    """Whether the user has said something else by now, soon after it."""
    if given.start is None or given.end is None:
        return False
    begun = [each.seen_at for each in state.inputs.values() if each.facts is not given]
    begun += [facts.start for facts in state.closed_inputs.values() if facts.start is not None]
    return any(given.start < at <= given.end + _SOON_NS for at in begun)


def onset_of(given: InputFacts, response: Response) -> int | None:
    """When the user began to speak over a response: acoustically, else as the server told."""
    heard_from = response.facts.playback_at
    if given.onset is not None and heard_from is not None and given.onset >= heard_from:
        return given.onset
    return response.onset


def take_onset(state: State, given: InputFacts, at: int) -> None:
    """The user says something else: what was suspected of being no speech began something."""
    for suspect in state.suspects:
        end = suspect.given.end
        if suspect.given is not given and (end is None or at <= end + _SOON_NS):
            suspect.is_followed = True


def take_cut(state: State, given: InputFacts) -> None:
    """The utterance closes: what it has cut off may close only later."""
    for response in state.responses.values():
        if response.cut is not None and response.cut.item_id == given.item_id:
            given.interrupted = response.facts.response_id


def take_push(state: State, given: InputFacts) -> None:
    """What was pushed to be said is committed: it may have cut off what was heard as it began."""
    for response in (state.last_heard, *state.responses.values()):
        cut = response.cut if response is not None else None
        if response is not None and cut is not None and cut.by_push and cut.at == given.start:
            given.interrupted = response.facts.response_id


def take_end(state: State, given: InputFacts) -> None:
    """The end of an utterance is known: its judgement is due."""
    for suspect in state.suspects:
        if suspect.given is given and given.end is not None:
            suspect.due = given.end + _SOON_NS


def settle(state: State, at: int, *, all_of_them: bool = False) -> None:
    """Judge those that are due, as soon as what they said is known."""
    for suspect in list(state.suspects):
        is_due = suspect.due is not None and at >= suspect.due
        is_known = suspect.given.item_id not in state.inputs
        if is_due and not is_known:
            suspect.due = None  # when the utterance closes, this is asked again
        if not all_of_them and not (is_due and is_known):
            continue
        state.suspects.remove(suspect)
        if not suspect.is_followed and _is_no_speech(suspect.given):
            state.session.tally.false_barge_ins += 1
            moment = suspect.facts.heard_until or at
            note = FalseBargeInNoted(suspect.facts, suspect.given)
            state.records.append(Noted(Key(Kind.RESPONSE, suspect.facts.response_id), moment, note))


def _is_no_speech(given: InputFacts) -> bool:
    is_empty = given.transcription == "failed" or given.words == 0
    start, end = given.acoustic_start_ms, given.acoustic_end_ms
    return is_empty or (start is not None and end is not None and end - start < _SHORT_MS)
