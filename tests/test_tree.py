"""The tree reads like the call, and is the same for the same input."""

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from otel_realtime import semconv
from otel_realtime.otlp_json import MetricPoint, TraceLog, TraceSpan
from otel_realtime.tree import render, render_metrics, terminal_metrics, terminal_tree
from otel_realtime.tree._metrics import TELLING

MS = 1_000_000
BEGIN = 1_700_000_000_000_000_000
TRACE = "a" * 32


def a_span(name, start, end, span_id=None, parent=None, *, trace=TRACE, scope=None, **fields):
    """A span by offsets in ms; `fields` are those of TraceSpan."""
    return TraceSpan(
        trace_id=trace,
        span_id=span_id or f"{name}@{start}",
        parent_span_id=parent,
        name=name,
        kind="internal",
        start=BEGIN + round(start * MS),
        end=BEGIN + round(end * MS),
        scope=semconv.SCOPE_NAME if scope is None else scope,
        **fields,
    )


def a_log(at, body, span_id=None, *, severity="INFO", trace=TRACE, scope="app", **fields):
    named = {"event_name": None, **fields}
    return TraceLog(trace, span_id, BEGIN + at * MS, severity=severity, body=body, scope=scope,
                    **named)  # fmt: skip


def messages(role, *parts):
    return json.dumps([{"role": role, "parts": list(parts)}])


def said(text):
    return {"type": "text", "content": text}


def a_chat(**attributes):
    return a_span("chat gpt-realtime", 0, 10, attributes=attributes)


CALL = [
    a_span("invoke_agent Assistant", 0, 2100, "session"),
    a_span(
        "user_input",
        100,
        900,
        parent="session",
        attributes={
            semconv.INPUT_TYPE: "speech",
            semconv.TRANSCRIPTION_STATUS: "completed",
            semconv.INPUT_MESSAGES: messages(
                "user",
                {"type": "uri", "modality": "audio", "uri": "s3://calls/1.wav"},
                said("what's the weather in London?"),
            ),
        },
    ),
    a_span(
        "chat gpt-realtime",
        1000,
        1450,
        "response",
        "session",
        attributes={
            semconv.TIME_TO_FIRST_AUDIO: 0.24,
            semconv.FINISH_REASONS: ("tool_call",),
            semconv.INTERRUPTED: True,
            semconv.HEARD_MS: 310.0,
            semconv.GENERATED_MS: 900.0,
            semconv.USAGE_INPUT: 120,
            semconv.USAGE_OUTPUT: 45,
            semconv.OUTPUT_MESSAGES: messages(
                "assistant", {"type": "tool_call", "name": "get_weather", "arguments": "{}"}
            ),
        },
    ),
    a_span(
        "execute_tool get_weather",
        1100,
        1300,
        "tool",
        "response",
        attributes={
            semconv.TOOL_KIND: "function",
            semconv.TOOL_OUTCOME: "completed",
            semconv.TOOL_ARGUMENTS: '{"city":"London"}',
            semconv.TOOL_RESULT: "foggy",
        },
    ),
    a_span(
        "http GET",
        1160,
        1250,
        parent="tool",
        scope="http",
        attributes={semconv.ERROR_TYPE: "timeout"},
        status="error",
    ),
    a_span("user_input", 1400, 2000, parent="session"),
]
LOGS = [
    a_log(1150, "looking up London", "tool"),
    a_log(
        1450,
        None,
        "response",
        scope=semconv.SCOPE_NAME,
        event_name=semconv.LOG_INTERRUPTED,
        attributes={semconv.INTERRUPTION_REASON: "turn_detected"},
    ),
]
GOLDEN = """\
invoke_agent Assistant  0–2100 ms
  user_input  100–900 ms  "what's the weather in London?"
  chat gpt-realtime  1000–1450 ms  first audio 240 ms, interrupted, heard 310 of 900 ms, tokens 120→45
    execute_tool get_weather  1100–1300 ms  {"city": "London"} → "foggy"
      log INFO  1150 ms  looking up London
      http GET  1160–1250 ms
  user_input  1400–2000 ms"""  # noqa: E501 - the line as it is drawn


def test_a_call() -> None:
    assert render(CALL, LOGS) == GOLDEN


def test_without_what_a_clock_measured() -> None:
    drawn = render(CALL, LOGS, times=False)
    assert " ms" not in drawn
    assert drawn.splitlines()[2] == "  chat gpt-realtime  interrupted, tokens 120→45"


