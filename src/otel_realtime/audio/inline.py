"""Inline audio in other libraries' finished spans: found cheaply, and replaced by a URL.

Three conventions put audio into attributes as base64; whatever else they hold stays as it is.

- OpenInference (semantic conventions 0.1.42): `data:audio/…;base64,…` in `input.audio.url`,
  `output.audio.url` or `…message_content.audio.audio.url`. What it hides is absent or
  `__REDACTED__`. What is too long for it (`OPENINFERENCE_BASE64_AUDIO_MAX_LENGTH`, by default 32000
  characters, half a second) it cuts off: what is left of a WAV becomes a valid file, and the span
  says so, `otel_realtime.audio.dropped` = `truncated`.
- OpenTelemetry's GenAI conventions (status: Development): `blob` parts of `gen_ai.input.messages`,
  `gen_ai.output.messages` and `gen_ai.system_instructions`, as JSON or structured, of spans or of
  their events. They become `uri` parts.
- LangSmith (docs.langchain.com/langsmith/trace-with-opentelemetry): `langsmith.attachments`, a list
  of `{"name", "content", "mime_type"}`. No attachment by reference is documented, so one that was
  kept leaves the list, and its URL becomes metadata, which LangSmith shows whatever its name:
  `langsmith.metadata.audio_url`, the next one `….audio_url_2`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import chain, count
from typing import NamedTuple, TypeGuard

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.util.types import AttributeValue

from otel_realtime import semconv
from otel_realtime.audio.copies import Attributes, EventCopy, SpanCopy
from otel_realtime.audio.payload import decoded
from otel_realtime.audio.riff import RiffError


class KeptAudio(NamedTuple):
    """Where audio is kept, and the media type of the file there."""

    url: str
    mime_type: str


Keep = Callable[[bytes, str, str], KeptAudio | None]
"""keep(data, mime_type, direction) -> where it is, or None if it cannot be kept.

`mime_type` is what the span says, such as `audio/pcm;rate=24000` for raw audio without a container,
or `application/octet-stream`; `direction` is "input" or "output".
"""

_AUDIO_URL = "langsmith.metadata.audio_url"
_INPUT_WORDS = ("input", "user", "caller")  # LangSmith's examples: turn_1_user.wav, turn_1_ai.wav
_URI_MARK = ";base64,"
_UNKNOWN_TYPE = "application/octet-stream"
_LONGEST_TYPE = 256  # characters of a data URI before its payload
_TRUNCATED = "truncated"


class InlineAudioError(ValueError):
    """What claims to be audio is not: says what is wrong and in which attribute, never content."""


class _Place(NamedTuple):
    """Where a value stands, who keeps its audio, and why some of that is missing."""

    name: str
    direction: str
    keep: Keep
    dropped: set[str]
    attributes: Attributes


class _Format(NamedTuple):
    """How a convention holds audio: a cheap look at a value, and what stands in its place."""

    direction: str
    may_hold: Callable[[AttributeValue], bool]
    replaced: Callable[[AttributeValue, _Place], dict[str, AttributeValue]]


def has_inline_audio(attributes: Attributes | None) -> bool:
    """Whether `rewritten` has anything to do with these attributes, of a span or of an event.

    It looks at names first, into a value only where its name may mean audio, and never parses. May
    be True where there is none in the end (a text that speaks of it), never False where there is.
    """
    if not attributes:
        return False
    if "audio.url" not in "\n".join(attributes) and _NAMES.isdisjoint(attributes):
        return False
    return next(_candidates(attributes), None) is not None


def span_has_inline_audio(span: ReadableSpan) -> bool:
    """Whether `rewritten` has anything to do with a span's attributes or those of its events."""
    events = (event.attributes for event in span.events)
    return has_inline_audio(span.attributes) or any(map(has_inline_audio, events))


