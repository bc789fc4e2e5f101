"""Application Insights: OpenTelemetry's conventions, and what Azure Monitor's exporter asks beside.

The exporter knows a generative AI call by an older name, takes some attributes out of an item's
custom dimensions, writes lists as Python does, cuts texts, and turns numbers into texts. What is
said here makes up for it; checked 2026-11 with azure-monitor-opentelemetry-exporter 1.0.0b58.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.dialects.ended import CONTENT, Attributes, Ended, Limits

MEASUREMENTS: Final = "microsoft.custom_measurements"
"""A JSON object of numbers, which becomes an item's customMeasurements."""
EVENT_NAME: Final = "microsoft.custom_event.name"
"""Makes a log record an item of customEvents, by this name."""
USER: Final = "enduser.id"
"""What becomes the column user_AuthenticatedId."""

_SAME: Final[Mapping[str, str]] = {
    semconv.ERROR_TYPE: semconv.SAME_ERROR_TYPE,
    semconv.HTTP_STATUS: semconv.SAME_HTTP_STATUS,
    semconv.SERVER_ADDRESS: semconv.SAME_SERVER_ADDRESS,
    semconv.SERVER_PORT: semconv.SAME_SERVER_PORT,
}
"""What the exporter takes out of custom dimensions, and the name under which it stays."""
_NOT_MEASURED: Final = frozenset(
    {
        *(*_SAME, *_SAME.values(), semconv.CLOSE_CODE),
        *(semconv.TURN_INDEX, semconv.SESSION_SLOWEST_TURN),
        *(semconv.INPUT_AUDIO_RATE, semconv.OUTPUT_AUDIO_RATE),
        *(semconv.INPUT_AUDIO_START_MS, semconv.INPUT_AUDIO_END_MS),
        *(semconv.INPUT_ACOUSTIC_START_MS, semconv.INPUT_ACOUSTIC_END_MS),
    }
)
"""Numbers that nobody adds up or compares: codes, indices, rates, places on the audio's clock."""
_THEIRS: Final = "_MS."
"""What Azure Monitor's own sampler and exporter say, such as the sample rate."""
_LONG: Final = frozenset(CONTENT) - {semconv.SERVER_EVENT_PAYLOAD}
"""The texts that the exporter lets be longer than the others."""
_MOST, _MOST_LONG, _MOST_PARTS = 8_192, 262_144, 6


def translate(ended: Ended, limits: Limits) -> Attributes:  # noqa: ARG001 - the dialects' interface
    """The attributes of a span of ours for Application Insights.

    None gives way to another: OpenTelemetry's limit held when they were recorded, and Azure
    Monitor's exporter has none for their number.
    """
    return said_of(ended.attributes)


def said_of(told: Mapping[str, AttributeValue]) -> Attributes:
    """All that was told of a span or log event, and what Application Insights needs beside it.

    Texts that the exporter would cut go on under `{name}.part2` and so on. What is more than that
    is left out, and named with its length in characters under `otel_realtime.dialect.left_out`.
    """
    said: Attributes = {}
    left_out: list[str] = []
    for name, value in told.items():
        said[name] = _text(value) if isinstance(value, Sequence) else value
        if isinstance(said[name], str):
            _divide(name, said, left_out)
    said |= {_SAME[name]: said[name] for name in _SAME if name in said}
    for name, value in _beside(told).items():
        said.setdefault(name, value)
    if left_out:
        said[semconv.LEFT_OUT] = json.dumps(left_out)
    measured = _measured(told)
    if measured:
        said[MEASUREMENTS] = json.dumps(measured)
    return said


def event_of(name: str, told: Mapping[str, AttributeValue]) -> Attributes:
    """The attributes of a log event that is to be a custom event."""
    return {**said_of(told), EVENT_NAME: name}


def _text(value: Sequence[object]) -> str:
    """A text as it is, and a list as JSON."""
    return value if isinstance(value, str) else json.dumps(list(value), ensure_ascii=False)


def _divide(name: str, said: Attributes, left_out: list[str]) -> None:
    """Say in parts what the exporter would cut."""
    text, most = str(said[name]), _MOST_LONG if name in _LONG else _MOST
    if len(text) <= most:
        return
    said[name] = text[:most]
    parts = 1 if name in _LONG else _MOST_PARTS
    for part in range(1, parts):
        if piece := text[part * most : (part + 1) * most]:
            said[f"{name}.part{part + 1}"] = piece
    if len(text) > parts * most:
        left_out.append(f"{name} {len(text) - parts * most}")


def _beside(told: Mapping[str, AttributeValue]) -> Attributes:
    names = {semconv.SYSTEM: semconv.PROVIDER_NAME, USER: semconv.USER_ID}
    return {new: told[name] for new, name in names.items() if name in told}


def _measured(told: Mapping[str, AttributeValue]) -> dict[str, float]:
    return {
        name: value
        for name, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
        if name not in _NOT_MEASURED and not name.startswith(_THEIRS)
    }
