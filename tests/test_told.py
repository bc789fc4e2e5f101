"""Texts that know what they were made of."""

import copy
import json
import pickle

from otel_realtime import told
from otel_realtime.told import Setup, Told


def test_a_told_text_is_the_text() -> None:
    value = [{"role": "user"}]
    text = Told(json.dumps(value), value)
    assert text == json.dumps(value)
    assert hash(text) == hash(json.dumps(value))
    assert told.value_of(text) is value
    assert told.value_of(text[:3]) is value  # as where OpenTelemetry limits the length of values
    assert text[:3] == '[{"'
    assert told.value_of("[]") is None
    assert told.value_of(None) is None


def test_it_can_be_copied() -> None:
    text = Told("[1]", [1])
    for each in (copy.copy(text), copy.deepcopy(text), pickle.loads(pickle.dumps(text))):  # noqa: S301 - our own
        assert each == "[1]"
        assert told.value_of(each) == [1]


def test_a_text_remembers_only_while_a_dialect_is_in_use() -> None:
    told.in_use.clear()
    assert type(told.remembered("[]", [])) is str

    class User:
        pass

    user = User()
    told.in_use.add(user)
    assert type(told.remembered("[]", [])) is Told
    del user
    assert type(told.remembered("[]", [])) is str


def test_a_setup_is_offered_until_it_is_taken_back() -> None:
    setup = Setup({"voice": "alloy"})
    told.offer_setup(7, lambda: setup)
    assert told.setup_of(7) is setup
    told.take_back_setup(7)
    told.take_back_setup(7)
    assert told.setup_of(7) is None


def test_setups_of_sessions_that_never_end_are_given_up() -> None:
    for span_id in range(told._MOST + 10):  # noqa: SLF001
        told.offer_setup(span_id, Setup)
    assert len(told._setups) == told._MOST  # noqa: SLF001
    assert told.setup_of(0) is None
    assert told.setup_of(told._MOST + 9) == Setup()  # noqa: SLF001
    told._setups.clear()  # noqa: SLF001