def test_events_of_ours_on_demand() -> None:
    lines = render(CALL, LOGS, events=True).splitlines()
    assert lines[6] == "    event otel_realtime.interrupted  1450 ms  turn_detected"
    del lines[6]
    assert "\n".join(lines) == GOLDEN


@given(spans=st.permutations(CALL), logs=st.permutations(LOGS))
def test_the_order_of_the_input_does_not_matter(spans, logs) -> None:
    assert render(spans, logs) == GOLDEN


def test_nothing_is_an_empty_tree() -> None:
    assert render([]) == ""


@pytest.mark.parametrize(
    ("span", "line"),
    [
        (
            a_span("invoke_agent", 0, 5, attributes={semconv.END_REASON: "server_closed"}),
            "invoke_agent  0–5 ms  ended server_closed",
        ),
        (
            a_span(
                "invoke_agent A",
                0,
                5,
                attributes={
                    semconv.END_REASON: "disconnected",
                    semconv.CLOSE_CODE: 1011,
                    semconv.ERROR_TYPE: "1011",
                },
                status="error",
                status_message="keepalive\nlost",
            ),
            r"invoke_agent A  0–5 ms  ended disconnected (1011), error 1011: keepalive\nlost",
        ),
        (
            a_span(
                "user_input",
                7,
                7,
                attributes={
                    semconv.INPUT_TYPE: "text",
                    semconv.INPUT_MESSAGES: messages("user", said('say "ja"\n'), said("please")),
                },
            ),
            r'user_input  0–0 ms  "say \"ja\"\n please", text',
        ),
        (
            a_span("user_input", 0, 5, attributes={semconv.TRANSCRIPTION_STATUS: "timed_out"}),
            "user_input  0–5 ms  transcription timed_out",
        ),
        (
            a_span("user_input", 0, 5, attributes={semconv.INPUT_CLEARED: True}),
            "user_input  0–5 ms  cleared",
        ),
        (
            a_chat(
                **{
                    semconv.OUTPUT_MESSAGES: messages("assistant", said("Grüezi.")),
                    semconv.FINISH_REASONS: ("stop",),
                    semconv.HEARD_MS: 900.0,
                    semconv.GENERATED_MS: 900.0,
                }
            ),
            'chat gpt-realtime  0–10 ms  "Grüezi."',
        ),
        (
            a_chat(
                **{
                    semconv.FINISH_REASONS: ("length",),
                    semconv.HEARD_MS: 310.4,
                    semconv.GENERATED_MS: 900,
                    semconv.USAGE_OUTPUT: 4,
                }
            ),
            "chat gpt-realtime  0–10 ms  finish length, heard 310 of 900 ms, tokens ?→4",
        ),
        (
            a_chat(**{semconv.OUTPUT_MESSAGES: "[cut off", semconv.FINISH_REASONS: None}),
            "chat gpt-realtime  0–10 ms",
        ),
        (
            a_span("chat", 0, 5, status="error", status_message="server had a problem"),
            "chat  0–5 ms  error: server had a problem",
        ),
        (
            a_span("execute_tool f", 0, 5, attributes={semconv.TOOL_ARGUMENTS: "not {json"}),
            'execute_tool f  0–5 ms  "not {json"',
        ),
        (
            a_span("execute_tool f", 0, 5, attributes={semconv.TOOL_RESULT: '{"a":[1,"é"]}'}),
            'execute_tool f  0–5 ms  → {"a": [1, "é"]}',
        ),
        (
            a_span(
                "execute_tool f",
                0,
                5,
                attributes={
                    semconv.TOOL_ARGUMENTS: "{}",
                    semconv.TOOL_OUTCOME: "error",
                    semconv.ERROR_TYPE: "ValueError",
                },
            ),
            "execute_tool f  0–5 ms  {}, error ValueError",
        ),
        (
            a_span("execute_tool f", 0, 5, attributes={semconv.TOOL_OUTCOME: "cancelled"}),
            "execute_tool f  0–5 ms  cancelled",
        ),
        (
            a_span(
                "execute_tool transfer_to_billing",
                0,
                5,
                attributes={semconv.TOOL_KIND: "handoff", semconv.HANDOFF_TO: "Billing"},
            ),
            "execute_tool transfer_to_billing  0–5 ms  handoff → Billing",
        ),
        (
            a_span(
                "execute_tool search",
                0,
                5,
                attributes={semconv.TOOL_KIND: "mcp", semconv.MCP_SERVER: "docs"},
            ),
            "execute_tool search  0–5 ms  mcp → docs",
        ),
        (
            a_span(
                "speech_to_text whisper-1",
                0,
                5,
                attributes={
                    semconv.OUTPUT_MESSAGES: messages("assistant", said("hello")),
                    semconv.TRANSCRIPTION_SECONDS: 1.25,
                    semconv.TRANSCRIPTION_INPUT_TOKENS: 9,
                    semconv.TRANSCRIPTION_OUTPUT_TOKENS: 3,
                },
            ),
            'speech_to_text whisper-1  0–5 ms  "hello", 1.25 s of audio, tokens 9→3',
        ),
        (
            a_span("speech_to_text", 0, 5, attributes={semconv.OUTPUT_MESSAGES: '["x", {}]'}),
            "speech_to_text  0–5 ms",
        ),
        (
            a_span("execute_tool search", 0, 5, attributes={semconv.TOOL_KIND: "mcp"}),
            "execute_tool search  0–5 ms  mcp",
        ),
        (
            a_span("execute_tool f", 0, 5, attributes={semconv.TOOL_ARGUMENTS: {"a": (1, 2)}}),
            'execute_tool f  0–5 ms  {"a": [1, 2]}',
        ),
        (
            a_chat(**{semconv.TIME_TO_FIRST_AUDIO: "soon", semconv.USAGE_INPUT: 10**400}),
            f"chat gpt-realtime  0–10 ms  tokens {10**400}→?",
        ),
        (
            a_span(
                "chat",
                0,
                5,
                status="ok",
                status_message="all well",
                attributes={semconv.ERROR_TYPE: "odd"},
            ),
            "chat  0–5 ms  error odd",
        ),
        (
            a_span("a kind of its own", 0, 5, attributes={semconv.ERROR_TYPE: "oops"}),
            "a kind of its own  0–5 ms  error oops",
        ),
        (
            a_span("chat other", 0, 5, scope="other", attributes={semconv.USAGE_INPUT: 5}),
            "chat other  0–5 ms",
        ),
        (
            a_chat(
                **{
                    semconv.OUTPUT_AUDIO_URL: "s3://calls/2026/s/20261125T1Z_t_s_output.wav",
                    semconv.GENERATED_AUDIO_URL: "s3://calls/2026/s/20261125T1Z_t_s_generated.wav",
                }
            ),
            "chat gpt-realtime  0–10 ms  output.wav, generated.wav",
        ),
        (
            a_span("user_input", 0, 5, attributes={semconv.INPUT_AUDIO_URL: "https://cdn/a.wav"}),
            "user_input  0–5 ms  a.wav",
        ),
        (
            a_span(
                "invoke_agent",
                0,
                5,
                attributes={
                    semconv.OUTPUT_AUDIO_URL: "file:///calls/x_session.wav",
                    semconv.AUDIO_DROPPED: "spool_full",
                },
            ),
            "invoke_agent  0–5 ms  session.wav, audio is missing: spool_full",
        ),
        (a_span("", 0, 5), "(no name)  0–5 ms"),
        (a_span("\x1b[31mred\u2028\udc80", 0, 5), r"\x1b[31mred\u2028\udc80  0–5 ms"),
    ],
)
def test_what_a_line_tells(span: TraceSpan, line: str) -> None:
    assert render([span]) == line


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (a_log(2, "two\nlines", "s"), r"log INFO  2 ms  two\nlines"),
        (a_log(2, {"city": "Zürich"}, "s", severity=""), 'log  2 ms  {"city": "Zürich"}'),
        (a_log(2, None, "s", event_name="app.paid"), "event app.paid  2 ms"),
        (a_log(2, "eight", "s", event_name="app.paid"), "event app.paid  2 ms  eight"),
    ],
)
def test_what_a_log_tells(log: TraceLog, line: str) -> None:
    assert render([a_span("f", 0, 5, "s")], [log]) == f"f  0–5 ms\n  {line}"


