"""User audio that is sent: it moves the audio clock on, in the format that it is in."""

from otel_realtime.conversation._state import State
from otel_realtime.events import AudioSent, InputFormatSet
from otel_realtime.values import AudioFormat

_MOST_UNPLACED = 1024


def on_audio_sent(state: State, event: AudioSent) -> None:
    """Move the audio clock on."""
    count_sent(state, event.at, event.byte_count)


def count_sent(state: State, at: int, byte_count: int) -> None:
    """Move the audio clock on by what was sent at `at`."""
    audio = state.input_format
    if audio is None:
        if len(state.unplaced) < _MOST_UNPLACED:
            state.unplaced.append((at, byte_count))
        return
    per_ms = audio.bytes_per_ms
    if per_ms:
        state.clock.sent(at, byte_count / per_ms)


def on_input_format_set(state: State, event: InputFormatSet) -> None:
    """What is sent from here on is in this format, whatever the provider has confirmed so far."""
    state.asked_format = event.format
    set_input_format(state, event.format)


def set_input_format(state: State, told: AudioFormat | None) -> None:
    """Learn the format; what was sent before it was known counts from the first byte."""
    state.input_format = state.asked_format or told
    if state.input_format is not None and state.unplaced:
        unplaced, state.unplaced = state.unplaced, []
        for at, byte_count in unplaced:
            count_sent(state, at, byte_count)
