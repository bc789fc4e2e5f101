"""The demo as a user runs it: one command, a real call, its tree, its files, its export."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from audio.tones import read
from otlp_sink import OtlpSink

from otel_realtime import semconv
from otel_realtime.otlp_json import TraceSpan, read_files
from otel_realtime.tree import render

pytest.importorskip("agents", reason="pip install 'otel-realtime[demo]'")
pytest.importorskip(
    "opentelemetry.exporter.otlp.json.file", reason="pip install 'otel-realtime[demo]'"
)

CALL = """\
invoke_agent Concierge  ended closed, session.wav
  user_input  turn 1, "Hi! When is breakfast?", $, input.wav
  chat gpt-realtime-2.1  "Good morning! Breakfast is from seven to ten, on the garden terrace.", \
tokens #, $, output.wav
  user_input  turn 2, "What's the weather in London?", $, input.wav
  chat gpt-realtime-2.1  tokens #, $
    execute_tool get_weather  {"city": "London"} → "London: fog, 12 degrees"
      log INFO  asking the weather service
      GET /weather
  chat gpt-realtime-2.1  "London is foggy this morning, about twelve degrees.", \
tokens #, $, output.wav
  user_input  turn 3, "Book a table for two, and a taxi.", $, input.wav
  chat gpt-realtime-2.1  tokens #, $
    execute_tool book_table  {"guests": 2} → "a table for 2 at 20:00"
      INSERT reservations
      log INFO  table booked
    execute_tool order_taxi  {"destination": "restaurant"} → "a taxi to the restaurant at 19:30"
      log INFO  calling the taxi company
      log WARN  the first company is fully booked, trying another
  chat gpt-realtime-2.1  tokens #, $
  chat gpt-realtime-2.1  "Done. Your table is at eight, and the taxi comes at half past seven.", \
tokens #, $, output.wav
  user_input  turn 4, "Tell me about the spa.", $, input.wav
  chat gpt-realtime-2.1  "With pleasure. Our spa is on the lower floor. It has a heated pool, two \
saunas and a steam room, and it is open from nine in the morning until ten at night.", \
interrupted, tokens #, $, output.wav, generated.wav
  user_input  turn 5, "Stop, just the price, please.", barge-in, $, input.wav
  chat gpt-realtime-2.1  "It is forty euros.", tokens #, $, output.wav
  user_input  turn 6, "I have a question about my bill.", $, input.wav
  chat gpt-realtime-2.1  tokens #, $
    execute_tool transfer_to_billing  handoff → Billing, {} → {"assistant": "Billing"}, answered
  chat gpt-realtime-2.1  "Hello, this is billing. Your total is two hundred and ten euros.", \
tokens #, $, output.wav
  user_input  turn 7, "Great, thank you. Goodbye.", $, input.wav
  chat gpt-realtime-2.1  "Goodbye!", tokens #, $, output.wav"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with OtlpSink() as sink:
        command = [sys.executable, "-m", "otel_realtime.cli", "demo", "--output", str(folder)]
        environ = {
            **os.environ,
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.grpc_endpoint,
            "PYTHONUTF8": "1",
            "COLUMNS": "120",
        }
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=150, env=environ, check=False
        )
        yield ended, folder, sink.telemetry


def test_the_call_is_one_tree(demo) -> None:
    ended, folder, _ = demo
    assert (ended.returncode, ended.stderr) == (0, "")
    recorded = read_files(folder / "traces.jsonl", folder / "logs.jsonl")
    tree = render(recorded.spans, recorded.logs, times=False)
    assert re.sub(r"\$[\d.]+", "$", re.sub(r"\d+→\d+", "#", tree)) == CALL


def test_it_shows_what_it_wrote(demo) -> None:
    ended, folder, _ = demo
    for shown in ("caller  Hi! When is breakfast?", "get_weather runs", "is cut off", "Billing"):
        assert shown in ended.stdout
    assert '"London is foggy this morning, about twelve degrees."' in ended.stdout
    assert "otel_realtime.response.time_to_first_audio" in ended.stdout
    assert "7 turns, median wait" in ended.stdout
    assert ended.stdout.count("  eee") == ended.stdout.count("endpointing 400 · queue ") == 7
    for name in ("traces.jsonl", "logs.jsonl", "metrics.jsonl"):
        assert name in ended.stdout
        assert (folder / name).stat().st_size > 0


def test_its_recordings_hold_what_was_said(demo) -> None:
    """Each is, sample by sample, the speech that was played; in the call it is where it was."""
    ended, folder, _ = demo
    spans = sorted(read_files(folder / "traces.jsonl").spans, key=lambda span: span.start)
    session = next(span for span in spans if span.name.startswith(semconv.SPAN_SESSION))
    url = session.attributes[semconv.OUTPUT_AUDIO_URL]
    assert url.removeprefix("file://") in ended.stdout
    left, right = read(url)
    # The last piece of 40 ms may have been sent just before the end.
    assert -2 < left.ms - (session.end - session.start) / 1e6 < 42
    inputs = [span for span in spans if span.name == semconv.SPAN_INPUT]
    for number, span in enumerate(inputs, start=1):
        said = speech(f"caller_{number}")
        (kept,) = read(span.attributes[semconv.INPUT_AUDIO_URL])
        place = kept.samples.tobytes().find(said.samples[:4800].tobytes())
        assert place >= 0
        at_ms = (span.start - session.start) / 1e6 + place / 48
        where = left.samples.tobytes().find(said.samples[:4800].tobytes())
        assert abs(where / 48 - at_ms) < 60
    heard = [span for span in spans if semconv.HEARD_MS in span.attributes]
    names = [f"concierge_{number}" for number in range(1, 6)] + ["billing_1", "billing_2"]
    for name, span in zip(names, heard, strict=True):
        (kept,) = read(span.attributes[semconv.OUTPUT_AUDIO_URL])
        assert abs(kept.ms - span.attributes[semconv.HEARD_MS]) <= 1
        said = speech(name).samples[: len(kept.samples)]
        assert kept.samples.tobytes() == said.tobytes()
        assert right.samples.tobytes().find(said[:4800].tobytes()) >= 0


