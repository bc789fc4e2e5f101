"""Turns: what the user says, all responses to it and their tools; and what the user waited for.

A turn begins as the user does, unless the agent has not answered since: then it goes on. Turn 0 is
what comes before the user's first words. A response belongs to the turn of what it answers, by id.

The wait of a turn reaches from the end of the user's speech (mark E) to the first audio that is
heard (mark P). Each moment of it is one part's: nothing is counted twice, and nothing is left.

    before S                             endpointing
    after A                              playback
    a tool runs                          tool (one of this turn, or one that it continues from)
    a response is being made (R to D)    model
    else                                 queue
"""

from collections.abc import Iterator
from itertools import pairwise

from otel_realtime.conversation._state import Response, State, Tool, ToolRun, Turn
from otel_realtime.facts import InputFacts, ResponseFacts, Step, ToolFacts, Wait
from otel_realtime.records import SESSION, Noted, TurnNoted

_APART = frozenset({"idle_timeout", "out_of_band", "unprompted"})
"""What triggers responses that no user waits for."""
_NO_GREETING = frozenset({"idle_timeout", "out_of_band"})
_LATENCY = "voice_to_voice.latency"


def take_input(state: State, facts: InputFacts, at: int) -> None:
    """The user begins to say something: a turn begins, or goes on."""
    state.given_at = state.given_at if state.given_at is not None else at
    if state.is_answered:
        state.turn = Turn(state.turn.index + 1)
        state.turns.remember(state.turn.index, state.turn)
        state.is_answered = False
        state.session.tally.turns += 1
    facts.turn = state.turn.index
    state.turn.given = facts


def _goes_on_in(state: State, following: Turn) -> bool:
    """Whether all that there is of a turn is something that the user says still."""
    given = following.given
    return given is not None and given.item_id in state.inputs and not following.made


def begin_response(state: State, facts: ResponseFacts) -> None:
    """A response begins; what it answers is known later."""
    facts.turn = state.turn.index


def answered(state: State, facts: ResponseFacts) -> None:
    """A response is one to the user, and not apart from the conversation."""
    if facts.trigger != "out_of_band" and not state.is_answered:
        state.is_answered = True
        state.answered_by = facts.response_id


def answered_nothing(state: State, facts: ResponseFacts) -> None:
    """A response was cancelled before anything of it was there: the user's turn goes on.

    So it is when a pause is taken for the end of what the user says.
    """
    if state.answered_by != facts.response_id:
        return
    turn, following = state.turns.get(facts.turn or 0), state.turn
    if turn is following:
        state.is_answered = False
    elif turn is not None and _goes_on_in(state, following) and following.index == turn.index + 1:
        del state.turns[following.index]
        for given in state.inputs.values():
            if given.facts.turn == following.index:
                given.facts.turn = turn.index
        turn.given, state.turn = following.given, turn
        state.session.tally.turns -= 1


def place_response(state: State, facts: ResponseFacts) -> None:
    """Find a response's turn by what it answers, and when its tools were over."""
    turns = [given.turn for given in facts.inputs if given.turn is not None]
    runs = _runs(state, facts)
    if not turns:
        turns = [run.turn for run in runs if run.turn is not None]
    if turns:
        facts.turn = max(turns)
    ends = [run.ended_at for run in runs if run.ended_at is not None]
    facts.answered_at = max(ends, default=None)


def _runs(state: State, facts: ResponseFacts) -> list[ToolRun]:
    """The runs of the tools that a response continues from; of what else it is told, none."""
    if facts.trigger != "tool":
        return []
    runs = [state.closed_tools.get(answer.call_id) for answer in facts.answers]
    return [run for run in runs if run is not None]


def close_tool(state: State, tool: Tool) -> None:
    """A tool call is over: remember its run."""
    facts = tool.facts
    _find_turn(state, facts)
    start = facts.started_at
    if start is None and facts.outcome == "answered":  # its run was not seen: as on its span
        start = facts.requested_at
    state.closed_tools.remember(facts.call_id, ToolRun(facts.turn, start, facts.ended_at))
    turn = state.turns.get(facts.turn or 0)
    is_awaited = turn is not None and turn.first_heard is None
    if turn is not None and is_awaited and start is not None and facts.ended_at is not None:
        turn.runs.append((start, facts.ended_at))


def _find_turn(state: State, facts: ToolFacts) -> None:
    asked_by = facts.response_id or ""
    response = state.responses.get(asked_by) or state.closed_responses.get(asked_by)
    facts.turn = response.facts.turn if response is not None else state.turn.index


def close_response(state: State, response: Response, at: int) -> None:
    """A response is over, and what was heard of it is known: measure what was waited for."""
    facts = response.facts
    turn = state.turns.get(facts.turn or 0)
    was_heard = facts.playback_at is not None and facts.heard_ms != 0
    if was_heard and not facts.turn and facts.trigger not in _NO_GREETING:
        _greet(state, facts)
    if turn is None:
        return
    if was_heard and facts.trigger not in _APART:
        turn.first_heard = turn.first_heard or facts.response_id
        if turn.first_heard == facts.response_id:
            facts.wait = _wait(state, turn, facts, at)
    is_awaited = turn.first_heard is None and facts.trigger != "out_of_band"
    if is_awaited and facts.created_at is not None:
        turn.made.append((facts.created_at, facts.done_at or at))
    if facts.heard_until is not None and facts.trigger not in _APART:
        turn.heard_until = max(turn.heard_until or 0, facts.heard_until)
        turn.agent, turn.model = facts.agent, facts.model


