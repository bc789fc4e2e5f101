"""Usage of a response: the scenario's numbers, or numbers that follow from the lengths."""

import json

from ._config import SessionConfig
from ._items import AUDIO_MS_PER_OUTPUT_TOKEN, Items, text_tokens
from ._scenario import Derived, Usage
from ._wire import Event

_CACHE_BLOCK = 64  # the API caches prompts in blocks of tokens


def usage_object(usage: Usage) -> Event:
    """Build the `usage` field of response.done."""
    cached = usage.cached_text + usage.cached_audio + usage.cached_image
    inputs = usage.input_text + usage.input_audio + usage.input_image
    outputs = usage.output_text + usage.output_audio
    return {
        "total_tokens": inputs + outputs,
        "input_tokens": inputs,
        "output_tokens": outputs,
        "input_token_details": {
            "text_tokens": usage.input_text,
            "audio_tokens": usage.input_audio,
            "image_tokens": usage.input_image,
            "cached_tokens": cached,
            "cached_tokens_details": {
                "text_tokens": usage.cached_text,
                "audio_tokens": usage.cached_audio,
                "image_tokens": usage.cached_image,
            },
        },
        "output_token_details": {
            "text_tokens": usage.output_text,
            "audio_tokens": usage.output_audio,
        },
    }


class Meter:
    """Counts tokens over a conversation, so that what was read before counts as cached."""

    def __init__(self, config: SessionConfig, items: Items) -> None:
        """Count what is in `items`, under the instructions and tools of `config`."""
        self._config = config
        self._items = items
        self._read: tuple[int, int] = (0, 0)
        self._now: tuple[int, int] = (0, 0)
        self.spent = 0

    def read_input(self) -> None:
        """Note the input of a response that begins now."""
        self._read = self._now
        text, audio = self._items.tokens()
        prompt = self._config.data["instructions"] or ""
        tools = self._config.data["tools"]
        text += text_tokens(prompt) + (text_tokens(json.dumps(tools)) if tools else 0)
        self._now = (text, audio)

    def usage(self, given: Usage | Derived, said: str, audio_ms: float) -> Event | None:
        """Return the usage of a response that said so much; None if there is to be none."""
        if given is Derived.NONE:
            return None
        found = given if isinstance(given, Usage) else self._derive(said, audio_ms)
        made = usage_object(found)
        self.spent += int(made["total_tokens"])
        return made

    def _derive(self, said: str, audio_ms: float) -> Usage:
        (text, audio), (old_text, old_audio) = self._now, self._read
        return Usage(
            input_text=text,
            input_audio=audio,
            cached_text=min(text, old_text) // _CACHE_BLOCK * _CACHE_BLOCK,
            cached_audio=min(audio, old_audio) // _CACHE_BLOCK * _CACHE_BLOCK,
            output_text=text_tokens(said),
            output_audio=round(audio_ms / AUDIO_MS_PER_OUTPUT_TOKEN),
        )
