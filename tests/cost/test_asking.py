"""Who asks for costs, by what, and what becomes of it where there are no prices."""

import os
import subprocess
import sys

import pytest
from openai import OpenAI

from otel_realtime import RealtimeInstrumentor, RealtimeTelemetryListener, observe
from otel_realtime.cost.book import book_of, is_asked_for
from otel_realtime.settings import SettingError, Settings

COST, PRICES = "OTEL_REALTIME_COST", "OTEL_REALTIME_PRICES"
NEEDED = "genai-prices is needed here: pip install 'otel-realtime[cost]'"


@pytest.fixture
def good(tmp_path) -> str:
    path = tmp_path / "good.json"
    path.write_text('{"version": "v", "models": {"m": {"input_text": 4}}}')
    return str(path)


@pytest.fixture
def broken(tmp_path) -> str:
    path = tmp_path / "broken.json"
    path.write_text('{"version": "v", "models": {"m": {"input_text": -4}}}')
    return str(path)


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        ({}, {}, False),
        ({"cost": True}, {}, True),
        ({"cost": "true"}, {}, True),
        ({"prices": "p.json"}, {}, True),
        ({"prices": "p.json", "cost": False}, {}, False),
        ({}, {COST: "true"}, True),
        ({}, {COST: "False"}, False),
        ({}, {COST: "maybe"}, False),
        ({}, {PRICES: "p.json"}, True),
        ({"cost": False}, {PRICES: "p.json"}, False),
        ({"cost": False}, {COST: "true"}, False),
    ],
)
def test_whether_costs_are_asked_for(given, environ, expected) -> None:
    settings = Settings.read(given, environ)
    assert is_asked_for(settings) is expected
    assert Settings.read(settings.as_keywords(), environ={}) == settings


@pytest.mark.parametrize(("name", "value"), [("cost", "yes"), ("cost", 1), ("prices", 7)])
def test_a_wrong_keyword_is_an_error_that_names_it(name, value) -> None:
    with pytest.raises(SettingError, match=f"{name} takes .*; it cannot be "):
        Settings.read({name: value}, environ={})


def test_a_broken_file_given_in_code_is_an_error_where_it_is_given(broken) -> None:
    told = r"prices: .*broken.json, model 'm': input_text is to be a number of dollars, not -4$"
    for _ in range(2):
        with pytest.raises(SettingError, match=told):
            RealtimeTelemetryListener(prices=broken)
    instrumentor = RealtimeInstrumentor()
    with pytest.raises(SettingError, match=told):
        instrumentor.instrument(prices=broken)
    connecting = OpenAI(api_key="none").realtime.connect(model="gpt-realtime")
    with pytest.raises(SettingError, match=told):
        observe(connecting, prices=broken)


def test_a_broken_file_in_the_environment_is_logged_once_and_no_costs_are_told(
    broken, monkeypatch, caplog
) -> None:
    monkeypatch.setenv(PRICES, broken)
    for settings in ({}, {"cost": True}):
        for _ in range(2):
            assert book_of(Settings.read(settings)) is None
    RealtimeTelemetryListener().cleanup()
    (told,) = caplog.messages
    assert told.startswith(f"No costs are told: {PRICES}: {broken}, model 'm': input_text is to")


def test_the_file_is_read_once(good) -> None:
    settings = Settings.read({"prices": good}, environ={})
    book = book_of(settings)
    assert book.tariff(None, "m", 0).prices == "v"
    assert book_of(Settings.read({"prices": good}, environ={})) is book


def run(code: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    assert done.stderr == ""
    return done.stdout


LISTEN = """
import logging, sys
logging.basicConfig(stream=sys.stdout, format="%(message)s")
sys.modules["genai_prices"] = None
from otel_realtime import RealtimeTelemetryListener
def listen(**settings):
    try:
        for _ in range(2):
            RealtimeTelemetryListener(**settings).cleanup()
        print("listens")
    except ImportError as error:
        print(type(error).__name__, error)
"""


@pytest.fixture
def environ() -> dict[str, str]:
    """The environment of a program that finds this package as the tests do."""
    return dict(os.environ)


def test_without_the_package_code_that_asks_for_costs_is_told_what_to_install(environ) -> None:
    assert run(f"{LISTEN}\nlisten(cost=True)", **environ) == f"ImportError {NEEDED}\n"


def test_without_the_package_an_environment_that_asks_for_costs_is_told_in_the_log(
    environ,
) -> None:
    told = run(f"{LISTEN}\nlisten()", **environ, **{COST: "true"})
    assert told == f"No costs are told: {COST}: {NEEDED}\nlistens\n"


def test_without_the_package_a_file_is_enough(environ, good) -> None:
    code = (
        f"{LISTEN}\nlisten(prices={good!r}, cost=True)\n"
        "from otel_realtime.cost.book import book_of\n"
        "from otel_realtime.settings import Settings\n"
        f"book = book_of(Settings.read(dict(prices={good!r})))\n"
        "print(book.tariff('openai', 'm', 0).prices, book.tariff('openai', 'gpt-realtime', 0))\n"
    )
    assert run(code, **environ) == "listens\nv None\n"


PLAY = """
import sys
from otel_realtime.scenario import Scenario, Recorder
from otel_realtime import events, RealtimeInstrumentor, RealtimeTelemetryListener
from otel_realtime.session import SessionTelemetry
from otel_realtime.settings import Settings
from otel_realtime.telemetry.outlets import Telemetry
from otel_realtime.values import Usage
def play(**settings):
    RealtimeTelemetryListener(**settings).cleanup()
    print("genai_prices" in sys.modules)
    given = Settings.read(settings)
    session = SessionTelemetry(Telemetry.of(**Recorder().providers), given)
    before = set(sys.modules)
    session.feed(events.ResponseStarted(session.clock(), "r"))
    session.feed(events.ResponseDone(session.clock(), "r", usage=Usage(input=1, output=1)))
    session.end("closed")
    print(sorted(name for name in set(sys.modules) - before if "prices" in name or "cost" in name))
"""


def test_costs_that_are_not_asked_for_import_nothing(environ) -> None:
    code = f"{PLAY}\nplay()\nprint('otel_realtime.cost.packaged' in sys.modules)"
    assert run(code, **environ) == "False\n[]\nFalse\n"


def test_prices_are_there_before_the_call_and_nothing_is_imported_in_it(environ) -> None:
    assert run(f"{PLAY}\nplay(cost=True)", **environ) == "True\n[]\n"
