"""Good scenario files, and what bad ones are told: the line, and what was expected."""

import pytest

from otel_realtime.simulator import ScenarioError, parse_scenario
from otel_realtime.simulator._scenario import (
    Agent,
    Call,
    Derived,
    Happening,
    Idle,
    McpCall,
    Moment,
    RateLimits,
    Refusal,
    Say,
    Transcript,
    Usage,
    User,
)


def test_a_whole_scenario():
    scenario = parse_scenario(
        """
name: everything
audio_speed: 2
response_delay_ms: 10
first_audio_delay_ms: 20
transcript_delay_ms: 30
otherwise: No more.
mcp_servers: {docs: [search], broken: fails}
rate_limits: [{name: tokens, limit: 10}]
refuse: {status: 429, message: Slow down., type: requests, code: too_fast, times: 2}
out_of_band: [Summary.]
conversation:
  - agent: Welcome.
  - user: {says: Hello, transcript: late, transcript_delay_ms: 5, split_after_ms: 400}
  - agent:
      say: Well.
      calls: [a, b: {x: 1}, c: "{broken"]
      mcp: {server: docs, tool: search, arguments: {q: 1}, output: found, duration_ms: 7}
      usage: {input_text: 5, cached_text: 2, output_audio: 9}
      during: [{at: 100, malformed: not_json}, {dtmf: 1}]
      while_waiting: Wait.
  - idle: 500
  - agent: {fails: true, usage: none}
  - disconnect: 1001
""",
    )
    assert scenario.name == "everything"
    assert (scenario.audio_speed, scenario.response_delay_ms) == (2, 10)
    assert (scenario.first_audio_delay_ms, scenario.transcript_delay_ms) == (20, 30)
    assert scenario.otherwise == "No more."
    assert scenario.mcp_servers == {"docs": ("search",), "broken": None}
    assert scenario.rate_limits == RateLimits(fixed=({"name": "tokens", "limit": 10},))
    error = {"message": "Slow down.", "type": "requests", "code": "too_fast"}
    assert scenario.refuse == Refusal(429, error, times=2)
    assert scenario.out_of_band == (Agent((Say("Summary."),)),)
    assert scenario.conversation == (
        Agent((Say("Welcome."),)),
        User("Hello", Transcript.LATE, 5, 400),
        Agent(
            (
                Say("Well."),
                Call("a"),
                Call("b", '{"x": 1}'),
                Call("c", "{broken"),
                McpCall("docs", "search", '{"q": 1}', "found", None, 7),
            ),
            usage=Usage(input_text=5, cached_text=2, output_audio=9),
            during=(Happening("malformed", "not_json", 100), Happening("dtmf", "1")),
            while_waiting="Wait.",
        ),
        Idle(500),
        Agent(fails={}, usage=Derived.NONE),
        Happening("disconnect", 1001, Moment.CREATED),
    )


