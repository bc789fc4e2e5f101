"""The settings, and the only place that reads the environment.

A keyword given in code wins over the environment, which wins over the default. The table in
`docs/reference.md` is generated from `Settings`.
"""

import logging
import math
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Any, Final, TypedDict

Redact = Callable[[str, str], str | None]
"""`redact(kind, value)`: gives what may be recorded of a content value, or None for nothing."""

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


def _redact(value: object) -> Redact:
    if isinstance(value, str):
        return _NamedRedact(value)
    if not callable(value):
        raise ValueError(value)  # noqa: TRY004 - one type of error for all settings
    return value


@dataclass(frozen=True)
class _NamedRedact:
    """The function that `module:function` names, imported when content first comes to it.

    Raises:
        ValueError: The name has another form.
    """

    name: str

    def __post_init__(self) -> None:
        _names(self.name)

    def __call__(self, kind: str, value: str) -> str | None:
        return _imported(self.name)(kind, value)


@cache
def _imported(name: str) -> Redact:
    """Import it; whoever names one means content to pass it, so without it none is recorded."""
    module, path = _names(name)
    try:
        found: Any = import_module(module)
        for each in path:
            found = getattr(found, each)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what the application's module raises
        problem = f"it could not be imported ({type(error).__name__})"
    else:
        if callable(found):
            return found  # type: ignore[no-any-return]
        problem = "it is not callable"
    _logger.warning("redact is %s, but %s: no content is recorded", name, problem)
    return _nothing


def _names(text: str) -> tuple[str, list[str]]:
    module, colon, path = text.strip().partition(":")
    names = path.split(".")
    if not colon or not all(name.isidentifier() for name in [*module.split("."), *names]):
        raise ValueError(text)
    return module, names


def _nothing(kind: str, value: str) -> None:
    """Record no content."""


def _setting(
    default: object,
    text: str,
    *,
    accepts: str,
    parse: Callable[[Any], Any],
    env: str,
) -> Any:  # noqa: ANN401 - a dataclass field stands for the type beside it
    metadata = {"text": text, "accepts": accepts, "parse": parse, "env": env}
    return field(default=default, metadata=metadata)


class SettingKeywords(TypedDict, total=False):
    """The settings as keywords, for listeners that take them so; the same names as `Settings`."""

    redact: Redact | str | None
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
        "it returns is recorded instead, and None leaves the value out. One that is named is "
        "imported when it is first needed; where that fails, no content is recorded.",
        accepts="a callable, or its name as `module:function`",
        parse=_redact,
        env="OTEL_REALTIME_REDACT",
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
        None,
        "`user.id`, on every span of the call.",
        accepts="text",
        parse=_text,
        env="OTEL_REALTIME_USER_ID",
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
        told = {name: value for name, value in given.items() if value is not None}
        values = {name: _parsed(cls, name, value) for name, value in told.items()}
        return cls(**_environment(cls, environ, leave_out=told), **values)

    def as_keywords(self) -> dict[str, Any]:
        """What `read` takes to make the same settings again, whatever the environment says now."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


_WHEN_WRONG: Final[Mapping[str, tuple[str, object]]] = {
    # A name that was mistyped must not record what it was to hold back.
    "redact": ("no content is recorded", _nothing),
}
"""What to do about a wrong value in the environment, if not to leave the setting at its default."""


def _environment(
    cls: type[Settings], environ: Mapping[str, str], *, leave_out: Collection[str]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in fields(cls):
        env, accepts = each.metadata["env"], each.metadata["accepts"]
        value = environ.get(env)
        if not value or each.name in leave_out:  # set to nothing counts as not set
            continue
        try:
            values[each.name] = each.metadata["parse"](value)
        except ValueError:
            what_then, values[each.name] = _WHEN_WRONG.get(
                each.name, ("it is left at its default", each.default)
            )
            _logger.warning("%s takes %s, not %r: %s", env, accepts, value, what_then)
    return values


def _parsed(cls: type[Settings], name: str, value: object) -> Any:  # noqa: ANN401 - by the field
    metadata = next(each.metadata for each in fields(cls) if each.name == name)
    try:
        return metadata["parse"](value)
    except ValueError as error:
        message = f"{name} takes {metadata['accepts']}; it cannot be {value!r}"
        raise SettingError(message) from error
