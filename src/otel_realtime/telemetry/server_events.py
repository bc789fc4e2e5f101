"""Server events as spans of no length: what LangSmith shows a call by. Only where asked for.

A payload is content as a whole: it passes the gate as `server_event`, after all audio and all
secrets were taken out of it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from opentelemetry.trace import Tracer
from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.records import SESSION
from otel_realtime.settings import Settings
from otel_realtime.telemetry.access import without_access
from otel_realtime.telemetry.attributes import Identity, known
from otel_realtime.telemetry.content import ContentGate, encodable
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.outlets import Telemetry

_AUDIO: Final = "audio"
"""What is no part of a payload where it holds a text: base64. Elsewhere it is a setting."""
_SECRET: Final = "client_secret"  # noqa: S105 - a name, not a secret
_PARAMETERS: Final = "properties"
"""Where a JSON schema has the names of parameters."""
_DATA_URL: Final = "data:"
_DEEPEST: Final = 12


class ServerEvents:
    """Shows the server events of one call under its span, in the order in which they came.

    Args:
        tracer: Makes the spans.
        context: The call's spans.
        identity: What is the same on all of them.
        gate: Decides whether payloads may be recorded.
    """

    def __init__(
        self, tracer: Tracer, context: TelemetryContext, identity: Identity, gate: ContentGate
    ) -> None:
        """Show nothing yet."""
        self._tracer = tracer
        self._context = context
        self._identity = identity
        self._gate = gate

    def show(self, data: Any, at: int) -> None:  # noqa: ANN401 - whatever the server sent
        """Show an event that came at `at`, unless its session is not recorded; never raises.

        It is neither kept nor changed.
        """
        try:
            kind = data.get("type") if isinstance(data, dict) else None
            if isinstance(kind, str) and kind and self._context.is_recording(SESSION):
                self._show(encodable(kind), data, at)
        except Exception as error:  # noqa: BLE001 - the guard
            self._gate.on_error("server_events", error)

    def _show(self, kind: str, data: Mapping[str, Any], at: int) -> None:
        span = self._tracer.start_span(
            kind,
            self._context.context(SESSION),
            attributes=self._attributes(kind, data),
            start_time=at,
        )
        span.end(at)

    def _attributes(self, kind: str, data: Mapping[str, Any]) -> Mapping[str, AttributeValue]:
        payload = None
        if self._gate.is_open:
            payload = json.dumps(scrubbed(data), ensure_ascii=False, default=str)
        return known(
            (
                *self._identity.pairs,
                (semconv.SERVER_EVENT_TYPE, kind),
                (semconv.ITEM_ID, _id(data, "item_id")),
                (semconv.RESPONSE_ID, _id(data, "response_id")),
                (semconv.TOOL_CALL_ID, _id(data, "call_id")),
                (semconv.SERVER_EVENT_PAYLOAD, self._gate("server_event", payload)),
            )
        )


def server_events_of(
    telemetry: Telemetry,
    settings: Settings,
    context: TelemetryContext,
    identity: Identity,
    caught: Callable[[str, Exception], None],
) -> ServerEvents | None:
    """Make it; None where it is not asked for. The arguments are those of `consumers_of`."""
    if not settings.server_events:
        return None
    gate = ContentGate(settings.capture_content.on_spans, settings.redact, caught)
    return ServerEvents(telemetry.tracer, context, identity, gate)


def scrubbed(value: Any, depth: int = 0, *, is_schema: bool = False) -> Any:  # noqa: ANN401 - of whatever JSON there is
    """A copy of a value without audio and secrets.

    Where it `is_schema`, it describes parameters: their names are the application's own.
    """
    if depth >= _DEEPEST:
        return None
    if isinstance(value, dict):
        return {
            name: scrubbed(each, depth + 1, is_schema=name == _PARAMETERS)
            for name, each in (value if is_schema else without_access(value)).items()
            if is_schema or _stays(name, each)
        }
    if isinstance(value, list):
        return [scrubbed(each, depth + 1) for each in value]
    return value


def _stays(name: object, value: object) -> bool:
    if isinstance(value, str) and (name == _AUDIO or value.startswith(_DATA_URL)):
        return False
    return name != _SECRET


def _id(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    return encodable(value) if isinstance(value, str) and value else None