def speech(name: str):
    import otel_realtime.demo as package

    return read(Path(package.__file__).parent / "speech" / f"{name}.wav")[0]


def test_it_is_sent_to_the_endpoint_too(demo) -> None:
    _, folder, received = demo
    written = read_files(*sorted(folder.glob("*.jsonl")))
    assert render(received.spans, received.logs) == render(written.spans, written.logs)
    assert {point.name for point in received.metrics} == {p.name for p in written.metrics}


def test_the_interruption_tells_what_was_heard(demo) -> None:
    _, folder, _ = demo
    spans = read_files(folder / "traces.jsonl").spans
    (cut,) = (span for span in spans if span.attributes.get(semconv.INTERRUPTED))
    heard, generated = cut.attributes[semconv.HEARD_MS], cut.attributes[semconv.GENERATED_MS]
    assert cut.attributes[semconv.HEARD_SOURCE] == "tracker"
    # The caller cuts in 2.5 s into an answer of 7.6 s, and is heard a little later.
    assert 2500 <= heard <= 3300
    assert abs(generated - length_of("concierge_4")) <= 1
    assert interrupting(cut, spans).name == "user_input"


def test_what_was_waited_for_is_what_the_script_lets_the_caller_wait_for(demo) -> None:
    """Detection waits 400 ms, the model takes 150 and 200 ms; tools take 250 and 400 ms."""
    _, folder, _ = demo
    spans = sorted(read_files(folder / "traces.jsonl").spans, key=lambda span: span.start)
    told = [span.attributes for span in spans if semconv.VOICE_TO_VOICE in span.attributes]
    assert [each[semconv.TURN_INDEX] for each in told] == [1, 2, 3, 4, 5, 6, 7]
    tools = [0, 0.25, 0.4, 0, 0, 0, 0]
    handoff = 6  # its run is not seen, but when it was asked for and when it was answered
    # How much longer a busy machine takes is not known; shorter than that nothing can be.
    for each, tool in zip(told, tools, strict=True):
        assert each[semconv.WAIT_ENDPOINTING] == pytest.approx(0.4, abs=0.001)
        is_handoff = each[semconv.TURN_INDEX] == handoff
        assert tool <= each.get(semconv.WAIT_TOOL, 0) < tool + (0.6 if is_handoff else 0.2)
        assert 0.2 <= each[semconv.WAIT_MODEL] < 0.4
        assert (
            each[semconv.WAIT_QUEUE] + (each.get(semconv.WAIT_TOOL, 0) if is_handoff else 0)
            >= 0.149
        )
        assert 0.75 + tool <= each[semconv.VOICE_TO_VOICE] < 2.5
        assert each[semconv.HAD_TOOL] == (bool(tool) or is_handoff)


def test_the_summary_tells_what_the_script_lets_happen(demo) -> None:
    _, folder, _ = demo
    spans = read_files(folder / "traces.jsonl").spans
    (call,) = (span.attributes for span in spans if span.name.startswith(semconv.SPAN_SESSION))
    counts = {
        semconv.SESSION_TURNS: 7,
        semconv.SESSION_TOOL_CALLS: 4,
        semconv.SESSION_HANDOFFS: 1,
        semconv.SESSION_INTERRUPTIONS: 1,
        semconv.SESSION_FALSE_BARGE_INS: 0,
        semconv.SESSION_MISSED_BARGE_INS: 0,
        semconv.SESSION_AGENT_INTERRUPTIONS: 0,
        semconv.SESSION_DEAD_AIR_COUNT: 0,
        semconv.SESSION_ERRORS: 0,
        semconv.SESSION_SLOWEST_TURN: 3,
        semconv.SESSION_COST_UNPRICED: None,
    }
    assert {key: call.get(key) for key in counts} == counts
    assert call[semconv.SESSION_COST] > 0
    said = sum(length_of(f"caller_{number}") for number in range(1, 8)) / 1000
    assert call[semconv.SESSION_TALK_USER] == pytest.approx(said, abs=7 * 0.06)
    heard = call[semconv.SESSION_AUDIO_HEARD]
    assert call[semconv.SESSION_TALK_AGENT] == pytest.approx(heard, abs=0.1)


def interrupting(cut: TraceSpan, spans: tuple[TraceSpan, ...]) -> TraceSpan:
    item_id = cut.attributes[semconv.INTERRUPTION_ITEM_ID]
    return next(span for span in spans if span.attributes.get(semconv.ITEM_ID) == item_id)


def length_of(name: str) -> float:
    import wave

    import otel_realtime.demo as package

    path = Path(package.__file__).parent / "speech" / f"{name}.wav"
    with wave.open(str(path)) as recording:
        return recording.getnframes() / recording.getframerate() * 1000


def test_speech_belongs_to_the_agent_that_had_the_floor(demo) -> None:
    _, folder, _ = demo
    spans = sorted(read_files(folder / "traces.jsonl").spans, key=lambda span: span.start)
    agents = [s.attributes[semconv.AGENT_NAME] for s in spans if s.name == "user_input"]
    assert agents == ["Concierge"] * 6 + ["Billing"]
