"""A span that is lent: current from then until it is taken back, wherever that happens."""

import asyncio
import contextvars
import gc
import threading
from weakref import ref

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import TracerProvider

from otel_realtime.current import Lent

TRACER = TracerProvider(shutdown_on_exit=False).get_tracer("test")


@pytest.fixture(autouse=True)
def _nothing_is_left(caplog):
    before = context.get_current()
    yield
    assert context.get_current() is before
    assert caplog.records == []


def span() -> trace.Span:
    return TRACER.start_span("lent")


def current() -> trace.Span:
    return trace.get_current_span()


def test_taken_back_in_place_nothing_is_left():
    before, mine = context.get_current(), span()
    lent = Lent(mine)
    assert current() is mine
    lent.take_back()
    assert context.get_current() is before
    lent.take_back()
    assert context.get_current() is before


def test_what_else_is_in_the_context_stays():
    token = context.attach(baggage.set_baggage("tenant", "blue"))
    lent = Lent(span())
    assert baggage.get_baggage("tenant") == "blue"
    inner = context.attach(baggage.set_baggage("caller", "red"))
    assert baggage.get_all() == {"tenant": "blue", "caller": "red"}
    context.detach(inner)
    lent.take_back()
    assert baggage.get_all() == {"tenant": "blue"}
    context.detach(token)


@pytest.mark.parametrize(
    "order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
)
def test_several_are_taken_back_in_any_order(order):
    """The youngest that is still lent is current."""
    spans = [span() for _ in order]
    lent = [Lent(each) for each in spans]
    open_now = set(order)
    for number in order:
        lent[number].take_back()
        open_now.discard(number)
        assert current() is (spans[max(open_now)] if open_now else trace.INVALID_SPAN)


def test_the_callers_own_span_within_stays_while_it_is_open():
    with TRACER.start_as_current_span("outer") as outer:
        lent = Lent(span())
        with TRACER.start_as_current_span("inner") as inner:
            lent.take_back()
            assert current() is inner
        assert current() is outer
        with TRACER.start_as_current_span("next") as following:
            assert current() is following
            assert following.parent.span_id == outer.get_span_context().span_id


async def test_taken_back_in_another_task():
    with TRACER.start_as_current_span("outer") as outer:
        mine = span()
        lent, seen = Lent(mine), []

        async def take_back() -> None:
            seen.append(current())
            lent.take_back()
            seen.append(current())

        await asyncio.create_task(take_back())
        assert seen == [mine, mine], "that task was begun within"
        assert current() is outer
        assert context.get_value("no such key") is None


async def test_taken_back_in_another_thread():
    lent = Lent(span())
    await asyncio.to_thread(lent.take_back)
    assert current() is trace.INVALID_SPAN
    thread = threading.Thread(target=Lent(span()).take_back)
    thread.start()
    thread.join()
    assert current() is trace.INVALID_SPAN


async def test_once_looked_at_it_is_gone_altogether():
    """What is begun afterwards inherits nothing of it."""
    before = context.get_current()
    lent = Lent(span())
    await asyncio.create_task(asyncio.to_thread(lent.take_back))
    assert context.get_current() is not before
    assert current() is trace.INVALID_SPAN
    assert context.get_current() is before
    assert await asyncio.to_thread(current) is trace.INVALID_SPAN


async def test_two_are_taken_back_in_another_task():
    before = context.get_current()
    lent = [Lent(span()), Lent(span())]
    for each in lent:
        await asyncio.to_thread(each.take_back)
    assert current() is trace.INVALID_SPAN
    current()
    assert context.get_current() is before


async def test_tasks_begun_within_keep_it():
    mine, may_go_on = span(), asyncio.Event()

    async def look() -> trace.Span:
        await may_go_on.wait()
        return current()

    lent = Lent(mine)
    begun = asyncio.create_task(look())
    lent.take_back()
    may_go_on.set()
    assert await begun is mine


async def test_lent_in_a_task_that_ends_before():
    async def lend() -> Lent:
        return Lent(span())

    lent = await asyncio.create_task(lend())
    assert current() is trace.INVALID_SPAN
    lent.take_back()
    assert current() is trace.INVALID_SPAN


async def test_another_task_does_not_take_the_context_of_the_first():
    """One that was lent elsewhere is not detached here, though here is where it is taken back."""
    with TRACER.start_as_current_span("outer") as outer:
        first = await asyncio.create_task(_lend(span()))
        mine = Lent(span())
        first.take_back()
        assert current() is not outer
        mine.take_back()
        assert current() is outer


async def _lend(lent: trace.Span) -> Lent:
    return Lent(lent)


def test_in_a_copy_of_the_context():
    mine = span()
    lent = Lent(mine)
    copied = contextvars.copy_context()
    copied.run(lent.take_back)
    assert current() is trace.INVALID_SPAN
    assert copied.run(current) is trace.INVALID_SPAN, (
        "the same thread, which is what it was lent to"
    )


def test_what_is_lent_reads_as_any_context():
    lent = Lent(span())
    here = context.get_current()
    assert here["current" if "current" in here else next(iter(here))] is current()
    assert set(here.copy()) == set(here)
    lent.is_over = True
    assert here.copy() == {}
    with pytest.raises(KeyError):
        here[next(iter(here))]
    lent.take_back()


async def test_it_does_not_keep_the_task():
    lent = []

    async def lend() -> None:
        lent.append(Lent(span()))

    task = asyncio.create_task(lend())
    await task
    gone = ref(task)
    del task
    await asyncio.sleep(0)  # the loop has just woken us on its behalf
    gc.collect()
    assert gone() is None
    lent[0].take_back()
