"""The cost of a call: each response and transcription once, and what has no price told apart."""

import json

import pytest

from otel_realtime import events, semconv
from otel_realtime.guard import Guard
from otel_realtime.scenario import EPOCH, Recorder, Scenario, ScenarioFileError
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.sources.openai_wire import server_event
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.testing import FakeClock
from otel_realtime.values import AudioFormat, Fault, SessionConfig, TranscriptionUsage, Usage

MODELS = {
    "voice": {"input_text": 4, "input_audio": 32, "output_text": 16, "output_audio": 64},
    "ears": {"transcription_per_hour": 0.36},
}
HEARD = TranscriptionUsage(seconds=10.0)  # 10 s x 0.36 / 3600 = 0.001 dollars
SAID = Usage(input=100, input_text=100, output=100, output_audio=100)  # 0.0004 + 0.0064


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"version": "v 1", "models": MODELS}))
    return path


@pytest.fixture
def call(recorder, prices):
    """Begin a call, with settings and a model of one's own."""

    def begin(model: str | None = "voice", ears: str | None = "ears", **settings):
        given = Settings.read({"prices": prices, **settings}, environ={})
        clock = FakeClock()
        session = SessionTelemetry(Telemetry.of(**recorder.providers), given, clock=clock)
        config = SessionConfig(
            model=model,
            output_format=AudioFormat("audio/pcm", 24000),
            transcription=True,
            transcription_model=ears,
        )
        session.feed(events.SessionStarted(clock(), config))
        return session

    return begin


def respond(session, used: Usage | None = SAID, name: str = "r1") -> None:
    session.feed(events.ResponseStarted(session.clock(), name))
    session.feed(events.ResponseDone(session.clock(), name, "completed", usage=used))


def speak(session, name: str = "i1") -> None:
    session.feed(events.SpeechStarted(session.clock(), name, 0))
    session.feed(events.SpeechStopped(session.clock(), name, 100))
    session.feed(events.InputCommitted(session.clock(), name))


def transcribe(session, used: TranscriptionUsage | None = HEARD, name: str = "i1") -> None:
    session.feed(events.Transcribed(session.clock(), name, "Hello.", used))


def spans(recorder: Recorder) -> dict[str, dict]:
    """The costs on each span, by the first word of its name."""
    return {
        span.name.split()[0]: {
            name.removeprefix("otel_realtime."): value
            for name, value in span.attributes.items()
            if "cost" in name
        }
        for span in recorder.traced().spans
    }


def test_a_session_costs_what_its_parts_cost(recorder, call) -> None:
    session = call()
    speak(session)
    transcribe(session)
    respond(session)
    session.clock.advance(ms=30_000)
    session.end("closed")
    found = spans(recorder)
    assert found["chat"] == {
        "cost.total": 0.0068,
        "cost.input.text": 0.0004,
        "cost.output.audio": 0.0064,
        "cost.prices": "v 1",
    }
    assert found["user_input"] == {"cost.transcription": 0.001, "cost.prices": "v 1"}
    assert found["invoke_agent"] == {
        "session.cost.total": 0.0078,
        "session.cost.transcription": 0.001,
        "session.cost.per_minute": 0.0156,  # in half a minute
    }
    cost = session.conversation.session.cost
    assert (cost.priced, cost.unpriced, cost.prices) == (2, 0, "v 1")


def test_of_a_session_below_a_second_no_cost_per_minute_is_told(recorder, call) -> None:
    session = call()
    respond(session)
    session.clock.advance(ms=999)
    session.end("closed")
    assert spans(recorder)["invoke_agent"] == {"session.cost.total": 0.0068}


@pytest.mark.parametrize(
    ("model", "used"),
    [
        ("another", SAID),
        (None, SAID),
        ("voice", None),
        ("voice", Usage(input=1, input_text=2, output=0)),
        ("voice", SAID._replace(cached=101)),
        ("voice", SAID._replace(cached=50, cached_text=60)),
        ("voice", SAID._replace(cached=-7)),
        ("voice", SAID._replace(input_audio=-50)),
        ("voice", SAID._replace(output_text=-1)),
        ("voice", SAID._replace(output_text=1)),
    ],
)
def test_what_has_no_price_is_counted_and_costs_nothing_that_is_told(
    recorder, call, model, used
) -> None:
    session = call(model, provider_name="none-that-is-known")
    respond(session, used)
    session.clock.advance(ms=5000)
    session.end("closed")
    found = spans(recorder)
    assert found["chat"] == {}
    assert found["invoke_agent"] == {"session.cost.unpriced": 1}


