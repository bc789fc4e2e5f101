"""Values kept for objects: by identity, and as long as those exist."""

import gc

import pytest

from otel_realtime.sources._by_identity import ByIdentity


class Alike:
    """All are equal, and none has a hash."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


def test_those_that_are_equal_are_two():
    held, one, other = ByIdentity(), Alike(), Alike()
    held[one] = 1
    assert held.get(other) is None
    held[other] = 2
    assert (held.get(one), held.get(other)) == (1, 2)
    assert [(owner is one, value) for owner, value in held.items()] == [(True, 1), (False, 2)]


def test_what_is_set_last_counts_and_goes_with_its_owner():
    held, one = ByIdentity(), Alike()
    held[one] = 1
    held[one] = 2
    assert held.get(one) == 2
    one.itself = one  # only the collector can find it
    del one
    gc.collect()
    assert list(held.items()) == []


def test_the_next_object_at_the_same_address_has_nothing():
    held = ByIdentity()
    for number in range(1000):
        one = Alike()
        assert held.get(one) is None
        held[one] = number


def test_taken_out_it_is_gone():
    held, one = ByIdentity(), Alike()
    held[one] = 1
    assert (held.pop(one), held.pop(one), held.get(one)) == (1, None, None)


def test_what_takes_no_weak_reference_cannot_be_set():
    held = ByIdentity()
    with pytest.raises(TypeError):
        held[5] = 1
    assert held.get(5) is None
