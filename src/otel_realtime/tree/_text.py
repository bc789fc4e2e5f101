"""Values as text that stays on its line."""

import json
import unicodedata
from collections.abc import Iterator, Mapping

# Controls, separators of lines and paragraphs, lone surrogates: they break lines, steer terminals
# or cannot be written.
_UNPRINTABLE = {"Cc", "Zl", "Zp", "Cs"}


def one_line(text: str) -> str:
    """`text` with everything escaped that would break the line or steer a terminal."""
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _UNPRINTABLE
        else char
        for char in text
    )


def as_json(value: object) -> str:
    """`value` as JSON on one line; text stands between quotation marks."""
    return one_line(json.dumps(value, ensure_ascii=False, default=str))


def shown(value: object) -> str:
    """Any value: text as it is, all else as JSON."""
    return one_line(value) if isinstance(value, str) else as_json(value)


def parsed_json(value: object) -> str:
    """A value that may be JSON inside a text, spelt in one way; other text is quoted."""
    try:
        return as_json(json.loads(value) if isinstance(value, str) else value)
    except (ValueError, RecursionError):
        return as_json(value)


def whole(value: float) -> str:
    """A number without digits behind the point."""
    return str(value) if isinstance(value, int) else f"{value:.0f}"


def number(value: float) -> str:
    """A number in three digits where it is small, whole where it is large."""
    large = 100  # from here on, digits behind the point say little
    return whole(value) if isinstance(value, int) or abs(value) >= large else f"{value:.3g}"


def milliseconds(seconds: float) -> str:
    """A duration in seconds as whole milliseconds."""
    return f"{seconds * 1000:.0f} ms"


def money(usd: float) -> str:
    """US dollars: a response costs less than a cent, so cents say nothing of it."""
    if not usd:
        return "$0"
    tiny = 0.001  # less than this would show one digit
    return f"${usd:.6f}" if abs(usd) < tiny else f"${usd:.4f}"


def counted(count: float, one: str) -> str:
    """`1 turn`, `2 turns`."""
    return f"{whole(count)} {one}" if count == 1 else f"{whole(count)} {one}s"


def message_texts(messages: object) -> Iterator[str]:
    """The text parts of messages, which may be JSON inside a text."""
    try:
        parsed = json.loads(messages) if isinstance(messages, str) else messages
    except (ValueError, RecursionError):
        return
    for message in _dicts(parsed):
        for part in _dicts(message.get("parts")):
            content = part.get("content")
            if part.get("type") == "text" and isinstance(content, str):
                yield content


def _dicts(value: object) -> Iterator[Mapping[str, object]]:
    for each in value if isinstance(value, list | tuple) else ():
        if isinstance(each, Mapping):
            yield each
