"""What the user says and types: utterances, their windows, their transcripts.

An utterance closes when its transcript has come, has failed, is not to be had, or has been waited
for long enough. It opens only then, with the times of its window: a span's start cannot be moved
afterwards, and nothing nests in it.
"""

from otel_realtime.conversation import _barge_in, _heard, _order, _turns
from otel_realtime.conversation._state import (
    FORGOTTEN,
    MOST_OPEN,
    Commit,
    Entry,
    Input,
    InputPhase,
    Role,
    State,
)
from otel_realtime.conversation._talk import Stretch
from otel_realtime.conversation._windows import set_onset, set_pushed_window, set_window
from otel_realtime.conversation._words import count_words
from otel_realtime.events import (
    DtmfReceived,
    IdleTimedOut,
    InputCleared,
    InputCommitted,
    SpeechStarted,
    SpeechStopped,
)
from otel_realtime.facts import InputFacts
from otel_realtime.records import (
    SESSION,
    Closed,
    DtmfNoted,
    IdleTimeoutNoted,
    Key,
    Kind,
    Noted,
    Opened,
    TranscriptionFailureNoted,
)
from otel_realtime.values import Item

_UNTOLD = {True: "missing", False: "off", None: None}
"""What is said of a transcript that never came, by whether one was to come."""


def on_speech_started(state: State, event: SpeechStarted) -> None:
    """Begin an utterance."""
    if event.item_id in state.inputs or event.item_id in state.closed_inputs:
        return
    given = begin(state, event.item_id, "speech", event.at, InputPhase.SPEAKING)
    given.facts.audio_start_ms = _offset(state, event.offset_ms, event.at)
    set_onset(state, given, event.at)


def on_speech_stopped(state: State, event: SpeechStopped) -> None:
    """Fix the utterance's window: mark S, and mark E where the silence waited for is known."""
    given = state.inputs.get(event.item_id)
    if given is None:
        if event.item_id in state.closed_inputs:
            return
        given = begin(state, event.item_id, "speech", event.at, InputPhase.SPEAKING)
    if given.phase is not InputPhase.SPEAKING:
        return
    given.phase = InputPhase.STOPPED
    given.facts.stopped_at = event.at
    given.facts.audio_end_ms = _offset(state, event.offset_ms, event.at)
    given.due = event.at + state.transcript_wait
    _set_window(state, given, event.at)


def on_input_committed(state: State, event: InputCommitted) -> None:
    """Mark C. Without voice detection this is also where the utterance is first heard of."""
    last, state.commit = state.commit, Commit(state.clock.position_ms, event.at)
    given = state.inputs.get(event.item_id)
    if given is None:
        if event.item_id in state.closed_inputs or is_silence(state, event.item_id):
            return
        given = begin(state, event.item_id, "speech", event.at, InputPhase.SPEAKING)
        set_pushed_window(state, given, last, event.at)
        _barge_in.take_push(state, given.facts)
        _told(state, given)
    elif given.phase is InputPhase.SPEAKING:
        _set_window(state, given, event.at)
    given.phase = InputPhase.COMMITTED
    given.facts.committed_at = event.at
    given.due = event.at + state.transcript_wait
    _close_if_known(state, given)


def on_input_cleared(state: State, event: InputCleared) -> None:
    """Close what was being said: it was thrown away and will never be committed."""
    state.commit = Commit(state.clock.position_ms)
    for given in list(state.inputs.values()):
        if given.phase is not InputPhase.COMMITTED:
            given.facts.cleared = True
            close(state, given, event.at)


def on_idle_timed_out(state: State, event: IdleTimedOut) -> None:
    """Remember that the item stands for silence, so that its answer is told apart."""
    state.entries.remember(event.item_id, Entry(Role.IDLE_TIMEOUT))
    given = state.inputs.get(event.item_id)
    if given is not None:
        close(state, given, event.at)
    state.records.append(Noted(SESSION, event.at, IdleTimeoutNoted(event.item_id)))


def on_dtmf(state: State, event: DtmfReceived) -> None:
    """Note a key press."""
    state.records.append(Noted(SESSION, event.at, DtmfNoted(event.digit)))


def begin(state: State, item_id: str, kind: str, at: int, phase: InputPhase) -> Input:
    """Begin what the user says or types; it opens once its start is known."""
    facts = InputFacts(
        item_id,
        kind,
        agent=state.session.floor,
        conversation_id=state.session.conversation_id,
    )
    if kind == "speech":
        facts.transcription_model = state.session.config.transcription_model
    given = state.inputs[item_id] = Input(facts, phase, seen_at=at)
    _turns.take_input(state, facts, at)
    _barge_in.take_onset(state, facts, at)
    entry = state.entries.get(item_id)
    if entry is None:
        state.entries.remember(item_id, Entry(Role.USER, given=facts))
    else:
        entry.role, entry.given = Role.USER, facts
    return given


def typed(state: State, item: Item, at: int) -> None:
    """Open and close a typed text: an instant."""
    given = begin(state, item.id, "text", at, InputPhase.COMMITTED)
    given.facts.id_known = item.id_known
    given.facts.start = given.facts.end = given.facts.committed_at = at
    given.facts.text = _kept(state, "\n".join(item.texts)) if item.texts else None
    _told(state, given)
    close(state, given, at)


