"""Percentiles by the nearest rank, and sums that say what they are of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime.summary import Spread, Total, percentile

SECONDS = st.lists(st.floats(0, 1e6), min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("percent", "rank"), [(0, 1), (5, 1), (30, 2), (40, 2), (50, 3), (90, 5), (100, 5)]
)
def test_the_percentile_is_the_value_of_the_nearest_rank(percent, rank):
    # The textbook example of the nearest-rank method.
    assert percentile([15, 20, 35, 40, 50], percent) == [15, 20, 35, 40, 50][rank - 1]


def test_a_rank_is_worked_out_in_whole_numbers():
    # 55 / 100 * 100 is 55.00000000000001 as floats: the rank would be 56.
    assert percentile(range(1, 101), 55) == 55


def test_one_value_is_all_of_its_percentiles():
    assert Spread.of([0.7]) == Spread(1, 0.7, 0.7, 0.7, 0.7, 0.7)


def test_nothing_has_no_percentiles():
    assert Spread.of([]) is None


@given(SECONDS)
def test_percentiles_are_values_within_bounds_in_ascending_order(values):
    spread = Spread.of(values)
    assert min(values) <= spread.p50
    assert spread.max == max(values)
    assert list(spread.cells) == sorted(spread.cells)
    assert set(spread.cells) <= set(values)


@given(SECONDS, st.integers(0, 100), st.integers(0, 100))
def test_a_larger_percent_is_no_smaller_value(values, one, other):
    ordered = sorted(values)
    low, high = sorted((one, other))
    assert percentile(ordered, low) <= percentile(ordered, high)


@given(SECONDS, st.integers(1, 100))
def test_so_many_in_a_hundred_lie_at_or_below_it(values, percent):
    value = percentile(sorted(values), percent)
    at_or_below = sum(each <= value for each in values)
    below = sum(each < value for each in values)
    assert at_or_below * 100 >= percent * len(values)
    assert below * 100 < percent * len(values)


def test_a_sum_leaves_out_what_is_not_known_and_counts_what_is():
    assert Total.of([1.5, None, 2.5]) == Total(4.0, 2)
    assert Total.of([0, None]) == Total(0, 1)
    assert Total.of([None, None]) == Total(None, 0)
