"""Other instrumentations that see the Agents SDK's realtime sessions, if they are installed."""

from importlib.util import find_spec

from bench import apart, audio
from bench.report import Report
from bench.server import running
from bench.turns import Kind
from bench.variants import PEERS


async def compare(report: Report) -> None:
    """Measure each that is installed as ours is measured: apart, beside processes without it."""
    async with running() as url:
        for name, (module, _) in PEERS.items():
            if not _is_installed(module):
                print(f"\n{name} is not installed: pip install {name}")
                continue
            report.section(name)
            for what, ratio in (await apart.compare(url, name, apart.FEW)).items():
                if what != Kind.PLAYED:
                    report.ratio(what, ratio)
            await audio.compare(report, url, name, name, checked=False)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
