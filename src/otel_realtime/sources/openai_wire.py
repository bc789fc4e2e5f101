"""The wire of the OpenAI Realtime API: server and client events become neutral events.

One table per direction. Beta names stand beside the GA names they became. What adds nothing to
what another event says is in `SILENT`; a type that is in no table is skipped, logged once and
counted.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from otel_realtime import events
from otel_realtime.guard import SkippedEventError
from otel_realtime.sources import _openai_input as given
from otel_realtime.sources import _openai_output as said
from otel_realtime.sources._fields import Json

Translate = Callable[[Json, int], Iterable[events.Event]]


def _nothing(_: Json, __: int) -> Iterable[events.Event]:
    return ()


SILENT: Final = (
    "conversation.item.input_audio_transcription.segment",
    "response.content_part.added",
    "response.content_part.done",
    "response.output_audio.done",
    "response.audio.done",
    "response.mcp_call_arguments.done",
    "mcp_list_tools.in_progress",
)

SERVER_EVENTS: Final[Mapping[str, Translate]] = MappingProxyType(
    {
        "session.created": given.session_started,
        "session.updated": given.session_updated,
        "transcription_session.created": given.session_started,
        "transcription_session.updated": given.session_updated,
        "conversation.created": given.conversation_created,
        "conversation.item.created": given.item_added,
        "conversation.item.added": given.item_added,
        "conversation.item.done": given.item_done,
        "conversation.item.retrieved": given.item_again,
        "conversation.item.deleted": given.item_deleted,
        "conversation.item.truncated": said.item_truncated,
        "conversation.item.input_audio_transcription.completed": given.transcribed,
        "conversation.item.input_audio_transcription.failed": given.transcription_failed,
        "input_audio_buffer.committed": given.committed,
        "input_audio_buffer.cleared": given.cleared,
        "input_audio_buffer.speech_started": given.speech_started,
        "input_audio_buffer.speech_stopped": given.speech_stopped,
        "input_audio_buffer.timeout_triggered": given.idle_timed_out,
        "input_audio_buffer.dtmf_event_received": given.dtmf,
        "output_audio_buffer.started": said.playback_started,
        "output_audio_buffer.stopped": said.playback_stopped,
        "output_audio_buffer.cleared": said.playback_cleared,
        "response.created": said.response_created,
        "response.done": said.response_done,
        "response.output_item.added": said.output_added,
        "response.output_item.done": said.output_finished,
        "response.output_text.done": said.text_finished("text"),
        "response.text.done": said.text_finished("text"),
        "response.output_audio_transcript.done": said.text_finished("transcript"),
        "response.audio_transcript.done": said.text_finished("transcript"),
        "response.function_call_arguments.done": said.arguments_done,
        "response.mcp_call.in_progress": said.mcp_started,
        "response.mcp_call.completed": said.mcp_ended(failed=False),
        "response.mcp_call.failed": said.mcp_ended(failed=True),
        "mcp_list_tools.completed": said.mcp_listed("completed"),
        "mcp_list_tools.failed": said.mcp_listed("failed"),
        "rate_limits.updated": given.rate_limits,
        "error": given.error,
        **dict.fromkeys(SILENT, _nothing),
    }
)

CLIENT_EVENTS: Final[Mapping[str, Translate]] = MappingProxyType(
    {
        "session.update": given.settings_sent,
        "input_audio_buffer.append": given.input_appended,
        "conversation.item.create": said.item_created,
        "conversation.item.truncate": said.item_truncated,
    }
)
"""What the client sends that says more than the server's answer to it."""


def server_event(data: Any, at: int) -> Iterable[events.Event]:
    """Translate one server event that is not a delta of audio or text.

    Raises:
        SkippedEventError: It is no object, of an unknown type, or lacks a field.
    """
    if not isinstance(data, dict):
        message = f"a server event is no object but {type(data).__name__}"
        raise SkippedEventError(message)
    kind = data.get("type")
    translate = SERVER_EVENTS.get(kind) if isinstance(kind, str) else None
    if translate is None:
        shown = kind[:80] if isinstance(kind, str) else "none"
        message = f"a server event of unknown type ({shown})"
        raise SkippedEventError(message)
    return translate(data, at)


def client_event(data: Json, at: int) -> Iterable[events.Event]:
    """Translate one client event; those that say nothing new give nothing.

    Raises:
        SkippedEventError: It lacks a field.
    """
    translate = CLIENT_EVENTS.get(data.get("type", ""))
    return translate(data, at) if translate else ()
