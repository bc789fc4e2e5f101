"""Inline audio of other libraries: found, kept, replaced by a URL, and nothing else touched."""

import base64
import json
import wave
from io import BytesIO
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openinference.instrumentation.config import REDACTED_VALUE
from openinference.instrumentation.openai_agents import _realtime as openinference
from openinference.semconv.trace import AudioAttributes, MessageContentAttributes, SpanAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from otel_realtime import semconv
from otel_realtime.audio.inline import (
    InlineAudioError,
    KeptAudio,
    has_inline_audio,
    rewritten,
    span_has_inline_audio,
)

PCM = bytes(range(256)) * 200
WAV_URI = openinference.pcm16_to_wav_data_uri(PCM)
WAV_BASE64 = WAV_URI.partition(",")[2]
WAV = base64.b64decode(WAV_BASE64)
URL = "https://audio.example/1.wav"
INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
ATTACHMENTS = "langsmith.attachments"
IN_MESSAGE = ".".join(
    (
        *(SpanAttributes.LLM_INPUT_MESSAGES, "0.message.contents.1"),
        *(MessageContentAttributes.MESSAGE_CONTENT_AUDIO, AudioAttributes.AUDIO_URL),
    )
)
IMAGE = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="}


class Kept:
    """A `keep` that remembers what it was given, and gives out numbered URLs."""

    def __init__(self, becomes=None):
        self.calls = []
        self.becomes = becomes

    def __call__(self, data, mime_type, direction):
        self.calls.append((data, mime_type, direction))
        url = f"https://audio.example/{len(self.calls)}.wav"
        return KeptAudio(url, self.becomes or mime_type)


def keep_nothing(data, mime_type, direction):
    assert (type(data), type(mime_type), direction) == (bytes, str, direction)


