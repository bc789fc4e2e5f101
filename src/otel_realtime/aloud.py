"""Warnings that somebody is to see, wherever the log goes.

Under `opentelemetry-instrument` the only handler is often that of OpenTelemetry. What it is given
goes where it might be just what cannot be exported, or with `OTEL_LOGS_EXPORTER=none` nowhere.
"""

import logging
from contextlib import suppress
from typing import Final

_THEIRS: Final = "opentelemetry."


def warn(logger: logging.Logger, message: str, *args: object, with_stack: bool = False) -> None:
    """Log a warning; and print it, as Python does without handlers, where only OpenTelemetry hears.

    Never raises.

    Args:
        logger: Whose warning it is. One that is switched off stays so.
        message: What is wrong and what to do about it, as `logging` takes it.
        args: What belongs into the message.
        with_stack: Whether the exception that is being handled is told as well.
    """
    with suppress(Exception):  # a logging handler of the host may fail
        logger.warning(message, *args, exc_info=with_stack, stacklevel=2)
        if logger.isEnabledFor(logging.WARNING) and not _is_heard(logger):
            _print(logger.name, message % args if args else message)


def _print(name: str, message: str) -> None:
    if logging.lastResort is not None:
        record = {"name": name, "levelno": logging.WARNING, "msg": message}
        logging.lastResort.handle(logging.makeLogRecord(record))


def _is_heard(of: logging.Logger) -> bool:
    """Whether its records go anywhere but to OpenTelemetry."""
    logger: logging.Logger | None = of
    handlers: list[logging.Handler] = []
    while logger is not None:
        handlers += logger.handlers
        logger = logger.parent if logger.propagate else None
    ours = [each for each in handlers if not type(each).__module__.startswith(_THEIRS)]
    return bool(ours) or not handlers  # without any, Python itself prints it
