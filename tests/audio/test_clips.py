"""Keys: they sort by time, lead back to the span, and hold nothing of the conversation."""

import re
from pathlib import PurePosixPath

import pytest
from audio.by_hand import HandCall, archive_with, files, path_of, tone
from hypothesis import given
from hypothesis import strategies as st

from otel_realtime import events
from otel_realtime.audio.clips import CallHeader, ClipKind
from otel_realtime.scenario import EPOCH

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAFE = re.compile(r"\d{4}/\d\d/\d\d/[A-Za-z0-9_-]{1,128}/[A-Za-z0-9_.-]+")
DAY = 24 * 3600 * 10**9


def header(session_id: str = "call", started_at: int = EPOCH) -> CallHeader:
    return CallHeader(TRACE, SPAN, session_id, started_at, is_redacted=False)


def test_a_key_says_when_whose_and_what():
    key = header().key(ClipKind.INPUT, EPOCH + 1_234_000_000, SPAN, "wav")
    assert key == f"2023/11/14/call/20231114T221321.234Z_{TRACE}_{SPAN}_input.wav"


@pytest.mark.parametrize("kind", ClipKind)
def test_the_kind_is_the_last_word(kind):
    key = header().key(kind, EPOCH, SPAN, "flac")
    assert key.endswith(f"_{kind.value}.flac")


def test_what_is_said_after_midnight_lies_with_its_call():
    key = header().key(ClipKind.INPUT, EPOCH + DAY, SPAN, "wav")
    assert key.startswith("2023/11/14/call/20231115T")


@given(st.lists(st.integers(0, 4 * 10**18), min_size=2, max_size=10))
def test_names_sort_by_time(moments):
    keys = [header().key(ClipKind.INPUT, at, SPAN, "wav") for at in sorted(moments)]
    assert keys == sorted(keys)


@given(st.text(max_size=300), st.integers(0, 4 * 10**18))
def test_whatever_a_session_is_called_its_keys_are_safe(session_id, at):
    key = header(session_id, at).key(ClipKind.SESSION, at, SPAN, "wav")
    assert SAFE.fullmatch(key), key
    assert len(PurePosixPath(key).parts) == 5
    assert ".." not in key


HOSTILE = ["../../x", "", "x" * 5000, "Ünïcode 電話", "a/b\\c", "..", ".", "\x00\n", "%2e%2e"]


@pytest.mark.parametrize("session_id", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_session_id_stays_in_the_folder(spool, kept, session_id):
    settings = {"audio_store": (kept / "deep").as_uri(), "audio_spool": spool}
    with archive_with(**settings) as archive:
        call = HandCall(session_id=session_id, **settings)
        call.say("u", tone(300, 200))
        call.end()
        assert archive.flush(10)
    found = files(kept)
    assert len(found) == 2
    for path in found:
        parts = path.relative_to(kept / "deep").parts
        assert parts[:3] == ("2023", "11", "14")
        assert len(parts) == 5
    assert files(spool) == []
    assert path_of(call.link("invoke_agent")) in found


def test_nothing_of_the_conversation_is_in_a_key_or_a_name_of_the_spool(spool, kept):
    secret = "hunter2"  # noqa: S105 - it opens nothing
    settings = {
        "audio_store": kept.as_uri(),
        "audio_spool": spool,
        "capture_content": True,
        "agent_name": secret,
        "user_id": secret,
    }
    with archive_with(**settings) as archive:
        call = HandCall(**settings)
        call.say(secret, tone(300, 200))
        call.generate(secret, tone(600, 200), item_id=secret)
        now = call.clock()
        call.session.feed(events.TextFinished(now, secret, secret, 0, secret))
        archive.flush(10)
        in_spool = [str(path) for path in spool.rglob("*")]
        written = [path.read_bytes() for path in files(spool)]
        call.end()
        assert archive.flush(10)
    assert len(files(kept)) == 3
    assert secret not in str([str(path) for path in files(kept)])
    assert secret not in str(in_spool)
    assert not any(secret.encode() in data for data in written)
