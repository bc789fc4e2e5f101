"""What `otel_realtime` shows at its top."""

import subprocess
import sys
from pathlib import Path

import pytest

import otel_realtime


def test_every_public_name_is_there() -> None:
    assert set(otel_realtime.__all__) <= set(dir(otel_realtime))
    for name in otel_realtime.__all__:
        assert getattr(otel_realtime, name) is not None


def test_names_come_from_where_they_live() -> None:
    from otel_realtime.sources.agents import RealtimeTelemetryListener

    assert otel_realtime.RealtimeTelemetryListener is RealtimeTelemetryListener


def test_no_module_has_the_name_of_what_is_public() -> None:
    # It would take the name's place as soon as it is imported.
    modules = {each.stem for each in Path(otel_realtime.__file__).parent.iterdir()}
    assert modules & set(otel_realtime.__all__) == set()


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Listener'"):
        otel_realtime.Listener  # noqa: B018


def test_the_listener_without_its_extra() -> None:
    # Nothing of what the extra brings is there.
    code = (
        "import sys\n"
        "for name in ('agents', 'openai', 'websockets', 'pydantic'): sys.modules[name] = None\n"
        "import otel_realtime\n"
        "try: otel_realtime.RealtimeTelemetryListener\n"
        "except ImportError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == ("openai-agents is needed here: pip install 'otel-realtime[agents]'\n")
