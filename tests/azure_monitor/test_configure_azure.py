"""Setting up: wrong strings are told in a sentence, and who sees the dialect and who does not."""

import json
import subprocess
import sys
from pathlib import Path
from time import monotonic
from types import SimpleNamespace

import pytest
from azure_ingestion import AzureIngestion
from azure_monitor.captured import PROGRAM, captured, of, rows_of, settings_for
from dead_endpoints import DEAD, refusing
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider, ReadWriteLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from zero_code import run

from otel_realtime import RealtimeInstrumentor, SettingError, semconv
from otel_realtime.dialects.azure import EVENT_NAME, MEASUREMENTS
from otel_realtime.dialects.azure_logs import AzureLogRecordProcessor, put_first
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.telemetry.outlets import Telemetry

pytest.importorskip("azure.monitor.opentelemetry", reason="needs otel-realtime[azure]")
VARIABLE = "APPLICATIONINSIGHTS_CONNECTION_STRING"
NO_KEY = "its InstrumentationKey is to be a UUID in lower-case letters"
KEY = "InstrumentationKey=00000000-0000-0000-0000-000000000000"


def refused(monkeypatch, given=None, variable=None) -> str:
    from otel_realtime.azure import configure_azure

    monkeypatch.delenv(VARIABLE, raising=False)
    if variable is not None:
        monkeypatch.setenv(VARIABLE, variable)
    with pytest.raises(SettingError) as raised:
        configure_azure(given)
    return str(raised.value)


@pytest.mark.parametrize("variable", [None, "", "  "])
def test_without_a_connection_string_it_says_where_to_give_one(monkeypatch, variable) -> None:
    assert refused(monkeypatch, variable=variable) == (
        f"configure_azure needs a connection string: give connection_string, or {VARIABLE}"
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("https://portal.azure.com", "it is made of Name=value pairs between semicolons"),
        ("SECRET", "it is made of Name=value pairs between semicolons"),
        (
            "InstrumentationKey=SECRET",
            NO_KEY,
        ),
        (
            "IngestionEndpoint=https://a/",
            NO_KEY,
        ),
        (f"{KEY};IngestionEndpoint=a", "its IngestionEndpoint is to be an http or https URL"),
    ],
)
def test_a_wrong_connection_string_is_told_in_a_sentence(monkeypatch, given, problem) -> None:
    what = "is no connection string of Application Insights"
    assert refused(monkeypatch, given) == f"connection_string {what}: {problem}"
    assert refused(monkeypatch, variable=given) == f"the variable {VARIABLE} {what}: {problem}"


def test_an_end_with_a_semicolon_is_fine(monkeypatch) -> None:
    from otel_realtime.azure import _checked

    monkeypatch.delenv(VARIABLE, raising=False)
    assert (
        _checked(f" {KEY};IngestionEndpoint=https://a/; ") == f"{KEY};IngestionEndpoint=https://a/"
    )


def test_without_the_extra_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['azure.monitor.opentelemetry'] = None\n"
        "try: import otel_realtime.azure\n"
        "except ImportError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == (
        "azure-monitor-opentelemetry is needed here: pip install 'otel-realtime[azure]'\n"
    )


def test_every_trace_is_sampled_unless_the_environment_says_otherwise(tmp_path) -> None:
    calls = ["plain_answer"] * 12  # by Azure's default, five traces a second
    told = captured(tmp_path, *calls)
    assert len(list(of(told, "dependencies", "invoke_agent"))) == len(calls)
    sampler = {"OTEL_TRACES_SAMPLER": "always_off"}
    assert list(of(captured(tmp_path, *calls, **sampler), "dependencies")) == []


SET_UP = """
import json, sys
from opentelemetry import trace
from otel_realtime.azure import configure_azure

configure_azure(disable_offline_storage=True, **json.loads(sys.argv[1]))
tracers = trace.get_tracer_provider()
print(tracers.sampler.get_description())
tracers.get_tracer("app").start_span("one").end()
"""


def set_up(endpoint: str, folder: Path, options: dict[str, object], **settings: str):
    """How a program ends that sets Azure up, with its live metrics and all, and ends a span."""
    connection = f"{KEY};IngestionEndpoint={endpoint}/;LiveEndpoint={endpoint}/"
    told = {**settings_for(SimpleNamespace(connection_string=connection)), **settings}
    command = ("python", "-c", SET_UP, json.dumps(options))
    ended = run(Path(sys.executable).parent, *command, folder=folder, settings=told)
    assert ended.returncode == 0, ended.stderr
    return ended


@pytest.mark.parametrize(
    ("options", "variable", "sampler"),
    [
        ({"traces_per_second": 0}, None, "RateLimitedSampler{0}"),
        ({"traces_per_second": None}, "", "ApplicationInsightsSampler1.0"),
        ({"sampling_ratio": 0}, None, "ApplicationInsightsSampler0"),
    ],
)
def test_none_is_a_number_and_a_variable_that_says_nothing_is_none(
    options, variable, sampler, tmp_path
) -> None:
    settings = {} if variable is None else {"OTEL_TRACES_SAMPLER": variable}
    with refusing() as endpoint:
        assert set_up(endpoint, tmp_path, options, **settings).stdout == f"{sampler}\n"


