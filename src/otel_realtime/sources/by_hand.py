"""A source for what no other source knows: the application tells what happens, by hand."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, Unpack
from weakref import finalize

from otel_realtime.cost.book import check_prices
from otel_realtime.events import AudioStarted, Event, TextStarted
from otel_realtime.session import SessionTelemetry
from otel_realtime.session_audio import check_store
from otel_realtime.settings import SettingKeywords, Settings
from otel_realtime.sources._ends import reason_of
from otel_realtime.sources._openai_values import base64_size
from otel_realtime.sources._tool_run import ToolRun
from otel_realtime.telemetry.content import type_of
from otel_realtime.telemetry.outlets import Telemetry

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


class ManualSession:
    """A call of an SDK that is not known here, told event by event.

        with ManualSession(agent_name="Assistant", provider_name="acme") as call:
            call.feed(events.SessionStarted(call.now(), SessionConfig(model="acme-voice")))
            async for message in connection:
                call.feed(...)  # what it says, as an event of `otel_realtime.events`

    Inside the block the session's span is current; with it the session ends. Nothing of this
    raises on account of what it is told: what cannot be used is logged once, and counted. It may
    be told from several threads.

    Args:
        session_id: `session.id` on every span; a random one is made if None.
        tracer_provider: Where spans go; the global provider by default.
        meter_provider: Where metrics go; the global provider by default.
        logger_provider: Where log events go; the global provider by default.
        capture_content: Whether transcripts and tool data are recorded, and where: see `Settings`.
        clock: Gives the time in nanoseconds since the Unix epoch; never runs backwards.
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
        clock: Callable[[], int] | None = None,
        **settings: Unpack[SettingKeywords],
    ) -> None:
        """Read the settings; nothing is recorded before it is told of."""
        read = Settings.read({"capture_content": capture_content, **settings})
        check_store(read)
        check_prices(read)
        telemetry = Telemetry.of(tracer_provider, meter_provider, logger_provider)
        self._session: Final = SessionTelemetry(telemetry, read, session_id=session_id, clock=clock)
        finalize(self, self._session.drop).atexit = False  # at exit whatever is open is ended

    def __enter__(self) -> Self:
        """Begin the session, and make its span the current one."""
        self._session.begin()
        self._session.lend()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the session; what the block raised is recorded and passes through."""
        self.end(reason_of(error), error if isinstance(error, Exception) else None)
        self._session.take_back()

    def now(self) -> int:
        """The time for an event that happens now, in nanoseconds since the Unix epoch."""
        return self._session.clock()

    def feed(self, event: Event) -> None:
        """Tell of anything but audio and text, whose many pieces have ways of their own."""
        self._session.feed(event)

    def send_audio(self, audio: bytes | str) -> None:
        """Tell that the client sends user audio now, decoded or as base64 text."""
        try:
            self._session.take_sent_audio(_size(audio), audio)
        except Exception as error:  # noqa: BLE001 - the guard
            self._session.guard.caught("send_audio", error)

    def take_audio(
        self, response_id: str, item_id: str, audio: bytes | str, content_index: int = 0
    ) -> None:
        """Tell that a piece of the agent's audio came, decoded or as base64 text."""
        session = self._session
        try:
            part, size = session.audio_parts.get(item_id), _size(audio)
            if part is not None and part.content_index == content_index:
                part.byte_count += size
            else:
                at = session.clock()
                session.feed(AudioStarted(at, response_id, item_id, content_index, size))
            if session.audio is not None:
                session.audio.take_output(item_id, content_index, audio)
        except Exception as error:  # noqa: BLE001 - the guard
            session.guard.caught("take_audio", error)

    def take_text(self, response_id: str, item_id: str, text: str, content_index: int = 0) -> None:
        """Tell that a piece of the agent's text, or of its transcript, came."""
        session = self._session
        try:
            part = session.text_parts.get(item_id)
            if part is None or part.content_index != content_index:
                at = session.clock()
                session.feed(TextStarted(at, response_id, item_id, content_index, str(text)))
            elif part.fragments is not None:
                part.fragments.append(str(text))
        except Exception as error:  # noqa: BLE001 - the guard
            session.guard.caught("take_text", error)

    def tool_run(self, call_id: str) -> ToolRun:
        """Make the span of a tool call current while the tool runs.

            with call.tool_run(call_id) as run:
                run.output = await get_weather(**arguments)

        An exception in the block is recorded, and raised unchanged.
        """
        return ToolRun(self._session, call_id)

    def use(self) -> AbstractContextManager[Any]:
        """Make the session's span current for a block, in whatever task or thread."""
        return self._session.use()

    def end(self, reason: str = "closed", error: Exception | None = None) -> None:
        """Close everything that is open, once; nothing is taken in any more.

        Args:
            reason: Why, in a word, such as `closed` or `connection_lost`.
            error: What ended it, where that is an error.
        """
        fault_type = type_of(error) if error is not None else None
        self._session.end(reason, fault_type=fault_type, error=error)


def _size(audio: bytes | str) -> int:
    return base64_size(audio) if isinstance(audio, str) else len(audio)
