"""The gate for content: the one place that decides whether a text may be recorded."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from otel_realtime.settings import Redact

OnError = Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True)
class ContentGate:
    """Lets content through, redacted, or holds it back.

    The kinds are `user_text`, `agent_text`, `instructions`, `tool_definitions`,
    `tool_arguments`, `tool_result`, `error_message`, `dtmf` and, where server events are shown,
    `server_event`: all of one, as JSON.
    """

    is_open: bool
    redact: Redact | None
    on_error: OnError

    def __call__(self, kind: str, value: str | None) -> str | None:
        """Give what may be recorded of `value`; None for nothing, also where redacting fails."""
        if not self.is_open or value is None:
            return None
        if self.redact is None:
            return encodable(value)
        try:
            redacted = self.redact(kind, value)
            return encodable(redacted) if isinstance(redacted, str) else None
        except Exception as error:  # noqa: BLE001 - the user's callback may raise anything
            self.on_error("redact", error)
            return None


def encodable(text: str) -> str:
    """Replace what UTF-8 cannot say: half a surrogate pair would cost a whole OTLP batch."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def stack_of(error: BaseException) -> str:
    """The stack of an exception without its message, which may quote content."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{type_of(error)}"


def type_of(error: BaseException) -> str:
    """The qualified name of an exception's type, as OpenTelemetry writes `exception.type`."""
    module, name = type(error).__module__, type(error).__qualname__
    return name if module == "builtins" else f"{module}.{name}"
