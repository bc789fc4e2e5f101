"""The instrumentor: an unchanged application, and every session in it is recorded.

It is found by `opentelemetry-instrument`, or called by hand: `RealtimeInstrumentor().instrument()`.
An SDK is touched when the application imports it, so those it does not use cost nothing.
"""

import logging
import sys
from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any, Final

import wrapt
from opentelemetry.instrumentation.dependencies import get_dependency_conflicts
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]

from otel_realtime.settings import Settings

_logger = logging.getLogger(__name__)

_SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "agents.realtime": ("openai-agents >= 0.18.1", "otel_realtime.sources.agents_auto"),
    "openai.resources.realtime.realtime": ("openai >= 2.26", "otel_realtime.sources.openai"),
}
"""What is instrumented: the module that makes it there, the package it needs, its source."""

_PROVIDERS: Final = ("tracer_provider", "meter_provider", "logger_provider")


class RealtimeInstrumentor(BaseInstrumentor):  # type: ignore[misc]  # it is not typed
    """Records every realtime session of the OpenAI Agents SDK and of the `openai` client.

        RealtimeInstrumentor().instrument(capture_content=True)

    `instrument` takes `tracer_provider`, `meter_provider` and `logger_provider` (the global ones
    by default) and every field of `Settings` as keywords; where one is not given, its environment
    variable counts. A wrong keyword raises `SettingError` or `TypeError`.
    """

    def instrumentation_dependencies(self) -> Collection[str]:
        """What it can instrument: those that are installed, of which one is enough; else all."""
        wanted = [requirement for requirement, _ in _SOURCES.values()]
        return [each for each in wanted if not get_dependency_conflicts([each])] or wanted

    def _instrument(self, **kwargs: Any) -> None:  # noqa: ANN401 - the interface's
        given: dict[str, Any] = {name: kwargs.pop(name) for name in _PROVIDERS if name in kwargs}
        Settings.read(kwargs)  # a wrong one is told here and now
        self._given: dict[str, Any] | None = {**given, **kwargs}
        for module, (requirement, source) in _SOURCES.items():
            conflict = get_dependency_conflicts([requirement])
            if conflict is None:
                self._when_imported(module, source)
            elif conflict.found:
                _logger.warning("%s; it is not instrumented", conflict)

    def _uninstrument(self, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - the same
        self._given = None
        for _, source in _SOURCES.values():
            if source in sys.modules:
                sys.modules[source].uninstrument()

    def _when_imported(self, module: str, source: str) -> None:
        if module in sys.modules:
            self._follow(source)
        elif module not in self._awaited:
            self._awaited.add(module)
            wrapt.register_post_import_hook(lambda _: self._follow(source), module)

    _awaited: Final[set[str]] = set()
    """Modules whose import is waited for: that cannot be taken back, and is done once."""

    def _follow(self, source: str) -> None:
        if self._given is None:
            return
        try:
            import_module(source).instrument(self._given)
        except Exception:
            # This runs within an import of the application, which must not fail for our sake.
            _logger.warning("%s could not be instrumented", source, exc_info=True)
