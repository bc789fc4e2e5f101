"""What the tests of the listener share: the SDK is left as it was found."""

import gc
import logging
from collections.abc import Iterator

import pytest
from opentelemetry import trace

pytest.importorskip("agents.realtime", reason="needs the extra otel-realtime[agents]")

import agents.realtime.session as sdk_session
import agents.tool as sdk_tool

from otel_realtime.guard import Guard
from otel_realtime.scenario import Recorder

ORIGINALS = (
    (sdk_session.RealtimeSession, "_handle_tool_call"),
    (sdk_session, "invoke_function_tool"),
    (sdk_tool, "maybe_invoke_function_tool_failure_error_function"),
)


def in_sdk() -> list[object]:
    """The functions that are wrapped while a listener exists, as they are now."""
    return [vars(owner)[name] for owner, name in ORIGINALS]


BEFORE = in_sdk()


@pytest.fixture(autouse=True)
def _nothing_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Each kind of warning is new to each test, and afterwards nothing is attached or wrapped."""
    Guard._told.clear()  # noqa: SLF001 - what one test was warned of must not silence the next
    yield
    assert trace.get_current_span() is trace.INVALID_SPAN
    assert [each.getMessage() for each in caplog.records if "detach" in each.getMessage()] == []
    gc.collect()
    assert in_sdk() == BEFORE


@pytest.fixture
def recorder() -> Recorder:
    """Providers that keep everything in memory."""
    return Recorder()


@pytest.fixture
def app_log(recorder: Recorder) -> Iterator[logging.Logger]:
    """A logger of the application, whose records go to the recorder."""
    module = pytest.importorskip(
        "opentelemetry.instrumentation.logging.handler",
        reason="needs opentelemetry-instrumentation-logging>=0.61b0",
    )
    handler = module.LoggingHandler(logger_provider=recorder.logger_provider)
    logger = logging.getLogger("app under test")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
