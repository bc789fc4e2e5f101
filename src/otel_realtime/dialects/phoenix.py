"""OpenInference as Phoenix reads it, where that is not as OpenInference has it.

Checked against arize-phoenix 20.26. It knows neither kind USER nor AUDIO and shows them as UNKNOWN.
It adds up the details of a prompt's tokens, each at its price, and so would charge for a cached
audio token twice: as audio, and as read from the cache.
"""

from collections.abc import Mapping
from typing import Final

from otel_realtime.dialects import openinference
from otel_realtime.dialects import openinference_names as names
from otel_realtime.dialects.calls import Turn
from otel_realtime.dialects.ended import Attributes, Ended, Limits
from otel_realtime.dialects.tokens import fresh_audio

_KINDS: Final[Mapping[object, str]] = {names.USER: names.CHAIN, names.AUDIO: names.CHAIN}
"""What Phoenix knows, for what it does not."""


def translate(ended: Ended, limits: Limits) -> Attributes:
    """The attributes of a span of ours in OpenInference, as Phoenix reads it."""
    fresh = fresh_audio(ended.attributes)
    said = _in_known_kinds(openinference.translate(ended, limits))
    if fresh is not None and names.TOKENS_PROMPT_AUDIO in said:
        said[names.TOKENS_PROMPT_AUDIO] = fresh
    return said


def turn(told: Turn, shared: Attributes, limits: Limits) -> Attributes:
    """The attributes of the span around a turn; see `openinference.turn`."""
    return _in_known_kinds(openinference.turn(told, shared, limits))


def _in_known_kinds(said: Attributes) -> Attributes:
    kind = said.get(names.KIND)
    said[names.KIND] = _KINDS.get(kind, str(kind))
    return said