@pytest.mark.parametrize("dead", DEAD)
def test_with_a_dead_endpoint_the_program_exits_in_time(dead, tmp_path) -> None:
    with DEAD[dead]() as endpoint:
        began = monotonic()
        ended = set_up(endpoint, tmp_path, {"export_timeout": 0.3})
        took = monotonic() - began
    if dead == "silent":  # the other refuses at once, and nothing is awaited
        assert ended.stderr.count("BatchSpanProcessor could not be shut down within 0.3 s") == 1
    assert took < 20  # s; Azure's import takes some 4, a shutdown alone 30 for each signal


def test_a_timeout_that_is_none_is_refused() -> None:
    from otel_realtime.azure import configure_azure

    with pytest.raises(SettingError, match=r"^export_timeout takes seconds; it cannot be -1"):
        configure_azure(f"{KEY}", export_timeout=-1)


def test_a_tracer_provider_that_was_there_before_is_told_of(tmp_path) -> None:
    with AzureIngestion() as azure:
        command = ("python", PROGRAM, "--late")
        bin_, settings = Path(sys.executable).parent, settings_for(azure)
        ended = run(bin_, *command, folder=tmp_path, settings=settings)
    assert ended.returncode == 0
    (said,) = [
        each.data["message"]
        for each in of(rows_of(azure), "traces")
        if "Azure Monitor gets no spans" in each.data["message"]
    ]
    assert "before configure_azure was called" in said
    assert list(of(rows_of(azure), "dependencies")) == []


def test_where_azure_set_itself_up_its_processors_add_to_our_spans_and_see_no_dialect(
    tmp_path,
) -> None:
    told = captured(tmp_path, "--theirs")
    ours = [each for each in of(told, "dependencies") if semconv.SYSTEM in each.dimensions]
    assert [each.name.split()[0] for each in ours] == ["user_input", "chat", "invoke_agent"]
    # A processor of Azure's says it of the root as that ends.
    main = [each.dimensions.get("microsoft.gen_ai.main_agent.name") for each in ours]
    assert main == ["Assistant"] * 3


def test_an_instrumented_provider_gets_the_dialect_and_its_log_events_too() -> None:
    spans, logs = InMemorySpanExporter(), InMemoryLogRecordExporter()
    tracers, loggers = (
        TracerProvider(shutdown_on_exit=False),
        LoggerProvider(shutdown_on_exit=False),
    )
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    loggers.add_log_record_processor(SimpleLogRecordProcessor(logs))
    providers = {"tracer_provider": tracers, "logger_provider": loggers}
    instrumentor = RealtimeInstrumentor()
    instrumentor.instrument(dialect="azure", skip_dep_check=True, **providers)
    try:
        a_call(providers)
    finally:
        instrumentor.uninstrument()
    (span,), events = spans.get_finished_spans(), logs.get_finished_logs()
    assert span.attributes[semconv.SYSTEM] == "openai"
    assert MEASUREMENTS in span.attributes
    named = [each.log_record.attributes[EVENT_NAME] for each in events]
    assert named == [each.log_record.event_name for each in events]
    assert named[-1] == semconv.LOG_SESSION_ENDED
    logs.clear()
    spans.clear()
    a_call(providers)
    assert semconv.SYSTEM not in spans.get_finished_spans()[0].attributes
    assert EVENT_NAME not in logs.get_finished_logs()[-1].log_record.attributes


def test_a_log_event_that_cannot_be_read_goes_on_as_it_is(caplog) -> None:
    wrong = {1: 2}  # a name that is no text
    for _ in range(2):
        record = ReadWriteLogRecord(
            LogRecord(event_name="otel_realtime.error"),
            instrumentation_scope=InstrumentationScope("otel_realtime"),
        )
        record.log_record.attributes = wrong
        AzureLogRecordProcessor().on_emit(record)
        assert record.log_record.attributes is wrong
    assert [each.getMessage() for each in caplog.records] == [
        "A log event could not be made a custom event (AttributeError): it is a trace"
    ]


def test_a_logger_provider_that_cannot_be_changed_is_told_of(caplog) -> None:
    put_first(object())()
    (said,) = (each.getMessage() for each in caplog.records)
    assert "give AzureLogRecordProcessor to the logger provider yourself" in said


def test_a_log_record_processor_that_is_there_already_stays_the_only_one() -> None:
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(AzureLogRecordProcessor())
    before = provider._multi_log_record_processor._log_record_processors  # noqa: SLF001 - the SDK tells it nowhere
    put_first(provider)()
    assert provider._multi_log_record_processor._log_record_processors == before  # noqa: SLF001 - the same


def a_call(providers) -> None:
    session = SessionTelemetry(
        Telemetry.of(**providers), Settings.read({}, environ={}), session_id="s", provider="openai"
    )
    session.begin()
    session.end("closed")
