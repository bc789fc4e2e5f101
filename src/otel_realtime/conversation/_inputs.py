"""What the user says and types: utterances, their windows, their transcripts.

An utterance opens when its true start is known, which is when it stops, is committed, or never
will be: a span's start cannot be moved afterwards. It closes when its transcript has come, has
failed, is not to be had, or has been waited for long enough.
"""

from otel_realtime.conversation._state import (
    NS_PER_MS,
    Entry,
    Input,
    InputPhase,
    Role,
    State,
)
from otel_realtime.events import (
    AudioSent,
    DtmfReceived,
    IdleTimedOut,
    InputCleared,
    InputCommitted,
    SpeechStarted,
    SpeechStopped,
    Transcribed,
    TranscriptionFailed,
)
from otel_realtime.facts import InputFacts, TranscriptionFacts
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


def on_audio_sent(state: State, event: AudioSent) -> None:
    """Move the audio clock on."""
    audio = state.session.config.input_format
    if audio is not None and audio.bytes_per_ms:
        state.clock.sent(event.at, event.byte_count / audio.bytes_per_ms)


def on_speech_started(state: State, event: SpeechStarted) -> None:
    """Begin an utterance."""
    if event.item_id in state.inputs or event.item_id in state.closed_inputs:
        return
    given = begin(state, event.item_id, "speech", event.at, InputPhase.SPEAKING)
    given.facts.audio_start_ms = event.offset_ms


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
    given.facts.audio_end_ms = event.offset_ms
    given.due = event.at + state.transcript_wait
    _set_window(state, given, event.at)
    _open(state, given)


def on_input_committed(state: State, event: InputCommitted) -> None:
    """Mark C. Without voice detection this is also where the utterance is first heard of."""
    first_ms, state.committed_ms = state.committed_ms, state.clock.position_ms
    given = state.inputs.get(event.item_id)
    if given is None:
        if event.item_id in state.closed_inputs or _is_silence(state, event.item_id):
            return
        given = begin(state, event.item_id, "speech", event.at, InputPhase.SPEAKING)
        _set_pushed_window(state, given, first_ms, event.at)
    elif given.phase is InputPhase.SPEAKING:
        _set_window(state, given, event.at)
    _open(state, given)
    given.phase = InputPhase.COMMITTED
    given.facts.committed_at = event.at
    given.due = event.at + state.transcript_wait
    _close_if_known(state, given)


def on_input_cleared(state: State, event: InputCleared) -> None:
    """Close what was being said: it was thrown away and will never be committed."""
    state.committed_ms = state.clock.position_ms
    for given in list(state.inputs.values()):
        if given.phase is not InputPhase.COMMITTED:
            given.facts.cleared = True
            close(state, given, event.at)


def on_transcribed(state: State, event: Transcribed) -> None:
    """Put a transcript on its utterance, or beside it if its span is gone."""
    _on_transcription(state, event, "completed")


def on_transcription_failed(state: State, event: TranscriptionFailed) -> None:
    """Record that an utterance has no transcript, and why."""
    _on_transcription(state, event, "failed")


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
    entry = state.entries.get(item_id)
    if entry is None:
        state.entries.remember(item_id, Entry(Role.USER, given=facts))
    else:
        entry.role, entry.given = Role.USER, facts
    return given


def typed(state: State, item_id: str, texts: tuple[str, ...], at: int) -> None:
    """Open and close a typed text: an instant."""
    given = begin(state, item_id, "text", at, InputPhase.COMMITTED)
    given.facts.start = given.facts.end = given.facts.committed_at = at
    given.facts.text = _kept(state, "\n".join(texts)) if texts else None
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
        given.due = at + state.transcript_wait
        _open(state, given)
    if texts and given.facts.transcription is None:
        given.facts.transcription = "completed"
        given.facts.transcribed_at = at
        given.facts.text = _kept(state, " ".join(texts))
    _close_if_known(state, given)


