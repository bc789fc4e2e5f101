"""The listener for the OpenAI Agents SDK: `session.model.add_listener(listener)`.

Raw server events tell everything, and come before what the SDK makes of them; a model of a third
party that emits none is followed by the SDK's parsed events (`_agents_parsed`). Either way the
listener only translates: it never raises, never keeps or changes an event. What no event tells is
seen by wrapping functions of the SDK while a listener exists (`_agents_hooks`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Unpack
from weakref import finalize

from otel_realtime.cost.book import check_prices
from otel_realtime.events import SessionOpened
from otel_realtime.extras import needed
from otel_realtime.session import SessionTelemetry
from otel_realtime.session_audio import check_store
from otel_realtime.settings import SettingKeywords, Settings
from otel_realtime.sources import _agents_model, _agents_sent, _agents_session
from otel_realtime.sources._agents_hooks import HOOKS
from otel_realtime.sources._agents_parsed import ALWAYS_FOLLOWED, ParsedEvents
from otel_realtime.sources._agents_playback import Playback
from otel_realtime.sources._agents_raw import DESCRIPTIONS, RawEvents, Take
from otel_realtime.sources._openai_deltas import DELTAS
from otel_realtime.telemetry.outlets import Telemetry

with needed("openai-agents", extra="agents"):
    from agents.realtime import RealtimeModelListener

if TYPE_CHECKING:
    from agents.realtime import RealtimeModelEvent, RealtimePlaybackTracker
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

_OPENAI: Final = "openai"
_NOTHING_YET: Final[Mapping[Any, Take]] = {}


class RealtimeTelemetryListener(RealtimeModelListener):
    """Turns the conversations of a realtime model into traces, metrics and logs.

        listener = RealtimeTelemetryListener()
        session.model.add_listener(listener)
        async with session:
            ...
        listener.cleanup()

    Add it before `async with session`, or inside. One listener follows one session at a time; a
    model that is connected again starts a new trace.

    Args:
        session_id: `session.id` on every span; a random one is made for each session if None.
        tracer_provider: Where spans go; the global provider by default.
        meter_provider: Where metrics go; the global provider by default.
        logger_provider: Where log events go; the global provider by default.
        capture_content: Whether transcripts and tool data are recorded, and where: see `Settings`.
        playback_tracker: The tracker that the application reports playback to, the same that it
            gives to the SDK in `model_config`; tells what was really heard.
        **settings: Any other field of `Settings`.

    Raises:
        SettingError: A setting has a value that it cannot have.
        TypeError: There is no setting of that name.
    """

    def __init__(  # noqa: PLR0913 - the providers, as OpenTelemetry passes them
        self,
        session_id: str | None = None,
        *,
        tracer_provider: "TracerProvider | None" = None,
        meter_provider: "MeterProvider | None" = None,
        logger_provider: "LoggerProvider | None" = None,
        capture_content: bool | str | None = None,
        playback_tracker: "RealtimePlaybackTracker | None" = None,
        **settings: Unpack[SettingKeywords],
    ) -> None:
        """Make a listener; nothing is recorded before the first event."""
        self._settings = Settings.read({"capture_content": capture_content, **settings})
        check_store(self._settings)
        check_prices(self._settings)
        self._telemetry = Telemetry.of(tracer_provider, meter_provider, logger_provider)
        self._session_id = session_id
        self._tracker = playback_tracker
        self._provider_session: str | None = None
        self._finalizer: finalize[..., object] | None = None
        self.stands_back = False
        """Whether another listener follows the session that this one hears of."""
        self._watching: Callable[[], None] | None = None
        self._is_following = False
        self._direct: Mapping[Any, Take] = _NOTHING_YET
        """What takes which raw event, once it is settled that this one follows by them."""
        self._heeded: Mapping[str, Callable[[ParsedEvents, Any], None]] | None = None
        """What takes which of the SDK's own events by then; the rest says nothing new."""
        finalize(self, HOOKS.tidy).atexit = False
        self._start_afresh()

    async def on_event(self, event: "RealtimeModelEvent") -> None:
        """Take in one event of the model; never raises."""
        try:
            # Events come by the hundred each second: once it is settled who follows, they take the
            # shortest way, and what the SDK makes of them is passed over.
            if event.type == "raw_server_event":
                data = event.data
                try:
                    take = self._direct.get(data["type"])
                except (KeyError, TypeError):  # it is no object, or has no type
                    take = None
                if take is None:
                    self._take(event)
                else:
                    take(self._session, data)
            elif self._heeded is None:
                self._take(event)
            elif event.type in self._heeded:
                self._heeded[event.type](self.parsed, event)
        except Exception as error:  # noqa: BLE001 - the guard: a listener that raises ends the call
            self._session.guard.caught(f"on_event {_kind(event)}", error)

    @contextmanager
    def use(self) -> Iterator[None]:
        """Make the session's span current for the block: spans, logs and tasks begun there nest.

        The session is opened if nothing has been heard of it yet, so this may surround
        `async with session`. After `cleanup` it opens the next one.
        """
        if self._session.is_over and not HOOKS.is_used_by(self):
            self._start_afresh()
        with self._session.use():
            yield

    def cleanup(self) -> None:
        """End whatever is still open and let go of the SDK; may be called again."""
        self._session.end("closed")
        self.stop_watching()
        self.retire()

    def open(self, opening: SessionOpened, provider: str | None, model: object) -> None:
        """Begin a session that is about to connect; one that is still open is ended."""
        if self._provider_session is not None or self._session.is_over:
            self._session.end_soon("reconnected")
            self._start_afresh()
        self._is_following, self.stands_back = True, False
        self.stop_watching()
        self._watching = _agents_sent.watch(model)
        if provider is not None:
            self._session.know_provider(provider)
        self._session.feed(opening)
        self._follow()

    def stand_back(self, other: "RealtimeTelemetryListener") -> None:
        """Leave a session to another listener: `use` shows that one's, too."""
        self.stop_following()
        self.stands_back = True
        if self.session is not other.session:
            self.session.end_soon("closed")  # where the application has begun one around it
            self._session = other.session

    def stop_following(self) -> None:
        """Take in nothing more than what may begin the next session."""
        self._is_following = False
        self._direct, self._heeded = _NOTHING_YET, None

    def stop_watching(self) -> None:
        """Let go of a model of a third party, on which what it sends was watched."""
        if self._watching is not None:
            self._watching()
            self._watching = None

    def retire(self) -> None:
        """Follow no more."""
        self.stop_following()
        self.stands_back = False
        _agents_model.listeners.discard(self)
        HOOKS.let_go(self)

    @property
    def session(self) -> SessionTelemetry:
        """The telemetry of the session that is followed now."""
        return self._session

    def knows_call(self, event: object) -> bool:
        """Whether a tool call event is one that this listener was told of."""
        return self.parsed.knows_call(event)

    def _take(self, event: "RealtimeModelEvent") -> None:
        if not self._is_following and not self._may_follow(event):
            return
        if event.type == "raw_server_event":
            self._on_raw(event.data)
        elif not self.parsed.is_muted or event.type in ALWAYS_FOLLOWED:
            self._on_parsed(event)
        if self._is_following and self.parsed.is_muted:
            self._direct, self._heeded = self._raw.direct, self.parsed.heeded

    def _on_raw(self, data: Any) -> None:
        if not self.parsed.is_muted:
            self.parsed.is_muted = True
            self._session.know_provider(_OPENAI)
        kind = data.get("type") if isinstance(data, dict) else None
        take_delta = DELTAS.get(kind)
        if take_delta is not None:
            take_delta(self._session, data)
            return
        if kind in DESCRIPTIONS:
            self._meet_session(data.get("session"), is_new=kind == "session.created")
        self._raw.take(kind, data)

    def _on_parsed(self, event: "RealtimeModelEvent") -> None:
        if event.type == "turn_started":
            if self._session.is_over:
                self._start_afresh()
            self._follow()
        self.parsed.take(event)

    def _may_follow(self, event: "RealtimeModelEvent") -> bool:
        """See, as the first event comes, whether another listener follows this session."""
        if self.stands_back or (self._session.is_over and not _may_begin(event)):
            return False
        other = _agents_session.follower_beside(self)
        if other is not None:
            self.stand_back(other)
            return False
        self._is_following = not self._session.is_over
        return True

    def _meet_session(self, session: object, *, is_new: bool) -> None:
        """Begin a new trace if this is another session than the one followed so far."""
        given = session.get("id") if isinstance(session, dict) else None
        met = given if isinstance(given, str) else None
        is_other = None not in (met, self._provider_session) and met != self._provider_session
        # One that was joined late is first met in an update, and told apart by its id alone.
        if is_other or (is_new and self._session.is_over):
            self._session.end("reconnected")
            self._start_afresh()
            self.parsed.is_muted = True
            self._session.know_provider(_OPENAI)
        self._provider_session = met or self._provider_session
        if not self._session.is_over:
            self._follow()

    def _follow(self) -> None:
        _agents_model.listeners.add(self)
        HOOKS.use(self, self._session.guard)

    def _start_afresh(self) -> None:
        self._session = SessionTelemetry(
            self._telemetry, self._settings, session_id=self._session_id
        )
        self._provider_session = None
        self.parsed = ParsedEvents(self._session)
        self.playback = Playback(self._session, self._tracker)
        self._raw = RawEvents(self._session, self.playback)
        self._direct, self._heeded = _NOTHING_YET, None
        if self._finalizer is not None:
            self._finalizer.detach()
        # The session holds no reference to the listener, so it can be ended when that is gone.
        self._finalizer = finalize(self, self._session.drop)
        self._finalizer.atexit = False
        self._follow()


def _may_begin(event: "RealtimeModelEvent") -> bool:
    """Whether it may be the first of the next session: most that come after an end are not."""
    if event.type == "raw_server_event":
        return isinstance(event.data, dict) and event.data.get("type") in DESCRIPTIONS
    return event.type == "turn_started"


def _kind(event: object) -> str:
    """What to call an event that could not be taken in; its attributes may be anything."""
    try:
        kind: object = getattr(event, "type", None)
        if kind == "raw_server_event":
            kind = event.data.get("type")  # type: ignore[attr-defined]
        return kind[:80] if isinstance(kind, str) else type(event).__name__
    except Exception:  # noqa: BLE001 - it is only a name
        return type(event).__name__
