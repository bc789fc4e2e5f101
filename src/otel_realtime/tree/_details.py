"""What a line says of a span behind its times.

One small function for each fact, and a table of which facts each kind of span has. To show a new
attribute, write its function and add it to the table.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from otel_realtime import semconv as names
from otel_realtime.otlp_json import TraceSpan
from otel_realtime.tree._text import (
    as_json,
    message_texts,
    milliseconds,
    money,
    number,
    one_line,
    parsed_json,
    shown,
    whole,
)

QUIET_FINISH: Final = {"stop", "tool_call"}
"""Finish reasons that go without saying."""
ARROW: Final = "→"
_LONGEST_NAME: Final = 40
_WAITS: Final = (
    (names.VOICE_TO_VOICE, "waited"),
    (names.GREETING_LATENCY, "greeted after"),
    (names.TIME_TO_FIRST_AUDIO, "first audio"),
)
"""The best measure that there is of how soon a response was heard: one, so that a line is short."""
_APPROVALS: Final[Mapping[object, str]] = {"approved": "approved", "awaited": "approval awaited"}
"""A rejection is the call's outcome, and is told as that."""


class Detail(NamedTuple):
    """One fact as text.

    `tone` is `speech`, `measure`, `time`, `recording`, `problem` or `plain`.
    """

    text: str
    tone: str = "plain"
    url: str | None = None
    """What a terminal that can do so links it to."""


Fact: TypeAlias = Callable[[TraceSpan], Iterator[Detail]]


def span_details(span: TraceSpan) -> tuple[Detail, ...]:
    """What is told of a span of ours, by its kind; of others nothing."""
    if span.scope != names.SCOPE_NAME:
        return ()
    kind = span.name.split(" ", 1)[0]
    return tuple(detail for fact in FACTS.get(kind, (error,)) for detail in fact(span))


def heard_text(key: str) -> Fact:
    """What was said or written: the text parts of the messages in attribute `key`."""

    def texts(span: TraceSpan) -> Iterator[Detail]:
        said = " ".join(message_texts(span.attributes.get(key)))
        if said:
            yield Detail(as_json(said), "speech")

    return texts


def typed(span: TraceSpan) -> Iterator[Detail]:
    """That the input was typed."""
    if span.attributes.get(names.INPUT_TYPE) == "text":
        yield Detail("text")


def transcription(span: TraceSpan) -> Iterator[Detail]:
    """Why there is no transcript."""
    status = span.attributes.get(names.TRANSCRIPTION_STATUS)
    if status not in (None, "completed"):
        yield Detail(f"transcription {shown(status)}", "problem")


def cleared(span: TraceSpan) -> Iterator[Detail]:
    """That the application threw the speech away."""
    if span.attributes.get(names.INPUT_CLEARED):
        yield Detail("cleared")


def barge_in(span: TraceSpan) -> Iterator[Detail]:
    """That it cut off a response, which says so too."""
    if span.attributes.get(names.INPUT_INTERRUPTED) is not None:
        yield Detail("barge-in")


def waited(span: TraceSpan) -> Iterator[Detail]:
    """How long the user waited until it was heard; of a response that nobody waited for, less."""
    for key, text in _WAITS:
        seconds = number_of(span, key)
        if seconds is not None:
            yield Detail(f"{text} {milliseconds(seconds)}", "time")
            return


def finish(span: TraceSpan) -> Iterator[Detail]:
    """Why the generation ended, where it did not simply end."""
    reasons = span.attributes.get(names.FINISH_REASONS)
    for reason in reasons if isinstance(reasons, tuple) else ():
        if reason not in QUIET_FINISH:
            yield Detail(f"finish {shown(reason)}")


def interrupted(span: TraceSpan) -> Iterator[Detail]:
    """That the agent was cut off."""
    if span.attributes.get(names.INTERRUPTED):
        yield Detail("interrupted")


def heard(span: TraceSpan) -> Iterator[Detail]:
    """How much of the audio was heard, where that was not all of it."""
    part, full = number_of(span, names.HEARD_MS), number_of(span, names.GENERATED_MS)
    if part is not None and full is not None and (part < full or any(interrupted(span))):
        yield Detail(f"heard {whole(part)} of {whole(full)} ms", "time")


def stop_time(span: TraceSpan) -> Iterator[Detail]:
    """For how long the agent was still heard when the user had begun to interrupt it."""
    seconds = number_of(span, names.STOP_TIME)
    if seconds is not None:
        yield Detail(f"stopped after {milliseconds(seconds)}", "time")


def recording(*keys: str) -> Fact:
    """The recordings whose URLs are in attributes, by what their names end in."""

    def recordings(span: TraceSpan) -> Iterator[Detail]:
        for key in keys:
            url = span.attributes.get(key)
            if isinstance(url, str) and url:
                name = url.rstrip("/").rpartition("/")[2].rpartition("_")[2]
                yield Detail(one_line(name[:_LONGEST_NAME]), "recording", url)
        missing = span.attributes.get(names.AUDIO_DROPPED)
        if missing is not None:
            yield Detail(f"audio is missing: {shown(missing)}", "problem")

    return recordings


