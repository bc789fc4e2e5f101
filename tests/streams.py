"""Streams of wire events for property tests: real conversations, then mutated."""

import copy
import random
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from otel_realtime import events
from otel_realtime.scenario import Scenario
from otel_realtime.sources.recording import WireEvent
from otel_realtime.values import AudioFormat, Endpoint, SessionConfig

SCENARIOS = Path(__file__).parent / "scenarios"
SECRET = "s3cr3t"  # noqa: S105 - stands for what a user says
ID_FIELDS = {"id", "item_id", "response_id", "call_id", "conversation_id", "event_id"}
_CONTENT_FIELDS = {"transcript", "arguments", "output", "instructions", "message", "text"}
_GAPS_MS = (0, 0, 0, 1, 20, 300, 5_000, 70_000)

Entry = WireEvent | events.Event


class Stream(list[tuple[int, Entry]]):
    """Events with the milliseconds that pass before each; shown without the audio."""

    def __repr__(self) -> str:
        """One line for each event."""
        return "\n" + "\n".join(re.sub(r"\w{60,}", "…", repr(each))[:400] for each in self)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


def conversations() -> dict[str, tuple[Entry, ...]]:
    """Every scenario's events, with all content replaced by the secret word."""
    return {
        path.stem: tuple(_secret(entry) for _, entry in Scenario.load(path).entries)
        for path in sorted(SCENARIOS.glob("*.yaml"))
    }


def ids_of(entries: Iterator[Entry] | tuple[Entry, ...]) -> set[str]:
    """Every id in a stream."""
    return {
        value
        for entry in entries
        for name, value in _fields(entry.data if isinstance(entry, WireEvent) else vars_of(entry))
        if name in ID_FIELDS and isinstance(value, str)
    }


def vars_of(entry: events.Event) -> dict[str, Any]:
    """The fields of a neutral event."""
    return {each.name: getattr(entry, each.name) for each in fields(entry)}


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        value = dict(enumerate(value))
    for name, each in value.items() if isinstance(value, dict) else ():
        yield name, each
        yield from _fields(each)


def _secret(entry: Entry) -> Entry:
    if not isinstance(entry, WireEvent):
        told = {name: SECRET for name in ("arguments", "output", "digit") if _has(entry, name)}
        error = {"error": RuntimeError(SECRET)} if _has(entry, "error") else {}
        return replace(entry, **told, **error)
    return replace(entry, data=_hidden(entry.data, str(_type_of(entry.data))))


def _type_of(data: Any) -> Any:
    return data.get("type") if isinstance(data, dict) else None


def _has(entry: events.Event, name: str) -> bool:
    return getattr(entry, name, None) is not None


def _hidden(value: Any, kind: str) -> Any:
    if isinstance(value, list):
        return [_hidden(each, kind) for each in value]
    if not isinstance(value, dict):
        return value
    secret = _CONTENT_FIELDS | ({"delta"} if "audio.delta" not in kind else set())
    secret |= {"event"} if "dtmf" in kind else set()
    return {
        name: SECRET if name in secret and isinstance(each, str) else _hidden(each, kind)
        for name, each in value.items()
    }


CONVERSATIONS = conversations()

