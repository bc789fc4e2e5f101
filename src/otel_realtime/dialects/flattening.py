"""Messages and tools, numbered and flattened as OpenInference has them, within OTel's limits."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from otel_realtime import semconv
from otel_realtime.dialects import openinference_names as names
from otel_realtime.dialects.ended import Attributes
from otel_realtime.dialects.messages import Message, dumped


class Entries(NamedTuple):
    """A list to be flattened: its prefix and, for each entry, what follows its number."""

    prefix: str
    entries: Sequence[Attributes]
    keeps_newest: bool = True
    """Which entries are left out where there is no room: the first or, if False, the last."""


def message(said: Message) -> Attributes:
    """What follows the number of a message.

    The text of a message with audio stands twice: as the transcript, and where backends that know
    no audio look for it.
    """
    told = {names.ROLE: said.role, names.CONTENT: said.text, **_audio(said)}
    for place, call in enumerate(said.calls):
        prefix = f"{names.TOOL_CALLS}.{place}."
        told[f"{prefix}{names.TOOL_CALL_ID}"] = call.id
        told[f"{prefix}{names.TOOL_CALL_NAME}"] = call.name
        told[f"{prefix}{names.TOOL_CALL_ARGUMENTS}"] = call.arguments
    told[names.MESSAGE_TOOL_CALL_ID] = said.answers
    return {name: value for name, value in told.items() if value is not None}


def _audio(said: Message) -> dict[str, str | None]:
    if said.audio_url is None:
        return {}
    prefix = f"{names.CONTENTS}.0."
    audio = f"{prefix}{names.CONTENT_AUDIO}."
    return {
        f"{prefix}{names.CONTENT_TYPE}": "audio",
        f"{audio}{names.AUDIO_URL}": said.audio_url,
        f"{audio}{names.AUDIO_MIME_TYPE}": said.audio_mime_type,
        f"{audio}{names.AUDIO_TRANSCRIPT}": said.text,
    }


def tools(definitions: Iterable[object]) -> list[Attributes]:
    """What follows the number of each tool: its whole definition."""
    return [{names.TOOL_JSON_SCHEMA: dumped(each)} for each in definitions]


def add(attributes: Attributes, lists: Iterable[Entries], limit: int) -> None:
    """Add lists to attributes as long as there is room, the first list first.

    What is left out is counted in an attribute of its own.
    """
    room = limit - len(attributes) - 1
    left_out = []
    for each in lists:
        kept = list(_kept(each, room))
        for place, entry in enumerate(kept):
            prefix = f"{each.prefix}.{place}."
            for name, value in entry.items():
                attributes[prefix + name] = value
            room -= len(entry)
        if len(kept) < len(each.entries):
            left_out.append(f"{each.prefix} {len(each.entries) - len(kept)}")
    if left_out:
        attributes[semconv.LEFT_OUT] = left_out


def _kept(given: Entries, room: int) -> Iterator[Attributes]:
    """The entries there is room for, in their order."""
    if sum(map(len, given.entries)) <= room:
        return iter(given.entries)
    kept: list[Attributes] = []
    for entry in reversed(given.entries) if given.keeps_newest else given.entries:
        room -= len(entry)
        if room < 0:
            break
        kept.append(entry)
    return reversed(kept) if given.keeps_newest else iter(kept)
