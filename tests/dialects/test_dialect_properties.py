"""Whatever a span holds: it is translated within the limits; content that is off is nowhere."""

import math

import pytest
from dialects.calls_in_dialects import Kept
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from streams import SECRET, json_values, streams
from test_properties import feed, logged

from otel_realtime import DialectSpanProcessor, semconv
from otel_realtime.dialects import processor
from otel_realtime.scenario import Recorder
from otel_realtime.settings import Dialect
from otel_realtime.told import Told

LIMIT = 128
NAMES = sorted(
    value
    for name, value in vars(semconv).items()
    if name.isupper() and type(value) is str and not name.startswith(("METRIC_", "LOG_", "SPAN_"))
)
SPANS = ("invoke_agent", "user_input", "chat", "execute_tool", "speech_to_text", "other", "")
plain_values = (
    st.text(max_size=20)
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.lists(st.text(max_size=5), max_size=3)
    | st.builds(Told, st.text(max_size=5), json_values)
)


def all_dialects(**told):
    kept = {dialect: Kept() for dialect in Dialect}
    made = [
        DialectSpanProcessor(each, dialect=dialect, dialect_turns=True, **told)
        for dialect, each in kept.items()
    ]
    return made, kept


@settings(max_examples=60)
@given(streams())
def test_any_call_is_translated_within_the_limits(stream) -> None:
    made, kept = all_dialects()
    recorder = Recorder()
    for each in made:
        recorder.tracer_provider.add_span_processor(each)
    with logged() as lines:
        feed(recorder, stream, capture_content=True)
        seen = {
            dialect: [dict(span.attributes) for span in each.spans]
            for dialect, each in kept.items()
        }
    assert [line for line in lines if "translated" in line or "opentelemetry" in line] == []
    plain = seen[Dialect.GENAI]
    for dialect, spans in seen.items():
        turns = [each for each in kept[dialect].spans if each.name == "conversation.turn"]
        assert len(spans) - len(turns) == len(plain), dialect
        for span in spans:
            assert len(span) <= LIMIT
            for name, value in span.items():
                assert isinstance(value, str | bool | int | float | tuple | list), name
                assert not isinstance(value, float) or math.isfinite(value), name


@settings(max_examples=60)
@given(streams())
def test_content_that_is_off_is_in_no_dialect(stream) -> None:
    made, kept = all_dialects()
    recorder = Recorder()
    for each in made:
        recorder.tracer_provider.add_span_processor(each)
    feed(recorder, stream, capture_content=False)
    for each in kept.values():
        assert SECRET not in str([dict(span.attributes) for span in each.spans])


@given(
    st.sampled_from(SPANS),
    st.dictionaries(st.sampled_from(NAMES), plain_values, max_size=60),
    st.booleans(),
)
def test_any_span_of_ours_is_translated_or_left_without_content(name, told, hides) -> None:
    made, kept = all_dialects(hide_inputs=hides, hide_output_text=hides)
    provider = TracerProvider(shutdown_on_exit=False)
    for each in made:
        provider.add_span_processor(each)
    tracer = provider.get_tracer(semconv.SCOPE_NAME)
    with tracer.start_as_current_span("invoke_agent", attributes={semconv.SESSION_ID: "s"}):
        tracer.start_span(name or "x", attributes={semconv.SESSION_ID: "s", **told}).end()
    for each in kept.values():
        assert len(each.spans) >= 2
        assert all(len(dict(span.attributes)) <= LIMIT for span in each.spans)


@pytest.fixture(autouse=True)
def _each_problem_is_news() -> None:
    processor._told.clear()  # noqa: SLF001 - what one test was told must not silence the next