@pytest.mark.parametrize(
    ("event", "attributes", "detail"),
    [
        (semconv.LOG_SESSION_STARTED, {}, ""),
        (semconv.LOG_SESSION_ENDED, {semconv.END_REASON: "closed"}, "  closed"),
        (
            semconv.LOG_ERROR,
            {semconv.ERROR_MESSAGE: "no such item", semconv.ERROR_CODE: "missing"},
            "  missing, no such item",
        ),
        (
            semconv.LOG_HANDOFF,
            {semconv.HANDOFF_FROM: "Concierge", semconv.HANDOFF_TO: "Billing"},
            "  Concierge, Billing",
        ),
        (semconv.LOG_SESSION_UPDATED, {semconv.CHANGED_SETTINGS: ("a", "b")}, '  ["a", "b"]'),
        (semconv.LOG_DTMF, {semconv.DTMF_DIGIT: "5"}, "  5"),
        (semconv.LOG_AUDIO_UPLOAD_FAILED, {semconv.ERROR_TYPE: "Denied"}, "  Denied"),
    ],
)
def test_what_an_event_of_ours_tells(event, attributes, detail) -> None:
    log = a_log(2, None, "s", scope=semconv.SCOPE_NAME, event_name=event, attributes=attributes)
    assert render([a_span("f", 0, 5, "s")], [log]) == "f  0–5 ms"
    expected = f"f  0–5 ms\n  event {event}  2 ms{detail}"
    assert render([a_span("f", 0, 5, "s")], [log], events=True) == expected


