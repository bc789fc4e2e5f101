"""Whether a session that begins is recorded, and the recording of one that is."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from otel_realtime.audio.archive import Archive
from otel_realtime.audio.call import CallAudio
from otel_realtime.audio.clips import CallHeader, CallInfo
from otel_realtime.audio.report import Report
from otel_realtime.facts import SessionFacts
from otel_realtime.settings import AudioCapture, Settings

_WHOLE: Final = 1 << 64


def begin(  # noqa: PLR0913 - what a recording is made of
    settings: Settings,
    archive: Archive,
    info: CallInfo,
    *,
    session: SessionFacts,
    open_parts: Mapping[str, object],
    clock: Callable[[], int],
    report: Report,
) -> CallAudio | None:
    """Begin to record a session; None if it is not to be recorded.

    Args:
        settings: What is asked for.
        archive: Where its recordings would go.
        info: What the application is asked about.
        session: What is known of the session.
        open_parts: The items that have audio and whose responses go on.
        clock: Gives the time in nanoseconds since the epoch.
        report: Who is told of what becomes of it.
    """
    capture = settings.capture_audio or AudioCapture.BOTH
    if capture is AudioCapture.NONE or not _may_be(settings, info, report):
        return None
    ids = (info.trace_id, info.span_id, info.session_id)
    is_redacted = archive.options.redact is not None
    header = CallHeader(*ids, session.started_at or clock(), is_redacted)
    return CallAudio(
        archive,
        header,
        session,
        open_parts=open_parts,
        capture=capture,
        clock=clock,
        report=report,
    )


def _may_be(settings: Settings, info: CallInfo, report: Report) -> bool:
    """Whether a session is drawn, and the application agrees."""
    if not _is_drawn(info.trace_id, settings.audio_sampling):
        return False
    if settings.record_audio is None:
        return True
    try:
        return bool(settings.record_audio(info))
    except Exception as error:  # noqa: BLE001 - the user's callback may raise anything
        report.caught("record_audio", error)
        return False


def _is_drawn(trace_id: str, share: float) -> bool:
    """Whether a session is among the share that is recorded; the same for all its processes.

    Its own draw: samplers of traces draw by the trace id itself.
    """
    if share >= 1:
        return True
    drawn = int.from_bytes(hashlib.sha256(trace_id.encode()).digest()[:8], "big")
    return drawn < share * _WHOLE
