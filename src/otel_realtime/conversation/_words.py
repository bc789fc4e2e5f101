"""Words are counted where they come by; the texts themselves need not be kept for that."""

import re

_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese: their words do not stand apart."""


def count_words(text: str) -> int | None:
    """Words of a text; None where they cannot be told apart by what is between them."""
    return None if _UNSPACED.search(text) else len(_WORD.findall(text))
