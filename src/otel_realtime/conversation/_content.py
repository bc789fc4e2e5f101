"""What a response said: its texts, its tool calls, its words."""

from collections.abc import Iterable

from otel_realtime.conversation._state import Response, State
from otel_realtime.conversation._words import count_words
from otel_realtime.facts import Output
from otel_realtime.values import Item, ItemType


def settle_content(state: State, response: Response) -> None:
    """Say what it came to, now that it is over."""
    facts = response.facts
    facts.outputs = outputs(state, response)
    spoken = [(part.item_id, part.content_index) for part in response.parts if part.byte_count]
    facts.audio_parts = tuple(spoken)
    counts = [response.words.get(part) for part in spoken]
    known = [count for count in counts if count is not None]
    if known and len(known) == len(counts):
        facts.words = sum(known)


def outputs(state: State, response: Response) -> tuple[Output, ...]:
    """What it made, as it is shown in messages; nothing if texts are not kept."""
    return tuple(_each_output(response)) if state.keep_text else ()


def _each_output(response: Response) -> Iterable[Output]:
    for item_id in response.items:
        if item_id in response.calls:
            yield response.calls[item_id]
            continue
        texts = response.texts.get(item_id) or _unfinished_texts(response, item_id)
        if texts:
            yield Output("".join(texts[index] for index in sorted(texts)))


def _unfinished_texts(response: Response, item_id: str) -> dict[int, str]:
    parts = [part for part in response.parts if part.item_id == item_id and part.fragments]
    return {part.content_index: "".join(part.fragments or ()) for part in parts}


def add_texts(state: State, response: Response, item: Item) -> None:
    """Count the words of a finished item's texts, and keep these."""
    if item.type is not ItemType.MESSAGE or not item.texts:
        return
    for index, text in enumerate(item.texts):
        if (item.id, index) not in response.words:
            response.words[item.id, index] = count_words(text)
    if state.keep_text:
        response.texts[item.id] = dict(enumerate(item.texts))
