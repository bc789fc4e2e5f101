"""Recorded wire logs of the OpenAI Realtime API, read from files and replayed.

Two forms are read. One event per line, as JSON, with direction and time:

    {"at_ms": 1200.5, "direction": "received", "data": {"type": "response.created", …}}

and the YAML of recorded test sessions: `interactions:` with `direction` and `data`, which holds no
times. There, events are taken to be 10 ms apart, and speech to have been sent as it was spoken:
`speech_started` and `speech_stopped` come no sooner than the audio offset they name.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from otel_realtime.session import SessionTelemetry
from otel_realtime.sources import openai_wire
from otel_realtime.sources._fields import any_count
from otel_realtime.sources._openai_deltas import take_server_event
from otel_realtime.sources._yaml_lines import YamlError, load_with_lines

_STEP_MS: Final = 10.0
_MOST_MS: Final = 1e12
_OFFSETS: Final = ("audio_start_ms", "audio_end_ms")
_DIRECTIONS: Final = ("received", "sent")
NS_PER_MS: Final = 1_000_000


class RecordingError(ValueError):
    """A recording cannot be read; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One message on the wire: `at_ms` milliseconds after the first, seen from the client."""

    at_ms: float
    direction: str
    data: Any


class RecordedClock:
    """The time of a replay: `start`, in nanoseconds since the epoch, plus that of each event."""

    def __init__(self, start: int) -> None:
        """Begin at `start`."""
        self._start = self._now = start

    def __call__(self) -> int:
        """The time of the event that is being replayed, in nanoseconds since the epoch."""
        return self._now

    def move_to(self, at_ms: float) -> None:
        """Go on to `at_ms` milliseconds after the start; never back."""
        self._now = max(self._now, self._start + int(at_ms * NS_PER_MS))


def read_recording(path: Path) -> list[WireEvent]:
    """Read a recording of either form.

    Raises:
        RecordingError: The file is of neither form, or a line of it is wrong.
        OSError: The file cannot be opened.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: this is no text file in UTF-8") from error
    is_yaml = path.suffix in {".yaml", ".yml"}
    events = list(_from_yaml(path, text) if is_yaml else _from_lines(path, text))
    if not any(isinstance(each.data, Mapping) and "type" in each.data for each in events):
        message = f"{path}: there is no event of the OpenAI Realtime API in it"
        raise RecordingError(message)
    return events


def replay(events: Iterable[WireEvent], session: SessionTelemetry, clock: RecordedClock) -> None:
    """Feed a session with recorded events, and end it as a client closes it.

    `session` must have been made with `clock`.
    """
    for event in events:
        clock.move_to(event.at_ms)
        feed_wire_event(session, event)
    session.end("closed")


def feed_wire_event(session: SessionTelemetry, event: WireEvent) -> None:
    """Feed a session with one message of the wire; what is wrong with it is logged and counted."""
    try:
        if event.direction == "received":
            take_server_event(session, event.data)
        else:
            for neutral in openai_wire.client_event(event.data, session.clock()):
                session.feed(neutral)
    except Exception as error:  # noqa: BLE001 - the guard: one bad event, and the rest goes on
        session.guard.caught("replay", error)


def _from_lines(path: Path, text: str) -> Iterator[WireEvent]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RecordingError(f"{path}, line {number}: this is no JSON ({error})") from error
        yield _entry(path, f"line {number}", entry, None)


def _from_yaml(path: Path, text: str) -> Iterator[WireEvent]:
    try:
        document, lines = load_with_lines(text, "interactions")
    except YamlError as error:
        raise RecordingError(f"{path}, {error}") from error
    interactions = document.get("interactions") if isinstance(document, Mapping) else None
    if not isinstance(interactions, list):
        raise RecordingError(f"{path}: there is no list of `interactions` in it")
    at_ms = 0.0
    for line, entry in zip(lines, interactions, strict=True):
        event = _entry(path, f"line {line}", entry, at_ms)
        if isinstance(event.data, dict) and event.direction == "received":
            offsets = (any_count(event.data, name) or 0 for name in _OFFSETS)
            at_ms = max(at_ms, *offsets)
        yield WireEvent(at_ms, event.direction, event.data)
        at_ms += _STEP_MS


def _entry(path: Path, where: str, entry: object, at_ms: float | None) -> WireEvent:
    if not isinstance(entry, Mapping):
        raise RecordingError(f"{path}, {where}: this is no object with `direction` and `data`")
    direction = entry.get("direction")
    if direction not in _DIRECTIONS:
        raise RecordingError(f"{path}, {where}: `direction` is to be one of {_DIRECTIONS}")
    if "data" not in entry:
        raise RecordingError(f"{path}, {where}: `data`, the event, is missing")
    told = entry.get("at_ms", at_ms)
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    if not (is_number and abs(told) <= _MOST_MS):  # NaN is not either
        raise RecordingError(f"{path}, {where}: `at_ms` is to be a number of milliseconds")
    return WireEvent(float(told), direction, entry["data"])