def rewritten(span: ReadableSpan, keep: Keep) -> ReadableSpan:
    """A span with URLs in place of its inline audio, equal in everything else.

    Where `keep` answers None, that part stays as it is; where no part was replaced, the answer is
    the span itself. A media type is added, and is another one only if that of the file is. Where
    a WAV ends before its time, `otel_realtime.audio.dropped` says `truncated`.

    Raises:
        InlineAudioError: If what claims to be audio is no valid base64 or JSON, or was cut off so
            that nothing is left. What came before has been given to `keep` by then.
    """
    dropped: set[str] = set()
    attributes = _rewritten_attributes(span.attributes, keep, dropped)
    events = [_rewritten_event(event, keep, dropped) for event in span.events]
    if attributes is None and all(new is old for new, old in zip(events, span.events, strict=True)):
        return span
    said = dict.fromkeys((semconv.AUDIO_DROPPED,) if dropped else (), _TRUNCATED)
    return SpanCopy(span, {**(attributes or span.attributes or {}), **said}, events)


def _rewritten_event(event: Event, keep: Keep, dropped: set[str]) -> Event:
    attributes = _rewritten_attributes(event.attributes, keep, dropped)
    return event if attributes is None else EventCopy(event, attributes)


def _rewritten_attributes(
    attributes: Attributes | None, keep: Keep, dropped: set[str]
) -> Attributes | None:
    """The attributes with URLs in place of audio, or None if nothing was replaced."""
    if attributes is None or not has_inline_audio(attributes):
        return None
    new: dict[str, AttributeValue] = dict(attributes)
    for name, found in _candidates(attributes):
        value = new.pop(name)
        new.update(found.replaced(value, _Place(name, found.direction, keep, dropped, new)))
    return None if new == dict(attributes) else new


def _candidates(attributes: Attributes) -> Iterator[tuple[str, _Format]]:
    """The names of attributes that seem to hold audio, each with its format."""
    for name in attributes:
        if name.endswith("audio.url"):  # OpenInference; it numbers messages, so no table has them
            found = _URIS[name.startswith(("output.", "llm.output_messages."))]
        elif name in _NAMES:
            found = _FORMATS[name]
        else:
            continue
        if found.may_hold(attributes[name]):
            yield name, found


def _is_audio_uri(value: AttributeValue) -> bool:
    return (
        isinstance(value, str)
        and value[:11].lower() == "data:audio/"
        and _URI_MARK in value[:_LONGEST_TYPE]
        and not value.endswith(_URI_MARK)  # cut off to nothing: that is redacted
    )


def _uri_replaced(value: AttributeValue, place: _Place) -> dict[str, AttributeValue]:
    head, _, content = str(value).partition(_URI_MARK)
    part = {"content": content, "mime_type": head[5:]}  # after "data:"
    kept = _kept(part, place)
    if kept is None:
        return {place.name: value}
    type_name = f"{place.name.removesuffix('url')}mime_type"
    is_same = kept.mime_type == part["mime_type"]
    told = place.attributes.get(type_name, kept.mime_type) if is_same else kept.mime_type
    return {place.name: kept.url, type_name: told}


def _may_hold(kind: str | None, value: AttributeValue) -> bool:
    """Whether there may be audio in JSON, or is in a structured value, in parts of this type."""
    if isinstance(value, str):
        return f'"{kind or "audio/"}' in value and ('"audio"' in value or '"audio/' in value)
    messages = value if isinstance(value, (list, tuple)) else ()
    parts = (each.get("parts") for each in messages if isinstance(each, Mapping))
    lists = (messages, *(each for each in parts if isinstance(each, (list, tuple))))
    return any(_is_audio(part, kind) for part in chain.from_iterable(lists))


def _blobs_replaced(value: AttributeValue, place: _Place) -> dict[str, AttributeValue]:
    messages = _loaded(value, place)
    new = _each(messages, lambda message: _message_replaced(message, place))
    return {place.name: value if new == messages else _stored(new, value, place)}


def _message_replaced(message: object, place: _Place) -> object:
    """A message with its parts replaced, or an instruction, which is a part itself."""
    if not isinstance(message, Mapping) or "parts" not in message:
        return _part_replaced(message, place)
    return {**message, "parts": _each(message["parts"], lambda part: _part_replaced(part, place))}


def _part_replaced(part: object, place: _Place) -> object:
    """A `uri` part in place of an audio blob, with what else that said; any other part as it is."""
    if not _is_audio(part, "blob") or (kept := _kept(part, place)) is None:
        return part
    rest = {key: value for key, value in part.items() if key != "content"}
    if part.get("mime_type") or kept.mime_type != _UNKNOWN_TYPE:
        rest["mime_type"] = kept.mime_type
    return {**rest, "type": "uri", "modality": "audio", "uri": kept.url}


