"""A call as it truly was, told to a conversation in the events that a provider would send of it.

Times are milliseconds since the call began. User audio is sent from the first moment on and in
real time, so that a position in it is a moment of the call.
"""

from dataclasses import replace
from typing import Any

from otel_realtime import events
from otel_realtime.conversation import Conversation
from otel_realtime.records import Closed, Key, Kind, Note, Noted
from otel_realtime.values import AudioFormat, Item, ItemType, SessionConfig, Usage

MS = 1_000_000
SECOND = 1_000 * MS
BYTES_PER_MS = 48
PADDING, SILENCE, LATE = 300, 200, 50
PCM = AudioFormat("audio/pcm", 24000)
SERVER_VAD = SessionConfig(
    input_format=PCM,
    output_format=PCM,
    turn_detection="server_vad",
    prefix_padding_ms=PADDING,
    silence_duration_ms=SILENCE,
    transcription=True,
)
SEMANTIC_VAD = replace(SERVER_VAD, turn_detection="semantic_vad", silence_duration_ms=None)
PUSH_TO_TALK = replace(
    SERVER_VAD, turn_detection="none", prefix_padding_ms=None, silence_duration_ms=None
)


class Told:
    """What the conversation made of a call."""

    def __init__(self, conversation: Conversation, records: list) -> None:
        self.session = conversation.session
        self.tally = self.session.tally
        closed = {each.key: each.facts for each in records if isinstance(each, Closed)}
        self.inputs = _of(closed, Kind.INPUT)
        self.responses = _of(closed, Kind.RESPONSE)
        self.tools = _of(closed, Kind.TOOL)
        self.noted = [each for each in records if isinstance(each, Noted)]

    def notes(self, kind: type) -> list[tuple[float, Note]]:
        """The notes of a kind, each with its moment."""
        return [(each.at / MS, each.note) for each in self.noted if isinstance(each.note, kind)]

    def steps(self, response_id: str) -> list[tuple[str, float]]:
        """What the user waited for, in milliseconds."""
        wait = self.responses[response_id].wait
        assert wait is not None
        return [(step.part, step.ns / MS) for step in wait.steps]

    @property
    def talk(self) -> dict[str, float]:
        """The sums of the time line, in milliseconds."""
        tally = self.tally
        return {
            "user": tally.user_ns / MS,
            "agent": tally.agent_ns / MS,
            "overlap": tally.overlap_ns / MS,
            "silence": tally.silence_ns / MS,
        }


def _of(closed: dict[Key, Any], kind: Kind) -> dict[str, Any]:
    return {key.id: facts for key, facts in closed.items() if key.kind is kind}


class Call:
    """What happens in a call, in any order; `play` sorts it and feeds a conversation with it."""

    def __init__(self, config: SessionConfig = SERVER_VAD, **settings: Any) -> None:
        self.conversation = Conversation(**settings)
        self.events: list[events.Event] = [
            events.SessionStarted(0, config),
            events.AudioSent(0, 3_600_000 * BYTES_PER_MS),
        ]

    def add(self, at: float, kind: type, *told: Any, **named: Any) -> None:
        """Add any event."""
        self.events.append(kind(round(at * MS), *told, **named))

    def say(
        self,
        item_id: str,
        begun: int,
        ended: int,
        *,
        after: str | None = None,
        text: str | None = "one two three",
        late: int = LATE,
    ) -> None:
        """The user speaks from `begun` to `ended`; the provider says so `late`.

        The transcript, None for one that fails, comes 100 ms after the commit.
        """
        stopped = ended + SILENCE + late
        self.add(begun + late, events.SpeechStarted, item_id, begun - PADDING)
        self.add(stopped, events.SpeechStopped, item_id, ended + SILENCE)
        self.add(stopped + 10, events.InputCommitted, item_id)
        user = Item(item_id, ItemType.MESSAGE, "user", has_audio=True)
        self.add(stopped + 11, events.ItemAdded, user, after)
        if text is None:
            self.add(stopped + 110, events.TranscriptionFailed, item_id, None)
        else:
            self.add(stopped + 110, events.Transcribed, item_id, text)

    def begin(
        self, response_id: str, item_id: str, created: float, *, after: str | None, **told: Any
    ) -> None:
        """A response is created and adds its first item a millisecond later."""
        self.add(created, events.ResponseStarted, response_id, **told)
        item = Item(item_id, ItemType.MESSAGE, "assistant")
        self.add(created + 1, events.OutputAdded, response_id, item)
        self.add(created + 1, events.ItemAdded, item, after)

    def answer(
        self,
        response_id: str,
        item_id: str,
        created: float,
        audio_at: float,
        length: int,
        *,
        after: str | None,
        done: float | None = None,
        usage: Usage | None = None,
        calls: tuple[str, ...] = (),
        **told: Any,
    ) -> None:
        """The agent answers: all audio comes at once at `audio_at`; it is done 50 ms later.

        It is heard from then on, unless something else is told; it may call tools at its end.
        """
        done = audio_at + 50 if done is None else done
        self.begin(response_id, item_id, created, after=after, **told)
        self.add(audio_at, events.AudioStarted, response_id, item_id, 0, length * BYTES_PER_MS)
        self._call(response_id, item_id, done - 10, calls)
        self.add(done, events.ResponseDone, response_id, "completed", usage=usage)

    def call_tools(
        self, response_id: str, created: float, done: float, calls: tuple[str, ...], *, after: str
    ) -> None:
        """A response that is nothing but calls of tools."""
        self.add(created, events.ResponseStarted, response_id)
        self._call(response_id, after, done - 10, calls)
        self.add(done, events.ResponseDone, response_id, "completed")

    def _call(self, response_id: str, after: str, at: float, calls: tuple[str, ...]) -> None:
        for call_id in calls:
            item = Item(f"item_of_{call_id}", ItemType.TOOL_CALL, call_id=call_id, name="look")
            self.add(at, events.OutputAdded, response_id, item)
            self.add(at, events.ItemAdded, item, after)
            self.add(at, events.OutputFinished, response_id, item)
            after = item.id

    def run(self, call_id: str, begun: float, ended: float, *, after: str) -> None:
        """A tool runs; its output is added to the conversation at once, as `out_<call_id>`."""
        self.add(begun, events.ToolStarted, call_id, "look")
        self.add(ended, events.ToolEnded, call_id, "found")
        output = Item(f"out_{call_id}", ItemType.TOOL_OUTPUT, call_id=call_id)
        self.add(ended + 1, events.ItemAdded, output, after)

    def cut(self, response_id: str, at: float, reason: str = "turn_detected") -> None:
        """The response is cancelled: it is done at `at` and not when it was said to be."""
        self.events = [
            each
            for each in self.events
            if not (isinstance(each, events.ResponseDone) and each.response_id == response_id)
        ]
        self.add(at, events.ResponseDone, response_id, "cancelled", reason)

    def play(self, until: float, reason: str = "closed") -> Told:
        """Feed it all, in order and with the alarms in between; the call ends at `until`."""
        records: list = []
        for event in sorted(self.events, key=lambda event: event.at):
            records += self._wake(event.at)
            records += self.conversation.feed(event)
        records += self._wake(round(until * MS))
        records += self.conversation.feed(events.SessionEnded(round(until * MS), reason))
        return Told(self.conversation, records)

    def _wake(self, until: int) -> list:
        """What its alarm does before a moment."""
        records = []
        while (due := self.conversation.deadline) is not None and due < until:
            records += self.conversation.feed(events.TimePassed(due))
        return records
