"""What stands inline in a span as text becomes the bytes of a file."""

import binascii
from functools import partial
from time import sleep
from typing import Final

from otel_realtime.audio.riff import Repaired, repaired

_QUANTUM: Final = 4  # characters of base64 that belong together
_AT_A_TIME: Final = 1 << 18  # characters, a multiple of that
_strictly = partial(binascii.a2b_base64, strict_mode=True)


def decoded(content: str | bytes) -> Repaired:
    """The file; of a WAV whose source cut it off, what there is of it, as a valid file.

    Args:
        content: Base64, or, as only structured values can have it, bytes.

    Raises:
        RiffError: It is a WAV that was cut off before its first sample.
        ValueError: It is no valid base64. If only its end is cut off in the midst of four
            characters that belong together, and it is a WAV that is cut off there, it counts as
            valid.
    """
    if isinstance(content, bytes):
        return repaired(content)
    rest = len(content) % _QUANTUM
    if not rest:
        return repaired(_base64(content))
    cut = repaired(_base64(content[:-rest]))
    if not cut.is_cut:
        message = "it does not end where a quantum does"
        raise binascii.Error(message)
    return cut


def _base64(text: str) -> bytes:
    """Decode piece by piece: decoding keeps all other threads waiting, the event loop too."""
    if len(text) <= _AT_A_TIME:
        return _strictly(text)
    pieces = []
    for at in range(0, len(text), _AT_A_TIME):
        piece = text[at : at + _AT_A_TIME]
        if piece.endswith("=") and at + _AT_A_TIME < len(text):
            message = "padding in its midst"
            raise binascii.Error(message)
        pieces.append(_strictly(piece))
        sleep(0)
    return b"".join(pieces)