def _greet(state: State, facts: ResponseFacts) -> None:
    """The agent speaks first, unless the user was quicker."""
    ready, heard = state.session.ready_at, facts.playback_at
    if state.has_greeted or heard is None:
        return
    if state.given_at is not None and heard > state.given_at:
        return
    state.has_greeted = facts.is_greeting = True
    if ready is not None and heard >= ready:
        facts.greeting_latency = (heard - ready) / 1e9


def _wait(state: State, turn: Turn, facts: ResponseFacts, at: int) -> Wait | None:
    """What the user waited for until `facts` was heard; None where nobody spoke before it."""
    spoken = [given for given in facts.inputs if given.turn == turn.index]
    given = spoken[-1] if spoken else turn.given
    heard = facts.playback_at
    if given is None or given.type != "speech" or heard is None:
        return None
    start, origin = given.measured_end, "acoustic"
    if start is None:
        start, origin = given.stopped_at or given.committed_at, "event"
    if start is None:
        return None
    if heard < start:
        state.leave_out(_LATENCY, "heard before the user had ended", at)
        return None
    tools = [*turn.runs, *_running(state, turn, heard)]
    tools += [  # whichever turn asked for them
        (run.started_at, run.ended_at)
        for run in _runs(state, facts)
        if run.started_at is not None and run.ended_at is not None
    ]
    steps = tuple(_steps(turn, given, facts, start, tools))
    had_tool = any(step.part == "tool" for step in steps)
    wait = Wait(origin, steps, had_tool, _unknown(state, given, facts))
    state.session.tally.take_latency(wait.seconds, turn.index)
    return wait


def _running(state: State, turn: Turn, until: int) -> Iterator[tuple[int, int]]:
    for tool in state.tools.values():
        facts = tool.facts
        if facts.turn is None:
            _find_turn(state, facts)
        if facts.turn == turn.index and facts.started_at is not None:
            yield facts.started_at, max(facts.ended_at or until, facts.started_at)


def _unknown(state: State, given: InputFacts, facts: ResponseFacts) -> tuple[str, ...]:
    """The parts that nothing tells of here."""
    unknown = []
    if given.measured_end is None and state.session.config.turn_detection != "none":
        unknown.append("endpointing")
    is_taken_as_heard = (
        facts.playback_source == "first_audio" and facts.playback_at == facts.first_audio_at
    )
    if facts.first_audio_at is None or is_taken_as_heard:
        unknown.append("playback")
    return tuple(unknown)


def _steps(
    turn: Turn,
    given: InputFacts,
    facts: ResponseFacts,
    start: int,
    tools: list[tuple[int, int]],
) -> Iterator[Step]:
    """The parts of the wait from `start`, in order."""
    heard = facts.playback_at or start
    first_audio = facts.first_audio_at if facts.first_audio_at is not None else heard
    stopped = given.stopped_at or start
    created = facts.created_at if facts.created_at is not None else first_audio
    made = [*turn.made, (created, min(first_audio, facts.done_at or first_audio))]
    edges = {start, heard, first_audio, stopped}
    edges.update(edge for stretch in (*tools, *made) for edge in stretch)
    inside = sorted(edge for edge in edges if start <= edge <= heard)
    part, ns = "", 0
    for at, following in pairwise(inside):
        found = _part(at, stopped, first_audio, tools, made)
        if found != part and ns:
            yield Step(part, ns)
            ns = 0
        part, ns = found, ns + following - at
    if ns:
        yield Step(part, ns)


def _part(
    at: int,
    stopped: int,
    first_audio: int,
    tools: list[tuple[int, int]],
    made: list[tuple[int, int]],
) -> str:
    if at < stopped:
        return "endpointing"
    if at >= first_audio:
        return "playback"
    if any(start <= at < end for start, end in tools):
        return "tool"
    return "model" if any(start <= at < end for start, end in made) else "queue"


def end_turns(state: State, at: int, *, all_of_them: bool = False) -> None:
    """Say of each turn that is over how long it lasted."""
    open_turns = {response.facts.turn for response in state.responses.values()}
    open_turns.add(None if all_of_them else state.turn.index)
    for turn in [each for each in state.turns.values() if each.index not in open_turns]:
        del state.turns[turn.index]
        if turn.start is None or not turn.start_known or turn.heard_until is None:
            continue
        if turn.heard_until < turn.start:
            state.leave_out("turn.duration", "heard before the user had begun", at)
            continue
        ns = turn.heard_until - turn.start
        note = TurnNoted(turn.index, ns, turn.agent, turn.model)
        state.records.append(Noted(SESSION, turn.heard_until, note))
