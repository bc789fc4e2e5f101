"""docs/failure-modes.md has every case, and each is held by tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from conftest import REPO

DOCUMENT = REPO / "docs" / "failure-modes.md"
CASES = range(1, 31)

ROW = re.compile(r"^\| (\d+) \|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)
ROWS = {int(row[1]): row for row in ROW.finditer(DOCUMENT.read_text(encoding="utf-8"))}


def test_every_case_has_its_row() -> None:
    assert list(ROWS) == list(CASES)


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_held_by_tests_that_are_there(case) -> None:
    named = ROWS[case][4].split()
    assert named
    assert [each for each in named if not is_there(each.strip("`"))] == []


def test_nothing_is_still_to_be_built() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert "later*" not in text.lower()
    assert "to be built" not in text


def is_there(named: str) -> bool:
    """Whether a test, or a scenario with what it must give, exists."""
    file, _, test = named.partition("::")
    path = REPO / file
    if path.suffix == ".yaml":
        is_replayed = path.parent == REPO / "tests" / "scenarios"
        return is_replayed and path.is_file() and path.with_suffix(".txt").is_file()
    return path.is_file() and test in collected_from(path)


@cache
def collected_from(path: Path) -> set[str]:
    """The tests of a file that pytest collects."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (
        each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return {each.name for each in functions if each.name.startswith("test_")}


def test_what_is_not_there_is_noticed() -> None:
    assert is_there("tests/test_docs_failure_modes.py::test_every_case_has_its_row")
    assert not is_there("tests/test_docs_failure_modes.py::test_nothing")
    assert not is_there("tests/test_nothing.py::test_nothing")
    assert not is_there("tests/scenarios/nothing.yaml")
    assert not is_there("tests/test_docs_failure_modes.py")
