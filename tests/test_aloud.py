"""Warnings that somebody is to see: printed where only OpenTelemetry hears, and never twice."""

import logging
from pathlib import Path

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from zero_code import environment_without, run

from otel_realtime.aloud import warn

OTHERS = ("azure", "openinference_", "opentelemetry_instrumentation_openai_agents")
NOWHERE = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("LOGS", "METRICS", "TRACES")}


def apart() -> logging.Logger:
    return logging.Logger("ours")  # noqa: LOG001 - pytest hears all that are below the root


@pytest.fixture
def exporter() -> InMemoryLogRecordExporter:
    """Where OpenTelemetry's handler sends what it hears."""
    return InMemoryLogRecordExporter()


@pytest.fixture
def logger(exporter) -> logging.Logger:
    """A logger below a root that has OpenTelemetry's handler and no other."""
    module = pytest.importorskip(
        "opentelemetry.instrumentation.logging.handler",
        reason="needs opentelemetry-instrumentation-logging>=0.61b0",
    )
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    own = apart()
    own.parent = apart()
    own.parent.addHandler(module.LoggingHandler(logger_provider=provider))
    return own


def test_what_only_opentelemetry_hears_is_printed_too(logger, exporter, capsys) -> None:
    warn(logger, "%s of %d", "one", 2)
    assert capsys.readouterr().err == "one of 2\n"
    (sent,) = exporter.get_finished_logs()
    assert sent.log_record.body == "one of 2"


def test_a_text_without_values_is_taken_as_it_is(logger, capsys) -> None:
    warn(logger, "100 %")
    assert capsys.readouterr().err == "100 %\n"


def test_where_the_application_hears_it_nothing_is_printed(logger, capsys) -> None:
    kept = []
    handler = logging.Handler()
    handler.emit = kept.append
    logger.parent.addHandler(handler)
    warn(logger, "one")
    assert [(each.getMessage(), Path(each.pathname)) for each in kept] == [("one", Path(__file__))]
    assert capsys.readouterr().err == ""


def test_without_any_handler_python_prints_it_once(capsys) -> None:
    warn(apart(), "one")
    assert capsys.readouterr().err == "one\n"


def test_what_is_switched_off_is_not_printed(logger, capsys) -> None:
    logger.setLevel(logging.ERROR)
    warn(logger, "one")
    assert capsys.readouterr().err == ""


def test_a_handler_that_fails_is_no_matter(logger) -> None:
    handler = logging.Handler()
    handler.emit = lambda _: 1 / 0
    logger.addHandler(handler)
    warn(logger, "one")


@pytest.fixture(scope="module")
def commands(tmp_path_factory) -> Path:
    """The commands of an environment as the plain distro's users have it."""
    pytest.importorskip("opentelemetry.distro", reason="pip install opentelemetry-distro")
    return environment_without(tmp_path_factory.mktemp("environment"), *OTHERS)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OTEL_REALTIME_DIALECT", "klingon", "OTEL_REALTIME_DIALECT takes genai, openinference,"),
        ("OTEL_REALTIME_DIALECT", "phoenix", "The dialect phoenix has no effect: there is no"),
        ("OTEL_REALTIME_AUDIO_STORE", "bogus://x", "No audio is recorded: OTEL_REALTIME_AUDIO_"),
        ("OTEL_REALTIME_PRICES", "nowhere.yaml", "No costs are told: OTEL_REALTIME_PRICES: "),
    ],
)
def test_an_unchanged_program_is_told_what_is_wrong_at_start(
    commands, tmp_path, name, value, said
) -> None:
    """Its log goes nowhere; one clear sentence comes all the same."""
    program = ("opentelemetry-instrument", "python", "-c", "print('done')")
    ended = run(commands, *program, folder=tmp_path, settings={**NOWHERE, name: value})
    assert (ended.returncode, ended.stdout) == (0, "done\n")
    assert ended.stderr.startswith(said)
    assert ended.stderr.count("\n") == 1