def test_parts_whose_parent_is_elsewhere_stand_at_the_top() -> None:
    spans = [a_span("f", 10, 20, parent="away"), a_span("g", 12, 15, parent="f@10")]
    logs = [a_log(5, "early", "away"), a_log(30, "of the trace alone")]
    assert render(spans, logs) == (
        "log INFO (parent elsewhere)  -5 ms  early\n"
        "f (parent elsewhere)  0–10 ms\n"
        "  g  2–5 ms\n"
        "log INFO  20 ms  of the trace alone"
    )


def test_traces_stand_apart_and_in_order() -> None:
    spans = [
        a_span("second", 50, 60, trace="b" * 32),
        a_span("first", 20, 30, trace="c" * 32),
        a_span("inner", 55, 56, parent="second@50", trace="b" * 32),
    ]
    logs = [a_log(70, "only a log", "x", trace="d" * 32), a_log(0, "outside", trace=None)]
    assert render(spans, logs) == (
        "first  0–10 ms\n\nsecond  0–10 ms\n  inner  5–6 ms\n\n"
        "log INFO (parent elsewhere)  0 ms  only a log"
    )


def test_a_span_that_was_exported_twice_is_drawn_once() -> None:
    assert render([CALL[0], CALL[1], CALL[0]]).count("invoke_agent") == 1


def test_a_circle_of_parents_is_drawn_once() -> None:
    spans = [
        a_span("a", 0, 1, "a", "b"),
        a_span("b", 2, 3, "b", "a"),
        a_span("c", 4, 5, "c", "c"),
        a_span("top", 6, 7, "top"),
    ]
    assert render(spans) == "top  6–7 ms\na  0–1 ms\n  b  2–3 ms\nc  4–5 ms"


def test_a_deep_trace_is_drawn() -> None:
    depth = 5000
    spans = [a_span("f", 0, 1, str(level), str(level - 1)) for level in range(1, depth)]
    spans.append(a_span("f", 0, 1, "0"))
    assert render(spans).splitlines()[-1] == "  " * (depth - 1) + "f  0–1 ms"


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [(0.4, 0.6, "0–0 ms"), (0, 0.5, "0–1 ms"), (0, 1.49, "0–1 ms"), (3, 1, "0–-2 ms")],
)
def test_times_are_rounded_to_whole_milliseconds(start, end, times) -> None:
    assert render([a_span("f", start, end)]) == f"f  {times}"


NAMES = st.text(max_size=5)
SPANS = st.lists(
    st.builds(
        a_span,
        NAMES,
        st.integers(0, 20),
        st.integers(0, 20),
        st.sampled_from("abcde"),
        st.sampled_from([None, *"abcdef"]),
        trace=st.sampled_from("xy"),
        attributes=st.dictionaries(
            st.sampled_from([value for name, value in vars(semconv).items() if name.isupper()
                             and isinstance(value, str)]),
            st.none() | st.booleans() | st.integers() | st.floats() | NAMES
            | st.lists(NAMES).map(tuple),
        ),
        status=st.sampled_from(["unset", "error"]),
    ),
    max_size=12,
)  # fmt: skip


