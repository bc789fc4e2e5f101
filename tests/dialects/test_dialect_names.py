"""The names of OpenInference are those that its own package has."""

import pytest

from otel_realtime.dialects import openinference_names as names

OF_ARIZE = {"end_reason", "time_to_first_token_ms", "conversation.turn", "AUDIO", "USER"}
"""What the package has not, and Arize's instrumentation of realtime agents writes."""
OF_ARIZE |= {"input.audio.transcript", "output.audio.transcript"}
OURS = {name: value for name, value in vars(names).items() if name.isupper()}


def theirs() -> set[str]:
    trace = pytest.importorskip("openinference.semconv.trace")
    found = set()
    for each in vars(trace).values():
        if not isinstance(each, type) or each.__module__ != trace.__name__:
            continue
        values = [value for name, value in vars(each).items() if name.isupper()]
        found |= {str(getattr(value, "value", value)) for value in values}
    return found


def test_every_name_is_one_of_openinference() -> None:
    assert len(OURS) > 45
    assert set(OURS.values()) - theirs() - OF_ARIZE == set()


def test_what_arize_adds_is_still_not_in_the_package() -> None:
    assert theirs() & OF_ARIZE == set()


def test_what_arize_adds_is_what_its_instrumentation_writes() -> None:
    realtime = pytest.importorskip("openinference.instrumentation.openai_agents._realtime")
    source = realtime.__loader__.get_source(realtime.__name__)
    assert [name for name in OF_ARIZE if f'"{name}"' not in source] == []
