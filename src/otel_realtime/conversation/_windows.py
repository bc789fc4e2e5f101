"""When the user spoke: positions in the audio that was sent, mapped to moments.

By the audio clock where the audio was seen being sent; else by when the server spoke of them.
"""

from otel_realtime.conversation._state import NS_PER_MS, Commit, Input, State
from otel_realtime.facts import InputFacts

_PAUSE_NS = 500_000_000
"""Audio that goes on sooner than this after a commit runs on: nobody pushed anything for it."""


def set_onset(state: State, given: Input, at: int) -> None:
    """The acoustic onset: where the window begins, without the padding before the speech."""
    facts, config = given.facts, state.session.config
    first, padding = facts.audio_start_ms, config.prefix_padding_ms
    if config.turn_detection != "server_vad" or not first or padding is None:
        return  # at the very beginning of the audio there is less padding than was asked for
    facts.acoustic_start_ms = first + padding
    moment = state.clock.moment(facts.acoustic_start_ms)
    facts.onset = min(moment, at) if moment is not None else None


def set_window(state: State, given: Input, at: int) -> None:
    """Map the offsets to moments: by the audio clock, else by when the server spoke of them."""
    facts = given.facts
    first, last = facts.audio_start_ms, facts.audio_end_ms
    start = state.clock.moment(first) if first is not None else None
    # Committed or lost in the middle of speech: the user spoke until then.
    end = state.clock.moment(last) if last is not None else at
    if start is not None and end is not None:
        to_ms = state.clock.position_ms if last is None else float(last)
        facts.audio_span = (float(first or 0), to_ms)
    if end is not None:
        end = min(end, at)  # audio sent in a burst is mapped as if it were live
    facts.time_source = "audio_clock"
    if start is None or end is None or end < start:
        facts.time_source = "server_events"
        end, start = at, given.seen_at
        if first is not None and last is not None and last >= first:
            start = end - (last - first) * NS_PER_MS
    floor = state.session.started_at
    facts.start = max(start, floor) if floor is not None else start
    facts.end = max(end, facts.start)
    _set_acoustic_end(state, facts)
    if facts.onset is None and facts.acoustic_start_ms is not None:
        padding = facts.acoustic_start_ms - (facts.audio_start_ms or 0)
        facts.onset = min(facts.start + padding * NS_PER_MS, facts.acoustic_end or facts.end)


def _set_acoustic_end(state: State, facts: InputFacts) -> None:
    """Mark E: the end of the window without the silence that the detection waited for."""
    config = state.session.config
    silence, last, end = config.silence_duration_ms, facts.audio_end_ms, facts.end
    if config.turn_detection != "server_vad" or silence is None or last is None or end is None:
        return
    begun = facts.acoustic_start_ms or facts.audio_start_ms or 0
    if begun > last:
        state.leave_out("input.acoustic_end", "the audio ends before the speech begins", end)
        return
    facts.acoustic_end_ms = max(last - silence, begun)
    acoustic_end = end - (last - facts.acoustic_end_ms) * NS_PER_MS
    facts.acoustic_end = max(acoustic_end, facts.start or acoustic_end)


def pushed_since(state: State) -> int | None:
    """Push-to-talk: when the user began to push what is not committed yet, if that is known."""
    is_pushed = state.session.config.turn_detection == "none"
    return pushed_at(state, state.commit) if is_pushed else None


def pushed_at(state: State, last: Commit) -> int | None:
    """When the user began to push: as audio was sent again, after a pause since the last commit.

    None where no audio was seen, or where it ran on: a microphone that streams all the time does
    not tell when the user speaks.
    """
    start = _sent_since(state, last)
    if start is None or last.runs_since is None:
        return start
    return start if start - last.runs_since >= _PAUSE_NS else None


def _sent_since(state: State, last: Commit) -> int | None:
    """When the first audio since a commit was sent; None where there is none."""
    return state.clock.moment(last.ms) if state.clock.position_ms > last.ms else None


def set_pushed_window(state: State, given: Input, last: Commit, at: int) -> None:
    """Push-to-talk: the window is all audio sent since the last commit."""
    facts, first_ms = given.facts, last.ms
    facts.onset_known = pushed_at(state, last) is not None
    start = _sent_since(state, last)
    facts.time_source = "audio_clock" if start is not None else "server_events"
    facts.start = at if start is None else start
    facts.end = max(at, facts.start)
    if start is not None:
        facts.audio_span = (first_ms, state.clock.position_ms)
        facts.audio_start_ms = round(first_ms)
        facts.audio_end_ms = round(state.clock.position_ms)
