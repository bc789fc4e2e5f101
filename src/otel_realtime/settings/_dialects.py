"""The settings of a dialect: which one, its shape, and what it hides."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypedDict

from otel_realtime.settings import _values
from otel_realtime.settings._reading import read
from otel_realtime.settings._values import setting


class Dialect(StrEnum):
    """In whose words spans are exported. The values are those of `OTEL_REALTIME_DIALECT`."""

    GENAI = "genai"
    OPENINFERENCE = "openinference"
    PHOENIX = "phoenix"
    LANGSMITH = "langsmith"
    LANGFUSE = "langfuse"
    MLFLOW = "mlflow"
    AZURE = "azure"


def dialect(value: object) -> Dialect:
    """A dialect, by its name.

    Raises:
        ValueError: There is none of that name.
    """
    return Dialect(str(value).strip().lower())


def _hiding(what: str, name: str) -> bool:
    hides: bool = setting(
        default=False,
        text=f"In OpenInference: {what}.",
        accepts="true, false",
        parse=_values.boolean,
        env=f"OPENINFERENCE_HIDE_{name}",
    )
    return hides


class DialectKeywords(TypedDict, total=False):
    """The settings of a dialect as keywords; the same names as `DialectSettings`."""

    dialect: Dialect | str | None
    dialect_turns: bool | None
    hide_inputs: bool | None
    hide_outputs: bool | None
    hide_input_messages: bool | None
    hide_output_messages: bool | None
    hide_input_text: bool | None
    hide_output_text: bool | None
    hide_input_audio: bool | None
    hide_output_audio: bool | None
    hide_llm_tools: bool | None
    hide_llm_invocation_parameters: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectSettings:
    """How one exporter's spans are translated."""

    dialect: Dialect = setting(
        Dialect.GENAI,
        "In whose words spans are exported: OpenTelemetry's conventions for generative AI, which "
        "change nothing, or those of OpenInference, LangSmith, Langfuse, MLflow or Application "
        "Insights; `phoenix` is OpenInference as Phoenix reads it.",
        accepts=", ".join(Dialect),
        parse=dialect,
        env="OTEL_REALTIME_DIALECT",
    )
    dialect_turns: bool = setting(
        default=False,
        text="In OpenInference: a span `conversation.turn` of kind AUDIO around each turn; "
        "for Phoenix of kind CHAIN.",
        accepts="true, false",
        parse=_values.boolean,
        env="OTEL_REALTIME_DIALECT_TURNS",
    )
    hide_inputs: bool = _hiding("the inputs of each span", "INPUTS")
    hide_outputs: bool = _hiding("the outputs of each span, and the texts of errors", "OUTPUTS")
    hide_input_messages: bool = _hiding("the messages to the model", "INPUT_MESSAGES")
    hide_output_messages: bool = _hiding("the messages of the model", "OUTPUT_MESSAGES")
    hide_input_text: bool = _hiding("their texts and the user's transcripts", "INPUT_TEXT")
    hide_output_text: bool = _hiding("their texts and the agent's transcripts", "OUTPUT_TEXT")
    hide_input_audio: bool = _hiding(
        "links to the user's audio, and its transcripts", "INPUT_AUDIO"
    )
    hide_output_audio: bool = _hiding(
        "links to the agent's audio and of the call, and transcripts", "OUTPUT_AUDIO"
    )
    hide_llm_tools: bool = _hiding("the tools the model may call", "LLM_TOOLS")
    hide_llm_invocation_parameters: bool = _hiding(
        "how the session is set up", "LLM_INVOCATION_PARAMETERS"
    )

    @classmethod
    def read(
        cls, given: Mapping[str, object], environ: Mapping[str, str] | None = None
    ) -> "DialectSettings":
        """Make them from keywords and the environment; as `Settings.read`.

        A wrong value in the environment is logged: the default dialect is taken, and what it was to
        hide is hidden.

        Raises:
            SettingError: A keyword has a value that its setting cannot have.
            TypeError: A name that no setting has.
        """
        hidden = {
            each.name: ("it is hidden", True)
            for each in fields(cls)
            if each.name.startswith("hide_")
        }
        return cls(**read(cls, given, environ, when_wrong=hidden))

    def as_keywords(self) -> dict[str, Any]:
        """What `read` takes to make the same settings again, whatever the environment says now."""
        return {each.name: getattr(self, each.name) for each in fields(self)}