_call_ids = st.sampled_from(["call_1", "call_2", "call_9", "mcp_1"])
neutral_events = st.one_of(
    st.builds(events.ToolStarted, st.just(0), _call_ids, st.sampled_from([None, "get_weather"])),
    st.builds(events.ToolEnded, st.just(0), _call_ids, st.just(SECRET)),
    st.builds(events.ToolEnded, st.just(0), _call_ids, error=st.just(RuntimeError(SECRET))),
    st.builds(events.ToolAnswered, st.just(0), _call_ids, st.just(SECRET)),
    st.builds(
        events.ToolStarted,
        st.just(0),
        _call_ids,
        kind=st.just("local_mcp"),
        server_label=st.just("library"),
    ),
    st.builds(
        events.ToolEnded,
        st.just(0),
        _call_ids,
        st.just(SECRET),
        fault_type=st.sampled_from([None, "tool_error"]),
        guarded=st.booleans(),
    ),
    st.builds(events.ToolFailed, st.just(0), _call_ids, st.just(RuntimeError(SECRET))),
    st.builds(events.ApprovalAsked, st.just(0), _call_ids, st.sampled_from([None, "get_weather"])),
    st.builds(events.ApprovalGiven, st.just(0), _call_ids, st.booleans()),
    st.builds(
        events.GuardrailTripped,
        st.just(0),
        st.sampled_from(["output", "tool_input", "tool_output"]),
        st.sampled_from([None, "no_secrets"]),
        st.sampled_from([None, "resp_1", "resp_2", "resp_9"]),
        st.none() | _call_ids,
    ),
    st.builds(
        events.SessionOpened,
        st.just(0),
        st.none() | st.builds(Endpoint, st.just("localhost"), st.none() | st.just(443)),
        st.sampled_from([None, "Other"]),
        st.sampled_from([None, "gpt-realtime"]),
        st.sampled_from([None, "rtc_1"]),
    ),
    st.builds(
        events.SessionStarted,
        st.just(0),
        st.builds(SessionConfig, session_id=st.sampled_from([None, "sess_1", "sess_2"])),
    ),
    st.builds(events.ConnectionLost, st.just(0)),
    st.builds(events.AgentChanged, st.just(0), st.just("Other"), call_id=_call_ids),
    st.builds(
        events.SpeechStarted,
        st.just(0),
        st.sampled_from(["item_1", "item_3", "item_9"]),
        st.none() | st.integers(0, 5000),
    ),
    st.builds(
        events.PlaybackReported,
        st.just(0),
        st.sampled_from(["item_2", "item_9"]),
        st.just(0),
        st.floats(0, 9000),
    ),
    st.builds(
        events.InputFormatSet,
        st.just(0),
        st.sampled_from([AudioFormat("audio/pcm", 16000), AudioFormat("audio/pcmu", 8000)]),
    ),
    st.builds(events.TimePassed, st.just(0)),
    st.builds(events.SessionEnded, st.just(0), st.just("lost"), st.sampled_from([None, "Lost"])),
    st.builds(
        events.SessionEnded,
        st.just(0),
        st.just("error"),
        st.just("RuntimeError"),
        error=st.just(RuntimeError(SECRET)),
    ),
)


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    """A conversation or two, mutated."""
    names = draw(st.lists(st.sampled_from(sorted(CONVERSATIONS)), min_size=1, max_size=2))
    entries = [entry for name in names for entry in CONVERSATIONS[name]]
    for _ in range(draw(st.integers(0, 12))):
        change = draw(st.sampled_from(_CHANGES))
        change(draw, entries)
    gaps = draw(st.lists(st.sampled_from(_GAPS_MS), min_size=1, max_size=10))
    return Stream((gaps[number % len(gaps)], entry) for number, entry in enumerate(entries))


def _place(draw: st.DrawFn, entries: list[Entry]) -> int:
    return draw(st.integers(0, max(len(entries) - 1, 0)))


def _drop(draw: st.DrawFn, entries: list[Entry]) -> None:
    place = _place(draw, entries)
    del entries[place : place + 1]


def _cut_off(draw: st.DrawFn, entries: list[Entry]) -> None:
    del entries[_place(draw, entries) + 1 :]


def _repeat(draw: st.DrawFn, entries: list[Entry]) -> None:
    first = _place(draw, entries)
    place = _place(draw, entries)
    entries[place:place] = entries[first : first + 3]


def _move(draw: st.DrawFn, entries: list[Entry]) -> None:
    taken = entries.pop(_place(draw, entries)) if entries else None
    if taken is not None:
        entries.insert(_place(draw, entries), taken)


def _shuffle(draw: st.DrawFn, entries: list[Entry]) -> None:
    random.Random(draw(st.integers(0, 999))).shuffle(entries)  # noqa: S311 - no secret


def _insert_garbage(draw: st.DrawFn, entries: list[Entry]) -> None:
    garbage = WireEvent(0, draw(st.sampled_from(["received", "sent"])), draw(json_values))
    entries.insert(_place(draw, entries), garbage)


def _insert_neutral(draw: st.DrawFn, entries: list[Entry]) -> None:
    entries.insert(_place(draw, entries), draw(neutral_events))


def _spoil_field(draw: st.DrawFn, entries: list[Entry]) -> None:
    place = _place(draw, entries)
    if place >= len(entries) or not isinstance(entries[place], WireEvent):
        return
    data = copy.deepcopy(entries[place].data)
    inside, names = data, []
    while isinstance(inside, dict) and inside:
        name = draw(st.sampled_from(sorted(inside, key=str)))
        names.append((inside, name))
        if not draw(st.booleans()):
            break
        inside = inside[name]
    if names:
        owner, name = names[-1]
        if draw(st.integers(0, 4)):
            owner[name] = draw(json_values)
        else:
            del owner[name]
    entries[place] = replace(entries[place], data=data)


_CHANGES = (
    _drop,
    _cut_off,
    _repeat,
    _move,
    _shuffle,
    _insert_garbage,
    _insert_neutral,
    _insert_neutral,
    _spoil_field,
    _spoil_field,
    _spoil_field,
)
