"""Archives that span processors offer to the sessions whose spans pass them.

A processor sees a session's span begin before the session goes on: so a session finds the archive
of the processor that its own spans go through, and of no other provider's.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from otel_realtime.audio.archive import Archive

_MOST: Final = 1024
_offers: "dict[int, Archive]" = {}


def offer(span_id: int, archive: "Archive") -> None:
    """Offer an archive to the session whose span has just begun."""
    _offers.setdefault(span_id, archive)
    if len(_offers) > _MOST:  # those of sessions that never asked
        with suppress(RuntimeError, StopIteration):  # another thread was there first
            _offers.pop(next(iter(_offers)), None)


def take(span_id: int) -> "Archive | None":
    """What was offered to a session, once."""
    return _offers.pop(span_id, None)
