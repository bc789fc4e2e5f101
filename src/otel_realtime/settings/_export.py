"""The setting of how long the export of telemetry may hold up the application."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from otel_realtime.settings import _values
from otel_realtime.settings._reading import read
from otel_realtime.settings._values import setting


class ExportKeywords(TypedDict, total=False):
    """The settings of the export as keywords; the same names as `ExportSettings`."""

    export_timeout: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """What the instrumentor does about the exporters that it finds."""

    export_timeout: float | None = setting(
        None,
        "How long a flush or a shutdown of each span processor, log record processor and metric "
        "reader may take: see [export.md](export.md). By default as long as the SDK lets it.",
        accepts="seconds",
        parse=_values.seconds,
        env="OTEL_REALTIME_EXPORT_TIMEOUT",
    )

    @classmethod
    def read(
        cls, given: Mapping[str, object], environ: Mapping[str, str] | None = None
    ) -> "ExportSettings":
        """Make them from keywords and the environment; as `Settings.read`.

        Raises:
            SettingError: A keyword has a value that its setting cannot have.
            TypeError: A name that no setting has.
        """
        return cls(**read(cls, given, environ, when_wrong={}))
