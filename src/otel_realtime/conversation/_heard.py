"""When the agent was heard: its playback, as stretches on the time line of the talk."""

from collections.abc import Iterator

from otel_realtime.conversation._state import NS_PER_MS, InputPhase, State
from otel_realtime.conversation._talk import Stretch
from otel_realtime.conversation._windows import pushed_since
from otel_realtime.facts import ResponseFacts
from otel_realtime.records import SESSION, Noted

_GRACE_NS = 2_000_000_000
"""How far back what begins now may turn out to have begun: to detect speech takes its time."""


def stretches(facts: ResponseFacts) -> Iterator[tuple[int, int]]:
    """When a response was heard: from its start, and from each time that it had to wait."""
    heard = facts.heard_ms or 0.0
    following = [*facts.playback[1:], None]
    for (at, from_ms), after in zip(facts.playback, following, strict=False):
        to_ms = heard if after is None else min(after[1], heard)
        end = at + int((to_ms - from_ms) * NS_PER_MS)
        end = end if after is None else min(end, after[0])
        if end > at:
            yield at, end


def add_heard(state: State, facts: ResponseFacts) -> int | None:
    """Put what was heard of a response on the time line; when the last of it was heard."""
    if facts.heard_until is not None:  # what was said of it before is not true
        state.talk.retract(facts)
    end = None
    for place, (start, end) in enumerate(stretches(facts)):
        state.talk.add(Stretch(start, end, facts, is_first=not place))
    return end


def advance(state: State, at: int) -> None:
    """Sweep what is final by now: what nothing that is open can reach back to."""
    frontier = at - _GRACE_NS
    for given in state.inputs.values():
        if given.phase is InputPhase.SPEAKING:
            onset = given.facts.onset if given.facts.onset is not None else given.seen_at
            frontier = min(frontier, onset - _GRACE_NS)
    for response in state.responses.values():
        start = response.facts.playback_at
        if start is not None:
            frontier = min(frontier, start)
    pushed = pushed_since(state)
    if pushed is not None:  # what will be committed began then
        frontier = min(frontier, pushed)
    for moment, note in state.talk.advance(frontier):
        state.records.append(Noted(SESSION, moment, note))


def finish(state: State, at: int) -> None:
    """Sweep to the end of the session."""
    for moment, note in state.talk.finish(at):
        state.records.append(Noted(SESSION, moment, note))
