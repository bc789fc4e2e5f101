"""The guard: problems are counted and told once, without content, and never reach the host."""

import logging

import pytest

from otel_realtime.guard import Guard, SkippedEventError


@pytest.fixture
def counted():
    """What was counted; every kind of problem is news to the test."""
    told = set(Guard._told)  # noqa: SLF001 - shared by all calls of a process
    Guard._told.clear()  # noqa: SLF001
    yield []
    Guard._told.clear()  # noqa: SLF001
    Guard._told.update(told)  # noqa: SLF001


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def test_a_problem_is_told_once_and_counted_each_time(counted, caplog) -> None:
    guards = [Guard(counted.append), Guard(counted.append)]
    for number in range(6):
        guards[number % 2].caught("feed", raised(ValueError(f"secret {number}")))
    assert counted == ["error"] * 6
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("otel_realtime", logging.WARNING)
    assert "(feed: ValueError)" in record.getMessage()
    assert "in raised" in record.getMessage()
    assert "secret" not in caplog.text


def test_kinds_are_told_apart_by_place_and_type(counted, caplog) -> None:
    guard = Guard(counted.append)
    for where, error in (("a", ValueError()), ("b", ValueError()), ("a", KeyError())):
        guard.caught(where, raised(error))
    assert len(caplog.records) == 3


def test_our_own_message_is_told_for_it_holds_no_content(counted, caplog) -> None:
    guard = Guard(counted.append)
    for field in ("id", "id", "item"):
        guard.caught("raw", raised(SkippedEventError(f"response.done has no usable {field!r}")))
    assert counted == ["skipped_event"] * 3
    assert len(caplog.records) == 2
    assert "(raw: response.done has no usable 'id')" in caplog.text


def test_the_kinds_that_are_told_are_bounded(counted, caplog) -> None:
    guard = Guard(counted.append)
    for number in range(1000):
        guard.caught("raw", raised(SkippedEventError(f"unknown type ({number})")))
    assert len(caplog.records) == 64
    assert len(counted) == 1000


def test_a_failing_logging_handler_is_not_the_hosts_problem(counted) -> None:
    class Failing(logging.Handler):
        asked = 0

        def emit(self, record: logging.LogRecord) -> None:
            self.asked += 1
            raise OSError(record.name)

    handler = Failing()
    logging.getLogger("otel_realtime").addHandler(handler)
    try:
        Guard(counted.append).caught("feed", raised(ValueError("x")))
    finally:
        logging.getLogger("otel_realtime").removeHandler(handler)
    assert handler.asked == 1
    assert counted == ["error"]


def test_a_failing_counter_is_not_the_hosts_problem(counted) -> None:
    def count(kind: str) -> None:
        counted.append(kind)
        raise RuntimeError(kind)

    Guard(count).caught("feed", raised(ValueError("x")))
    assert counted == ["error"]