BAD = [
    ("", 1, "the file is empty"),
    ("- a", 1, "expected a scenario with 'name'"),
    ("name: x", 1, "expected 'conversation:' with a list of steps"),
    ("conversation: hello", 1, "expected a list of steps, found a single value"),
    ("conversation: []\nconversatoin: []", 2, "did you mean 'conversation'?"),
    ("audio_speed: 1\naudio_speed: 2", 2, "'audio_speed' is given twice"),
    ("audio_speed: fast", 1, "expected a number of 0 or more, found 'fast'"),
    ("audio_speed: -1", 1, "expected a number of 0 or more, found '-1'"),
    ("audio_speed: .nan", 1, "expected a number of 0 or more"),
    ("audio_speed: yes", 1, "expected a number of 0 or more, found 'yes'"),
    ("name: {a: b}", 1, "expected a text, found a mapping"),
    ("name:", 1, "expected a text, found nothing"),
    ("? [a]\n: b", 1, "a list (- item) as a key"),
    ("a: b: c", 1, "not valid YAML"),
    ("conversation:\n\t- a", 2, "not valid YAML"),
    ("conversation:\n  - hello", 2, "expected a step that begins with 'user', 'agent', 'idle'"),
    ("conversation:\n  - {user: a, agent: b}", 2, "expected one thing in each step"),
    ("conversation:\n  - agnet: b", 2, "did you mean 'agent'?"),
    ("conversation:\n  - user:\n      say: b", 3, "did you mean 'says'?"),
    ("conversation:\n  - user: {transcript: soon}", 2, "expected 'on_time', 'first', 'late'"),
    ("conversation:\n  - idle: 1.5", 2, "expected a whole number, found '1.5'"),
    ("conversation:\n  - agent:", 2, "expected a text, found nothing"),
    ("conversation:\n  - agent:\n      calls: 5", 3, "expected a tool's name, or a list"),
    ("conversation:\n  - agent:\n      calls: [{a: 1}]", 3, "expected the arguments as a mapping"),
    ("conversation:\n  - agent:\n      calls: [{a: {}, b: {}}]", 3, "expected one tool for each"),
    ("conversation:\n  - agent:\n      calls: [{a: {d: 2024-01-01}}]", 3, "quote dates"),
    ("conversation:\n  - agent:\n      mcp: {tool: x}", 3, "expected 'server' and 'tool'"),
    ("conversation:\n  - agent:\n      usage: {text: 5}", 3, "usage has no 'text'"),
    ("conversation:\n  - agent: {fails: 5}", 2, "expected 'true', or a mapping with 'type'"),
    ("conversation:\n  - agent: {incomplete: bored}", 2, "'max_output_tokens' or 'content_filter'"),
    (
        "conversation:\n  - agent: {fails: true, incomplete: content_filter}",
        2,
        "expected one of the two",
    ),
    ("conversation:\n  - agent: {audio: gone.wav}", 2, "cannot be read as a WAV file"),
    ("conversation:\n  - agent: {during: [{at: 5}]}", 2, "expected exactly one of 'disconnect'"),
    ("conversation:\n  - agent: {during: [{at: end, dtmf: 5}]}", 2, "expected 'created', 'first_"),
    ("conversation:\n  - disconnect: 1006", 2, "expected '1000', '1001', '1011', 'abort' or"),
    ("conversation:\n  - malformed: badly", 2, "expected 'not_json', 'not_object'"),
    ("conversation:\n  - dtmf: x", 2, "expected '0', '1'"),
    ("conversation:\n  - error: {cod: x}", 2, "did you mean 'code'?"),
    ("conversation:\n  - send: {a: b}", 2, "expected an event with a 'type'"),
    ("conversation:\n  - send: hello", 2, "expected an event (a mapping with 'type')"),
    ("conversation:\n  - rate_limits: [{name: words}]", 2, "expected 'requests' or 'tokens'"),
    ("mcp_servers: {a: b}", 1, "expected a list of the server's tools, or 'fails'"),
    ("name: x\nrefuse: 200", 2, "expected an HTTP status of an error, such as 401"),
    ("refuse: 499", 1, "found '499'"),
    ("refuse: politely", 1, "or 503, found 'politely'"),
    ("refuse: true", 1, "found 'True'"),
    ("refuse: [401]", 1, "expected an HTTP status"),
    ("refuse:", 1, "expected an HTTP status"),
    ("refuse: {message: No.}", 1, "expected 'status', an HTTP status such as 401"),
    ("refuse:\n  status: 401\n  mesage: No.", 3, "did you mean 'message'?"),
    ("refuse: {status: 401, times: 0.5}", 1, "expected a whole number, found '0.5'"),
    ("refuse: {status: 401, times: 1}", 1, "expected 'conversation:' with a list of steps"),
    ("name: !!python/object:os.system {}", 1, "expected a text"),
    ("audio_speed: 2024-99-99", 1, "expected a plain YAML value"),
]


@pytest.mark.parametrize(("text", "line", "expected"), BAD)
def test_a_bad_scenario_is_told_where_and_what_was_expected(text, line, expected):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, source="mine.yaml")
    assert str(caught.value).startswith(f"mine.yaml, line {line}: ")
    assert expected in str(caught.value)
    assert (caught.value.source, caught.value.line) == ("mine.yaml", line)


@pytest.mark.parametrize("refuse", ["401", "{status: 401}"])
def test_where_every_connection_is_refused_nothing_need_be_said(refuse):
    scenario = parse_scenario(f"refuse: {refuse}")
    assert (scenario.refuse, scenario.conversation) == (Refusal(401), ())


@pytest.mark.parametrize("text", ["Yes", "No", "1", "null and void", "12:30"])
def test_what_is_said_is_a_text_whatever_it_looks_like(text):
    scenario = parse_scenario(f"conversation: [agent: {text}]")
    assert scenario.conversation == (Agent((Say(text),)),)
