"""Transcripts of what the user says: each on its utterance, or beside it if its span is gone."""

from otel_realtime.conversation._inputs import begin, close, is_silence, note_failure, take_text
from otel_realtime.conversation._order import check_transcript
from otel_realtime.conversation._state import InputPhase, State
from otel_realtime.conversation._usage import contradicts_itself
from otel_realtime.events import Transcribed, TranscriptionFailed
from otel_realtime.facts import InputFacts, TranscriptionFacts
from otel_realtime.records import Closed, Key, Kind, Opened
from otel_realtime.values import TranscriptionUsage


def on_transcribed(state: State, event: Transcribed) -> None:
    """Put a transcript on its utterance, or beside it if its span is gone."""
    _on_transcription(state, event, "completed")


def on_transcription_failed(state: State, event: TranscriptionFailed) -> None:
    """Record that an utterance has no transcript, and why."""
    _on_transcription(state, event, "failed")


def _on_transcription(state: State, event: Transcribed | TranscriptionFailed, status: str) -> None:
    given = state.inputs.get(event.item_id)
    facts = given.facts if given else state.closed_inputs.get(event.item_id)
    if facts is None:
        if is_silence(state, event.item_id):
            return
        given = begin(state, event.item_id, "speech", event.at, InputPhase.COMMITTED)
        facts = given.facts
    if facts.transcription in {"completed", "failed"}:
        return
    facts.transcription = status
    facts.transcribed_at = event.at
    if isinstance(event, Transcribed):
        take_text(state, facts, event.text)
        facts.transcription_usage = _believed(state, event)
    else:
        facts.fault = event.fault
    if given is None:
        _add_late(state, facts, event.at)
    elif given.phase is InputPhase.COMMITTED:
        close(state, given, event.at)


def _believed(state: State, event: Transcribed) -> TranscriptionUsage | None:
    if event.usage is not None and contradicts_itself(event.usage):
        state.leave_out("transcription.usage", "it contradicts itself", event.at)
        return None
    return event.usage


def _add_late(state: State, facts: InputFacts, at: int) -> None:
    key = Key(Kind.TRANSCRIPTION, facts.item_id)
    start = facts.committed_at or facts.end or at
    late = TranscriptionFacts(facts)
    state.records.append(Opened(key, min(start, at), late, Key(Kind.INPUT, facts.item_id)))
    if facts.transcription == "failed":
        note_failure(state, facts)
    check_transcript(state, facts, at)
    state.records.append(Closed(key, at, late))