def close(state: State, given: Input, at: int, end_reason: str | None = None) -> None:
    """Close an utterance with its true end, whatever is still missing of it."""
    facts = given.facts
    facts.conversation_id = facts.conversation_id or state.session.conversation_id
    facts.end_reason = end_reason
    if facts.start is None:
        _set_window(state, given, at)
    if given.phase is InputPhase.COMMITTED and facts.type == "speech":
        off = state.session.config.transcription is False
        facts.transcription = facts.transcription or ("off" if off else "missing")
    _open(state, given)
    end = facts.end if facts.end is not None else at
    state.inputs.pop(facts.item_id, None)
    state.closed_inputs.remember(facts.item_id, facts)
    state.records.append(Closed(Key(Kind.INPUT, facts.item_id), end, facts))


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


def _on_transcription(state: State, event: Transcribed | TranscriptionFailed, status: str) -> None:
    given = state.inputs.get(event.item_id)
    facts = given.facts if given else state.closed_inputs.get(event.item_id)
    if facts is None:
        if _is_silence(state, event.item_id):
            return
        given = begin(state, event.item_id, "speech", event.at, InputPhase.COMMITTED)
        facts = given.facts
    if facts.transcription in {"completed", "failed"}:
        return
    facts.transcription = status
    facts.transcribed_at = event.at
    if isinstance(event, Transcribed):
        facts.text = _kept(state, event.text)
        facts.transcription_usage = event.usage
    else:
        facts.fault = event.fault
    if given is None:
        _add_late(state, facts, event.at)
    if isinstance(event, TranscriptionFailed):
        note = TranscriptionFailureNoted(facts)
        state.records.append(Noted(Key(Kind.INPUT, event.item_id), event.at, note))
    if given is not None and given.phase is InputPhase.COMMITTED:
        close(state, given, event.at)


def _add_late(state: State, facts: InputFacts, at: int) -> None:
    key = Key(Kind.TRANSCRIPTION, facts.item_id)
    start = facts.committed_at or facts.end or at
    late = TranscriptionFacts(facts)
    state.records.append(Opened(key, min(start, at), late, Key(Kind.INPUT, facts.item_id)))
    state.records.append(Closed(key, at, late))


def _open(state: State, given: Input) -> None:
    key = Key(Kind.INPUT, given.facts.item_id)
    if not given.opened:
        given.opened = True
        start = given.facts.start if given.facts.start is not None else given.seen_at
        state.records.append(Opened(key, start, given.facts, SESSION))


def _set_window(state: State, given: Input, at: int) -> None:
    """Map the offsets to moments: by the audio clock, else by when the server spoke of them."""
    facts = given.facts
    first, last = facts.audio_start_ms, facts.audio_end_ms
    start = state.clock.moment(first) if first is not None else None
    # Committed or lost in the middle of speech: the user spoke until then.
    end = state.clock.moment(last) if last is not None else at
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


def _set_acoustic_end(state: State, facts: InputFacts) -> None:
    """Mark E: the end of the window without the silence that the detection waited for."""
    config = state.session.config
    silence, last, end = config.silence_duration_ms, facts.audio_end_ms, facts.end
    if config.turn_detection != "server_vad" or silence is None or last is None or end is None:
        return
    facts.acoustic_end_ms = max(last - silence, facts.audio_start_ms or 0)
    acoustic_end = end - (last - facts.acoustic_end_ms) * NS_PER_MS
    facts.acoustic_end = max(acoustic_end, facts.start or acoustic_end)


def _set_pushed_window(state: State, given: Input, first_ms: float, at: int) -> None:
    """Push-to-talk: the window is all audio sent since the last commit."""
    facts = given.facts
    start = state.clock.moment(first_ms) if state.clock.position_ms > first_ms else None
    facts.time_source = "audio_clock" if start is not None else "server_events"
    facts.start = at if start is None else start
    facts.end = max(at, facts.start)
    if start is not None:
        facts.audio_start_ms = round(first_ms)
        facts.audio_end_ms = round(state.clock.position_ms)


def _is_silence(state: State, item_id: str) -> bool:
    entry = state.entries.get(item_id)
    return entry is not None and entry.role is Role.IDLE_TIMEOUT


def _kept(state: State, text: str) -> str | None:
    return text if state.keep_text else None
