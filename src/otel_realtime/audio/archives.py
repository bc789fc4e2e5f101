"""The archives of this process: one for each store and way to use it, whoever names it."""

import logging
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from otel_realtime.aloud import warn
from otel_realtime.audio.options import ArchiveOptions
from otel_realtime.audio.store import Store, StoreError
from otel_realtime.extras import needed
from otel_realtime.settings import AudioFileFormat, FromEnvironment, SettingError, Settings

if TYPE_CHECKING:
    from otel_realtime.audio.archive import Archive

_logger = logging.getLogger("otel_realtime")
_lock: Final = Lock()
_made: Final[dict[object, "Archive | None"]] = {}


def archive_of(settings: Settings) -> "Archive | None":
    """The archive that settings ask for; None if they ask for none.

    A store that the environment names and that cannot be had is logged, once, and means none.

    Raises:
        SettingError: There is no store by what was given.
        ImportError: An extra is missing.
    """
    given = settings.audio_store
    if given is None:
        return None
    options = _options(settings)
    what = given if isinstance(given, str | Path) else id(given)  # the archive keeps it alive
    key = (what, options)
    with _lock:
        if key not in _made:
            _made[key] = _make(given, options)
        return _made[key]


def _make(given: object, options: ArchiveOptions) -> "Archive | None":
    try:
        store = Store(given, options.public_url)
        with needed(extra="audio"):
            from otel_realtime.audio.archive import Archive
        if options.format != AudioFileFormat.WAV:
            with needed("soundfile", extra="formats"):
                import soundfile  # noqa: F401 - told here, once, that it is missing
        return Archive(store, options)
    except (StoreError, ImportError) as error:
        if isinstance(given, FromEnvironment):
            warn(_logger, "No audio is recorded: OTEL_REALTIME_AUDIO_STORE: %s", error)
            return None
        if isinstance(error, StoreError):
            message = f"audio_store: {error}"
            raise SettingError(message) from error
        raise


def _options(settings: Settings) -> ArchiveOptions:
    return ArchiveOptions(
        public_url=settings.audio_public_url,
        format=settings.audio_format,
        redact=settings.redact_audio,
        spool=settings.audio_spool,
        spool_limit=settings.audio_spool_limit,
        uploads=settings.audio_uploads,
        flush_timeout=settings.audio_flush_timeout,
    )
