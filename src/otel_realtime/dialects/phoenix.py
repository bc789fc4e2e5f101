"""OpenInference as Phoenix reads it, where that is not as OpenInference has it.

Checked against arize-phoenix 20.26. It knows neither kind USER nor AUDIO and shows them as UNKNOWN.
It adds up the details of a prompt's tokens, each at its price, and so would charge for a cached
audio token twice: as audio, and as read from the cache.
"""

from collections.abc import Mapping
from typing import Final

from otel_realtime import semconv
from otel_realtime.dialects import openinference
from otel_realtime.dialects import openinference_names as names
from otel_realtime.dialects.calls import Turn
from otel_realtime.dialects.ended import Attributes, Ended, Limits

_KINDS: Final[Mapping[object, str]] = {names.USER: names.CHAIN, names.AUDIO: names.CHAIN}
"""What Phoenix knows, for what it does not."""


def translate(ended: Ended, limits: Limits) -> Attributes:
    """The attributes of a span of ours in OpenInference, as Phoenix reads it."""
    return _read_by_phoenix(openinference.translate(ended, limits))


def turn(told: Turn, shared: Attributes, limits: Limits) -> Attributes:
    """The attributes of the span around a turn; see `openinference.turn`."""
    return _read_by_phoenix(openinference.turn(told, shared, limits))


def _read_by_phoenix(said: Attributes) -> Attributes:
    kind = said.get(names.KIND)
    said[names.KIND] = _KINDS.get(kind, str(kind))
    audio, cached = said.get(names.TOKENS_PROMPT_AUDIO), said.get(semconv.USAGE_CACHED_AUDIO)
    # More cached than there was contradicts itself: it stays as it was told.
    if isinstance(audio, int) and isinstance(cached, int) and cached <= audio:
        said[names.TOKENS_PROMPT_AUDIO] = audio - cached
    return said
