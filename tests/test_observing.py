"""`observe` beside its sessions: what it refuses, and an SDK that has changed."""

import sys
from pathlib import Path

import pytest
from zero_code import run

from otel_realtime import SettingError, observe

realtime = pytest.importorskip("agents.realtime", reason="pip install 'otel-realtime[agents]'")
openai = pytest.importorskip("openai", reason="pip install 'otel-realtime[openai]'")


async def a_session() -> object:
    return await realtime.RealtimeRunner(realtime.RealtimeAgent(name="A")).run()


async def a_connection() -> object:
    return openai.AsyncOpenAI(api_key="none").realtime.connect(model="gpt-realtime")


@pytest.mark.parametrize("make", [a_session, a_connection])
async def test_it_gives_back_what_it_is_given(make) -> None:
    session = await make()
    assert observe(session) is session


@pytest.mark.parametrize("make", [a_session, a_connection])
@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"capture_content": "SOME"}, SettingError), ({"capture": True}, TypeError)],
)
async def test_a_wrong_setting_is_an_error(make, wrong, error) -> None:
    with pytest.raises(error, match=next(iter(wrong))):
        observe(await make(), **wrong)


@pytest.mark.parametrize(
    "no_session", [None, "session", object(), realtime.RealtimeAgent(name="A")]
)
def test_what_is_no_session_is_refused(no_session) -> None:
    with pytest.raises(TypeError, match=f"this is {type(no_session).__name__}"):
        observe(no_session)


CHANGED = """
import asyncio, logging, sys
logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
from agents import realtime
del realtime.RealtimeModelListener
from otel_realtime import observe

async def main():
    session = await realtime.RealtimeRunner(realtime.RealtimeAgent(name="A")).run()
    print(observe(session) is session)

asyncio.run(main())
"""


def test_an_sdk_that_has_changed_does_not_cost_the_call(tmp_path) -> None:
    commands = Path(sys.executable).parent
    ended = run(commands, "python", "-c", CHANGED, folder=tmp_path, settings={})
    assert (ended.returncode, ended.stderr) == (0, "")
    first, *_, last = ended.stdout.splitlines()
    assert first == "WARNING agents.realtime.session could not be observed"
    assert last == "True"
