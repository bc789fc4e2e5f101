"""The instrumentor: when it touches an SDK, what it refuses, and that no import ever fails for it.

Each test has a process of its own: what an application imports, and when, is what they are about.
"""

import sys
import sysconfig
from importlib.metadata import distribution, entry_points
from pathlib import Path

import pytest
from opentelemetry.instrumentation.dependencies import get_dist_dependency_conflicts
from packaging.requirements import Requirement
from zero_code import environment_without, run

from otel_realtime import RealtimeInstrumentor, SettingError, instrumentor

pytest.importorskip("agents", reason="pip install 'otel-realtime[agents]'")

SDKS = ("agents", "openai", "websockets", "opentelemetry.sdk", "numpy")
BOTH = ("agents.realtime", "openai.resources.realtime.realtime")
START = """\
import logging, sys
logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
from otel_realtime import RealtimeInstrumentor
instrumentor = RealtimeInstrumentor()

def show():
    from agents.realtime.session import RealtimeSession
    from openai.resources.realtime.realtime import AsyncRealtimeConnection
    for sdk, name in ((RealtimeSession, "close"), (AsyncRealtimeConnection, "recv_bytes")):
        print(sdk.__name__, "as it was" if type(vars(sdk)[name]) is type(show) else "wrapped")
"""
WRAPPED = ["RealtimeSession wrapped", "AsyncRealtimeConnection wrapped"]
AS_IT_WAS = ["RealtimeSession as it was", "AsyncRealtimeConnection as it was"]


def said(tmp_path: Path, code: str, commands: Path | None = None, **settings: str) -> list[str]:
    """The lines that a program prints."""
    commands = commands or Path(sys.executable).parent
    ended = run(commands, "python", "-c", START + code, folder=tmp_path, settings=settings)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    return ended.stdout.splitlines()


def test_it_is_found_under_its_name() -> None:
    (found,) = entry_points(group="opentelemetry_instrumentor", name="otel_realtime")
    assert found.load() is RealtimeInstrumentor


def test_one_of_the_packages_is_enough_for_the_loader() -> None:
    ours = distribution("otel-realtime")
    assert get_dist_dependency_conflicts(ours) is None
    told = [Requirement(each) for each in ours.requires if "instruments-any" in each]
    sources = instrumentor._SOURCES.values()  # noqa: SLF001 - it is told nowhere else
    wanted = [Requirement(requirement) for requirement, _ in sources]
    assert [(each.name, each.specifier) for each in told] == [
        (each.name, each.specifier) for each in wanted
    ]


def test_importing_and_instrumenting_import_no_sdk(tmp_path) -> None:
    code = f"import sys\nprint(sorted({set(SDKS)} & sys.modules.keys()))\n"
    assert said(tmp_path, f"{code}instrumentor.instrument()\n{code}") == ["[]", "[]"]


@pytest.mark.parametrize("before", [True, False])
def test_it_does_not_matter_which_comes_first(before, tmp_path) -> None:
    imports = "".join(f"import {module}\n" for module in BOTH)
    steps = [imports, "instrumentor.instrument()\n"]
    code = "".join(steps if before else steps[::-1])
    assert said(tmp_path, f"{code}show()\ninstrumentor.uninstrument()\nshow()") == [
        *WRAPPED,
        *AS_IT_WAS,
    ]


@pytest.mark.parametrize("name", ["RealtimeTelemetryListener", "tool_run"])
def test_our_own_names_may_be_what_imports_the_sdk(name, tmp_path) -> None:
    code = f"instrumentor.instrument()\nfrom otel_realtime import {name}\nshow()\n"
    assert said(tmp_path, code) == WRAPPED


def test_an_sdk_imported_after_uninstrumenting_is_left_alone(tmp_path) -> None:
    code = "instrumentor.instrument()\ninstrumentor.uninstrument()\nshow()\n"
    again = "instrumentor.instrument()\nshow()\n"
    assert said(tmp_path, code + again) == [*AS_IT_WAS, *WRAPPED]


def test_off_and_on_again_before_the_sdk_is_imported(tmp_path) -> None:
    off_and_on = "instrumentor.instrument()\ninstrumentor.uninstrument()\n"
    assert said(tmp_path, f"{off_and_on * 2}instrumentor.instrument()\nshow()\n") == WRAPPED


def test_instrumenting_twice_is_said_and_does_nothing(tmp_path) -> None:
    twice = "show()\n" + "instrumentor.instrument()\nshow()\n" * 2
    off = "instrumentor.uninstrument()\nshow()"
    warning = "WARNING Attempting to instrument while already instrumented"
    assert said(tmp_path, twice + off) == [*AS_IT_WAS, *WRAPPED, warning, *WRAPPED, *AS_IT_WAS]