def test_a_response_that_used_nothing_costs_nothing(recorder, call) -> None:
    session = call()
    respond(session, Usage(input=0, output=0))
    session.end("closed")
    found = spans(recorder)
    assert found["chat"] == {"cost.total": 0.0, "cost.prices": "v 1"}
    assert isinstance(found["chat"]["cost.total"], float)
    assert found["invoke_agent"] == {"session.cost.total": 0.0}


LATE = 16_000
"""Milliseconds after which no transcript is waited for."""


def test_a_late_transcription_counts_once_and_on_its_own_span(recorder, call) -> None:
    session = call()
    speak(session)
    session.clock.advance(ms=LATE)
    session.feed(events.TimePassed(session.clock()))
    transcribe(session)
    transcribe(session)
    session.end("closed")
    found = spans(recorder)
    assert found["user_input"] == {}
    assert found["speech_to_text"] == {"cost.transcription": 0.001, "cost.prices": "v 1"}
    assert found["invoke_agent"]["session.cost.transcription"] == 0.001


@pytest.mark.parametrize(("ears", "priced", "unpriced"), [("ears", 1, 0), ("another", 0, 1)])
def test_a_transcript_that_comes_as_it_is_given_up_counts_once(call, ears, priced, unpriced):
    session = call(ears=ears, provider_name="none-that-is-known")
    speak(session)
    session.clock.advance(ms=LATE)
    transcribe(session)
    session.end("closed")
    cost = session.conversation.session.cost
    assert (cost.priced, cost.unpriced) == (priced, unpriced)
    assert cost.transcription == pytest.approx(0.001 * priced)


def test_a_transcription_that_does_not_tell_its_usage_has_no_price(call) -> None:
    session = call()
    speak(session)
    transcribe(session, None)
    session.end("closed")
    assert session.conversation.session.cost.unpriced == 1


@pytest.mark.parametrize("what", ["failed", "missing", "nothing"])
def test_where_nothing_was_transcribed_nothing_is_counted(call, what) -> None:
    session = call()
    if what in {"failed", "missing"}:
        speak(session)
    if what == "failed":
        session.feed(events.TranscriptionFailed(session.clock(), "i1", Fault()))
    session.end("closed")
    assert session.conversation.session.cost is None


def test_audio_that_nobody_heard_has_its_share_of_the_cost(recorder, call) -> None:
    session = call()
    clock = session.clock
    session.feed(events.ResponseStarted(clock(), "r1"))
    session.feed(events.AudioStarted(clock(), "r1", "i1", 0, 48 * 800))  # 800 ms
    session.feed(events.ResponseDone(clock(), "r1", "completed", usage=SAID))
    session.feed(events.OutputTruncated(clock.advance(ms=300), "i1", 0, 200))
    clock.advance(ms=5000)
    session.end("closed")
    found = spans(recorder)
    # 600 of 800 ms: 0.75 x 0.0064
    assert found["chat"]["cost.unheard"] == 0.0048
    assert found["chat"]["cost.total"] == 0.0068
    assert found["invoke_agent"]["session.cost.unheard"] == 0.0048


def test_models_that_the_file_does_not_name_have_the_prices_of_the_package(call) -> None:
    from genai_prices import __version__

    session = call("gpt-realtime", provider_name="openai")
    speak(session)
    transcribe(session)
    respond(session)
    cost = session.conversation.session.cost
    session.end("closed")
    assert (cost.priced, cost.unpriced) == (2, 0)
    assert cost.prices == f"v 1 + genai-prices {__version__}"


def test_the_provider_may_become_known_in_the_call(call) -> None:
    session = call("my-model", provider_name=None)
    session.know_provider("none-that-is-known")
    respond(session)
    session.end("closed")
    assert session.conversation.session.cost.unpriced == 1


def test_what_fails_in_here_stays_in_here(recorder, call, monkeypatch, caplog) -> None:
    monkeypatch.setattr(Guard, "_told", set())
    session = call()

    speak(session)
    transcribe(session, TranscriptionUsage(seconds="SECRET"))
    respond(session)
    session.end("closed")
    (message,) = [text for text in caplog.messages if "(cost: TypeError)" in text]
    assert "SECRET" not in message
    assert session.conversation.session.cost.priced == 1
    points = {point.name: point.value for point in recorder.traced().metrics}
    assert points[semconv.METRIC_PROBLEMS] >= 1


@pytest.mark.parametrize("settings", [{"prices": None}, {"cost": False}])
def test_without_being_asked_no_costs_are_told(recorder, call, settings) -> None:
    session = call(**settings)
    respond(session)
    session.end("closed")
    assert session.conversation.session.cost is None
    assert not any(spans(recorder).values())


