"""The demo's call in a real Phoenix: what came, as its API tells it and as its page shows it.

`make test-phoenix` installs Phoenix and names the folder of its programs in OTEL_REALTIME_PHOENIX.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from backends.phoenix_server import phoenix
from dialects.calls_in_dialects import OPEN, SHUT, a_call_with_audio
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel_realtime import DialectSpanProcessor, semconv
from otel_realtime.otlp_json import read_files

PROGRAMS = os.environ.get("OTEL_REALTIME_PHOENIX", "")
PICTURE = os.environ.get("OTEL_REALTIME_PHOENIX_PICTURE", "")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PROJECT = "calls"
LOOK = Path(__file__).with_name("look.py")
SPA = "Tell me about the spa."
ABOUT_THE_SPA = (
    "With pleasure. Our spa is on the lower floor. It has a heated pool, two saunas and a steam "
    "room, and it is open from nine in the morning until ten at night."
)

pytestmark = [
    pytest.mark.skipif(
        not PROGRAMS, reason="needs Phoenix in an environment of its own: make test-phoenix"
    ),
    pytest.mark.timeout(300),  # Phoenix starts, and a call is held
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with phoenix(Path(PROGRAMS) / "phoenix", tmp_path_factory.mktemp("phoenix")) as running:
        yield running


@pytest.fixture(scope="module")
def demo(server, tmp_path_factory) -> Path:
    """The folder with what the demo wrote, while it sent the same to Phoenix."""
    folder = tmp_path_factory.mktemp("demo")
    settings = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{server.url}/v1/traces",
        "OTEL_REALTIME_DIALECT": "phoenix",
        "OTEL_RESOURCE_ATTRIBUTES": f"openinference.project.name={PROJECT}",
        "PYTHONUTF8": "1",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "otel_realtime.cli", "demo", "--output", str(folder)],
        capture_output=True,
        text=True,
        timeout=150,
        env={**os.environ, **settings},
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def spans(server, demo):
    return server.spans(PROJECT, len(read_files(demo / "traces.jsonl").spans))


def the_answer(spans):
    (found,) = (each for each in spans if each["attributes"].get("output.value") == ABOUT_THE_SPA)
    return found


def test_every_span_is_of_a_kind_that_phoenix_knows(server, spans) -> None:
    """As its page has it, which knows fewer kinds than it takes."""
    assert len(spans) == 25
    shown = server.project(PROJECT)["spans"]
    kinds = Counter((each["name"].split()[0], each["spanKind"]) for each in shown)
    assert kinds == {
        ("invoke_agent", "agent"): 1,
        ("user_input", "chain"): 7,
        ("chat", "llm"): 11,
        ("execute_tool", "tool"): 4,
        ("GET", "unknown"): 1,  # it and the next: the application's own, which name no kind
        ("INSERT", "unknown"): 1,
    }


def test_the_tree_is_the_one_that_the_demo_wrote(demo, spans) -> None:
    written = {each.span_id: each for each in read_files(demo / "traces.jsonl").spans}
    assert {each["context"]["span_id"]: each["parent_id"] for each in spans} == {
        span_id: each.parent_span_id or None for span_id, each in written.items()
    }


def test_the_messages_are_those_that_were_said(spans) -> None:
    told = the_answer(spans)["attributes"]
    said, answered = "llm.input_messages.0.message", "llm.output_messages.0.message"
    assert (told[f"{said}.role"], told[f"{said}.content"]) == ("user", SPA)
    assert (told[f"{answered}.role"], told[f"{answered}.content"]) == ("assistant", ABOUT_THE_SPA)
    audio = "contents.0.message_content"
    for message in (said, answered):
        assert told[f"{message}.{audio}.type"] == "audio"
        assert f"{message}.{audio}.image.image.url" not in told
    assert told["input.value"] == SPA
    calls = [each["attributes"]["output.value"] for each in spans if asks_for_a_tool(each)]
    assert calls == [
        'get_weather({"city": "London"})',
        'book_table({"guests": 2})\norder_taxi({"destination": "restaurant"})',
        "transfer_to_billing({})",
    ]


def asks_for_a_tool(span) -> bool:
    return "llm.output_messages.0.message.tool_calls.0.tool_call.id" in span["attributes"]


def test_its_recordings_are_where_the_spans_say(spans) -> None:
    urls = [
        each["attributes"][name]
        for each in spans
        for name in ("input.audio.url", "output.audio.url")
        if name in each["attributes"]
    ]
    assert len(urls) == 7 + 7 + 1
    for url in urls:
        assert Path(url.removeprefix("file://")).stat().st_size > 1000
    answer = the_answer(spans)["attributes"]
    message = "llm.output_messages.0.message.contents.0.message_content.audio.audio.url"
    assert answer[message] == answer["output.audio.url"]


def test_the_call_is_a_session_with_all_its_tokens(server, demo) -> None:
    written = read_files(demo / "traces.jsonl").spans
    (call,) = (each for each in written if each.name.startswith(semconv.SPAN_SESSION))
    (session,) = server.rest(f"projects/{PROJECT}/sessions")["data"]
    assert session["session_id"] == call.attributes[semconv.SESSION_ID]
    assert [each["trace_id"] for each in session["traces"]] == [call.trace_id]
    for name, ours in (("prompt", semconv.USAGE_INPUT), ("completion", semconv.USAGE_OUTPUT)):
        assert session[f"token_count_{name}"] == sum(
            each.attributes.get(ours, 0)
            for each in written
            if each.name.startswith(semconv.SPAN_RESPONSE)
        )


def test_what_phoenix_computes_as_cost_is_what_we_do(server, spans) -> None:
    """Both by the list prices of the model; Phoenix knows no transcription."""
    ours = {
        each["context"]["span_id"]: each["attributes"][semconv.COST]
        for each in spans
        if each["span_kind"] == "LLM"
    }
    assert len(ours) == 11
    assert server.costs(PROJECT, len(ours)) == pytest.approx(ours, rel=1e-6)


@pytest.mark.parametrize(("gate", "project"), [(OPEN, "turns"), (SHUT, "turns-without-content")])
def test_turns_are_chains_around_what_belongs_to_them(server, gate, project) -> None:
    send_by_turns(server, gate, project)
    sent = server.spans(project, 6)
    by_id = {each["context"]["span_id"]: each for each in sent}

    def path(span) -> str:
        above = by_id.get(span["parent_id"])
        name = f"{span['name'].split()[0]} {span['span_kind']}"
        return f"{path(above)} > {name}" if above is not None else name

    turn = "invoke_agent AGENT > conversation.turn CHAIN"
    assert sorted(map(path, sent)) == [
        "invoke_agent AGENT",
        turn,
        f"{turn} > chat LLM",
        f"{turn} > chat LLM",
        f"{turn} > chat LLM > execute_tool TOOL",
        f"{turn} > user_input CHAIN",
    ]
    has_words = any("breakfast" in str(each["attributes"]) for each in sent)
    assert has_words == (gate is OPEN)
    urls = {each["attributes"].get("output.audio.url") for each in sent} - {None}
    assert urls == {"s3://calls/session.wav", "s3://calls/output.wav"}


def send_by_turns(server, gate, project: str) -> None:
    resource = Resource.create({"openinference.project.name": project})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    batch = BatchSpanProcessor(OTLPSpanExporter(f"{server.url}/v1/traces"))
    provider.add_span_processor(DialectSpanProcessor(batch, dialect="phoenix", dialect_turns=True))
    a_call_with_audio(gate=gate, provider=provider)
    provider.shutdown()


def test_its_page_shows_the_call(server, spans, tmp_path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("there is no Chromium here to look at the page with")
    answer = the_answer(spans)
    page = (
        f"{server.url}/projects/{server.project(PROJECT)['id']}/traces/{answer['context']['trace_id']}"
        f"?selectedSpanNodeId={answer['id']}"
    )
    picture = Path(PICTURE) if PICTURE else tmp_path / "page.png"
    ended = subprocess.run(
        [Path(PROGRAMS) / "python", LOOK, browser, page, picture, "With pleasure"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    shown = ended.stdout.splitlines()
    for text in (SPA, ABOUT_THE_SPA, "invoke_agent Concierge", "execute_tool order_taxi", "user"):
        assert text in shown
    assert picture.read_bytes().startswith(b"\x89PNG")
