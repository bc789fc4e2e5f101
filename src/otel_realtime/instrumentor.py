"""The instrumentor: an unchanged application, and every session in it is recorded.

It is found by `opentelemetry-instrument`, or called by hand: `RealtimeInstrumentor().instrument()`.
An SDK is touched when the application imports it, so those it does not use cost nothing.
"""

import logging
import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any, Final

import wrapt
from opentelemetry import _logs, metrics, trace
from opentelemetry.instrumentation.dependencies import get_dependency_conflicts
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]

from otel_realtime.aloud import warn
from otel_realtime.bounding import bind
from otel_realtime.cost.book import check_prices
from otel_realtime.session_audio import check_store
from otel_realtime.settings import (
    Dialect,
    DialectKeywords,
    DialectSettings,
    ExportKeywords,
    ExportSettings,
    Settings,
)

_logger = logging.getLogger(__name__)

_SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "agents.realtime": ("openai-agents >= 0.18.1", "otel_realtime.sources.agents_auto"),
    "openai.resources.realtime.realtime": ("openai >= 2.54", "otel_realtime.sources.openai"),
}
"""What is instrumented: the module that makes it there, the package it needs, its source.

The packages are those of the extra `instruments-any`.
"""

_PROVIDERS: Final = ("tracer_provider", "meter_provider", "logger_provider")
_DIALECT: Final = tuple(DialectKeywords.__annotations__)
_EXPORT: Final = tuple(ExportKeywords.__annotations__)


class RealtimeInstrumentor(BaseInstrumentor):  # type: ignore[misc]  # it is not typed
    """Records every realtime session of the OpenAI Agents SDK and of the `openai` client.

        RealtimeInstrumentor().instrument(capture_content=True)

    `instrument` takes `tracer_provider`, `meter_provider` and `logger_provider` (the global ones
    by default) and every field of `Settings`, `DialectSettings` and `ExportSettings` as keywords;
    where one is not given, its environment variable counts, as it is then. A wrong keyword raises
    `SettingError` or `TypeError`. A dialect is put around the span processors that the tracer
    provider has then, and what the providers export by then is bounded.

    `uninstrument` ends the telemetry of the sessions that are still open, and puts the SDKs back.
    """

    _given: Mapping[str, Any] | None = None
    """What the sources are given; None while it is off."""
    _awaited: Final[set[str]] = set()
    """Modules whose import is waited for: that cannot be taken back, and is done once."""
    _put_back: tuple[Callable[[], None], ...] = ()
    """What makes the providers as they were, in this order."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """What it can instrument: those that are installed, of which one is enough; else all."""
        wanted = [requirement for requirement, _ in _SOURCES.values()]
        return [each for each in wanted if not get_dependency_conflicts([each])] or wanted

    def _instrument(self, **kwargs: Any) -> None:  # noqa: ANN401 - the interface's
        providers: dict[str, Any] = {
            name: kwargs.pop(name) for name in _PROVIDERS if name in kwargs
        }
        asked = {name: kwargs.pop(name) for name in _DIALECT if name in kwargs}
        export = ExportSettings.read({name: kwargs.pop(name) for name in _EXPORT if name in kwargs})
        read, dialect = Settings.read(kwargs), DialectSettings.read(asked)
        check_store(read)
        check_prices(read)
        bound = _bind(providers, export.export_timeout)  # first: a dialect lies around it
        self._put_back = (_speak(providers, dialect), bound)
        self._given = {**providers, **read.as_keywords()}
        for module in _SOURCES:
            if module in sys.modules:
                self._follow(module)
            elif module not in self._awaited:
                self._awaited.add(module)
                wrapt.register_post_import_hook(self._imported, module)

    def _uninstrument(self, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - the same
        self._given = None
        for _, source in _SOURCES.values():
            try:
                if source in sys.modules:
                    sys.modules[source].uninstrument()
            except Exception:  # the guard: the others are put back all the same
                _logger.warning("%s could not be uninstrumented", source, exc_info=True)
        for put_back in self._put_back:  # now: what is open yet has ended as all else did
            put_back()
        self._put_back = ()

    def _imported(self, module: Any) -> None:  # noqa: ANN401 - a module is an object like any
        self._awaited.discard(module.__name__)
        self._follow(module.__name__)

    def _follow(self, module: str) -> None:
        """Instrument what `module` belongs to, if that can be done; never raises.

        This may run within an import of the application, which must not fail for our sake.
        """
        given = self._given
        if given is None:  # uninstrumented since
            return
        requirement, source = _SOURCES[module]
        try:
            conflict = get_dependency_conflicts([requirement])
            # A package without metadata, as in a bundled application, is tried.
            if conflict is not None and conflict.found:
                told = "%s is needed, this is %s: not instrumented"
                warn(_logger, told, requirement, conflict.found)
                return
            import_module(source).instrument(given)
        except Exception:  # noqa: BLE001 - the guard: see above
            warn(_logger, "%s could not be instrumented", module, with_stack=True)


def _bind(providers: Mapping[str, Any], timeout: float | None) -> Callable[[], None]:
    """Bound what the providers export, if that is asked for; gives what takes it back."""
    if timeout is None:
        return _nothing
    exporting = (
        providers.get("tracer_provider") or trace.get_tracer_provider(),
        providers.get("meter_provider") or metrics.get_meter_provider(),
        providers.get("logger_provider") or _logs.get_logger_provider(),
    )
    return bind(exporting, timeout)


def _speak(providers: Mapping[str, Any], settings: DialectSettings) -> Callable[[], None]:
    """Have all that is exported said in a dialect, if one is asked for; the same."""
    if settings.dialect is Dialect.GENAI:
        return _nothing
    from otel_realtime.dialects.wrapping import wrap

    taken = [wrap(providers.get("tracer_provider") or trace.get_tracer_provider(), settings)]
    if settings.dialect is Dialect.AZURE:
        from otel_realtime.dialects.azure_logs import put_first

        taken.append(put_first(providers.get("logger_provider") or _logs.get_logger_provider()))

    def take_back() -> None:
        while taken:
            taken.pop()()

    return take_back


def _nothing() -> None:
    """There is nothing to take back."""
