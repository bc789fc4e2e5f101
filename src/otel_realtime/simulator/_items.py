"""The conversation's items, in order, with what each weighs in tokens."""

from dataclasses import dataclass
from typing import Any

from ._wire import ClientMistake, Item

AUDIO_MS_PER_INPUT_TOKEN = 100
AUDIO_MS_PER_OUTPUT_TOKEN = 50
_CHARACTERS_PER_TOKEN = 4


def text_tokens(text: str) -> int:
    """Estimate tokens of a text: one for four characters, at least one for any text."""
    return max(1, round(len(text) / _CHARACTERS_PER_TOKEN)) if text else 0


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - any part of an item
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        fields = ("text", "transcript", "arguments", "output", "content")
        return [text for field in fields for text in _texts(value.get(field))]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []


@dataclass(slots=True)
class Entry:
    """An item as the client sees it, and the audio it holds (ms)."""

    item: Item
    audio_ms: float = 0
    previous_id: str | None = None

    @property
    def is_user(self) -> bool:
        """Whether the user said or typed it."""
        return self.item.get("role") == "user"

    def tokens(self) -> tuple[int, int]:
        """Return text and audio tokens that the item costs as input."""
        per_token = AUDIO_MS_PER_INPUT_TOKEN if self.is_user else AUDIO_MS_PER_OUTPUT_TOKEN
        audio = round(self.audio_ms / per_token)
        text = 0 if self.audio_ms and self.is_user else sum(map(text_tokens, _texts(self.item)))
        return text, audio


class Items:
    """The items of one conversation."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: dict[str, Entry] = {}

    @property
    def last_id(self) -> str | None:
        """The id of the last item, for `previous_item_id`."""
        return next(reversed(self._entries), None)

    def add(self, item: Item, audio_ms: float = 0, after: str | None = None) -> Entry:
        """Add an item at the end, or after another one (`root` for the beginning).

        Raises:
            ClientMistake: its id is taken, or `after` is unknown.
        """
        item_id = item["id"]
        if item_id in self._entries:
            code, message = "item_create_duplicate_item_id", f"Item '{item_id}' already exists."
            raise ClientMistake(code, message, "item.id")
        if after not in (None, "root"):
            self.get(str(after), "item_create_invalid_previous_item_id", "previous_item_id")
        entry = Entry(item, audio_ms)
        order = list(self._entries.items())
        place = len(order) if after is None else 0
        if after not in (None, "root"):
            place = list(self._entries).index(str(after)) + 1
        order.insert(place, (item_id, entry))
        self._entries = dict(order)
        return entry

    def get(self, item_id: str, code: str, param: str = "item_id") -> Entry:
        """Return an item.

        Raises:
            ClientMistake: there is none of this id.
        """
        entry = self._entries.get(item_id)
        if entry is None:
            message = f"The item with id '{item_id}' does not exist."
            raise ClientMistake(code, message, param)
        return entry

    def find(self, item_id: str) -> Entry | None:
        """Return an item, or None if the client has deleted it."""
        return self._entries.get(item_id)

    def delete(self, item_id: str) -> None:
        """Remove an item.

        Raises:
            ClientMistake: there is none of this id.
        """
        self.get(item_id, "item_delete_invalid_item_id")
        del self._entries[item_id]

    def knows_call(self, call_id: str) -> bool:
        """Whether a function call with this id is in the conversation."""
        return any(
            entry.item.get("type") == "function_call" and entry.item.get("call_id") == call_id
            for entry in self._entries.values()
        )

    def tokens(self) -> tuple[int, int]:
        """Return text and audio tokens of the whole conversation as input."""
        counted = [entry.tokens() for entry in self._entries.values()]
        return sum(text for text, _ in counted), sum(audio for _, audio in counted)