@given(spans=SPANS)
def test_whatever_comes_each_span_is_drawn_once(spans) -> None:
    text = render(spans)
    lines = [line for line in text.split("\n") if line]
    assert len(lines) == len({(span.trace_id, span.span_id) for span in spans})
    terminal(terminal_tree(spans), 100)


def terminal(drawn, width, **options) -> str:
    console = Console(file=io.StringIO(), width=width, **options)
    console.print(drawn)
    return console.file.getvalue()


IN_TERMINAL = """\
━━━━━━━━━━━━  invoke_agent Assistant           0–2100 ms
━━━━━           user_input                    100–900 ms
                    "what's the weather in London?"
     ━━━        chat gpt-realtime           1000–1450 ms
                    first audio 240 ms, interrupted, heard 310 of 900 ms,
                    tokens 120→45
      ━           execute_tool get_weather  1100–1300 ms
                      {"city": "London"} → "foggy"
      •             log INFO                     1150 ms
                        looking up London
      ━             http GET                1160–1250 ms
        ━━━     user_input                  1400–2000 ms
"""


def test_in_a_terminal() -> None:
    lines = terminal(terminal_tree(CALL, LOGS), 85).splitlines()
    assert "\n".join(line.rstrip() for line in lines) + "\n" == IN_TERMINAL


@pytest.mark.parametrize("width", [20, 40, 79, 80, 120, 300])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = terminal(terminal_tree(CALL, LOGS), width).splitlines()
    assert len(lines) >= len(GOLDEN.splitlines())
    assert max(len(line) for line in lines) <= width


def test_a_wide_terminal_cuts_nothing() -> None:
    drawn = terminal(terminal_tree(CALL, LOGS, events=True), 300)
    assert "…" not in drawn
    for line in render(CALL, LOGS, events=True).splitlines():
        for field in line.strip().split("  "):
            assert field in drawn


def test_a_terminal_links_to_recordings() -> None:
    url = "https://cdn/20261125T1Z_t_s_output.wav"
    chat = a_chat(**{semconv.OUTPUT_AUDIO_URL: url})
    drawn = terminal(terminal_tree([chat]), 100, force_terminal=True, color_system="standard")
    assert f";{url}\x1b\\" in drawn
    assert url not in terminal(terminal_tree([chat]), 100)


def test_colours_in_a_terminal() -> None:
    failed = a_span("execute_tool f", 0, 5, status="error", status_message="[red]no markup")
    drawn = terminal(terminal_tree([failed]), 100, force_terminal=True, color_system="standard")
    assert "\x1b[31mexecute_tool f" in drawn
    assert "\x1b[31merror: [red]no markup" in drawn


def test_traces_stand_apart_in_a_terminal() -> None:
    spans = [a_span("one", 0, 1, trace="1" * 32), a_span("two", 5, 6, trace="2" * 32)]
    lines = terminal(terminal_tree(spans), 60).splitlines()
    assert [line.strip() for line in lines] == ["one  0–1 ms", "", "two  0–1 ms"]


