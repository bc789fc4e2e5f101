"""Tokens that contradict themselves are left out, rather than counted wrongly."""

from math import inf

from otel_realtime.values import TranscriptionUsage, Usage

_INPUT = ("input_text", "input_audio", "input_image")
_CACHED = ("cached_text", "cached_audio", "cached_image")
_OUTPUT = ("output_text", "output_audio")


def without_contradictions(used: Usage) -> tuple[Usage, tuple[str, ...]]:
    """What can be believed of what a provider says, and why the rest is left out."""
    if _adds_up(used):
        return used, ()
    problems = []
    no_counts = [name for name, count in used._asdict().items() if not _is_count(count)]
    if no_counts:
        used = used._replace(**dict.fromkeys(no_counts))
        problems.append("no count")
    if used.input is not None and (used.cached or 0) > used.input:
        used = used._replace(cached=None, **dict.fromkeys(_CACHED))
        problems.append("more cached than input")
    if _exceeds(used, _CACHED, used.cached) or any(
        (getattr(used, cached) or 0) > (getattr(used, whole) or 0)
        for cached, whole in zip(_CACHED, _INPUT, strict=True)
    ):
        used = used._replace(**dict.fromkeys(_CACHED))
        problems.append("cached parts exceed their whole")
    for parts, whole in ((_INPUT, used.input), (_OUTPUT, used.output)):
        if _exceeds(used, parts, whole):
            without = (*parts, *_CACHED) if parts is _INPUT else parts  # a part has its own part
            used = used._replace(**dict.fromkeys(without))
            problems.append("parts exceed their whole")
    return used, tuple(problems)


def contradicts_itself(used: TranscriptionUsage) -> bool:
    """Whether a number of a transcription is none, or its parts are more than their whole."""
    parts = [part for part in (used.input_text, used.input_audio) if isinstance(part, int)]
    told = [
        each for each in (used.seconds, used.input, used.output) if isinstance(each, int | float)
    ]
    if not all(0 <= each < inf for each in (*told, *parts)):
        return True
    return isinstance(used.input, int) and sum(parts) > used.input


def _adds_up(used: Usage) -> bool:
    """Whether nothing is wrong, as nearly always: this is asked of every response."""
    whole, output, text, audio, image, cached, *parts, said_text, said_audio = used
    try:
        cached_text, cached_audio, cached_image = (part or 0 for part in parts)
        return (
            0 <= cached_text <= (text or 0)
            and 0 <= cached_audio <= (audio or 0)
            and 0 <= cached_image <= (image or 0)
            and (cached is None or cached_text + cached_audio + cached_image <= cached)
            and min(said_text or 0, said_audio or 0, cached or 0) >= 0
            and (output is None or (said_text or 0) + (said_audio or 0) <= output)
            and (
                whole is None
                or max((text or 0) + (audio or 0) + (image or 0), cached or 0) <= whole
            )
        )
    except TypeError:  # one of them is no number
        return False


def _is_count(count: object) -> bool:
    return count is None or (isinstance(count, int) and count >= 0)


def _exceeds(used: Usage, parts: tuple[str, ...], whole: int | None) -> bool:
    return whole is not None and sum(getattr(used, part) or 0 for part in parts) > whole