def finished(attributes=None, events=(), limits=None, **start):
    """A span as a span processor gets it: ended, with its attributes frozen."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "x"}), span_limits=limits)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    span = provider.get_tracer("a.library", "1.2").start_span(
        "turn", attributes=attributes, **start
    )
    for name, given_attributes in events:
        span.add_event(name, given_attributes, timestamp=5)
    span.set_status(Status(StatusCode.ERROR, "why"))
    span.end()
    return exporter.get_finished_spans()[0]


def replaced(attributes, keep=None):
    return dict(rewritten(finished(attributes), keep or Kept()).attributes)


def blob(content=WAV_BASE64, **more):
    return {
        "type": "blob",
        "modality": "audio",
        "mime_type": "audio/wav",
        "content": content,
    } | more


def message(*parts, role="user"):
    return {"role": role, "parts": list(parts)}


def attachment(name, content=WAV_BASE64, mime_type="audio/wav"):
    return {"name": name, "content": content, "mime_type": mime_type}


# OpenInference


def test_data_uris_of_a_turn_become_urls():
    keep = Kept()
    new = replaced({"input.audio.url": WAV_URI, "output.audio.url": WAV_URI, "n": 1}, keep)
    assert new == {
        "input.audio.url": "https://audio.example/1.wav",
        "input.audio.mime_type": "audio/wav",
        "output.audio.url": "https://audio.example/2.wav",
        "output.audio.mime_type": "audio/wav",
        "n": 1,
    }
    assert keep.calls == [(WAV, "audio/wav", "input"), (WAV, "audio/wav", "output")]


def test_a_mime_type_that_is_there_stays():
    given_type = {"output.audio.mime_type": "audio/x-wav"}
    for attributes in (
        {"output.audio.url": WAV_URI} | given_type,
        given_type | {"output.audio.url": WAV_URI},
    ):
        assert replaced(attributes) == {"output.audio.url": URL} | given_type


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        (openinference._INPUT_AUDIO_URL, "input"),  # noqa: SLF001 - what it really writes
        (openinference._OUTPUT_AUDIO_URL, "output"),  # noqa: SLF001 - what it really writes
        (IN_MESSAGE, "input"),
        (IN_MESSAGE.replace("input", "output"), "output"),
        ("llm.input_messages.0.message.contents.0.message_content.audio.url", "input"),
    ],
)
def test_each_name_has_its_direction_and_type(name, direction):
    keep = Kept()
    new = replaced({name: WAV_URI}, keep)
    assert new == {name: URL, f"{name[: -len('url')]}mime_type": "audio/wav"}
    assert keep.calls == [(WAV, "audio/wav", direction)]


@pytest.mark.parametrize("mime_type", ["audio/pcm;rate=24000", "audio/L16;rate=8000;channels=1"])
def test_raw_audio_is_handed_on_with_its_parameters(mime_type):
    keep = Kept()
    content = base64.b64encode(PCM).decode()
    new = replaced(
        {"input.audio.url": f"DATA:{mime_type};base64,{content}".replace("audio", "AUDIO")}, keep
    )
    assert keep.calls == [(PCM, mime_type.replace("audio", "AUDIO"), "input")]
    assert new["input.audio.url"] == URL


@pytest.mark.parametrize(
    ("told", "kept", "is_there", "is_then"),
    [
        ("audio/pcm;rate=24000", "audio/wav", None, "audio/wav"),
        ("audio/pcm;rate=24000", "audio/wav", "audio/pcm", "audio/wav"),
        ("audio/wav", "audio/wav", "audio/x-wav", "audio/x-wav"),
    ],
)
def test_the_type_is_that_of_the_file_that_is_kept(told, kept, is_there, is_then):
    content = base64.b64encode(PCM).decode()
    attributes = {"input.audio.url": f"data:{told};base64,{content}"}
    if is_there is not None:
        attributes["input.audio.mime_type"] = is_there
    assert replaced(attributes, Kept(kept))["input.audio.mime_type"] == is_then


@pytest.mark.parametrize(("told", "then"), [("audio/pcm;rate=8000", "audio/wav"), (None, None)])
def test_the_type_of_a_part_is_that_of_the_file_too(told, then):
    given_part = blob(mime_type=told) if told else blob(mime_type=None)
    value = json.dumps([message(given_part)])
    new = json.loads(replaced({INPUT: value}, Kept("audio/wav" if told else None))[INPUT])
    assert new[0]["parts"][0]["mime_type"] == then


@pytest.mark.parametrize("length", [32_000, 31_999, 31_998, 31_997, 100])
def test_what_openinference_cut_off_becomes_a_valid_file_and_the_span_says_so(length):
    cut = openinference.truncate_audio_data_uri(WAV_URI, length)
    assert len(cut) < len(WAV_URI)
    keep = Kept()
    assert replaced({"output.audio.url": cut}, keep) == {
        "output.audio.url": URL,
        "output.audio.mime_type": "audio/wav",
        semconv.AUDIO_DROPPED: "truncated",
    }
    ((data, _, _),) = keep.calls
    with wave.open(BytesIO(data)) as file:
        samples = file.readframes(file.getnframes())
        assert len(samples) == file.getnframes() * 2 == len(data) - 44
    whole = length // 4 * 3 - 44
    assert samples == PCM[: whole - whole % 2]


def test_the_default_limit_of_openinference_is_32000_characters():
    assert openinference._DEFAULT_BASE64_AUDIO_MAX_LENGTH == 32_000  # noqa: SLF001 - the real one


@pytest.mark.parametrize("length", [40, 56, 59])
def test_what_was_cut_off_before_its_first_sample_is_told(length):
    cut = openinference.truncate_audio_data_uri(WAV_URI, length)
    keep = Kept()
    with pytest.raises(InlineAudioError, match=r"^output\.audio\.url: ") as caught:
        replaced({"output.audio.url": cut}, keep)
    assert keep.calls == []
    size = length // 4 * 3
    if length in {40, 56}:
        assert str(caught.value).endswith(f": cut off: {size} of {len(WAV)} bytes")


def test_what_was_cut_off_in_an_event_or_a_blob_is_said_on_the_span():
    cut = WAV_BASE64[:1000]
    span = finished({"n": 1}, [("details", {OUTPUT: json.dumps([message(blob(cut))])})])
    assert dict(rewritten(span, Kept()).attributes) == {"n": 1, semconv.AUDIO_DROPPED: "truncated"}
    whole = finished({"n": 1}, [("details", {OUTPUT: json.dumps([message(blob())])})])
    assert dict(rewritten(whole, Kept()).attributes) == {"n": 1}


def test_of_what_is_cut_off_and_not_kept_nothing_is_said():
    span = finished({"input.audio.url": openinference.truncate_audio_data_uri(WAV_URI, 1000)})
    assert rewritten(span, keep_nothing) is span


@pytest.mark.parametrize("size", [0, 0x7FFF_FFFF, 0xFFFF_FFFF, len(WAV) - 8])
def test_a_streamed_wav_says_no_size_and_becomes_a_whole_one(size):
    keep = Kept()
    data = b"RIFF" + size.to_bytes(4, "little") + WAV[8:]
    new = replaced(
        {"input.audio.url": f"data:audio/wav;base64,{base64.b64encode(data).decode()}"}, keep
    )
    assert keep.calls == [(WAV, "audio/wav", "input")]
    assert semconv.AUDIO_DROPPED not in new


@pytest.mark.parametrize(
    "value",
    [
        REDACTED_VALUE,
        openinference.truncate_audio_data_uri(WAV_URI, 0),
        URL,
        "data:image/png;base64,aGk=",
        "data:audio/wav,not%20base64",
        "data:audio/" + "x" * 300 + ";base64,aGk=",
        "",
        7,
        ("data:audio/wav;base64,aGk=",),
    ],
)
def test_what_is_no_inline_audio_uri_stays(value):
    assert not has_inline_audio({"input.audio.url": value})
    span = finished({"input.audio.url": value})
    assert rewritten(span, keep_nothing) is span


# GenAI


def test_blobs_of_messages_become_uris():
    keep = Kept()
    text = {"type": "text", "content": 'a “b” with "blob" and "audio"'}
    odd = {"type": "tool_call", "arguments": {"x": [1.5, None, True, 10**20]}}
    given_messages = [
        message(text, blob(), IMAGE),
        message(odd, blob(id="k", mime_type=None), "?"),
        "?",
    ]
    new = replaced({INPUT: json.dumps(given_messages, ensure_ascii=False)}, keep)
    first = {"type": "uri", "modality": "audio", "mime_type": "audio/wav", "uri": URL}
    second = first | {"id": "k", "mime_type": None, "uri": "https://audio.example/2.wav"}
    assert json.loads(new[INPUT]) == [message(text, first, IMAGE), message(odd, second, "?"), "?"]
    assert "“b”" in new[INPUT]
    assert keep.calls == [(WAV, "audio/wav", "input"), (WAV, "application/octet-stream", "input")]


@pytest.mark.parametrize(
    ("name", "direction"),
    [(INPUT, "input"), (OUTPUT, "output"), ("gen_ai.system_instructions", "input")],
)
def test_messages_and_instructions_have_their_direction(name, direction):
    keep = Kept()
    part = blob(modality="speech")  # the type alone says that it is audio
    value = [part] if "system" in name else [message(part)]
    new = json.loads(replaced({name: json.dumps(value)}, keep)[name])
    uri = {"type": "uri", "modality": "audio", "mime_type": "audio/wav", "uri": URL}
    assert new == ([uri] if "system" in name else [message(uri)])
    assert keep.calls == [(WAV, "audio/wav", direction)]


def test_structured_messages_are_replaced_too():
    keep = Kept()
    attributes = {
        OUTPUT: ({"role": "assistant", "parts": (blob(), IMAGE, blob(content=WAV))},),
        "gen_ai.system_instructions": (blob(),),
    }
    span = ReadableSpan("turn", attributes=attributes)
    assert span_has_inline_audio(span)
    new = rewritten(span, keep).attributes
    uri = {"type": "uri", "modality": "audio", "mime_type": "audio/wav", "uri": URL}
    parts = (uri, IMAGE, uri | {"uri": "https://audio.example/2.wav"})
    assert new[OUTPUT] == ({"role": "assistant", "parts": parts},)
    assert new["gen_ai.system_instructions"] == (uri | {"uri": "https://audio.example/3.wav"},)
    assert [data for data, _, _ in keep.calls] == [WAV, WAV, WAV]


@pytest.mark.parametrize(
    "value",
    [
        ({"role": "user", "parts": (IMAGE, {"type": "text"}, 1)}, "?", {"parts": 1}),
        ({"role": "user", "parts": (blob(content=""), blob(content=None), blob(content=7))},),
        {"role": "user"},
        b"bytes",
        7,
        None,
    ],
)
def test_structured_values_without_audio_are_seen_as_such(value):
    attributes = {INPUT: value, ATTACHMENTS: value}
    assert not has_inline_audio(attributes)
    span = ReadableSpan("turn", attributes=attributes)
    assert rewritten(span, keep_nothing) is span


def test_json_that_only_speaks_of_audio_is_the_same_string():
    about = [
        message(IMAGE | {"name": "audio"}, {"type": "audio"}),
        message(blob(content=""), blob(content=7), blob(type="text", content="It is sunny.")),
    ]
    values = {
        INPUT: json.dumps(about, indent=3),
        OUTPUT: '{"type": "blob", "modality" : "audio"}',
        ATTACHMENTS: '{ "audio/": "blob" }',
    }
    span = finished(values)
    assert rewritten(span, keep_nothing) is span
    both = rewritten(finished(values | {"input.audio.url": WAV_URI}), Kept()).attributes
    assert {name: both[name] for name in values} == values


@pytest.mark.parametrize("text", ["ä", "ä\ud83d", "\ud83d"])
def test_what_is_written_can_be_exported(text):
    """Half of a character, as a cut off text has it, can only be exported as an escape."""
    written = json.dumps([message({"content": text}, blob())])
    written = written.replace("\\u00e4", "ä")
    new = replaced({INPUT: written})[INPUT]
    assert new.encode()
    assert json.loads(new)[0]["parts"][0] == {"content": text}


@pytest.mark.parametrize(
    "value",
    [
        json.dumps([message(blob())])[:-1],
        '[{"type": "blob", "modality": "audio"',
        json.dumps([message(blob(), {"x": float("nan")})]),
        json.dumps([message(blob(), {"x": 7})]).replace("7", "1e999"),
        "[" * 100_000 + '"blob" "audio"',
    ],
)
def test_invalid_json_that_claims_to_be_audio_is_told(value):
    with pytest.raises(InlineAudioError) as caught:
        replaced({INPUT: value})
    assert str(caught.value) == "gen_ai.input.messages: no valid JSON"


@pytest.mark.parametrize(
    "value",
    [
        "UklGR",  # no padding
        "-_-_",  # of the URL-safe alphabet
        "aGk=aGk=",
        "aG\nk=",
        "aGk=\n",
        "=",
        "äöü",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        lambda value: {"input.audio.url": f"data:audio/wav;base64,{value}"},
        lambda value: {INPUT: json.dumps([message(blob(content=value))])},
        lambda value: {ATTACHMENTS: json.dumps([attachment("a", value)])},
    ],
)
def test_invalid_base64_is_told_without_content(place, value):
    attributes = place(value)
    keep = Kept()
    with pytest.raises(InlineAudioError) as caught:
        replaced(attributes, keep)
    assert str(caught.value) == f"{next(iter(attributes))}: no valid base64"
    assert isinstance(caught.value, ValueError)
    assert keep.calls == []


def test_an_error_of_keep_is_its_own():
    def broken(data, mime_type, direction):
        raise OSError(len(data), mime_type, direction)

    with pytest.raises(OSError, match="audio/wav"):
        replaced({INPUT: json.dumps([message(blob())])}, broken)


# LangSmith


def test_attachments_leave_the_list_and_their_urls_become_metadata():
    keep = Kept()
    image = attachment("receipt", "aGk=", "image/png")
    names = ("turn_1_user.wav", "turn_1_ai.wav")
    given_list = [attachment(names[0]), image, "?", attachment(names[1], mime_type="Audio/wav")]
    new = replaced({ATTACHMENTS: json.dumps(given_list), "langsmith.metadata.audio_url": "x"}, keep)
    assert json.loads(new.pop(ATTACHMENTS)) == [image, "?"]
    assert new == {
        "langsmith.metadata.audio_url": "x",
        "langsmith.metadata.audio_url_2": "https://audio.example/1.wav",
        "langsmith.metadata.audio_url_3": "https://audio.example/2.wav",
    }
    assert keep.calls == [(WAV, "audio/wav", "input"), (WAV, "Audio/wav", "output")]


def test_a_list_that_is_empty_in_the_end_goes():
    value = json.dumps([attachment("conversation.wav")])
    assert replaced({ATTACHMENTS: value}) == {"langsmith.metadata.audio_url": URL}


def test_structured_attachments_are_replaced_too():
    image = attachment("a", "aGk=", "image/png")
    span = ReadableSpan("turn", attributes={ATTACHMENTS: (attachment("b"), image)})
    assert has_inline_audio(span.attributes)
    new = rewritten(span, Kept()).attributes
    assert new == {ATTACHMENTS: (image,), "langsmith.metadata.audio_url": URL}


# All of them


def test_what_is_not_kept_stays():
    def second_only(data, mime_type, direction):
        calls.append((data, mime_type, direction))
        return KeptAudio(URL, mime_type) if len(calls) == 2 else None

    calls = []
    one_of_two = replaced({INPUT: json.dumps([message(blob(id=1), blob(id=2))])}, second_only)
    first, second = json.loads(one_of_two[INPUT])[0]["parts"]
    assert (first, second["uri"]) == (blob(id=1), URL)
    calls = []
    left = replaced({ATTACHMENTS: json.dumps([attachment("a"), attachment("b")])}, second_only)
    assert json.loads(left[ATTACHMENTS]) == [attachment("a")]


def test_a_span_of_which_nothing_is_kept_is_the_same():
    span = finished(
        {
            "input.audio.url": WAV_URI,
            INPUT: json.dumps([message(blob())], indent=1),
            ATTACHMENTS: json.dumps([attachment("a")], indent=1),
        }
    )
    assert rewritten(span, keep_nothing) is span


def test_all_else_of_a_span_is_equal():
    context = SpanContext(5, 6, is_remote=False)
    limits = SpanLimits(max_span_attributes=2, max_events=2, max_links=1, max_event_attributes=1)
    span = finished(
        {"dropped": 1, "input.audio.url": WAV_URI, "kept": (1, 2)},
        [("lost", {}), ("a", {"x": 1}), ("b", {"y": 1, OUTPUT: json.dumps([message(blob())])})],
        limits,
        links=[Link(context), Link(context, {"l": 1})],
        kind=SpanKind.CLIENT,
        start_time=3,
    )
    new = rewritten(span, Kept())
    assert isinstance(new, ReadableSpan)
    for name in (
        *("name", "context", "parent", "resource", "links", "kind", "status", "start_time"),
        *("end_time", "instrumentation_scope", "dropped_attributes", "dropped_events"),
        "dropped_links",
    ):
        assert getattr(new, name) == getattr(span, name), name
    assert (new.dropped_attributes, new.dropped_events, new.dropped_links) == (1, 1, 1)
    assert new.get_span_context() is span.get_span_context()
    with pytest.warns(DeprecationWarning, match="instrumentation_scope"):
        info = span.instrumentation_info
    with pytest.warns(DeprecationWarning, match="instrumentation_scope"):
        assert new.instrumentation_info is info is not None
    assert new.attributes["kept"] == (1, 2)
    assert new.events[0] is span.events[0]
    assert (new.events[1].name, new.events[1].timestamp) == ("b", 5)
    assert new.events[1].dropped_attributes == span.events[1].dropped_attributes == 1
    assert (
        json.loads(new.to_json())["attributes"]["input.audio.url"]
        == new.attributes["input.audio.url"]
    )
    with pytest.raises(TypeError):
        new.attributes["x"] = 1
    assert span.attributes["input.audio.url"] == WAV_URI


def test_a_parent_is_kept():
    parent = SpanContext(1, 2, is_remote=True)
    span = ReadableSpan("turn", parent=parent, attributes={"input.audio.url": WAV_URI})
    assert rewritten(span, Kept()).parent is parent


def test_the_content_of_an_invalid_value_is_not_shown_with_the_error():
    with pytest.raises(InlineAudioError) as caught:
        replaced({INPUT: '["blob", "audio", '})
    assert caught.value.__suppress_context__


def test_audio_of_an_event_alone_is_found():
    uri = {"type": "uri", "modality": "audio", "mime_type": "audio/wav", "uri": URL}
    value = json.dumps([message(blob())])
    span = finished({"n": 1}, [("details", {OUTPUT: value, "m": 2})])
    assert span_has_inline_audio(span)
    assert not has_inline_audio(span.attributes)
    new = rewritten(span, Kept())
    assert dict(new.attributes) == {"n": 1}
    assert json.loads(new.events[0].attributes[OUTPUT]) == [message(uri)]
    assert new.events[0].attributes["m"] == 2
    assert isinstance(new.events[0], Event)
    with pytest.raises(TypeError):
        new.events[0].attributes["m"] = 3
    assert json.loads(new.to_json())["events"][0]["name"] == "details"


def test_nothing_is_found_in_nothing():
    assert not has_inline_audio(None)
    assert not has_inline_audio({})
    for span in (finished(), ReadableSpan("turn"), finished(events=[("e", None)])):
        assert not span_has_inline_audio(span)
        assert rewritten(span, keep_nothing) is span


class Unread(dict):
    """Attributes whose values nobody may look at."""

    def __getitem__(self, name):
        raise AssertionError(name)


def test_no_value_is_looked_at_unless_its_name_may_mean_audio():
    names = ("http.url", "input.value", "llm.token_count.prompt_details.audio", "image.url")
    assert not has_inline_audio(MappingProxyType(Unread(dict.fromkeys(names, WAV_URI))))
    assert not has_inline_audio({"input.audio.url": URL, "input.value": WAV_URI})


def test_json_is_not_even_a_candidate_once_it_has_uris():
    uris = json.dumps([message({"type": "uri", "modality": "audio", "uri": URL})])
    assert not has_inline_audio(
        {INPUT: uris, ATTACHMENTS: json.dumps([attachment("audio", "", "")])}
    )


NAMES = st.one_of(
    st.text(min_size=1),
    st.sampled_from([INPUT, OUTPUT, ATTACHMENTS, IN_MESSAGE, "input.audio.url", "audio.url"]),
)
WORDS = st.sampled_from(
    [
        '"audio"',
        '"blob"',
        '"audio/',
        "{",
        "}",
        "[",
        "]",
        "data:image/png;base64,",
        json.dumps(IMAGE),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.binary(),
    st.text(),
    st.lists(WORDS).map("".join),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner).map(tuple),
        st.dictionaries(st.sampled_from(["parts", "type", "modality", "mime_type", "x"]), inner),
    ),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES))
def test_attributes_without_audio_never_raise_and_never_change(attributes):
    """There is no `content` in them, so there is no audio; JSON that claims some may be told of."""
    before = dict(attributes)
    span = ReadableSpan("turn", attributes=attributes)
    found = has_inline_audio(span.attributes)
    try:
        assert rewritten(span, keep_nothing) is span
    except InlineAudioError:
        assert found
    assert attributes == before
