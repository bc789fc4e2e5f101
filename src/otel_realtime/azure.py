"""Azure Monitor: one call, and Application Insights shows a call as it was.

    from otel_realtime import RealtimeInstrumentor
    from otel_realtime.azure import configure_azure

    configure_azure(connection_string="InstrumentationKey=…;IngestionEndpoint=…")
    RealtimeInstrumentor().instrument()

Needs the extra `azure`. What becomes of what stands in `docs/azure.md`.
"""

import logging
import os
import re
from collections.abc import Sequence
from typing import Any, Final

from opentelemetry import trace
from opentelemetry._logs import get_logger_provider
from opentelemetry.metrics import get_meter_provider
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel_realtime.aloud import warn
from otel_realtime.bounding import TIMEOUT, bind
from otel_realtime.dialects.azure_logs import AzureLogRecordProcessor
from otel_realtime.dialects.wrapping import wrap
from otel_realtime.extras import needed
from otel_realtime.settings import Dialect, DialectSettings, ExportSettings, SettingError

with needed("azure-monitor-opentelemetry", extra="azure"):
    from azure.monitor.opentelemetry import configure_azure_monitor

__all__ = ["AzureLogRecordProcessor", "configure_azure"]

_logger = logging.getLogger("otel_realtime")
_VARIABLE: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
_KEY: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_URL: Final = re.compile(r"https?://[^/\s]+")
_SAMPLING: Final = ("sampling_ratio", "traces_per_second")


def configure_azure(
    connection_string: str | None = None,
    *,
    export_timeout: float | None = None,
    **options: Any,  # noqa: ANN401 - theirs
) -> None:
    """Set OpenTelemetry up for Azure Monitor, and have our telemetry said as it reads it.

    Call it once, before the instrumentor. It does what `configure_azure_monitor` does, with these
    differences: every trace is sampled, unless `sampling_ratio`, `traces_per_second` or
    `OTEL_TRACES_SAMPLER` says otherwise; our spans are exported in the dialect `azure`; our log
    events are custom events; a flush and a shutdown of what it sets up end in time. Processors of
    your own see spans as they are.

    Args:
        connection_string: That of the Application Insights resource; by default the variable
            APPLICATIONINSIGHTS_CONNECTION_STRING.
        export_timeout: How long each span processor, log record processor and metric reader may
            take, in seconds; by default what OTEL_REALTIME_EXPORT_TIMEOUT says, and else 5.
        **options: What `configure_azure_monitor` takes.

    Raises:
        SettingError: There is no connection string, or it cannot be one; or the timeout is none.
        ImportError: The extra `azure` is missing.
    """
    connection = _checked(connection_string)
    timeout = ExportSettings.read({"export_timeout": export_timeout}).export_timeout
    own: Sequence[SpanProcessor] = options.get("span_processors") or ()
    logs = (*(options.pop("log_record_processors", None) or ()), AzureLogRecordProcessor())
    is_said = any(options.get(name) is not None for name in _SAMPLING)
    if not is_said and not os.environ.get("OTEL_TRACES_SAMPLER"):
        options["sampling_ratio"] = 1.0
    before = _providers()
    configure_azure_monitor(
        connection_string=connection, log_record_processors=list(logs), **options
    )
    new = [now for now, then in zip(_providers(), before, strict=True) if now is not then]
    bind(new, TIMEOUT if timeout is None else timeout)  # first: the dialect lies around it
    _speak(before[0], own)


def _providers() -> tuple[object, ...]:
    return trace.get_tracer_provider(), get_meter_provider(), get_logger_provider()


def _speak(before: object, own: Sequence[SpanProcessor]) -> None:
    """Put the dialect around what exports to Azure: its batch processor, and no other."""
    if os.environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return
    provider = trace.get_tracer_provider()
    if provider is before and not isinstance(before, trace.ProxyTracerProvider):
        warn(
            _logger,
            "Azure Monitor gets no spans: a tracer provider was set before configure_azure was "
            "called, and OpenTelemetry keeps the first one",
        )
        return
    settings = DialectSettings(dialect=Dialect.AZURE)
    wrap(provider, settings, lambda each: isinstance(each, BatchSpanProcessor) and each not in own)


def _checked(given: str | None) -> str:
    """A connection string that Azure's exporter takes; its parts are told, never its text."""
    where = f"the variable {_VARIABLE}" if given is None else "connection_string"
    text = (os.environ.get(_VARIABLE, "") if given is None else given).strip().rstrip(";")
    if not text:
        message = (
            f"configure_azure needs a connection string: give connection_string, or {_VARIABLE}"
        )
        raise SettingError(message)
    pairs = [pair.partition("=") for pair in text.split(";")]
    told = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if not all(sign for _, sign, _ in pairs):
        problem = "it is made of Name=value pairs between semicolons"
    elif not _KEY.fullmatch(told.get("instrumentationkey", "")):
        problem = "its InstrumentationKey is to be a UUID in lower-case letters"
    elif not _URL.match(told.get("ingestionendpoint", "https://default")):
        problem = "its IngestionEndpoint is to be an http or https URL"
    else:
        return ";".join(f"{name.strip()}={value.strip()}" for name, _, value in pairs)
    raise SettingError(f"{where} is no connection string of Application Insights: {problem}")
