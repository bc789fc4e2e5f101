"""What holds for the project as a whole: light imports, small parts, honest version bounds."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPO = Path(__file__).resolve().parent.parent
PACKAGE = REPO / "src" / "otel_realtime"
MODULES = sorted(PACKAGE.rglob("*.py"))

NEEDS_AN_EXTRA = (
    "openai",
    "agents",
    "websockets",
    "yaml",
    "rich",
    "grpc",
    "google.protobuf",
    "genai_prices",
    "matplotlib",
    "obstore",
)
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40

# What is in the repository; everything else beside it is made by tools.
FOLDERS = (".ci", "bench", "collector", "docs", "examples", "src", "tests", "tools")
TOLD_TO_NOBODY = {
    "a path of one machine": re.compile(r"(?<![\w.~}])/(?:root|home|work|Users)/\w"),
    "a package registry": re.compile(
        # Written so that this line does not match: it names none either.
        r"p[y]pi[.]org|python[h]osted|registry[.]np[m]js|pro[x]y[.]golang"
        r"|(?:index-url|find-links)[= ]"
    ),
}

PYPROJECT = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
ASKED_FOR_BY_NO_USER = ("all", "check", "test")
BOUNDED_EXTRAS = sorted(PYPROJECT["optional-dependencies"].keys() - set(ASKED_FOR_BY_NO_USER))


def test_importing_the_package_needs_no_extra():
    code = f"import sys, otel_realtime; print(sys.modules.keys() & {NEEDS_AN_EXTRA!r})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def syntax(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"), filename=str(module))


def test_every_module_says_what_it_is_for():
    silent = [name_of(module) for module in MODULES if not ast.get_docstring(syntax(module))]
    assert MODULES
    assert silent == []


def test_no_module_is_long():
    lines = {name_of(module): module.read_text("utf-8").count("\n") for module in MODULES}
    del lines[
        "src/otel_realtime/semconv.py"
    ]  # nothing but names, so that a rename touches one file
    assert {name: n for name, n in lines.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_long():
    lengths = {
        f"{name_of(module)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for module in MODULES
        for node in ast.walk(syntax(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FUNCTION} == {}


def name_of(file: Path) -> str:
    return file.relative_to(REPO).as_posix()


def texts() -> Iterator[tuple[str, str]]:
    """Each text file of the repository: its name and what it says."""
    nested = (file for folder in FOLDERS for file in (REPO / folder).rglob("*"))
    for file in (*REPO.iterdir(), *nested):
        if not file.is_file() or "__pycache__" in file.parts or file.name == ".git":
            continue
        try:
            yield name_of(file), file.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # sound, pictures


@pytest.mark.parametrize("what", TOLD_TO_NOBODY)
def test_no_file_names(what):
    found = [
        f"{name}: {match.group()}"
        for name, text in texts()
        for match in TOLD_TO_NOBODY[what].finditer(text)
    ]
    assert found == []


def pins(file: str) -> dict[str, set[str]]:
    """The exact versions in a constraints file; several where Python versions differ."""
    versions: dict[str, set[str]] = {}
    for line in (REPO / file).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            [exact] = pin.specifier
            assert exact.operator == "==", f"{file}: {line}"
            assert pin.url is None, f"{file}: {line}"
            versions.setdefault(canonicalize_name(pin.name), set()).add(exact.version)
    return versions


def requirements(*extras: str) -> list[Requirement]:
    """What the package and its extras ask of others."""
    lists = [PYPROJECT["dependencies"], *(PYPROJECT["optional-dependencies"][e] for e in extras)]
    every = [Requirement(text) for texts in lists for text in texts]
    return [one for one in every if one.name != PYPROJECT["name"]]


def lowest(requirement: Requirement) -> str:
    [bound] = [s.version for s in requirement.specifier if s.operator in {">=", "~=", "=="}]
    return bound


@pytest.mark.parametrize("requirement", requirements(*BOUNDED_EXTRAS), ids=str)
def test_the_lowest_version_allowed_is_the_lowest_one_tested(requirement):
    [tested] = pins("constraints-lowest.txt")[canonicalize_name(requirement.name)]
    assert Version(tested) == Version(lowest(requirement))


@pytest.mark.parametrize("requirement", requirements(*PYPROJECT["optional-dependencies"]), ids=str)
def test_the_newest_versions_are_pinned_and_allowed(requirement):
    versions = pins("constraints.txt")[canonicalize_name(requirement.name)]
    assert all(requirement.specifier.contains(v, prereleases=True) for v in versions)