def tokens(input_key: str, output_key: str) -> Fact:
    """Tokens in and out; `?` for the side that is not known."""

    def counts(span: TraceSpan) -> Iterator[Detail]:
        given, made = number_of(span, input_key), number_of(span, output_key)
        if given is not None or made is not None:
            sides = ("?" if side is None else whole(side) for side in (given, made))
            yield Detail(f"tokens {ARROW.join(sides)}", "measure")

    return counts


def cost(key: str) -> Fact:
    """What it cost."""

    def dollars(span: TraceSpan) -> Iterator[Detail]:
        usd = number_of(span, key)
        if usd is not None:
            yield Detail(money(usd), "measure")

    return dollars


def seconds_billed(span: TraceSpan) -> Iterator[Detail]:
    """The seconds of audio that a transcription is billed for."""
    seconds = number_of(span, names.TRANSCRIPTION_SECONDS)
    if seconds is not None:
        yield Detail(f"{number(seconds)} s of audio", "measure")


def tool_kind(span: TraceSpan) -> Iterator[Detail]:
    """That the tool is a handoff or lies on an MCP server, and which."""
    told = span.attributes
    kind = told.get(names.TOOL_KIND, "function")
    if kind != "function":
        more = told.get(names.HANDOFF_TO, told.get(names.MCP_SERVER))
        yield Detail(shown(kind) if more is None else f"{shown(kind)} {ARROW} {shown(more)}")


def tool_call(span: TraceSpan) -> Iterator[Detail]:
    """Arguments and result."""
    told = span.attributes
    arguments, result = told.get(names.TOOL_ARGUMENTS), told.get(names.TOOL_RESULT)
    if arguments is not None or result is not None:
        left = "" if arguments is None else parsed_json(arguments)
        right = "" if result is None else f"{ARROW} {parsed_json(result)}"
        yield Detail(f"{left} {right}".strip(), "speech")


def approval(span: TraceSpan) -> Iterator[Detail]:
    """That somebody had to approve of it, and how long that took."""
    if span.attributes.get(names.TOOL_APPROVAL) in _APPROVALS:
        yield Detail(_APPROVALS[span.attributes[names.TOOL_APPROVAL]])
    seconds = number_of(span, names.TOOL_APPROVAL_WAIT)
    if seconds is not None:
        yield Detail(f"approval took {milliseconds(seconds)}", "time")


def tool_outcome(span: TraceSpan) -> Iterator[Detail]:
    """How the tool ended, where it neither completed nor failed with an error that is shown."""
    outcome = span.attributes.get(names.TOOL_OUTCOME)
    if outcome not in (None, "completed", "error"):
        yield Detail(shown(outcome))


def reconnects(span: TraceSpan) -> Iterator[Detail]:
    """How often the connection was lost and another one carried on."""
    count = number_of(span, names.RECONNECTS)
    if count is not None:
        yield Detail(f"reconnected {whole(count)} x")


def end_reason(span: TraceSpan) -> Iterator[Detail]:
    """Why the session ended."""
    reason = span.attributes.get(names.END_REASON)
    code = span.attributes.get(names.CLOSE_CODE)
    if reason is not None:
        yield Detail(f"ended {shown(reason)}" + ("" if code is None else f" ({shown(code)})"))
    status = span.attributes.get(names.HTTP_STATUS)
    if status is not None:
        yield Detail(f"HTTP {shown(status)}", "problem")


def error(span: TraceSpan) -> Iterator[Detail]:
    """The error's type and the status's message."""
    kind = span.attributes.get(names.ERROR_TYPE)
    message = span.status_message if span.status == "error" else None
    if kind is not None or span.status == "error":
        label = "error" if kind is None else f"error {shown(kind)}"
        more = f": {one_line(message)}" if message and message != kind else ""
        yield Detail(f"{label}{more}", "problem")


def number_of(span: TraceSpan, key: str) -> float | None:
    """An attribute that is a number; None where there is none."""
    value = span.attributes.get(key)
    return value if isinstance(value, int | float) else None


FACTS: Final[Mapping[str, tuple[Fact, ...]]] = {
    names.SPAN_SESSION: (reconnects, end_reason, recording(names.OUTPUT_AUDIO_URL), error),
    names.SPAN_INPUT: (
        heard_text(names.INPUT_MESSAGES),
        typed,
        transcription,
        cleared,
        barge_in,
        cost(names.COST_TRANSCRIPTION),
        recording(names.INPUT_AUDIO_URL),
        error,
    ),
    names.SPAN_RESPONSE: (
        heard_text(names.OUTPUT_MESSAGES),
        waited,
        finish,
        interrupted,
        heard,
        stop_time,
        tokens(names.USAGE_INPUT, names.USAGE_OUTPUT),
        cost(names.COST),
        recording(names.OUTPUT_AUDIO_URL, names.GENERATED_AUDIO_URL),
        error,
    ),
    names.SPAN_TOOL: (tool_kind, tool_call, approval, tool_outcome, error),
    names.SPAN_TRANSCRIPTION: (
        heard_text(names.OUTPUT_MESSAGES),
        transcription,
        seconds_billed,
        tokens(names.TRANSCRIPTION_INPUT_TOKENS, names.TRANSCRIPTION_OUTPUT_TOKENS),
        cost(names.COST_TRANSCRIPTION),
        error,
    ),
}
"""By the first word of a span's name, in the order of the line."""
