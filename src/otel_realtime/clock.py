"""The clock: nanoseconds since the Unix epoch that never run backwards."""

import time


class Clock:
    """Reads the time of day once and counts on from there with a monotonic clock.

    The time of day may be set while a call runs; the spans of one call must still be in order.
    """

    __slots__ = ("_offset",)

    def __init__(self) -> None:
        """Read the time of day."""
        self._offset = time.time_ns() - time.perf_counter_ns()

    def __call__(self) -> int:
        """Now, in nanoseconds since the epoch."""
        return self._offset + time.perf_counter_ns()
