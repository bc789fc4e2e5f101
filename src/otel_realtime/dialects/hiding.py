"""What OpenInference's own variables hide: `OPENINFERENCE_HIDE_*`.

They hide at least what OpenInference's instrumentations hide by them. A transcript is both text and
audio, and goes with either.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from otel_realtime.dialects.ended import Attributes
from otel_realtime.settings import DialectSettings

REDACTED: Final = "__REDACTED__"

_TEXTS: Final = r"message\.content|contents\.\d+\.message_content\.audio\.audio\.transcript"


class _Rule(NamedTuple):
    """What one variable takes away, and what it has another value stand for."""

    gone: str
    redacted: str | None = None


_RULES: Final[Mapping[str, _Rule]] = {
    "hide_inputs": _Rule(
        r"input\.mime_type|input\.audio\..*|llm\.(input_messages|tools)\..*|tool\.parameters",
        r"input\.value",
    ),
    "hide_outputs": _Rule(
        r"output\.mime_type|output\.audio\..*|.*\.audio\.generated\.url|llm\.output_messages\..*",
        r"output\.value",
    ),
    "hide_input_messages": _Rule(r"llm\.input_messages\..*"),
    "hide_output_messages": _Rule(r"llm\.output_messages\..*"),
    "hide_input_text": _Rule(
        r"input\.audio\.transcript", rf"input\.value|llm\.input_messages\..*({_TEXTS})"
    ),
    "hide_output_text": _Rule(
        r"output\.audio\.transcript", rf"output\.value|llm\.output_messages\..*({_TEXTS})"
    ),
    "hide_input_audio": _Rule(r"input\.audio\..*|llm\.input_messages\.\d+\.message\.contents\..*"),
    "hide_output_audio": _Rule(
        r"output\.audio\..*|.*\.audio\.generated\.url"
        r"|llm\.output_messages\.\d+\.message\.contents\..*"
    ),
    "hide_llm_tools": _Rule(r"llm\.tools\..*"),
    "hide_llm_invocation_parameters": _Rule(r"llm\.invocation_parameters"),
}

_Patterns = tuple[re.Pattern[str], re.Pattern[str]]


def hidden(
    attributes: Attributes, settings: DialectSettings, *, heard_input: bool, heard_output: bool
) -> Attributes:
    """The attributes without what is to be hidden.

    Args:
        attributes: Those of a span.
        settings: What is to be hidden.
        heard_input: Whether the texts of its input may be transcripts.
        heard_output: Whether the texts of its output may be.
    """
    patterns = _patterns(settings, heard_input, heard_output)
    if patterns is None:
        return attributes
    gone, redacted = patterns
    return {
        name: REDACTED if redacted.fullmatch(name) else value
        for name, value in attributes.items()
        if not gone.fullmatch(name)
    }


@lru_cache(maxsize=64)
def _patterns(
    settings: DialectSettings,
    heard_input: bool,  # noqa: FBT001 - keyword-only would do nothing for a key of the cache
    heard_output: bool,  # noqa: FBT001 - the same
) -> _Patterns | None:
    hides = {name for name in _RULES if getattr(settings, name)}
    if heard_input and "hide_input_audio" in hides:
        hides.add("hide_input_text")
    if heard_output and "hide_output_audio" in hides:
        hides.add("hide_output_text")
    if not hides:
        return None
    rules = [_RULES[name] for name in sorted(hides)]
    gone = "|".join(rule.gone for rule in rules)
    redacted = "|".join(rule.redacted for rule in rules if rule.redacted is not None)
    return re.compile(gone), re.compile(redacted or r"(?!)")
