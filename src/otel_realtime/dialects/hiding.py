"""What OpenInference's own variables hide: `OPENINFERENCE_HIDE_*`.

They hide at least what OpenInference's instrumentations hide by them. A transcript is both text and
audio, and goes with either.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from otel_realtime import semconv
from otel_realtime.dialects.calls import TYPED
from otel_realtime.dialects.ended import Attributes, Ended, Kind
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
        r"output\.mime_type|output\.audio\..*|.*\.audio\.generated\.url|llm\.output_messages\..*"
        r"|otel_realtime\.error\.message",
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

_OF_THE_USER: Final = frozenset({"hide_inputs", "hide_input_text", "hide_input_audio"})
"""What hides what the user said, and so a transcript of it that came late: a span's output."""


class Hiding:
    """Hides what is to be hidden.

    Attributes:
        is_needed: Whether anything is.
    """

    def __init__(self, settings: DialectSettings) -> None:
        """Look at what is to be hidden, once."""
        self._asked: Final = frozenset(name for name in _RULES if getattr(settings, name))
        self.is_needed: Final = bool(self._asked)

    def __call__(self, attributes: Attributes, ended: Ended | None = None) -> Attributes:
        """The attributes in OpenInference of a span, or of a turn, without what is to be hidden."""
        gone, redacted = _patterns(self._hides(ended) if ended is not None else self._heard())
        return {
            name: REDACTED if redacted.fullmatch(name) else value
            for name, value in attributes.items()
            if not gone.fullmatch(name)
        }

    def _hides(self, ended: Ended) -> frozenset[str]:
        """What is asked for, as far as it is told by other names on a span of this kind."""
        kind = ended.kind
        if kind is Kind.EVENT:  # its payload may tell anything
            return self._asked | {"hide_outputs"}
        if kind is Kind.TRANSCRIPTION:
            return self._asked | ({"hide_outputs"} if self._asked & _OF_THE_USER else frozenset())
        if kind is Kind.TOOL:
            return self._asked
        is_response = kind is Kind.RESPONSE  # of the session, whatever its answers are
        is_written = is_response and ended.attributes.get(semconv.OUTPUT_TYPE, "speech") != "speech"
        return self._heard(given=not _is_typed(ended), said=not is_written)

    def _heard(self, *, given: bool = True, said: bool = True) -> frozenset[str]:
        """The same where the texts are of audio, and go with it."""
        heard = {"hide_input_audio": given, "hide_output_audio": said}
        texts = {name.replace("audio", "text") for name in self._asked if heard.get(name)}
        return self._asked | texts


def _is_typed(ended: Ended) -> bool:
    """Whether nothing that it tells of the user was heard."""
    told, call = ended.attributes, ended.call
    if told.get(semconv.INPUT_TYPE) == TYPED:
        return True
    if told.get(semconv.RESPONSE_TRIGGER) != TYPED or call is None:
        return False
    items = told.get(semconv.RESPONSE_INPUT_ITEMS)  # all but those, typed, whose id is not known
    return all(each in call.typed for each in (items if isinstance(items, Sequence) else ()))


@cache
def _patterns(hides: frozenset[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What is gone and what is redacted."""
    rules = [_RULES[name] for name in sorted(hides)]
    gone = "|".join(rule.gone for rule in rules)
    redacted = "|".join(rule.redacted for rule in rules if rule.redacted is not None)
    return re.compile(gone or _NOTHING), re.compile(redacted or _NOTHING)
