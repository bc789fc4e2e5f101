"""Every query names what Application Insights has of a call, and the workbook is made of them."""

import json
import re
import subprocess
import sys

import pytest
from azure_monitor.azure_queries import (
    AZURE,
    COLUMNS,
    COMMENT,
    QUERIES,
    TABLES,
    TEXT,
    WORD,
    missing,
    subqueries,
)
from conftest import REPO

LANGUAGE = {
    *(
        "where",
        "extend",
        "project",
        "summarize",
        "by",
        "order",
        "asc",
        "desc",
        "top",
        "union",
        "let",
    ),
    *("let", "in", "bin", "percentile", "avg", "sum", "sumif", "max", "dcount"),
    *("make_set", "split", "strcat", "tostring", "toreal", "toint", "tobool", "isnotnull"),
    *("isnotempty", "true", "false", "coalesce", "customDimensions"),
    *("and", "iff", "isfinite", "round", "real", "null", "dynamic", "extract_all", "strcat_array"),
    *("mean", "messages"),  # what functions of a query's own take
}


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_what_a_query_names_is_there(all_rows, name) -> None:
    assert list(subqueries(QUERIES[name]))
    assert list(missing(all_rows, QUERIES[name])) == []


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_has_no_other_columns_and_no_unknown_function(name) -> None:
    text = re.sub(r"\b\d+[smhd]\b", "", TEXT.sub("''", COMMENT.sub("", QUERIES[name])))
    made = set(re.findall(r"\b([a-z_][a-z_0-9]*)\s*=(?!=)", text))
    words = set(WORD.findall(text))
    assert words - made - LANGUAGE - set(COLUMNS) - set(TABLES) == set()
    for opening, closing in ("()", "[]", "''"):
        assert text.count(opening) == text.count(closing)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_begins_with_what_it_shows(name) -> None:
    first = QUERIES[name].splitlines()[0]
    assert re.fullmatch(r"// [A-Z][^:]+: .+\.", first)
    assert ("summarize" in QUERIES[name] and " value = " in QUERIES[name].replace("\n", " ")) or (
        not name.startswith("alert_")
    )


def test_the_workbook_is_made_of_the_queries() -> None:
    check = [sys.executable, AZURE / "workbook.py", "--check"]
    told = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")
    shown = json.loads((AZURE / "workbook.json").read_text(encoding="utf-8"))
    panels = [each for each in shown["items"] if each["type"] == 3]
    assert sorted(each["name"] for each in panels) == sorted(
        name for name in QUERIES if not name.startswith("alert_")
    )
    for each in panels:
        assert each["content"]["query"] in QUERIES[each["name"]]
        assert each["content"]["timeContextFromParameter"] == "TimeRange"
    assert [each["name"] for each in panels if "exportParameterName" in each["content"]] == [
        "sessions",
        "slowest_turns",
    ]


def test_bicep_deploys_the_workbook_and_every_alert() -> None:
    bicep = (AZURE / "main.bicep").read_text(encoding="utf-8")
    loaded = re.findall(r"loadTextContent\('([^']+)'\)", bicep)
    alerts = sorted(f"queries/{name}.kql" for name in QUERIES if name.startswith("alert_"))
    assert sorted(loaded) == [*alerts, "workbook.json"]
    declared = set(re.findall(r"^param (\w+) ", bicep, re.MULTILINE))
    body = "".join(
        line for line in bicep.splitlines(keepends=True) if not line.startswith("param ")
    )
    assert {name for name in declared if not re.search(rf"\b{name}\b", body)} == set()
    assert all(bicep.count(a) == bicep.count(b) for a, b in ("{}", "[]", "()"))


def test_the_docs_show_every_query() -> None:
    docs = (REPO / "docs" / "azure.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```kusto\n(.*?)```", docs, re.DOTALL)
    assert sorted(blocks) == sorted(text.split("\n", 1)[1] for text in QUERIES.values())
