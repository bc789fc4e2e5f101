"""The settings, and the only place that reads the environment.

A keyword given in code wins over the environment, which wins over the default. The table in
`docs/settings.md` is generated from `Settings`.
"""

import logging
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, TypedDict, TypeVar

Redact = Callable[[str, str], str | None]
"""`redact(kind, value)`: gives what may be recorded of a content value, or None for nothing."""

_T = TypeVar("_T")

_logger = logging.getLogger(__name__)


class SettingError(ValueError):
    """A setting has a value that it cannot have; the message names both."""


class ContentCapture(StrEnum):
    """Where content may be recorded: transcripts, typed text, instructions, tool data.

    The values are those of `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`.
    """

    NO_CONTENT = "NO_CONTENT"
    SPAN_ONLY = "SPAN_ONLY"
    EVENT_ONLY = "EVENT_ONLY"
    SPAN_AND_EVENT = "SPAN_AND_EVENT"

    @property
    def on_spans(self) -> bool:
        """Whether spans may carry content."""
        return self in {ContentCapture.SPAN_ONLY, ContentCapture.SPAN_AND_EVENT}

    @property
    def on_events(self) -> bool:
        """Whether log events may carry content."""
        return self in {ContentCapture.EVENT_ONLY, ContentCapture.SPAN_AND_EVENT}


def _content_capture(value: object) -> ContentCapture:
    if isinstance(value, bool):
        return ContentCapture.SPAN_ONLY if value else ContentCapture.NO_CONTENT
    word = str(value).strip().upper()
    if word in {"TRUE", "FALSE", ""}:
        return _content_capture(word == "TRUE")
    return ContentCapture(word)


def _seconds(value: object) -> float:
    seconds = float(str(value))
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(value)
    return seconds


def _text(value: object) -> str | None:
    return str(value) if value is not None else None


def _callable(value: _T) -> _T:
    if not callable(value):
        raise ValueError(value)  # noqa: TRY004 - one type of error for all settings
    return value


def _setting(
    default: object,
    text: str,
    *,
    accepts: str,
    parse: Callable[[Any], Any],
    env: str | None = None,
) -> Any:  # noqa: ANN401 - a dataclass field stands for the type beside it
    metadata = {"text": text, "accepts": accepts, "parse": parse, "env": env}
    return field(default=default, metadata=metadata)


class SettingKeywords(TypedDict, total=False):
    """The settings as keywords, for listeners that take them so; the same names as `Settings`."""

    redact: Redact | None
    agent_name: str | None
    provider_name: str | None
    user_id: str | None
    transcript_timeout: float | None
    playback_timeout: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one listener is set to. Make it with `Settings.read`, which asks the environment too."""

    capture_content: ContentCapture = _setting(
        ContentCapture.NO_CONTENT,
        "Record transcripts, typed text, instructions, tool arguments and results, error "
        "messages: nowhere, on spans, on log events, or on both. `True` means on spans.",
        accepts="a boolean, or NO_CONTENT, SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT",
        parse=_content_capture,
        env="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    )
    redact: Redact | None = _setting(
        None,
        "Called as `redact(kind, value)` with every content value before it is recorded; what "
        "it returns is recorded instead, and None leaves the value out.",
        accepts="a callable",
        parse=_callable,
    )
    agent_name: str | None = _setting(
        None,
        "The name of the agent that has the floor at the start: `gen_ai.agent.name`.",
        accepts="text",
        parse=_text,
        env="OTEL_REALTIME_AGENT_NAME",
    )
    provider_name: str | None = _setting(
        None,
        "`gen_ai.provider.name`, such as `openai` or `azure.ai.openai`. Sources that know theirs "
        "set it where this does not.",
        accepts="text",
        parse=_text,
        env="OTEL_REALTIME_PROVIDER_NAME",
    )
    user_id: str | None = _setting(
        None, "`user.id`, on every span of the call.", accepts="text", parse=_text
    )
    transcript_timeout: float = _setting(
        15.0,
        "How long an utterance's span waits for its transcript. A transcript that comes later "
        "gets a `speech_to_text` span of its own.",
        accepts="seconds",
        parse=_seconds,
        env="OTEL_REALTIME_TRANSCRIPT_TIMEOUT",
    )
    playback_timeout: float = _setting(
        60.0,
        "How long a response's span waits for the end of its playback, to tell what was heard "
        "of it. Its end time is that of the response all the same.",
        accepts="seconds",
        parse=_seconds,
        env="OTEL_REALTIME_PLAYBACK_TIMEOUT",
    )

    @classmethod
    def read(
        cls, given: Mapping[str, object], environ: Mapping[str, str] | None = None
    ) -> "Settings":
        """Make settings from keywords and the environment.

        Args:
            given: Settings by name; None means that it is not given.
            environ: The environment; `os.environ` by default.

        A wrong value in the environment is logged and the default taken, as OpenTelemetry asks.

        Raises:
            SettingError: A keyword has a value that its setting cannot have.
            TypeError: A name that no setting has.
        """
        environ = os.environ if environ is None else environ
        names = {each.name for each in fields(cls)}
        if unknown := sorted(set(given) - names):
            message = f"unknown setting {unknown[0]!r}; there are: {', '.join(sorted(names))}"
            raise TypeError(message)
        values = _environment(cls, environ)
        values |= {
            name: _parsed(cls, name, value) for name, value in given.items() if value is not None
        }
        return cls(**values)


def _environment(cls: type[Settings], environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in fields(cls):
        value = environ.get(each.metadata["env"] or "")
        if not value:  # set to nothing counts as not set, as OpenTelemetry asks
            continue
        try:
            values[each.name] = each.metadata["parse"](value)
        except ValueError:
            env, accepts = each.metadata["env"], each.metadata["accepts"]
            _logger.warning("%s takes %s, not %r: it is left at its default", env, accepts, value)
    return values


def _parsed(cls: type[Settings], name: str, value: object) -> Any:  # noqa: ANN401 - by the field
    metadata = next(each.metadata for each in fields(cls) if each.name == name)
    try:
        return metadata["parse"](value)
    except ValueError as error:
        message = f"{name} takes {metadata['accepts']}; it cannot be {value!r}"
        raise SettingError(message) from error
