"""What every event has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at `at` nanoseconds since the Unix epoch."""

    at: int


@dataclass(frozen=True, slots=True)
class TimePassed(Event):
    """Nothing happened but time: what was waited for in vain is given up."""
