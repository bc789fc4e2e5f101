"""What the application's playback tracker tells: where playback really is.

The SDK asks the tracker when something is cut off; when the audio became audible and where it had
to wait only shows as the application reports it, so `on_play_ms` is wrapped (`_agents_hooks`).
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from otel_realtime.events import PlaybackReported
from otel_realtime.session import SessionTelemetry
from otel_realtime.sources._by_identity import ByIdentity

if TYPE_CHECKING:
    from agents.realtime import RealtimePlaybackTracker

_DRIFT_NS: Final = 20_000_000
"""As the conversation has it: what is closer than this to real time says nothing new."""
_NS_PER_MS: Final = 1_000_000


class Playback:
    """Feeds one session with what its tracker is told."""

    def __init__(
        self, session: SessionTelemetry, tracker: "RealtimePlaybackTracker | None"
    ) -> None:
        """Follow `tracker`, if there is one; it is not kept alive by this."""
        self._session = session
        self._tracker = tracker
        self._part: tuple[str, int] | None = None
        self._at = 0
        self._ms = 0.0
        if tracker is not None:
            with suppress(TypeError):  # it takes no weak reference: it is asked where it matters
                _followed[tracker] = self

    def report(self, *, is_news: bool = True) -> None:
        """Tell where playback is; if it is no news, only where it is not where it should be.

        Raises:
            Exception: What the application's own tracker raised.
        """
        if self._tracker is None:
            return
        state = self._tracker.get_state()
        item_id, ms = state.get("current_item_id"), state.get("elapsed_ms")
        if item_id is None or ms is None:
            return
        part = (item_id, state.get("current_item_content_index") or 0)
        at = self._session.clock()
        if part == self._part:
            drift = at - self._at - int((ms - self._ms) * _NS_PER_MS)
            # It counts anew after an interruption: what it is told then was on its way before.
            if ms < self._ms or (not is_news and abs(drift) <= _DRIFT_NS):
                return
        self._part, self._at, self._ms = part, at, float(ms)
        self._session.feed(PlaybackReported(at, *part, float(ms)))


_followed: Final = ByIdentity[Playback]()


def play(wrapped: Callable[..., Any], tracker: Any, args: Any, kwargs: Any) -> Any:
    """See the application report what it has played."""
    result = wrapped(*args, **kwargs)
    playback = _followed.get(tracker)
    if playback is not None:
        try:
            playback.report(is_news=False)
        except Exception as error:  # noqa: BLE001 - the guard
            playback._session.guard.caught("playback", error)  # noqa: SLF001 - of this module
    return result
