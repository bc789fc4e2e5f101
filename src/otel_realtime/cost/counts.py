"""Tokens by what each is billed as, none counted twice; what contradicts itself is not billed."""

from collections.abc import Iterable
from typing import Final, TypeAlias, cast

from otel_realtime.values import Usage

MODALITIES: Final = ("text", "audio", "image")
CELLS: Final = {
    "input": MODALITIES,
    "cached": MODALITIES,
    "output": ("text", "audio"),
}
"""What has a price of its own: kinds of tokens and their modalities."""

Cell: TypeAlias = tuple[str, str | None]
"""A kind of tokens and their modality; None for those whose modality is not told."""

_Split: TypeAlias = dict[str | None, int]

_Counts: TypeAlias = tuple[int, ...]
"""Of a usage in which none is missing."""

_MOST: Final = 1 << 53
"""More than that no float tells apart, and no response uses."""


class _UnclearError(Exception):
    """The counts contradict each other, or there are none."""


def counts_of(used: Usage) -> dict[Cell, int] | None:
    """Tokens by kind (`input` that was not cached, `cached`, `output`) and modality.

    What is certain is told: tokens that can only be of one modality are of that. All else has the
    modality None. A provider that says nothing of cached tokens has cached none.

    Returns:
        The counts; None where they contradict each other (more cached than given, parts that are
        more than their total, negative ones) or where nothing is told of a direction.
    """
    if _is_plain(used):
        return _plain(used)
    if any(count is not None and not 0 <= count <= _MOST for count in used):
        return None
    try:
        said = _split(used.output, (used.output_text, used.output_audio))
        return {**_input(used), **_cells("output", said)}
    except _UnclearError:
        return None


def _is_plain(used: Usage) -> bool:
    """Whether all is told and adds up, as nearly always: this is asked of every response."""
    if None in used:
        return False
    whole, output, text, audio, image, cached, *parts, said_text, said_audio = cast("_Counts", used)
    cached_text, cached_audio, cached_image = parts
    return (
        0 <= cached_text <= text <= _MOST
        and 0 <= cached_audio <= audio <= _MOST
        and 0 <= cached_image <= image <= _MOST
        and 0 <= min(said_text, said_audio) <= output <= _MOST
        and text + audio + image == whole
        and cached_text + cached_audio + cached_image == cached
        and said_text + said_audio == output
    )


def _plain(used: Usage) -> dict[Cell, int]:
    _, _, text, audio, image, _, *parts, said_text, said_audio = cast("_Counts", used)
    cached_text, cached_audio, cached_image = parts
    counts: dict[Cell, int] = {
        ("input", "text"): text - cached_text,
        ("input", "audio"): audio - cached_audio,
        ("input", "image"): image - cached_image,
        ("cached", "text"): cached_text,
        ("cached", "audio"): cached_audio,
        ("cached", "image"): cached_image,
        ("output", "text"): said_text,
        ("output", "audio"): said_audio,
    }
    return {cell: count for cell, count in counts.items() if count}


def _input(used: Usage) -> dict[Cell, int]:
    given = _split(used.input, (used.input_text, used.input_audio, used.input_image))
    parts = (used.cached_text, used.cached_audio, used.cached_image)
    cached = _split(used.cached, parts, untold=0)
    total, of_it = sum(given.values()), sum(cached.values())
    free = {each: given[each] - cached[each] for each in MODALITIES} | {None: given[None]}
    if of_it > total or (min(free.values()) < 0 and not given[None]):
        raise _UnclearError
    where = [each for each, count in free.items() if count > 0]
    if min(free.values()) < 0 or (cached[None] and len(where) > 1 and of_it < total):
        given, cached = _split(total, ()), _split(of_it, ())  # which were cached is not told
    elif cached[None]:
        rest = cached[None]
        cached[None] = 0
        for each in where:  # one, or all of them are cached
            cached[each] += min(rest, free[each])
    fresh = {each: given[each] - cached[each] for each in given}
    return {**_cells("input", fresh), **_cells("cached", cached)}


def _split(total: int | None, parts: Iterable[int | None], untold: int | None = None) -> _Split:
    """Tokens by modality, and under None those of the total that are in no part."""
    told = dict(zip(MODALITIES, parts, strict=False))
    known = [count for count in told.values() if count is not None]
    if total is None:
        total = sum(known) if known else untold
    if total is None or sum(known) > total:
        raise _UnclearError
    split: _Split = {each: told.get(each) or 0 for each in MODALITIES}
    return {**split, None: total - sum(known)}


def _cells(kind: str, split: _Split) -> dict[Cell, int]:
    return {(kind, modality): count for modality, count in split.items() if count}
