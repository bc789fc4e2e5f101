"""What OpenInference's own variables hide: `OPENINFERENCE_HIDE_*`.

They hide at least what OpenInference's instrumentations hide by them. A transcript is both text and
audio, and goes with either.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from otel_realtime import semconv
from otel_realtime.dialects import openinference_names as names
from otel_realtime.dialects.ended import Attributes
from otel_realtime.settings import DialectSettings

REDACTED: Final = "__REDACTED__"

_NOTHING: Final = r"(?!)"
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


class Hiding:
    """Hides what is to be hidden.

    Attributes:
        is_needed: Whether anything is.
    """

    def __init__(self, settings: DialectSettings) -> None:
        """Look at what is to be hidden, once."""
        asked = {name for name in _RULES if getattr(settings, name)}
        self.is_needed: Final = bool(asked)
        self._patterns: Final[Mapping[tuple[bool, bool], _Patterns]] = {
            (heard_input, heard_output): _patterns(asked, heard_input, heard_output)
            for heard_input in (True, False)
            for heard_output in (True, False)
        }

    def __call__(self, attributes: Attributes) -> Attributes:
        """The attributes of a span in OpenInference without what is to be hidden."""
        is_tool = attributes.get(names.KIND) == names.TOOL
        asked = {attributes.get(semconv.INPUT_TYPE), attributes.get(semconv.RESPONSE_TRIGGER)}
        is_written = attributes.get(semconv.OUTPUT_TYPE, "speech") != "speech"
        heard = not (is_tool or "text" in asked), not (is_tool or is_written)
        gone, redacted = self._patterns[heard]
        return {
            name: REDACTED if redacted.fullmatch(name) else value
            for name, value in attributes.items()
            if not gone.fullmatch(name)
        }


def _patterns(asked: AbstractSet[str], heard_input: bool, heard_output: bool) -> _Patterns:  # noqa: FBT001 - of a table
    """What is gone and what is redacted; a text that was heard goes with the audio."""
    hides = set(asked)
    if heard_input and "hide_input_audio" in asked:
        hides.add("hide_input_text")
    if heard_output and "hide_output_audio" in asked:
        hides.add("hide_output_text")
    rules = [_RULES[name] for name in sorted(hides)]
    gone = "|".join(rule.gone for rule in rules)
    redacted = "|".join(rule.redacted for rule in rules if rule.redacted is not None)
    return re.compile(gone or _NOTHING), re.compile(redacted or _NOTHING)
