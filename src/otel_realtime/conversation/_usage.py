"""Tokens that contradict themselves are left out, rather than counted wrongly."""

from otel_realtime.values import Usage

_INPUT = ("input_text", "input_audio", "input_image")
_CACHED = ("cached_text", "cached_audio", "cached_image")
_OUTPUT = ("output_text", "output_audio")


def without_contradictions(used: Usage) -> tuple[Usage, tuple[str, ...]]:
    """What can be believed of what a provider says, and why the rest is left out."""
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
            used = used._replace(**dict.fromkeys(parts))
            problems.append("parts exceed their whole")
    return used, tuple(problems)


def _is_count(count: object) -> bool:
    return count is None or (isinstance(count, int) and count >= 0)


def _exceeds(used: Usage, parts: tuple[str, ...], whole: int | None) -> bool:
    return whole is not None and sum(getattr(used, part) or 0 for part in parts) > whole
