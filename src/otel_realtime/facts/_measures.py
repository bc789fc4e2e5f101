"""Durations and rates: what is not known, or is in disorder, gives none."""

_FEWEST_WORDS = 3


def seconds_between(start: int | None, end: int | None) -> float | None:
    """Seconds from one moment to another; None where one is not known, or they are in disorder."""
    if start is None or end is None or end < start:
        return None
    return (end - start) / 1e9


def words_a_minute(words: int | None, seconds: float | None) -> float | None:
    """Words a minute; None below a second or three words."""
    if words is None or words < _FEWEST_WORDS or seconds is None or seconds < 1:
        return None
    return words * 60 / seconds
