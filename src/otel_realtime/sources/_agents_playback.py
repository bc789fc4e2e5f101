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
        self._told = (0, 0.0)
        """When playback was where, as it was told last."""
        self._last_ms = 0.0
        """Where it was by the last report."""
        self._before_ms = 0.0
        """Where it was when the tracker began to count anew."""
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
        self._follow((item_id, state.get("current_item_content_index") or 0), float(ms), is_news)

    def _follow(self, part: tuple[str, int], told_ms: float, is_news: bool) -> None:  # noqa: FBT001 - own
        now = at = self._session.clock()
        if part != self._part:
            self._before_ms = self._last_ms = 0.0
        elif self._before_ms + told_ms < self._last_ms:
            # The SDK has it count anew once it was interrupted. What it is told after that was
            # heard all the same: the application does not fall silent at once.
            self._before_ms = self._last_ms
        is_news = is_news or self._before_ms > 0
        before_ms, ms = self._last_ms, self._before_ms + told_ms
        self._last_ms = ms
        if part == self._part and not is_news:
            told_at, known_ms = self._told
            if abs(now - told_at - _ns(ms - known_ms)) <= _DRIFT_NS:
                return
        if not is_news:  # it had to wait before what is reported now: there it went on
            at, ms = now - _ns(ms - before_ms), before_ms
        self._part, self._told = part, (at, ms)
        self._session.feed(PlaybackReported(at, *part, ms))


def _ns(ms: float) -> int:
    return int(ms * _NS_PER_MS)


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