def _attachments_replaced(value: AttributeValue, place: _Place) -> dict[str, AttributeValue]:
    entries = _loaded(value, place)
    if not isinstance(entries, (list, tuple)):
        return {place.name: value}
    urls = [_attachment_kept(entry, place) for entry in entries]
    left = [entry for entry, url in zip(entries, urls, strict=True) if url is None]
    names = chain((_AUDIO_URL,), (f"{_AUDIO_URL}_{number}" for number in count(2)))
    free = (name for name in names if name not in place.attributes)
    added = dict(zip(free, filter(None, urls), strict=False))  # there is no end of names
    rest = value if len(left) == len(entries) else _stored(left, value, place)
    return {place.name: rest, **added} if left else {**added}


def _attachment_kept(entry: object, place: _Place) -> str | None:
    if not _is_audio(entry):
        return None
    name = str(entry.get("name")).lower()
    direction = "input" if any(word in name for word in _INPUT_WORDS) else place.direction
    kept = _kept(entry, place._replace(direction=direction))
    return kept.url if kept is not None else None


def _is_audio(part: object, kind: str | None = None) -> TypeGuard[Mapping[str, object]]:
    """Whether a part of this type, or an attachment, says that it is audio and has some inside."""
    if not isinstance(part, Mapping) or (kind and part.get("type") != kind):
        return False
    content, mime_type = part.get("content"), str(part.get("mime_type"))
    is_audio = part.get("modality") == "audio" or mime_type[:6].lower() == "audio/"
    return is_audio and isinstance(content, (str, bytes)) and bool(content)


def _kept(part: Mapping[str, object], place: _Place) -> KeptAudio | None:
    """Hand a part's audio on; its content is base64, or, as only structured values can, bytes."""
    content = part["content"]
    with _claimed_valid(place, "base64"):
        data, is_cut = decoded(content if isinstance(content, bytes) else str(content))
    mime_type = str(part.get("mime_type") or _UNKNOWN_TYPE)
    kept = place.keep(data, mime_type, place.direction)
    if kept is not None and is_cut:
        place.dropped.add(_TRUNCATED)
    return kept


def _each(items: object, change: Callable[[object], object]) -> object:
    """Every element changed, in the same kind of list; what is no list stays as it is."""
    return type(items)(map(change, items)) if isinstance(items, (list, tuple)) else items


def _loaded(value: AttributeValue, place: _Place) -> object:
    with _claimed_valid(place, "JSON"):
        return json.loads(value) if isinstance(value, str) else value


def _stored(new: object, old: AttributeValue, place: _Place) -> AttributeValue:
    """New content in the old form; an escape stays one, as half a character cannot be exported."""
    if isinstance(new, (list, tuple)) and not isinstance(old, str):
        return tuple(new)
    with _claimed_valid(place, "JSON"):  # NaN is none, and an infinite number cannot be written
        ascii_only = str(old).isascii() or "\\u" in str(old)
        return json.dumps(new, ensure_ascii=ascii_only, separators=(",", ":"), allow_nan=False)


@contextmanager
def _claimed_valid(place: _Place, what: str) -> Iterator[None]:
    """Say where it is and what it claims to be; the first error has the content with it."""
    try:
        yield
    except RiffError as error:
        raise InlineAudioError(f"{place.name}: {error}") from None
    except (ValueError, RecursionError):
        raise InlineAudioError(f"{place.name}: no valid {what}") from None


_URIS = tuple(_Format(of, _is_audio_uri, _uri_replaced) for of in ("input", "output"))
_FORMATS = {
    semconv.INPUT_MESSAGES: _Format("input", partial(_may_hold, "blob"), _blobs_replaced),
    semconv.OUTPUT_MESSAGES: _Format("output", partial(_may_hold, "blob"), _blobs_replaced),
    semconv.SYSTEM_INSTRUCTIONS: _Format("input", partial(_may_hold, "blob"), _blobs_replaced),
    "langsmith.attachments": _Format("output", partial(_may_hold, None), _attachments_replaced),
}
_NAMES = frozenset(_FORMATS)