CALL = """
import asyncio
from agents.realtime import RealtimeAgent, RealtimeRunner
from otel_realtime.scenario import Recorder
from otel_realtime.simulator import RealtimeSimulator

async def call(**settings):
    recorder = Recorder()
    instrumentor.instrument(**recorder.providers, **settings)
    async with RealtimeSimulator("answer") as simulator:
        text = {"modalities": ["text"]}
        config = {"url": simulator.url, "api_key": "simulator", "initial_model_settings": text}
        runner = RealtimeRunner(RealtimeAgent(name="A"))
        async with await runner.run(model_config=config) as session:
            await session.send_message("Hello")
            await (await simulator.wait_for_session()).wait_for("response.done")
    instrumentor.uninstrument()
    for span in recorder.traced().spans:
        if span.name == "user_input":
            print(span.attributes.get("user.id"), "Hello" in str(span.attributes))
"""


def test_each_time_its_own_settings_count_and_the_environment_where_none_is_given(tmp_path) -> None:
    code = f"{CALL}asyncio.run(call(capture_content=True))\nasyncio.run(call(user_id='Ann'))\n"
    assert said(tmp_path, code, OTEL_REALTIME_USER_ID="Bob") == ["Bob True", "Ann False"]


def test_a_wrong_setting_in_the_environment_is_told_once_and_left(tmp_path) -> None:
    code = f"{CALL}asyncio.run(call(capture_content=True))\n"
    name = "OTEL_REALTIME_TRANSCRIPT_TIMEOUT"
    assert said(tmp_path, code, **{name: "soon"}) == [
        f"WARNING {name} takes seconds, not 'soon': it is left at its default",
        "None True",
    ]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"capture_content": "SOME"}, SettingError),
        ({"capture": True}, TypeError),
        ({"session_id": "one for all of them"}, TypeError),
    ],
)
def test_a_wrong_keyword_is_an_error_at_once(wrong, error) -> None:
    with pytest.raises(error, match=next(iter(wrong))):
        RealtimeInstrumentor().instrument(**wrong)
    assert not RealtimeInstrumentor().is_instrumented_by_opentelemetry


def test_an_sdk_that_has_changed_is_imported_all_the_same(tmp_path) -> None:
    changed = """
import wrapt
def change(sdk):
    del sdk.RealtimeSession
wrapt.register_post_import_hook(change, "agents.realtime")
instrumentor.instrument()
show()
"""
    warning, *lines = said(tmp_path, changed)
    assert warning == "WARNING agents.realtime could not be instrumented"
    assert "cannot import name 'RealtimeSession'" in "".join(lines)
    assert lines[-2:] == ["RealtimeSession as it was", "AsyncRealtimeConnection wrapped"]


def test_where_there_is_no_sdk_it_says_so(tmp_path) -> None:
    commands = environment_without(tmp_path / "environment", "agents", "openai")
    lines = said(tmp_path, "instrumentor.instrument()\n" + CONFLICT, commands)
    assert "openai-agents" in lines[0]
    assert lines[0].startswith("ERROR ")
    assert lines[1:] == ["['openai-agents>=0.18.1', 'openai>=2.54'] found []"]


CONFLICT = """
from importlib.metadata import distribution
from opentelemetry.instrumentation.dependencies import get_dist_dependency_conflicts
conflict = get_dist_dependency_conflicts(distribution("otel-realtime"))
if conflict:
    required = [each.split(";")[0].strip() for each in conflict.required_any]
    print(required, "found", conflict.found_any)
"""


def of_version(folder: Path, name: str, version: str) -> Path:
    """An environment in which a package says that it is of another version."""
    commands = environment_without(folder, f"{name}-")
    scheme = {"base": str(folder), "platbase": str(folder)}
    info = Path(sysconfig.get_path("purelib", vars=scheme), f"{name}-{version}.dist-info")
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    info.joinpath("METADATA").write_text(metadata, encoding="utf-8")
    return commands


def test_an_sdk_that_is_too_old_is_left_alone_and_the_other_is_not(tmp_path) -> None:
    commands = of_version(tmp_path / "environment", "openai_agents", "0.17.0")
    lines = said(tmp_path, "instrumentor.instrument()\n" + CONFLICT + "show()", commands)
    assert lines == [
        "WARNING openai-agents >= 0.18.1 is needed, this is openai-agents 0.17.0: not instrumented",
        "RealtimeSession as it was",
        "AsyncRealtimeConnection wrapped",
    ]


def test_an_sdk_without_metadata_is_tried(tmp_path) -> None:
    commands = environment_without(tmp_path / "environment", "openai_agents-", "openai-")
    code = "instrumentor.instrument(skip_dep_check=True)\nshow()"  # as a distribution may call it
    assert said(tmp_path, code, commands) == WRAPPED
