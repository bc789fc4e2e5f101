"""The audio clock: which moment belongs to which position in the audio the client sent."""

from bisect import bisect_right

_DRIFT_NS = 20_000_000  # closer than this to real time, no new anchor is needed
_ANCHORS = 1024


class AudioClock:
    """Maps a position in the sent audio to the moment at which its bytes were sent.

    Audio that is streamed in real time needs one anchor for all of it, however long it lasts;
    a pause or a burst adds one. The oldest anchors are forgotten, so memory is bounded.
    """

    __slots__ = ("_moments", "_positions", "position_ms")

    def __init__(self) -> None:
        """Begin with no audio sent."""
        self.position_ms = 0.0
        self._positions: list[float] = []
        self._moments: list[int] = []

    def sent(self, at: int, ms: float) -> None:
        """Count `ms` milliseconds of audio that were sent at `at`."""
        moments = self._moments
        if not moments or abs(self._extrapolate(-1, self.position_ms) - at) > _DRIFT_NS:
            moments.append(at)
            self._positions.append(self.position_ms)
            if len(moments) > _ANCHORS:
                del moments[: _ANCHORS // 4], self._positions[: _ANCHORS // 4]
        self.position_ms += ms

    def moment(self, position_ms: float) -> int | None:
        """When the audio at `position_ms` was sent; None where that was not seen."""
        index = bisect_right(self._positions, position_ms) - 1
        if index < 0 or position_ms > self.position_ms:
            return None
        moment = self._extrapolate(index, position_ms)
        following = index + 1
        return min(moment, self._moments[following]) if following < len(self._moments) else moment

    def _extrapolate(self, index: int, position_ms: float) -> int:
        return self._moments[index] + int((position_ms - self._positions[index]) * 1_000_000)
