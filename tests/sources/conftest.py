"""What the tests of the listener share: the SDK is left as it was found."""

import asyncio
import gc
import logging
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor

pytest.importorskip("agents.realtime", reason="needs the extra otel-realtime[agents]")

from otel_realtime.guard import Guard
from otel_realtime.scenario import Recorder
from otel_realtime.sources._agents_hooks import HOOKS
from otel_realtime.sources._openai_hooks import HOOKS as CLIENT_HOOKS


def in_sdk() -> list[object]:
    """The functions that are wrapped while a listener exists, as they are now."""
    return [hook.found() for hooks in (HOOKS, CLIENT_HOOKS) for hook in hooks]


BEFORE = in_sdk()
ORIGINAL_RUN = next(hook.found() for hook in HOOKS if hook.path == "invoke_function_tool")


def is_as_before(functions: list[object]) -> bool:
    """Whether these are the SDK's own: a wrapper equals what it wraps, but it is not the same."""
    return all(now is then for now, then in zip(functions, BEFORE, strict=True))


@pytest.fixture(autouse=True)
def _nothing_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Each kind of warning is new to each test, and afterwards nothing is attached or wrapped."""
    Guard._told.clear()  # noqa: SLF001 - what one test was warned of must not silence the next
    yield
    assert trace.get_current_span() is trace.INVALID_SPAN
    assert [each.getMessage() for each in caplog.records if "detach" in each.getMessage()] == []
    if not is_as_before(in_sdk()):
        gc.collect()  # a listener that its test dropped
    assert is_as_before(in_sdk())


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


class Counter(SpanProcessor):
    """Counts how often spans began and ended."""

    def __init__(self) -> None:
        self.open = 0
        self.ended = []
        self.none_is_open = asyncio.Event()

    def on_start(self, *_: object, **__: object) -> None:
        self.open += 1

    def on_end(self, span) -> None:
        self.open -= 1
        self.ended.append(span.context.span_id)
        if not self.open:
            self.none_is_open.set()


@pytest.fixture
def counter(recorder: Recorder) -> Iterator[Counter]:
    """Sees to it that every span ends, once."""
    counted = Counter()
    recorder.tracer_provider.add_span_processor(counted)
    yield counted
    assert counted.open == 0
    assert len(counted.ended) == len(set(counted.ended)) > 0
