"""Values of settings: what each may be, and how it is read from a keyword or the environment."""

import math
from collections.abc import Callable
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from threading import TIMEOUT_MAX
from typing import Any

Redact = Callable[[str, str], str | None]
"""`redact(kind, value)`: gives what may be recorded of a content value, or None for nothing."""


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


def content_capture(value: object) -> ContentCapture:
    """Where content may be recorded; a boolean means on spans or nowhere.

    Raises:
        ValueError: It is no such word.
    """
    if isinstance(value, bool):
        return ContentCapture.SPAN_ONLY if value else ContentCapture.NO_CONTENT
    word = str(value).strip().upper()
    if word in {"TRUE", "FALSE", ""}:
        return content_capture(word == "TRUE")
    return ContentCapture(word)


def seconds(value: object) -> float:
    """A time that is not negative, and at most as long as a thread can wait.

    Raises:
        ValueError: It is none.
    """
    number = float(str(value))
    if not math.isfinite(number) or number < 0:
        raise ValueError(value)
    return min(number, TIMEOUT_MAX)


def share(value: object) -> float:
    """A share between 0 and 1.

    Raises:
        ValueError: It is none.
    """
    number = seconds(value)
    if number > 1:
        raise ValueError(value)
    return number


def count(value: object) -> int:
    """A whole number, at least 1.

    Raises:
        ValueError: It is none.
    """
    number = int(str(value))
    if number < 1:
        raise ValueError(value)
    return number


def boolean(value: object) -> bool:
    """Whether it is so: a boolean, or the word for one.

    Raises:
        ValueError: It is neither.
    """
    words = {"true": True, "1": True, "false": False, "0": False}
    word = str(value).strip().lower()
    if word not in words:
        raise ValueError(value)
    return words[word]


def folder(value: object) -> Path:
    """A folder, which need not exist yet."""
    return Path(str(value)).expanduser()


class FromEnvironment(str):
    """A text from the environment: what is wrong with it is logged and raises nothing."""

    __slots__ = ()


def switch(value: object) -> bool | FromEnvironment:
    """On or off; what is switched on by the environment still tells so, and is true.

    Raises:
        ValueError: It is neither.
    """
    word = str(value).strip().lower()
    if word not in {"true", "false"}:
        raise ValueError(value)
    if word == "true" and isinstance(value, FromEnvironment):
        return value
    return word == "true"


def file(value: object) -> Path | FromEnvironment:
    """A file, which is looked at when it is first needed.

    Raises:
        ValueError: It is neither a path nor a text.
    """
    if isinstance(value, FromEnvironment):
        return value
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError(value)
    return Path(value).expanduser()


def audio_store(value: object) -> object:
    """A URL or a store, which is looked at when it is first needed.

    Of what is wrong in the environment the store itself tells, once, whatever it is.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(value, str) and "://" not in value and not isinstance(value, FromEnvironment):
        raise ValueError(value)
    return value


class AudioCapture(StrEnum):
    """Whose audio is recorded. The values are those of `OTEL_REALTIME_CAPTURE_AUDIO`."""

    NONE = "none"
    USER = "user"
    AGENT = "agent"
    BOTH = "both"

    @property
    def of_user(self) -> bool:
        """Whether what the user says is recorded."""
        return self in {AudioCapture.USER, AudioCapture.BOTH}

    @property
    def of_agent(self) -> bool:
        """Whether what the agent says is recorded."""
        return self in {AudioCapture.AGENT, AudioCapture.BOTH}


def audio_capture(value: object) -> AudioCapture:
    """Whose audio is recorded; a boolean means both or none.

    Raises:
        ValueError: It is no such word.
    """
    word = str(value).strip().lower()
    return AudioCapture({"true": "both", "false": "none"}.get(word, word))


class AudioFileFormat(StrEnum):
    """The format of recordings. The values are those of `OTEL_REALTIME_AUDIO_FORMAT`."""

    WAV = "wav"
    FLAC = "flac"
    OPUS = "opus"


def audio_format(value: object) -> AudioFileFormat:
    """The format of recordings.

    Raises:
        ValueError: It is no such word.
    """
    return AudioFileFormat(str(value).strip().lower())


def text(value: object) -> str | None:
    """Any text."""
    return str(value) if value is not None else None


def opted_in(word: str) -> Callable[[object], bool]:
    """How to read a switch: a boolean, or a comma-separated list that holds `word` or does not."""

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        if not isinstance(value, str):
            raise ValueError(value)  # noqa: TRY004 - one type of error for all settings
        return word in (each.strip() for each in value.split(","))

    return read


def setting(
    default: object,
    text: str,
    *,
    accepts: str,
    parse: Callable[[Any], Any],
    env: str,
) -> Any:  # noqa: ANN401 - a dataclass field stands for the type beside it
    """A setting: its default, what it does, what it takes, and how that is read."""
    metadata = {"text": text, "accepts": accepts, "parse": parse, "env": env}
    return field(default=default, metadata=metadata)
