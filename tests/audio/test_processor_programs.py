"""Whole programs, unchanged or set up as users do it: their recordings arrive, and the URLs too."""

import contextlib
import sys
from pathlib import Path

import pytest

pytest.importorskip("agents.realtime", reason="needs the extra otel-realtime[agents]")
pytest.importorskip("obstore", reason="needs the extra otel-realtime[audio]")

from audio.by_hand import Heard, files, kind_of, path_of
from audio.tones import write_tone
from azure_ingestion import AzureIngestion
from conftest import REPO
from object_stores import moto
from otlp_sink import OtlpSink
from zero_code import environment_without, run, simulator

from otel_realtime import semconv
from otel_realtime.tree import render

PROGRAM = Path(__file__).with_name("call_program.py")
AGENT = REPO / "examples" / "zero_code_agent.py"
ANSWER_MS, QUESTION_MS = 600, 600
SIGN_OF_BASE64 = "UklGR"  # RIFF


def hold_call(what, tmp_path, **settings):
    """Run `call_program.py`; it must end well and say nothing."""
    write_tone(tmp_path / "a.wav", 880, ANSWER_MS)
    ended = run(
        Path(sys.executable).parent,
        *("python", PROGRAM, what, tmp_path),
        folder=tmp_path,
        settings={
            "PYTHONPATH": str(REPO / "tests"),
            "OTEL_REALTIME_AUDIO_SPOOL": str(tmp_path / "spool"),
            "OPENAI_AGENTS_DISABLE_TRACING": "true",
            **settings,
        },
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), ended.stderr
    assert files(tmp_path / "spool") == []


@contextlib.contextmanager
def folder_store(tmp_path):
    """A URL, what the environment needs for it, and what reads from it by URL."""
    yield (tmp_path / "kept").as_uri(), {}, lambda url: path_of(url).read_bytes()


@contextlib.contextmanager
def s3_store(tmp_path):
    """The same for S3, played by moto."""
    with moto(tmp_path) as store:

        def read(url):
            came = store.read(url.removeprefix(f"s3://{store.bucket}/"))
            assert came.content_type == "audio/wav"
            return came.data

        yield store.url, store.environ, read


LIMIT = {"OPENINFERENCE_BASE64_AUDIO_MAX_LENGTH": str(10**9)}


@pytest.mark.parametrize(("where", "limit"), [(folder_store, {}), (s3_store, LIMIT)])
def test_the_audio_in_spans_of_openinference_becomes_urls(tmp_path, where, limit):
    pytest.importorskip("openinference.instrumentation.openai_agents")
    with where(tmp_path) as (url, environ, read), OtlpSink() as sink:
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.http_endpoint, **environ, **limit}
        hold_call("openinference", tmp_path, OTEL_REALTIME_AUDIO_STORE=url, **told)
        spans = sink.telemetry.spans
        said = {
            name: (span, Heard.of(read(span.attributes[name])))
            for span in spans
            for name in (semconv.INPUT_AUDIO_URL, semconv.OUTPUT_AUDIO_URL)
            if name in span.attributes
        }
        assert all(span.attributes[name].startswith(f"{url}/") for name, (span, _) in said.items())
    assert SIGN_OF_BASE64 not in str(sink.telemetry)
    question_span, question = said[semconv.INPUT_AUDIO_URL]
    answer_span, answer = said[semconv.OUTPUT_AUDIO_URL]
    assert {heard.rate for heard in (question, answer)} == {24_000}
    assert abs(answer.pitch(0, answer.ms) - 880) < 3
    for span in (question_span, answer_span):
        assert span.attributes.get(semconv.AUDIO_DROPPED) == (None if limit else "truncated")
    if limit:
        assert answer.ms == ANSWER_MS
        assert question.ms >= QUESTION_MS
        assert abs(question.pitch(0, question.ms) - 440) < 3
    else:
        assert 499 < answer.ms < 500
        assert 499 < question.ms < 500