def spoken(state: State, item_id: str, texts: tuple[str, ...], at: int) -> None:
    """Take in an item of user audio, which may bring its transcript with it."""
    given = state.inputs.get(item_id)
    if given is None:
        if item_id in state.closed_inputs:
            return
        given = begin(state, item_id, "speech", at, InputPhase.COMMITTED)
        given.facts.start = given.facts.end = at
        given.facts.time_source = "server_events"
        _told(state, given)
        given.due = at + state.transcript_wait
    if texts and given.facts.transcription is None:
        given.facts.transcription = "completed"
        given.facts.transcribed_at = at
        take_text(state, given.facts, " ".join(texts))
    _close_if_known(state, given)


def close(state: State, given: Input, at: int, end_reason: str | None = None) -> None:
    """Close an utterance with its true end, whatever is still missing of it."""
    facts = given.facts
    facts.conversation_id = facts.conversation_id or state.session.conversation_id
    facts.end_reason = end_reason
    if facts.start is None:
        _set_window(state, given, at)
    if given.phase is InputPhase.COMMITTED and facts.type == "speech":
        facts.transcription = facts.transcription or _UNTOLD[state.session.config.transcription]
    start = facts.start if facts.start is not None else given.seen_at
    end = facts.end if facts.end is not None else at
    state.inputs.pop(facts.item_id, None)
    state.closed_inputs.remember(facts.item_id, facts)
    key = Key(Kind.INPUT, facts.item_id)
    _barge_in.take_cut(state, facts)
    state.records.append(Opened(key, start, facts, SESSION))
    if facts.transcription == "failed":
        note_failure(state, facts)
    _order.check_input(state, facts, at)
    _order.check_transcript(state, facts, at)
    state.records.append(Closed(key, end, facts))
    _barge_in.take_end(state, facts)
    _barge_in.settle(state, at)
    _heard.advance(state, at)


def lose_sight(state: State, at: int | None) -> None:
    """The connection was lost in mid-speech: the user spoke until then, as far as is known.

    Where nobody told when that was, no more than that the speech had begun is.
    """
    for given in state.inputs.values():
        if given.phase is InputPhase.SPEAKING:
            given.phase = InputPhase.STOPPED
            _set_window(state, given, at if at is not None else given.seen_at)


def let_go(state: State, at: int) -> None:
    """Close the oldest utterances where there are too many."""
    while len(state.inputs) > MOST_OPEN:
        close(state, next(iter(state.inputs.values())), at, FORGOTTEN)


def expire(state: State, at: int) -> None:
    """Close the utterances whose transcript has been waited for long enough."""
    for given in list(state.inputs.values()):
        if given.due is not None and at >= given.due:
            close(state, given, given.due)


def _close_if_known(state: State, given: Input) -> None:
    if given.phase is not InputPhase.COMMITTED:
        return
    expected = state.session.config.transcription is not False
    if given.facts.transcription is not None or not expected:
        at = given.facts.transcribed_at or given.facts.committed_at or given.seen_at
        close(state, given, at)


def note_failure(state: State, facts: InputFacts) -> None:
    """Note that an utterance could not be transcribed."""
    state.session.tally.errors += 1
    at = facts.transcribed_at or facts.end or 0
    note = TranscriptionFailureNoted(facts)
    state.records.append(Noted(Key(Kind.INPUT, facts.item_id), at, note))


def is_silence(state: State, item_id: str) -> bool:
    """Whether an item stands for silence that timed out."""
    entry = state.entries.get(item_id)
    return entry is not None and entry.role is Role.IDLE_TIMEOUT


def _set_window(state: State, given: Input, at: int) -> None:
    set_window(state, given, at)
    _told(state, given)


def _told(state: State, given: Input) -> None:
    """When the user spoke is known: it takes its place on the time line.

    Where only the end is known, it is an instant there: then the user had spoken.
    """
    facts = given.facts
    start = facts.onset if facts.onset is not None else facts.start
    end = facts.acoustic_end if facts.acoustic_end is not None else facts.end
    if start is None or end is None:
        return
    turn = state.turns.get(facts.turn or 0)
    if not facts.onset_known:
        start = end
        state.session.tally.unplaced += 1
        if turn is not None and turn.start is None:
            turn.start_known = False
    elif turn is not None:
        turn.start = start if turn.start is None else min(turn.start, start)
    state.talk.add(Stretch(start, max(start, end), facts))
    _barge_in.take_end(state, facts)


def _offset(state: State, offset_ms: int | None, at: int) -> int | None:
    """A position in the audio; a negative one is none."""
    if offset_ms is None or offset_ms >= 0:
        return offset_ms
    state.leave_out("input.audio_offset", "negative", at)
    return None


def take_text(state: State, facts: InputFacts, text: str) -> None:
    """Take in a transcript."""
    facts.words = count_words(text)
    facts.text = _kept(state, text)


def _kept(state: State, text: str) -> str | None:
    return text if state.keep_text else None
