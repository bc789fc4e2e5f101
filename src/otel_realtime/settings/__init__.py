"""The settings, and the only place that reads the environment.

A keyword given in code wins over the environment, which wins over the default. The table in
`docs/reference.md` is generated from `Settings`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, TypedDict

from otel_realtime import semconv
from otel_realtime.settings import _functions, _values
from otel_realtime.settings._dialects import Dialect, DialectKeywords, DialectSettings
from otel_realtime.settings._export import ExportKeywords, ExportSettings
from otel_realtime.settings._reading import read
from otel_realtime.settings._values import (
    AudioCapture,
    AudioFileFormat,
    ContentCapture,
    FromEnvironment,
    Redact,
    SettingError,
    setting,
)

__all__ = [
    "AudioCapture",
    "AudioFileFormat",
    "ContentCapture",
    "Dialect",
    "DialectKeywords",
    "DialectSettings",
    "ExportKeywords",
    "ExportSettings",
    "FromEnvironment",
    "Redact",
    "SettingError",
    "SettingKeywords",
    "Settings",
]


class SettingKeywords(TypedDict, total=False):
    """The settings as keywords, for listeners that take them so; the same names as `Settings`."""

    redact: Redact | str | None
    agent_name: str | None
    provider_name: str | None
    user_id: str | None
    latest_names: bool | str | None
    transcript_timeout: float | None
    playback_timeout: float | None
    server_events: bool | None
    audio_store: object
    capture_audio: AudioCapture | str | bool | None
    audio_public_url: str | None
    audio_format: AudioFileFormat | str | None
    audio_sampling: float | None
    record_audio: Callable[[Any], bool] | str | None
    redact_audio: Callable[[Any], Any] | str | None
    audio_spool: Path | str | None
    audio_spool_limit: int | None
    audio_uploads: int | None
    audio_flush_timeout: float | None
    cost: bool | FromEnvironment | None
    prices: Path | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one listener is set to. Make it with `Settings.read`, which asks the environment too."""

    capture_content: ContentCapture = setting(
        ContentCapture.NO_CONTENT,
        "Record transcripts, typed text, instructions, tool arguments and results, error "
        "messages: nowhere, on spans, on log events, or on both. `True` means on spans.",
        accepts="a boolean, or NO_CONTENT, SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT",
        parse=_values.content_capture,
        env="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    )
    redact: Redact | None = setting(
        None,
        "Called as `redact(kind, value)` with every content value before it is recorded; what "
        "it returns is recorded instead, and None leaves the value out. One that is named is "
        "imported when it is first needed; where that fails, no content is recorded.",
        accepts="a callable, or its name as `module:function`",
        parse=_functions.function("redact", _functions.nothing, "no content is recorded"),
        env="OTEL_REALTIME_REDACT",
    )
    agent_name: str | None = setting(
        None,
        "The name of the agent that has the floor at the start: `gen_ai.agent.name`.",
        accepts="text",
        parse=_values.text,
        env="OTEL_REALTIME_AGENT_NAME",
    )
    provider_name: str | None = setting(
        None,
        "`gen_ai.provider.name`, such as `openai` or `azure.ai.openai`. Sources that know theirs "
        "set it where this does not.",
        accepts="text",
        parse=_values.text,
        env="OTEL_REALTIME_PROVIDER_NAME",
    )
    user_id: str | None = setting(
        None,
        "`user.id`, on every span of the call.",
        accepts="text",
        parse=_values.text,
        env="OTEL_REALTIME_USER_ID",
    )
    latest_names: bool = setting(
        default=False,
        text="Whether metrics are called as in the latest conventions of OpenTelemetry where these "
        "differ from released ones: see [metrics.md](metrics.md).",
        accepts="a boolean, or a comma-separated list that holds gen_ai_latest_experimental",
        parse=_values.opted_in(semconv.LATEST),
        env="OTEL_SEMCONV_STABILITY_OPT_IN",
    )
    transcript_timeout: float = setting(
        15.0,
        "How long an utterance's span waits for its transcript. A transcript that comes later "
        "gets a `speech_to_text` span of its own.",
        accepts="seconds",
        parse=_values.seconds,
        env="OTEL_REALTIME_TRANSCRIPT_TIMEOUT",
    )
    playback_timeout: float = setting(
        60.0,
        "How long a response's span waits for the end of its playback, to tell what was heard "
        "of it. Its end time is that of the response all the same.",
        accepts="seconds",
        parse=_values.seconds,
        env="OTEL_REALTIME_PLAYBACK_TIMEOUT",
    )
    server_events: bool = setting(
        default=False,
        text="A span of no length under the session for each event of the server but deltas, with "
        "what it says, if content is recorded: without its audio, and redacted as `server_event`.",
        accepts="true, false",
        parse=_values.boolean,
        env="OTEL_REALTIME_SERVER_EVENTS",
    )

    audio_store: object = setting(
        None,
        "Where recordings go; giving one turns the recording of audio on. A folder, S3, Google "
        "Cloud Storage, Azure Blob Storage; the credentials are those of the environment.",
        accepts="a URL (s3://bucket/prefix, gs://, az://, file://, memory://), or an obstore store",
        parse=_values.audio_store,
        env="OTEL_REALTIME_AUDIO_STORE",
    )
    capture_audio: AudioCapture | None = setting(
        None,
        "Whose audio is recorded. By default both where there is a store for it, else none.",
        accepts="none, user, agent, both",
        parse=_values.audio_capture,
        env="OTEL_REALTIME_CAPTURE_AUDIO",
    )
    audio_public_url: str | None = setting(
        None,
        "What the URLs on spans begin with instead of the store's own, such as that of a CDN.",
        accepts="a URL",
        parse=_values.text,
        env="OTEL_REALTIME_AUDIO_PUBLIC_URL",
    )
    audio_format: AudioFileFormat = setting(
        AudioFileFormat.WAV,
        "The format of recordings; FLAC and Opus need the extra `formats`.",
        accepts="wav, flac, opus",
        parse=_values.audio_format,
        env="OTEL_REALTIME_AUDIO_FORMAT",
    )
    audio_sampling: float = setting(
        1.0,
        "Which share of the sessions is recorded, by their trace id; of a trace that is not "
        "sampled nothing is.",
        accepts="a number from 0 to 1",
        parse=_values.share,
        env="OTEL_REALTIME_AUDIO_SAMPLING",
    )
    record_audio: Callable[[Any], bool] | None = setting(
        None,
        "Called as `record_audio(call)` with a `CallInfo` when a session begins: whether it may be "
        "recorded. One that fails, or that is named and cannot be imported, means no.",
        accepts="a callable, or its name as `module:function`",
        parse=_functions.function("record_audio", _functions.nobody, "no audio is recorded"),
        env="OTEL_REALTIME_RECORD_AUDIO",
    )
    redact_audio: Callable[[Any], Any] | None = setting(
        None,
        "Called as `redact_audio(clip)` with an `AudioClip` before a recording is stored, in a "
        "thread of its own: gives the stretches to be silenced, as pairs of milliseconds. One that "
        "fails, or that is named and cannot be imported, silences all of it.",
        accepts="a callable, or its name as `module:function`",
        parse=_functions.function("redact_audio", _functions.everything, "all audio is silenced"),
        env="OTEL_REALTIME_REDACT_AUDIO",
    )
    audio_spool: Path | None = setting(
        None,
        "Where audio lies until it is uploaded; by default in the system's temporary folder. On a "
        "disk that outlives the process nothing is lost if that is killed.",
        accepts="a folder",
        parse=_values.folder,
        env="OTEL_REALTIME_AUDIO_SPOOL",
    )
    audio_spool_limit: int = setting(
        4096,
        "How much the spool may hold; beyond that the oldest audio in it is given up.",
        accepts="megabytes",
        parse=_values.count,
        env="OTEL_REALTIME_AUDIO_SPOOL_LIMIT",
    )
    audio_uploads: int = setting(
        4,
        "How many recordings are uploaded at a time.",
        accepts="a whole number",
        parse=_values.count,
        env="OTEL_REALTIME_AUDIO_UPLOADS",
    )
    audio_flush_timeout: float = setting(
        10.0,
        "How long the interpreter's exit waits for uploads; what is left is uploaded by the next "
        "process.",
        accepts="seconds",
        parse=_values.seconds,
        env="OTEL_REALTIME_AUDIO_FLUSH_TIMEOUT",
    )

    cost: bool | FromEnvironment | None = setting(
        None,
        "Tell what each response, transcription and session costs, by the prices of the package "
        "`genai-prices` (extra `cost`): see [cost.md](cost.md). By default with `prices`.",
        accepts="true or false",
        parse=_values.switch,
        env="OTEL_REALTIME_COST",
    )
    prices: Path | FromEnvironment | None = setting(
        None,
        "Your own prices, which come before those of the package: see [cost.md](cost.md).",
        accepts="a YAML or JSON file",
        parse=_values.file,
        env="OTEL_REALTIME_PRICES",
    )

    @classmethod
    def read(
        cls, given: Mapping[str, object], environ: Mapping[str, str] | None = None
    ) -> "Settings":
        """Make settings from keywords and the environment.

        Args:
            given: Settings by name; None means that it is not given.
            environ: The environment; `os.environ` by default.

        A wrong value in the environment is logged and the default taken, as OpenTelemetry asks.

        Raises:
            SettingError: A keyword has a value that its setting cannot have.
            TypeError: A name that no setting has.
        """
        return cls(**read(cls, given, environ, when_wrong=_WHEN_WRONG))

    def as_keywords(self) -> dict[str, Any]:
        """What `read` takes to make the same settings again, whatever the environment says now."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


_WHEN_WRONG: Final[Mapping[str, tuple[str, object]]] = {
    # A name that was mistyped must not record what it was to hold back.
    "redact": ("no content is recorded", _functions.nothing),
    "capture_audio": ("no audio is recorded", AudioCapture.NONE),
    "audio_sampling": ("no audio is recorded", 0.0),
    "record_audio": ("no audio is recorded", _functions.nobody),
    "redact_audio": ("all audio is silenced", _functions.everything),
}
"""What to do about a wrong value in the environment, if not to leave the setting at its default."""
