"""What every event has."""

from otel_realtime.frozen import frozen


@frozen
class Event:
    """Something that happened, at `at` nanoseconds since the Unix epoch."""

    at: int


@frozen
class TimePassed(Event):
    """Nothing happened but time: what was waited for in vain is given up."""