def test_with_azure_monitor_our_recordings_arrive_and_their_urls(tmp_path):
    pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
    kept = tmp_path / "kept"
    with AzureIngestion() as azure:
        hold_call(
            "azure",
            tmp_path,
            APPLICATIONINSIGHTS_CONNECTION_STRING=azure.connection_string,
            APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true",
            OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="otel",  # the others ask Azure's own network
            OTEL_REALTIME_AUDIO_STORE=kept.as_uri(),
        )
        told = [item["data"]["baseData"] for item in azure.items]
    urls = {
        (span["name"].split()[0], name): value
        for span in told
        for name, value in (span.get("properties") or {}).items()
        if name in {semconv.INPUT_AUDIO_URL, semconv.OUTPUT_AUDIO_URL}
    }
    assert {path_of(url) for url in urls.values()} == set(files(kept))
    assert len(files(kept)) == 3
    question = Heard.of(path_of(urls["user_input", semconv.INPUT_AUDIO_URL]))
    answer = Heard.of(path_of(urls["chat", semconv.OUTPUT_AUDIO_URL]))
    assert abs(question.pitch(0, question.ms) - 440) < 3
    assert answer.ms == ANSWER_MS
    assert abs(answer.pitch(0, answer.ms) - 880) < 3
    assert Heard.of(path_of(urls["invoke_agent", semconv.OUTPUT_AUDIO_URL])).channels == 2


# By environment


@pytest.fixture
def commands(tmp_path):
    """The commands of an environment as the plain distro's users have it."""
    pytest.importorskip("opentelemetry.distro", reason="pip install opentelemetry-distro")
    others = ("azure", "openinference_", "opentelemetry_instrumentation_openai_agents")
    return environment_without(tmp_path / "environment", *others)


def run_agent(commands, sink, tmp_path, **settings):
    """The unchanged example, under `opentelemetry-instrument`; gives what it wrote as errors."""
    with simulator("tools") as url:
        ended = run(
            commands,
            *("opentelemetry-instrument", "python", AGENT),
            folder=tmp_path,
            settings={
                "OTEL_REALTIME_EXAMPLE_URL": url,
                "OPENAI_API_KEY": "simulator",
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.grpc_endpoint,
                "OTEL_REALTIME_AUDIO_SPOOL": str(tmp_path / "spool"),
                **settings,
            },
        )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    return ended.stderr


def test_an_unchanged_program_leaves_files_that_can_be_played(commands, tmp_path):
    kept = tmp_path / "kept"
    with OtlpSink() as sink:
        store = {"OTEL_REALTIME_AUDIO_STORE": kept.as_uri()}
        assert run_agent(commands, sink, tmp_path, **store) == ""
        spans = sink.wait_for_spans(6)
    assert files(tmp_path / "spool") == []
    assert "generated" in [kind_of(path) for path in files(kept)]
    urls = {
        value
        for span in spans
        for name, value in span.attributes.items()
        if name.endswith("url") and "audio" in name
    }
    assert {path_of(url) for url in urls} == set(files(kept))
    heard = {kind_of(path): Heard.of(path) for path in files(kept)}
    assert heard["session"].channels == 2
    assert heard["generated"].ms > 1000
    assert not heard["generated"].is_silent(0, heard["generated"].ms)


def test_a_wrong_store_is_told_once_and_the_call_goes_on(commands, tmp_path):
    with OtlpSink() as sink:
        said = run_agent(commands, sink, tmp_path, OTEL_REALTIME_AUDIO_STORE="nonsense")
        came = sink.wait_for(lambda came: len(came.spans) >= 6)
    (told,) = (line for line in said.splitlines() if "AUDIO_STORE" in line)
    # Whether OpenTelemetry's log handler is there by then depends on its version.
    assert [log for log in came.logs if "AUDIO_STORE" in str(log.body)][1:] == []
    assert told.startswith("No audio is recorded: OTEL_REALTIME_AUDIO_STORE: ")
    assert "nonsense" in told
    assert "execute_tool get_weather" in render(came.spans, came.logs)
    assert [name for span in came.spans for name in span.attributes if "audio.url" in name] == []