def test_tokens_of_a_transcription_are_read_from_the_wire(tmp_path) -> None:
    (tmp_path / "prices.json").write_text(
        '{"version": "v", "models": {"ears": {"input_text": 2.5, "input_audio": 6,'
        ' "output_text": 10}}}'
    )
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "settings: {prices: prices.json}\n"
        "events:\n"
        "  - {at: 0, received: {type: session.created, session: {id: s, model: m, audio: {input:"
        " {transcription: {model: ears}}}}}}\n"
        "  - {at: 10, received: {type: input_audio_buffer.committed, item_id: i1}}\n"
        "  - {at: 20, received: {type: conversation.item.input_audio_transcription.completed,"
        " item_id: i1, transcript: Hi, usage: {type: tokens, input_tokens: 130, output_tokens: 9,"
        " input_token_details: {text_tokens: 30, audio_tokens: 100}}}}\n"
    )
    traced = Scenario.load(path).run()
    (given,) = [span for span in traced.spans if span.name == "user_input"]
    assert given.attributes[semconv.COST_TRANSCRIPTION] == 0.000765
    assert given.start >= EPOCH


@pytest.mark.parametrize(
    "wrong",
    [
        {"input_token_details": {"text_tokens": 100, "cached_tokens": 500}},
        {"input_token_details": {"text_tokens": 100, "cached_tokens": -7}},
        {"input_token_details": {"text_tokens": 100, "audio_tokens": -50, "cached_tokens": 0}},
        {"input_token_details": {"text_tokens": 100, "audio_tokens": -0.5}},
        {"output_token_details": {"text_tokens": 10, "audio_tokens": -1}},
        {"output_tokens": -10},
    ],
)
def test_a_response_whose_usage_contradicts_itself_has_no_price(recorder, call, wrong) -> None:
    session = call()
    respond_with(session, {**SOUND, **wrong})
    session.clock.advance(ms=5000)
    session.end("closed")
    found = spans(recorder)
    assert found["chat"] == {}
    assert found["invoke_agent"] == {"session.cost.unpriced": 1}
    assert left_out(recorder) == [1]


@pytest.mark.parametrize("wrong", [{}, {"output_token_details": {"text_tokens": 10}}])
def test_one_that_does_not_has_one(recorder, call, wrong) -> None:
    session = call()
    respond_with(session, {**SOUND, **wrong})
    session.end("closed")
    # 100 x 4 and 10 x 16 dollars for a million
    assert spans(recorder)["chat"]["cost.total"] == 0.00056
    assert left_out(recorder) == []


SOUND = {
    "total_tokens": 110,
    "input_tokens": 100,
    "output_tokens": 10,
    "input_token_details": {"text_tokens": 100, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 10, "audio_tokens": 0},
}


def respond_with(session, used: dict) -> None:
    response = {"id": "r1", "conversation_id": "c1", "status": "completed", "usage": used}
    for kind in ("response.created", "response.done"):
        for event in server_event({"type": kind, "response": response}, session.clock()):
            session.feed(event)


def left_out(recorder: Recorder) -> list[int]:
    """How many measures were left out, if any."""
    return [
        point.value
        for point in recorder.traced().metrics
        if point.name == semconv.METRIC_PROBLEMS
        and point.attributes == {semconv.PROBLEM: "left_out"}
    ]


@pytest.mark.parametrize(
    ("used", "price"),
    [
        ({"type": "duration", "seconds": 10}, 0.001),
        ({"type": "duration", "seconds": -10}, None),
        ({"type": "tokens", "input_tokens": -1, "output_tokens": 0}, None),
        (
            {
                "type": "tokens",
                "input_tokens": 10,
                "output_tokens": 0,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 11},
            },
            None,
        ),
    ],
)
def test_so_it_is_with_a_transcription(recorder, call, used, price) -> None:
    session = call()
    speak(session)
    kind = "conversation.item.input_audio_transcription.completed"
    told = {"type": kind, "item_id": "i1", "transcript": "Hello.", "usage": used}
    for event in server_event(told, session.clock()):
        session.feed(event)
    session.end("closed")
    assert spans(recorder)["user_input"].get("cost.transcription") == price
    assert session.conversation.session.cost.unpriced == (price is None)
    assert left_out(recorder) == [1] * (price is None)
    (given,) = [span for span in recorder.traced().spans if span.name == "user_input"]
    counts = [value for name, value in given.attributes.items() if "transcription" in name]
    assert not any(isinstance(each, int | float) and each < 0 for each in counts)


def test_a_scenario_with_a_broken_file_of_prices_is_refused(tmp_path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text("settings: {prices: none.json}\nevents: []\n")
    with pytest.raises(ScenarioFileError, match=r"`settings`: prices: .*none.json: it cannot be"):
        Scenario.load(path)