@pytest.mark.parametrize("drawing", ["terminal_tree([])", "terminal_metrics([])"])
def test_without_rich_one_sentence_says_what_to_install(drawing: str) -> None:
    code = (
        "import sys; sys.modules['rich'] = None\n"
        "from otel_realtime import tree\n"
        "assert tree.render([]) == ''\n"
        f"try: tree.{drawing}\n"
        "except ImportError as error: print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == "rich is needed here: pip install 'otel-realtime[cli]'\n"


def a_point(**fields):
    return MetricPoint(**{"name": "m", "unit": "s", "kind": "sum", "value": 1, **fields})


def a_histogram(**fields):
    given = {
        "kind": "histogram",
        "value": None,
        "count": 4,
        "sum": 10.0,
        "bounds": (1.0, 2.0, 4.0),
        "buckets": (0, 2, 2, 0),
    }
    return a_point(**{**given, **fields})


@pytest.mark.parametrize(
    ("points", "lines"),
    [
        ([a_point(unit="1")], "m  1"),
        ([a_point(unit="{call}", value=1234567)], "m  1234567"),
        ([a_point(unit="{USD}", value=0.25)], "m  0.25 USD"),
        ([a_point(unit="{USD}/min", value=0.25)], "m  0.25 USD/min"),
        ([a_point(unit="{word}/min", value=150)], "m  150 words/min"),
        ([a_point(value=0.123456)], "m  0.123 s"),
        ([a_point(value=1234.56)], "m  1235 s"),
        ([a_point(value=None)], "m  no value"),
        ([a_point(attributes={"b": "x", "a": 1})], "m  a=1, b=x  1 s"),
        (
            [a_point(name="z"), a_point(attributes={"a": 2}), a_point(attributes={"a": 1})],
            "m  a=1  1 s\nm  a=2  1 s\nz  1 s",
        ),
        (  # between exports: the last of what accumulates, the sum of what does not
            [
                a_point(value=5, time=2, start=1, cumulative=True),
                a_point(value=3, time=1, start=1, cumulative=True),
            ],
            "m  5 s",
        ),
        (
            [a_point(value=5, time=2, start=1), a_point(value=3, time=1, start=0)],
            "m  8 s",
        ),
        (  # two programs, one of them started again
            [
                a_point(value=5, start=1, cumulative=True, resource={"i": "1"}),
                a_point(value=3, start=1, cumulative=True, resource={"i": "2"}),
                a_point(value=2, start=9, cumulative=True, resource={"i": "2"}),
            ],
            "m  10 s",
        ),
        ([a_point(kind="gauge", value=5, time=2), a_point(kind="gauge", value=9)], "m  5 s"),
        ([a_histogram()], "m  count 4, sum 10 s, mean 2.5 s, p50 2 s, p95 3.8 s"),
        (
            [a_histogram(min=1.5, max=3.0)],
            "m  count 4, sum 10 s, mean 2.5 s, p50 2 s, p95 2.9 s",
        ),
        (  # open-ended buckets tell nothing, unless the extremes are known
            [a_histogram(buckets=(0, 2, 0, 2))],
            "m  count 4, sum 10 s, mean 2.5 s, p50 2 s",
        ),
        (
            [a_histogram(buckets=(0, 2, 0, 2), min=1.0, max=8.0)],
            "m  count 4, sum 10 s, mean 2.5 s, p50 2 s, p95 7.6 s",
        ),
        (
            [a_histogram(min=1.0, max=3.0), a_histogram(min=0.5, max=3.5, time=1)],
            "m  count 8, sum 20 s, mean 2.5 s, p50 2 s, p95 3.35 s",
        ),
        (
            [a_histogram(), a_histogram(bounds=(1.0,), buckets=(0, 4))],
            "m  count 8, sum 20 s, mean 2.5 s",
        ),
        (  # durations have no less than zero
            [a_histogram(buckets=(4, 0, 0, 0))],
            "m  count 4, sum 10 s, mean 2.5 s, p50 0.5 s, p95 0.95 s",
        ),
        (
            [a_histogram(buckets=(4, 0, 0, 0), min=0.2)],
            "m  count 4, sum 10 s, mean 2.5 s, p50 0.6 s, p95 0.96 s",
        ),
        (
            [a_histogram(buckets=(4, 0, 0, 0), bounds=(-1.0, 0.0, 1.0))],
            "m  count 4, sum 10 s, mean 2.5 s",
        ),
        ([a_point(value=None), a_point(value=None)], "m  no value"),
        ([a_histogram(count=0, sum=0.0, buckets=(0, 0, 0, 0))], "m  count 0"),
        ([a_histogram(kind="summary", bounds=(), buckets=())], "m  count 4, sum 10 s, mean 2.5 s"),
        ([], ""),
    ],
)
def test_metrics(points, lines) -> None:
    assert render_metrics(points) == lines


def test_metrics_in_a_terminal() -> None:
    drawn = terminal(terminal_metrics([a_histogram(attributes={"tool": "[red]x"})]), 100)
    assert " ".join(drawn.split()) == (
        "m tool=[red]x count 4, sum 10 s, mean 2.5 s, p50 2 s, p95 3.8 s"
    )


def test_a_brief_list_leaves_out_what_tells_less() -> None:
    points = [a_point(name=semconv.METRIC_TALK_RATIO), a_point(name=semconv.METRIC_ERRORS)]
    drawn = terminal(terminal_metrics(points), 100)
    assert " ".join(drawn.split()) == f"{semconv.METRIC_ERRORS} 1 s"
    assert semconv.METRIC_TALK_RATIO in render_metrics(points)


def test_each_of_our_metrics_is_known_to_the_brief_list() -> None:
    ours = {value for name, value in vars(semconv).items() if name.startswith("METRIC_")}
    assert set(TELLING) == ours
