"""Where recordings are, as attributes: OpenInference's names, and ours where it has none."""

from collections.abc import Iterable

from otel_realtime import semconv
from otel_realtime.facts import InputFacts, ResponseFacts, SessionFacts
from otel_realtime.values import AudioLink

_Pairs = Iterable[tuple[str, str | None]]


def of_input(facts: InputFacts) -> _Pairs:
    """What the user said."""
    link, dropped = facts.audio, (semconv.AUDIO_DROPPED, facts.audio_dropped)
    return (*_link(semconv.INPUT_AUDIO_URL, semconv.INPUT_AUDIO_MIME_TYPE, link), dropped)


def of_output(facts: ResponseFacts | SessionFacts) -> _Pairs:
    """What was heard of a response; the recording of the call."""
    link, dropped = facts.audio, (semconv.AUDIO_DROPPED, facts.audio_dropped)
    return (*_link(semconv.OUTPUT_AUDIO_URL, semconv.OUTPUT_AUDIO_MIME_TYPE, link), dropped)


def of_generated(facts: ResponseFacts) -> _Pairs:
    """All of a response, where not all was heard."""
    link = facts.generated_audio
    return ((semconv.GENERATED_AUDIO_URL, link.url if link is not None else None),)


def _link(url: str, mime_type: str, link: AudioLink | None) -> _Pairs:
    return ((url, link.url), (mime_type, link.mime_type)) if link is not None else ()
