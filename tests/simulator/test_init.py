"""The public names, and that the simulator is a room of its own."""

import ast
import subprocess
import sys
from pathlib import Path

from otel_realtime import simulator


def test_what_is_visible_is_what_is_public():
    visible = {name for name in vars(simulator) if not name.startswith("_")}
    assert visible == set(simulator.__all__)


def test_it_imports_nothing_else_of_the_package():
    for file in Path(simulator.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in getattr(node, "names", [])]
            names.append(getattr(node, "module", None) or "")
            assert getattr(node, "level", 0) <= 1, file
            ours = {name for name in names if name.startswith("otel_realtime")}
            assert ours <= {"otel_realtime.audio.pcm"}, file  # the tables of G.711, once for all


def test_importing_it_needs_no_extra():
    program = """
import sys
sys.modules["websockets"] = sys.modules["yaml"] = None
import otel_realtime.simulator
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
