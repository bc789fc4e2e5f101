"""Which task enters, which one leaves: the current span of each is what it was."""

# ruff: noqa: ARG001 - the fixture `counter` is asked for its check

import asyncio
import threading

import pytest
from agents.realtime import RealtimeRunner
from opentelemetry import baggage, context, trace
from sources.phone import PATIENCE, Trace
from sources.switchboard import ASSISTANT, Prompted, current, end_of, instrumented, line, turn

from otel_realtime import semconv


@pytest.fixture
def tracer(recorder, counter):
    """The application's, with everything instrumented."""
    with instrumented(recorder):
        yield recorder.tracer_provider.get_tracer("app")


async def begin(*answers):
    """A session of a model of a third party, not yet entered."""
    model = Prompted(*(answers or (turn(),)))
    return await RealtimeRunner(ASSISTANT, model=model).run()


async def test_it_is_closed_in_another_task(recorder, tracer):
    seen = []

    async def close(session) -> None:
        seen.append(current())
        await session.close()
        seen.append(current())

    with tracer.start_as_current_span("handle request") as mine:
        async with line("typed") as phone:
            await phone.session.enter()
            inside = current()
            assert inside is not mine
            await phone.answered()
            await asyncio.create_task(close(phone.session))
            assert current() is mine
            assert context.get_current().get("no such key", "none") == "none"
            with tracer.start_as_current_span("after"):
                pass
    # The task that closed it was begun within: to it, that span is the caller's.
    assert seen == [inside, inside]
    traced = Trace(recorder)
    assert traced.parent(traced.one("after")).name == "handle request"
    assert end_of(recorder)[0] == "closed"


async def test_the_task_that_entered_is_gone_before_the_session(recorder, tracer):
    session = await begin()
    await asyncio.create_task(session.enter())
    assert current() is trace.INVALID_SPAN
    await session.send_message("Does it rain?")
    assert current() is trace.INVALID_SPAN
    await asyncio.create_task(session.close())
    assert current() is trace.INVALID_SPAN
    assert end_of(recorder) == ("closed", None, "unset")
    assert len(Trace(recorder).named("chat")) == 1


async def test_two_in_one_task_left_in_the_other_order(recorder, tracer):
    with tracer.start_as_current_span("handle request") as mine:
        first, second = await begin(), await begin()
        await first.enter()
        of_first = current()
        await second.enter()
        of_second = current()
        assert len({mine, of_first, of_second}) == 3
        await first.close()
        assert current() is of_second
        await second.close()
        assert current() is mine
    one, other = Trace(recorder).named("invoke_agent")
    assert other.parent_span_id == one.span_id
    assert Trace(recorder).parent(one).name == "handle request"


async def test_one_within_the_other(recorder, tracer):
    with tracer.start_as_current_span("handle request") as mine:
        async with await begin():
            outer = current()
            async with await begin() as session:
                assert current() is not outer
                await session.send_message("Does it rain?")
            assert current() is outer
        assert current() is mine
    outer, inner = Trace(recorder).named("invoke_agent")
    assert inner.parent_span_id == outer.span_id
    assert Trace(recorder).one("chat").parent_span_id == inner.span_id


async def test_both_are_closed_in_other_tasks_while_the_apps_own_span_is_open(recorder, tracer):
    with tracer.start_as_current_span("handle request") as mine:
        first, second = await begin(), await begin()
        await first.enter()
        await second.enter()
        of_second = current()
        with tracer.start_as_current_span("inside") as inside:
            await asyncio.create_task(first.close())
            assert current() is inside
            await asyncio.create_task(second.close())
            assert current() is inside
        assert current() is mine is not of_second
        assert await asyncio.to_thread(current) is mine
    assert Trace(recorder).one("inside").parent_span_id == (
        f"{of_second.get_span_context().span_id:016x}"
    )


async def test_a_task_that_was_begun_within_keeps_the_session(recorder, tracer):
    may_end = asyncio.Event()

    async def write_summary() -> None:
        await may_end.wait()
        with tracer.start_as_current_span("write summary"):
            pass

    async with await begin():
        summary = asyncio.create_task(write_summary())
    may_end.set()
    await summary
    traced = Trace(recorder)
    assert traced.parent(traced.one("write summary")) == traced.one("invoke_agent")


async def test_what_is_begun_afterwards_does_not_belong_to_it(recorder, tracer):
    session = await begin()
    with tracer.start_as_current_span("handle request") as mine:
        await session.enter()
        await asyncio.create_task(session.close())
        current()
        assert await asyncio.to_thread(current) is mine
        assert await asyncio.create_task(asyncio.to_thread(current)) is mine


async def test_the_baggage_stays(recorder, tracer):
    token = context.attach(baggage.set_baggage("tenant", "blue"))
    before = context.get_current()
    session = await begin()
    async with session:
        assert baggage.get_baggage("tenant") == "blue"
        more = context.attach(baggage.set_baggage("caller", "red"))
        assert await asyncio.to_thread(baggage.get_all) == {"tenant": "blue", "caller": "red"}
        context.detach(more)
    assert context.get_current() is before
    assert baggage.get_all() == {"tenant": "blue"}
    context.detach(token)


async def test_what_the_app_attached_in_the_block_and_left_there_is_its_own_affair(
    recorder, tracer
):
    async with await begin():
        left = context.attach(baggage.set_baggage("left", "behind"))
    assert baggage.get_baggage("left") == "behind"
    context.detach(left)
    assert current() is trace.INVALID_SPAN


def test_each_thread_has_a_loop_and_a_session_of_its_own(recorder, tracer):
    together = threading.Barrier(8, timeout=PATIENCE)
    failed = []

    async def talk(number: int) -> None:
        with tracer.start_as_current_span(f"thread {number}") as mine:
            session = await begin()
            async with session:
                together.wait()
                await session.send_message("Does it rain?")
                together.wait()
            assert current() is mine

    def run(number: int) -> None:
        try:
            asyncio.run(talk(number))
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            failed.append(error)
            together.abort()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    traced = Trace(recorder)
    sessions = traced.named("invoke_agent")
    assert len({each.trace_id for each in sessions}) == len(sessions) == 8
    assert {traced.parent(each).name for each in sessions} == {f"thread {n}" for n in range(8)}
    assert [traced.parent(each) in sessions for each in traced.named("chat")] == [True] * 8
    reasons = {each.attributes[semconv.END_REASON] for each in sessions}
    assert reasons == {"closed"}
