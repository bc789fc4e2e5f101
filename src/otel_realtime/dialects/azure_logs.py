"""Our log events as custom events of Application Insights, which loses their names otherwise."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord

from otel_realtime import semconv
from otel_realtime.aloud import warn
from otel_realtime.dialects.azure import event_of

_logger = logging.getLogger("otel_realtime")
_told: set[str] = set()
_FLUSH_MS: Final = 30_000


class AzureLogRecordProcessor(LogRecordProcessor):
    """Names our log events as Azure Monitor's exporter reads it, and says them as it needs them.

        configure_azure_monitor(log_record_processors=[AzureLogRecordProcessor()])

    Records of the application and of other libraries pass as they are. The processors of the same
    logger provider that come after it see what it says.
    """

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Say a log event of ours otherwise; never raises."""
        try:
            record, scope = log_record.log_record, log_record.instrumentation_scope
            if scope is not None and scope.name == semconv.SCOPE_NAME and record.event_name:
                record.attributes = event_of(record.event_name, record.attributes or {})
        except Exception as error:  # noqa: BLE001 - the guard: what the application logs goes on
            _tell(error)

    def shutdown(self) -> None:
        """There is nothing to shut down."""

    def force_flush(self, timeout_millis: int = _FLUSH_MS) -> bool:  # noqa: ARG002 - the interface's
        """There is nothing to flush."""
        return True


def put_first(provider: object) -> Callable[[], None]:
    """Have one stand before all processors that a logger provider has now.

    The SDK has no public way to do that: where it is not as it was in the versions we know, this
    says so and leaves it alone.

    Returns:
        What takes it away again.
    """
    many: Any = getattr(provider, "_multi_log_record_processor", None)
    if not isinstance(getattr(many, "_log_record_processors", None), tuple):
        warn(
            _logger,
            "Log events are no custom events in Application Insights: give AzureLogRecordProcessor "
            "to the logger provider yourself",
        )
        return _nothing
    ours = AzureLogRecordProcessor()
    with getattr(many, "_lock", None) or nullcontext():
        found = many._log_record_processors  # noqa: SLF001 - as above
        if any(isinstance(each, AzureLogRecordProcessor) for each in found):
            return _nothing
        many._log_record_processors = (ours, *found)  # noqa: SLF001 - as above

    def take_away() -> None:
        with getattr(many, "_lock", None) or nullcontext():
            left = (each for each in many._log_record_processors if each is not ours)  # noqa: SLF001 - as above
            many._log_record_processors = tuple(left)  # noqa: SLF001 - as above

    return take_away


def _nothing() -> None:
    """There is nothing to take away."""


def _tell(error: Exception) -> None:
    """Log what went wrong, once for each kind; its message might quote content."""
    kind = type(error).__qualname__
    if kind not in _told:
        _told.add(kind)
        _logger.warning("A log event could not be made a custom event (%s): it is a trace", kind)
