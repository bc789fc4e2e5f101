"""What is known of one utterance or typed text of the user."""

from dataclasses import dataclass

from otel_realtime.facts._measures import seconds_between, words_a_minute
from otel_realtime.values import AudioLink, Cost, Fault, TranscriptionUsage


@dataclass(slots=True)
class InputFacts:
    """What is known of one utterance or typed text of the user."""

    item_id: str
    type: str
    """`speech` or `text`."""
    id_known: bool = True
    agent: str | None = None
    conversation_id: str | None = None
    start: int | None = None
    end: int | None = None
    time_source: str | None = None
    """`audio_clock` (mapped to when the bytes were sent), `server_events`, or None for text."""
    audio_start_ms: int | None = None
    audio_end_ms: int | None = None
    acoustic_start_ms: int | None = None
    """Where the speech itself begins in the audio, without the padding before it."""
    onset: int | None = None
    """The acoustic onset: when that was sent; None where the padding or the audio is not known."""
    onset_known: bool = True
    """Whether it is known when the user began to speak; not where audio was committed that had run
    on since the last commit, or that was not seen being sent. Then `start` is no more than where
    the audio begins."""
    acoustic_end_ms: int | None = None
    acoustic_end: int | None = None  # mark E
    stopped_at: int | None = None  # mark S
    committed_at: int | None = None  # mark C
    turn: int | None = None
    """The turn that it belongs to, counted from 1."""
    text: str | None = None
    words: int | None = None
    """Words of its transcript; None where there is none, or where words cannot be told apart."""
    interrupted: str | None = None
    """The response that it cut off."""
    transcription: str | None = None
    """`completed`, `failed`, `missing` (given up), `off`, or None where nothing is known."""
    transcription_model: str | None = None
    transcribed_at: int | None = None
    transcription_usage: TranscriptionUsage | None = None
    transcription_cost: Cost | None = None
    """Set by the session, where prices are asked for."""
    fault: Fault | None = None
    cleared: bool = False
    end_reason: str | None = None
    audio_span: tuple[float, float] | None = None
    """Which part of the audio that was sent it is, in milliseconds; None where that was not seen
    being sent."""
    audio: AudioLink | None = None
    audio_dropped: str | None = None

    @property
    def endpointing_delay(self) -> float | None:
        """Seconds from the acoustic end of the speech to when the provider said so (S - E)."""
        return seconds_between(self.measured_end, self.stopped_at)

    @property
    def measured_end(self) -> int | None:
        """Mark E where the audio was seen being sent; else it is only reckoned from mark S."""
        return self.acoustic_end if self.time_source == "audio_clock" else None

    @property
    def transcription_delay(self) -> float | None:
        """Seconds from the commit to the transcript; None where there is none of either."""
        return seconds_between(self.committed_at, self.transcribed_at)

    @property
    def speech_rate(self) -> float | None:
        """Words a minute; None below a second or three words, or where the onset is not known."""
        if not self.onset_known:
            return None
        start = self.onset if self.onset is not None else self.start
        end = self.acoustic_end if self.acoustic_end is not None else self.end
        return words_a_minute(self.words, seconds_between(start, end))


@dataclass(slots=True)
class TranscriptionFacts:
    """A transcript that came after its utterance's span had to be closed."""

    given: InputFacts
    """The utterance."""
