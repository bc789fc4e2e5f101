"""One conversation's parts wired together, behind the single guard that keeps our errors here.

Every source feeds a `SessionTelemetry`; nothing it does raises, whatever it is fed.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import RLock
from time import perf_counter
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled

from otel_realtime import endings, exit_hook, semconv
from otel_realtime.alarm import Alarm, running_loop
from otel_realtime.clock import Clock
from otel_realtime.conversation import Conversation
from otel_realtime.current import Lent
from otel_realtime.events import AudioSent, Event, SessionEnded, TimePassed
from otel_realtime.guard import Guard
from otel_realtime.records import SESSION, Key, Kind, Opened
from otel_realtime.settings import ContentCapture, Settings
from otel_realtime.telemetry.attributes import Identity
from otel_realtime.telemetry.context import TelemetryContext
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.telemetry.server_events import server_events_of
from otel_realtime.telling import Telling

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from otel_realtime.audio.call import CallAudio

_NS = 1_000_000_000


class SessionTelemetry:
    """Takes in the neutral events of one call and writes its spans, metrics and logs.

    Args:
        telemetry: Where they go.
        settings: What the listener is set to.
        session_id: `session.id` on every span; one is made up if none is given.
        provider: The source's own `gen_ai.provider.name`, if it knows one.
        parent: The context whose current span is the session's parent; by default the one that is
            current when the session begins.
        clock: Gives the time in nanoseconds since the epoch.
    """

    def __init__(  # noqa: PLR0913 - the parts it wires together
        self,
        telemetry: Telemetry,
        settings: Settings,
        *,
        session_id: str | None = None,
        provider: str | None = None,
        parent: Context | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        """Wire the parts; nothing is open yet."""
        told = (settings.user_id, settings.provider_name or provider)
        self._identity = Identity(session_id or uuid.uuid4().hex, *told)
        self.clock = clock or Clock()
        self._handled, problems = telemetry.instruments.handled, telemetry.instruments.problems
        self.guard = Guard(lambda kind: problems.add(1, {semconv.PROBLEM: kind}))
        self.context = TelemetryContext(telemetry.tracer, parent)
        self._keeps_on_events = settings.capture_content.on_events
        self._keeps_content = settings.capture_content is not ContentCapture.NO_CONTENT
        self.conversation = Conversation(
            agent=settings.agent_name,
            keep_text=self._keeps_content,
            transcript_wait=int(settings.transcript_timeout * _NS),
            playback_wait=int(settings.playback_timeout * _NS),
        )
        self.audio_parts: Final = self.conversation.audio_parts  # no detour for a delta's path
        self.text_parts: Final = self.conversation.text_parts
        self.audio: CallAudio | None = None
        """The recording of the call, if it is recorded."""
        to = (telemetry, settings, self.context, self._identity)
        self._telling = Telling(*to, conversation=self.conversation, guard=self.guard)
        self._server_events = server_events_of(*to, self.guard.caught)
        self._lock = RLock()  # some applications send from one thread and receive in another
        self._ending: SessionEnded | None = None
        self._is_finished = False
        self._lent: Lent | None = None
        self._enabled: bool | None = None
        self._loop: AbstractEventLoop | None = None
        self._alarm = Alarm(self)

    def feed(self, event: Event) -> None:
        """Take in one event; never raises. What comes after the end is passed over."""
        if self._ending is None:
            began = perf_counter()
            with self._lock:
                self._feed(event)
            if self._enabled:
                self._handled(perf_counter() - began)

    def take_sent_audio(self, byte_count: int, audio: str | bytes) -> None:
        """Take user audio that the client sends now: the shortest way, for its many pieces."""
        at = self.clock()
        if self._enabled and self._ending is None and self.has_begun:
            with self._lock:
                self.conversation.add_sent(at, byte_count)
                if self.audio is not None:
                    self.audio.take_input(at, audio, self.conversation.input_format)
        else:
            self.feed(AudioSent(at, byte_count, audio))

    def show(self, server_event: object) -> None:
        """Show a server event as it came, if that is asked for; never raises."""
        if self._server_events is not None and self._ending is None:
            self._server_events.show(server_event, self.clock())

    def know_provider(self, name: str) -> None:
        """Learn `gen_ai.provider.name`, unless the settings or the source have told it."""
        if self._identity.provider is None:
            self._identity.provider = name

    def end(
        self,
        reason: str,
        *,
        fault_type: str | None = None,
        close_code: int | None = None,
        error: Exception | None = None,
    ) -> None:
        """Close everything that is open, once; never raises."""
        if self._settle(SessionEnded(self.clock(), reason, fault_type, close_code, error)):
            self._finish()

    def end_soon(
        self,
        reason: str,
        *,
        fault_type: str | None = None,
        close_code: int | None = None,
        error: Exception | None = None,
    ) -> None:
        """As `end`, and in a burst of endings a moment later; the end's time is now all the same.

        Nothing is taken in any more from here on.
        """
        if self._settle(SessionEnded(self.clock(), reason, fault_type, close_code, error)):
            exit_hook.keep(self)
            endings.at_leisure(self._finish)

    def drop(self) -> None:
        """End soon, as nobody follows any more; may be called by the garbage collector."""
        if self._lent is not None:
            self._lent.is_over = True
        if not self._enabled or self._is_finished:
            return
        exit_hook.drop(self)
        if self._loop is not None:
            with suppress(RuntimeError):  # it is closed: then the next call or the exit does it
                self._loop.call_soon_threadsafe(exit_hook.end_dropped)

    def lend(self) -> None:
        """Make the session's span current here until `take_back`; nothing if it is already.

        Unlike `use`, this may end in another task: see `Lent`.
        """
        try:
            if self._lent is None and SESSION in self.context:
                self._lent = Lent(trace.get_current_span(self.context.context(SESSION)))
        except Exception as error:  # noqa: BLE001 - the guard
            self.guard.caught("lend", error)

    def take_back(self) -> None:
        """Make what was current before `lend` current again."""
        try:
            if self._lent is not None:
                self._lent.take_back()
        except Exception as error:  # noqa: BLE001 - the guard
            self.guard.caught("take_back", error)

    def begin(self) -> None:
        """Open the session now, before the provider has said anything."""
        self.feed(TimePassed(self.clock()))

    def use(self) -> AbstractContextManager[None]:
        """Make the session's span current for a block; the session opens if it has not yet."""
        if self.conversation.session.started_at is None:
            self.begin()
        return self._current(SESSION)

    def use_tool(self, call_id: str) -> AbstractContextManager[None]:
        """Make the span of a running tool call current for a block."""
        return self._current(Key(Kind.TOOL, call_id))

    @property
    def shows_server_events(self) -> bool:
        """Whether `show` does anything."""
        return self._server_events is not None

    @property
    def keeps_content(self) -> bool:
        """Whether texts may be recorded anywhere."""
        return self._keeps_content

    @property
    def is_over(self) -> bool:
        """Whether the session has ended, or is about to."""
        return self._ending is not None

    @property
    def is_finished(self) -> bool:
        """Whether all its telemetry has been written."""
        return self._is_finished or not self._enabled

    @property
    def has_begun(self) -> bool:
        """Whether the session's span has been opened."""
        return self.conversation.session.started_at is not None

    def _feed(self, event: Event) -> None:
        try:
            if self._enabled is None:
                self._enabled = is_instrumentation_enabled()
                self._loop = running_loop()
                exit_hook.watch(self)
            if not self._enabled:
                return
            records = self.conversation.feed(event)
        except Exception as error:  # noqa: BLE001 - the guard: our errors never reach the host
            self.guard.caught(type(event).__name__, error)
            return
        for record in records:
            self._telling.tell(record)
            if record.key is SESSION and type(record) is Opened:
                self._see_whether_sampled()
        if self.audio is not None and type(event) is AudioSent and event.audio is not None:
            self.audio.take_input(event.at, event.audio, self.conversation.input_format)
        due = self.conversation.deadline
        if due is not None and not self._alarm.is_set:
            self._alarm.set((due - self.clock()) / _NS)

    def _see_whether_sampled(self) -> None:
        """Keep no audio and no content for spans that nobody keeps: see whether it is sampled."""
        if self.context.is_recording(SESSION):
            self.audio = self._telling.recording.begin(
                self._identity, self.context, self.conversation, self.clock
            )
        elif not self._keeps_on_events:
            self._keeps_content = False
            self.conversation.keep_no_text()

    def _settle(self, ending: SessionEnded) -> bool:
        """Settle when and why it ends, once; False if there is nothing to end."""
        if not self._enabled or self._is_finished:
            return False
        with self._lock:
            self._ending = self._ending or ending
        return True

    def _finish(self) -> None:
        with self._lock:
            if self._is_finished or self._ending is None:
                return
            self._is_finished = True
            if self.has_begun:
                self._feed(self._ending)
            try:
                self._alarm.stop()
                self.context.cleanup(self._ending.at)
            except Exception as error:  # noqa: BLE001 - the guard
                self.guard.caught("end", error)
        exit_hook.release(self)

    @contextmanager
    def _current(self, key: Key) -> Iterator[None]:
        if key not in self.context:
            key = SESSION  # a tool's span is not opened where the trace is not sampled
        if key not in self.context:
            yield
            return
        lent = Lent(trace.get_current_span(self.context.context(key)))
        try:
            yield
        finally:
            lent.take_back()

    def wake(self) -> None:
        """Give up what is due; called by the alarm."""
        self.feed(TimePassed(self.clock()))
