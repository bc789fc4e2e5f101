"""What waits to be uploaded: the oldest first, those that failed in their time."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from otel_realtime.audio.recordings import Recording, Waiting
from otel_realtime.audio.report import LoggedReport


def a_recording(name: str, failures: int = 0, due: float = 0.0) -> Recording:
    path = Path("ready") / name
    return Recording(name, path, "audio/wav", 1, LoggedReport(), (0, 0), failures=failures, due=due)


def test_the_oldest_comes_first_and_who_failed_when_it_is_due() -> None:
    waiting = Waiting()
    for recording in (a_recording("a", failures=1, due=5.0), a_recording("b"), a_recording("c")):
        waiting.add(recording)
    assert (len(waiting), waiting.has_fresh, waiting.next_due) == (3, True, 5.0)
    assert waiting.take_due(1.0).key == "b"
    assert waiting.take_due(5.0).key == "a"
    assert waiting.take_due(5.0).key == "c"
    assert waiting.take_due(5.0) is None
    assert (len(waiting), waiting.has_fresh, waiting.next_due) == (0, False, None)


@given(st.lists(st.tuples(st.text("abc", min_size=1), st.integers(0, 2), st.floats(0, 9))))
def test_whatever_waits_the_oldest_of_all_goes_first(told) -> None:
    waiting = Waiting()
    for each in told:
        waiting.add(a_recording(*each))
    taken = [waiting.take_oldest().key for _ in told]
    assert taken == [name for name, _, _ in told]
    assert waiting.take_oldest() is None


@given(st.lists(st.tuples(st.text("abc", min_size=1), st.integers(0, 2), st.floats(0, 9))))
def test_in_time_each_is_taken_once(told) -> None:
    waiting = Waiting()
    for each in told:
        waiting.add(a_recording(*each))
    taken = []
    for now in (0.0, 4.0, 9.0):
        while (recording := waiting.take_due(now)) is not None:
            assert not recording.failures or recording.due <= now
            taken.append(recording.key)
    assert sorted(taken) == sorted(name for name, _, _ in told)
